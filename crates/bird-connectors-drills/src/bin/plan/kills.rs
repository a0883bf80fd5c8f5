//! Kills programs with SIGKILL when the sandbox receives a random request, runs them again, and compares what exists.

use std::collections::BTreeSet;
use std::fs;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use anyhow::{Context as _, Result, ensure};
use bird_connectors_sandbox::{Fault, Rule};
use fastrand::Rng;
use tokio::process::Command;

use crate::commands::{APPLY, Running};
use crate::existing::Existing;
use crate::life::Life;
use crate::options::Options;
use crate::scenario::{CONNECTORS, FILE, Scenario};
use crate::script;

/// What is killed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    Apply,
    Prune,
    Script,
}

/// What is wrong in the end.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Damage {
    /// Connectors and subscriptions that exist in addition to one that is described.
    pub(crate) duplicates: usize,
    /// Those that should exist and do not.
    pub(crate) missing: usize,
    /// Those that exist, and that the program does not know: no later run changes or deletes them.
    pub(crate) lost: usize,
}

impl Program {
    pub(crate) const ALL: [Self; 3] = [Self::Apply, Self::Prune, Self::Script];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Prune => "apply --prune",
            Self::Script => "script: create, then poll",
        }
    }

    fn start(self, scenario: &Scenario) -> Result<Running> {
        match self {
            Self::Apply => scenario.start_command(&APPLY),
            Self::Prune => scenario.start_command(&PRUNE),
            Self::Script => {
                let mut command = Command::new(std::env::current_exe()?);
                command.arg("script").arg(scenario.folder.path());
                scenario.start_process(command)
            }
        }
    }
}

const PRUNE: [&str; 5] = ["apply", FILE, "--prune", "--yes", "--force"];

/// Kills the program once in each run, and lets the next process complete the work. Returns the sum of all runs.
pub(crate) async fn run(
    options: &Options,
    random: &mut Rng,
    program: Program,
    life: &Life,
) -> Result<Damage> {
    let mut sum = Damage::default();
    for run in 0..options.kills {
        let scenario = Scenario::start(options.program.as_deref(), options.workspaces).await?;
        let requests = match program {
            Program::Apply => life.apply_requests,
            Program::Prune => {
                complete(&scenario, Program::Apply).await?;
                scenario.until_listed(scenario.connectors()).await;
                scenario.write(CONNECTORS / 2)?;
                life.prune_requests
            }
            Program::Script => scenario.connectors() * script::REQUESTS,
        };
        let request = random.u64(1..=requests as u64);
        let is_processed = random.bool();
        let context = || {
            let outcome = if is_processed { "" } else { "not " };
            format!(
                "run {run}, killed at request {request}, which was {outcome}processed ({})",
                program.name()
            )
        };
        kill(&scenario, program, request, is_processed)
            .await
            .with_context(context)?;
        complete(&scenario, program).await.with_context(context)?;
        let damage = damage(&scenario, program, life)
            .await
            .with_context(context)?;
        if damage != Damage::default() && program != Program::Script {
            println!("{}: {damage:?}", context());
        }
        sum.duplicates += damage.duplicates;
        sum.missing += damage.missing;
        sum.lost += damage.lost;
        scenario.search_secrets()?;
    }
    Ok(sum)
}

/// Starts the program, and kills it when the sandbox has received this many requests. The last one is processed after the process
/// is dead, or not at all.
async fn kill(
    scenario: &Scenario,
    program: Program,
    request: u64,
    is_processed: bool,
) -> Result<()> {
    let id = Arc::new(OnceLock::new());
    let (known, received) = (Arc::clone(&id), AtomicU64::new(0));
    // The sandbox handles no other request meanwhile.
    let rule = Rule::on_any().when(move |_| {
        let is_last = received.fetch_add(1, Ordering::Relaxed) + 1 == request;
        if is_last {
            let id: &u32 = known.wait();
            // If this fails, the process ends by itself, which is noticed.
            let _ = process::Command::new("kill")
                .args(["-KILL", &id.to_string()])
                .status();
        }
        is_last
    });
    scenario.sandbox.rule(if is_processed {
        rule
    } else {
        rule.fault(Fault::ResetBeforeHeaders)
    });
    let running = program.start(scenario)?;
    let _ = id.set(running.child.id().context("the process has ended")?);
    let ended = running.end().await?;
    scenario.sandbox.clear_rules();
    ensure!(
        ended.status.code().is_none(),
        "the process was not killed: it ended with {}: {}",
        ended.status,
        ended.error()
    );
    Ok(())
}

/// Runs the program to its end.
async fn complete(scenario: &Scenario, program: Program) -> Result<()> {
    let ended = program.start(scenario)?.end().await?;
    ensure!(
        ended.status.success(),
        "the process ended with {}: {}{}",
        ended.status,
        ended.output,
        ended.error()
    );
    Ok(())
}

/// Compares what exists with what exists after an apply that is not killed.
async fn damage(scenario: &Scenario, program: Program, life: &Life) -> Result<Damage> {
    let wanted = match program {
        Program::Prune => &life.pruned,
        Program::Apply | Program::Script => &life.applied,
    };
    let known = match program {
        Program::Apply | Program::Prune => {
            scenario.until_listed(connectors(wanted)).await;
            known_to_journal(scenario).await?
        }
        Program::Script => {
            scenario.until_listed(scenario.connectors()).await;
            let state = fs::read_to_string(scenario.path(script::STATE))?;
            let ids = state
                .lines()
                .filter_map(|line| Some(line.split_once(' ')?.0.to_owned()));
            ids.collect()
        }
    };
    let existing = scenario.existing();
    let ids: Vec<_> = existing.values().flatten().collect();
    let lost = ids.iter().filter(|id| !known.contains(**id)).count();
    if program == Program::Script {
        // It creates connectors only, each with another template.
        return Ok(Damage {
            duplicates: ids.len().saturating_sub(existing.len()),
            missing: scenario.connectors().saturating_sub(existing.len()),
            lost,
        });
    }
    let missing = wanted.keys().filter(|one| !existing.contains_key(*one));
    let expected = existing.keys().filter(|one| wanted.contains_key(*one));
    Ok(Damage {
        duplicates: ids.len() - expected.count(),
        missing: missing.count(),
        lost,
    })
}

fn connectors(existing: &Existing) -> usize {
    // A subscription is described by its URL, too.
    let is_connector = |one: &&String| !one.contains("https://");
    existing.keys().filter(is_connector).count()
}

/// The ids that the journal knows as those of the project. The plan must be empty.
async fn known_to_journal(scenario: &Scenario) -> Result<BTreeSet<String>> {
    let plan = ["plan", FILE, "--all", "--detailed-exitcode"];
    let plan = scenario.json(&plan, 0).await?;
    let steps = plan["steps"].as_array().context("the plan has no steps")?;
    let owned = steps.iter().filter(|step| step["owned"] == true);
    Ok(owned
        .filter_map(|step| step["id"].as_str().map(str::to_owned))
        .collect())
}
