//! Onboarding many: a process that installs a thousand templates is killed half-way and started again with the same
//! journal. Two in a hundred requests meet a fault, one in a hundred templates is refused for good, and the API answers no
//! create with 409. There must be exactly one connector for each template that is not refused, each with an active
//! channel, and a report of those that are.

mod child;
mod trouble;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use bird_connectors_sandbox::readings::Duplicates;
use bird_connectors_sandbox::{Operation, Sandbox, Script};
use clap::{Parser, Subcommand};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use child::{JOURNAL, name};
use trouble::Trouble;

/// Install many, kill the process half-way, resume it, and see what there is in the end.
#[derive(Parser)]
struct Options {
    /// How many.
    #[arg(long, default_value_t = 1000)]
    templates: usize,
    /// What the faults are drawn from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(subcommand)]
    child: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// The process that is killed.
    #[command(hide = true)]
    Child { journal: std::path::PathBuf },
}

/// No process takes this long, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(300);

/// A run whose outcomes are not all known is done again; what is left open by two runs is open for another reason.
const RUNS: usize = 4;

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let done = match &options.child {
        Some(Role::Child { journal }) => child::run(options.templates, journal).await,
        None => run(&options).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<()> {
    let trouble = Trouble::new(options.templates, options.seed);
    let sandbox = Sandbox::builder()
        .default_script(Script::timed(
            Duration::from_millis(100),
            Duration::from_secs(2),
        ))
        .readings(|readings| readings.duplicates = Duplicates::Allowed)
        .start()
        .await?;
    trouble.brew(&sandbox);
    let folder = tempfile::tempdir()?;
    let journal = folder.path().join(JOURNAL);

    let killed = kill_half_way(options, &sandbox, &journal).await?;
    println!("{killed}");
    let mut report = Report::new();
    let mut runs = 0;
    while runs < RUNS && (runs == 0 || report.values().any(Finished::is_open)) {
        let start = Instant::now();
        let before = sandbox.count(Operation::CreateConnector);
        report = last(options, &sandbox, &journal).await?;
        runs += 1;
        println!(
            "resumed: {} creates in {:.1} s",
            sandbox.count(Operation::CreateConnector) - before,
            start.elapsed().as_secs_f64(),
        );
    }
    for (number, finished) in &report {
        if let Finished::Failed(why) = finished {
            println!("{}: {why}", name(*number));
        }
    }
    let met = sandbox.requests();
    let refused_by_limit = met
        .iter()
        .filter(|request| request.status == Some(429))
        .count();
    println!(
        "{} templates: {} connectors, {} reported as failed, {} requests, {} with a fault, {refused_by_limit} answered with 429",
        options.templates,
        sandbox.connectors().len(),
        report
            .values()
            .filter(|finished| !finished.is_ready())
            .count(),
        met.len(),
        trouble.faults(),
    );
    check(options, &trouble, &sandbox, &report)
}

/// What became of each template.
type Report = BTreeMap<usize, Finished>;

enum Finished {
    Ready { connector: String, channel: String },
    Open(String),
    Failed(String),
}

impl Finished {
    fn is_ready(&self) -> bool {
        matches!(self, Self::Ready { .. })
    }

    fn is_open(&self) -> bool {
        matches!(self, Self::Open(_))
    }
}

/// Exactly one for each that is not refused, and nothing else.
fn check(options: &Options, trouble: &Trouble, sandbox: &Sandbox, report: &Report) -> Result<()> {
    let text = |value: &Value, field: &str| value[field].as_str().unwrap_or_default().to_owned();
    let mut there: Vec<_> = sandbox
        .connectors()
        .iter()
        .map(|one| text(one, "name"))
        .collect();
    there.sort_unstable();
    let numbers = (0..options.templates).filter(|number| !trouble.refuses(*number));
    let mut wanted: Vec<_> = numbers.map(name).collect();
    wanted.sort_unstable();
    let distinct: BTreeSet<_> = there.iter().collect();
    ensure!(
        distinct.len() == there.len(),
        "{} connectors are there twice",
        there.len() - distinct.len()
    );
    ensure!(
        there == wanted,
        "{} connectors are there, {} are wanted",
        there.len(),
        wanted.len()
    );

    ensure!(
        report.len() == options.templates,
        "{} templates have no result",
        options.templates - report.len()
    );
    let channels = sandbox.channels();
    let active: BTreeSet<_> = channels
        .iter()
        .filter(|channel| channel["status"] == "active")
        .map(|channel| (text(channel, "connectorId"), text(channel, "id")))
        .collect();
    for (number, finished) in report {
        match finished {
            Finished::Ready { connector, channel } => ensure!(
                active.contains(&(connector.clone(), channel.clone())),
                "{} is not ready, but was told to be",
                name(*number)
            ),
            Finished::Failed(_) => ensure!(
                trouble.refuses(*number),
                "{} has failed, and should not",
                name(*number)
            ),
            Finished::Open(why) => bail!("nobody knows of {}: {why}", name(*number)),
        }
    }
    println!(
        "Right: one connector for each of {}, none twice, and a report of the other {}.",
        wanted.len(),
        options.templates - wanted.len()
    );
    Ok(())
}

fn start(options: &Options, sandbox: &Sandbox, journal: &Path) -> Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["--templates", &options.templates.to_string(), "child"])
        .arg(journal)
        .env("BIRD_BASE_URL", sandbox.base_url())
        .env("BIRD_ACCESS_KEY", sandbox.access_key())
        .env("BIRD_WORKSPACE_ID", sandbox.workspace_id().to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true);
    command.spawn().context("the process cannot be started")
}

/// Starts the process, and kills it once half of the connectors are there. Says how far it had come.
async fn kill_half_way(options: &Options, sandbox: &Sandbox, journal: &Path) -> Result<String> {
    let mut child = start(options, sandbox, journal)?;
    let half = async {
        while sandbox.connectors().len() < options.templates / 2 {
            ensure!(
                child.try_wait()?.is_none(),
                "the process ended before half-way"
            );
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    };
    timeout(PATIENCE, half)
        .await
        .context("the process hangs")??;
    child.kill().await?;
    let lines = fs::read_to_string(journal)?;
    let entries = |entry: &str| lines.matches(&format!(r#""entry":"{entry}""#)).count();
    Ok(format!(
        "killed (SIGKILL): {} connectors, {} intents, {} results, {} refusals in the journal",
        sandbox.connectors().len(),
        entries("intent"),
        entries("result"),
        entries("refused"),
    ))
}

/// Starts the process and lets it live; hands back what it said.
async fn last(options: &Options, sandbox: &Sandbox, journal: &Path) -> Result<Report> {
    let mut child = start(options, sandbox, journal)?;
    let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
    let read = async {
        let mut report = Report::new();
        while let Some(line) = lines.next_line().await? {
            let (number, finished) = child::read(&line)?;
            ensure!(
                report.insert(number, finished).is_none(),
                "{} has two results",
                name(number)
            );
        }
        let status = child.wait().await?;
        ensure!(status.success(), "the process ended with {status}");
        Ok(report)
    };
    timeout(PATIENCE, read).await.context("the process hangs")?
}
