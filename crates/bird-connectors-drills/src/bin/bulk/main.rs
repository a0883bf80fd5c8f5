//! Bulk install with a kill: a process that installs a thousand templates is killed half-way and started again with the same
//! journal. Two percent of the requests meet a fault, the sandbox refuses one percent of the templates, and it accepts
//! duplicate creates instead of rejecting them with 409. In the end there must be exactly one connector with an active
//! channel for each template that is not refused, and a reported failure for each that is.

mod child;
mod faults;
mod report;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use bird_connectors_sandbox::behavior::Duplicates;
use bird_connectors_sandbox::{Operation, Sandbox, Script};
use clap::{Parser, Subcommand};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use child::JOURNAL;
use faults::Faults;
use report::{InstallOutcome, Report, connector_name, parse_line};

/// Install many templates, kill the process half-way, resume it, and check which connectors exist in the end.
#[derive(Parser)]
struct Options {
    /// Number of templates to install.
    #[arg(long, default_value_t = 1000)]
    templates: usize,
    /// Seed of the faults.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Be the process that installs.
    #[command(hide = true)]
    Child { journal: PathBuf },
}

/// A process that takes longer than this hangs.
const PROCESS_TIMEOUT: Duration = Duration::from_secs(300);

/// Maximum number of resumed runs. Faults can make the outcome of an install unknown in one run, but hardly in four.
const MAX_RUNS: usize = 4;

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let result = match &options.role {
        Some(Role::Child { journal }) => child::run(options.templates, journal).await,
        None => run(&options).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<()> {
    let faults = Faults::new(options.templates, options.seed);
    let sandbox = Sandbox::builder()
        .default_script(Script::timed(
            Duration::from_millis(100),
            Duration::from_secs(2),
        ))
        .behavior(|behavior| behavior.duplicates = Duplicates::Allowed)
        .start()
        .await?;
    faults.add_to(&sandbox);
    let folder = tempfile::tempdir()?;
    let journal = folder.path().join(JOURNAL);

    kill_half_way(options, &sandbox, &journal).await?;
    let mut report = Report::new();
    let mut runs = 0;
    while runs < MAX_RUNS && (runs == 0 || report.values().any(InstallOutcome::is_unknown)) {
        let start = Instant::now();
        let before = sandbox.count(Operation::CreateConnector);
        report = run_to_completion(options, &sandbox, &journal).await?;
        runs += 1;
        println!(
            "resumed: {} creates in {:.1} s",
            sandbox.count(Operation::CreateConnector) - before,
            start.elapsed().as_secs_f64(),
        );
    }
    for (index, outcome) in &report {
        if let InstallOutcome::Failed(error) = outcome {
            println!("{}: {error}", connector_name(*index));
        }
    }
    let requests = sandbox.requests();
    let rate_limited = requests
        .iter()
        .filter(|request| request.status == Some(429))
        .count();
    println!(
        "{} templates: {} connectors, {} reported as failed, {} requests, {} with a fault, {rate_limited} answered with 429",
        options.templates,
        sandbox.connectors().len(),
        report
            .values()
            .filter(|outcome| !outcome.is_ready())
            .count(),
        requests.len(),
        faults.injected(),
    );
    check(options, &faults, &sandbox, &report)
}

/// Checks that there is exactly one connector for each template that is not refused, and that the report is true.
fn check(options: &Options, faults: &Faults, sandbox: &Sandbox, report: &Report) -> Result<()> {
    let string = |value: &Value, field: &str| value[field].as_str().unwrap_or_default().to_owned();
    let mut existing: Vec<_> = sandbox
        .connectors()
        .iter()
        .map(|connector| string(connector, "name"))
        .collect();
    existing.sort_unstable();
    let accepted = (0..options.templates).filter(|index| !faults.refuses(*index));
    let mut expected: Vec<_> = accepted.map(connector_name).collect();
    expected.sort_unstable();
    let distinct: BTreeSet<_> = existing.iter().collect();
    ensure!(
        distinct.len() == existing.len(),
        "{} duplicate connectors",
        existing.len() - distinct.len()
    );
    ensure!(
        existing == expected,
        "{} connectors exist, expected {}",
        existing.len(),
        expected.len()
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
        .map(|channel| (string(channel, "connectorId"), string(channel, "id")))
        .collect();
    for (index, outcome) in report {
        match outcome {
            InstallOutcome::Ready { connector, channel } => ensure!(
                active.contains(&(connector.clone(), channel.clone())),
                "{} was reported as ready, but has no active channel",
                connector_name(*index)
            ),
            InstallOutcome::Failed(error) => ensure!(
                faults.refuses(*index),
                "{} failed unexpectedly: {error}",
                connector_name(*index)
            ),
            InstallOutcome::Unknown(error) => bail!(
                "the outcome of {} is still unknown: {error}",
                connector_name(*index)
            ),
        }
    }
    println!(
        "Passed: exactly one connector for each of {} templates; the other {} were reported as failed.",
        expected.len(),
        options.templates - expected.len()
    );
    Ok(())
}

fn start_child(options: &Options, sandbox: &Sandbox, journal: &Path) -> Result<Child> {
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
    command.spawn().context("cannot start the process")
}

/// Starts the process, kills it as soon as half of the connectors exist, and prints the contents of the journal.
async fn kill_half_way(options: &Options, sandbox: &Sandbox, journal: &Path) -> Result<()> {
    let mut child = start_child(options, sandbox, journal)?;
    let half_way = async {
        while sandbox.connectors().len() < options.templates / 2 {
            ensure!(
                child.try_wait()?.is_none(),
                "the process ended before half of the connectors existed"
            );
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    };
    timeout(PROCESS_TIMEOUT, half_way)
        .await
        .context("the process hangs")??;
    child.kill().await?;
    let lines = fs::read_to_string(journal)?;
    let entries = |entry: &str| lines.matches(&format!(r#""entry":"{entry}""#)).count();
    println!(
        "killed (SIGKILL): {} connectors, {} intents, {} results, {} refusals in the journal",
        sandbox.connectors().len(),
        entries("intent"),
        entries("result"),
        entries("refused"),
    );
    Ok(())
}

/// Starts the process, waits for its end, and returns its report.
async fn run_to_completion(options: &Options, sandbox: &Sandbox, journal: &Path) -> Result<Report> {
    let mut child = start_child(options, sandbox, journal)?;
    let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
    let read = async {
        let mut report = Report::new();
        while let Some(line) = lines.next_line().await? {
            let (index, outcome) = parse_line(&line)?;
            ensure!(
                report.insert(index, outcome).is_none(),
                "{} has two results",
                connector_name(index)
            );
        }
        let status = child.wait().await?;
        ensure!(status.success(), "the process failed: {status}");
        Ok(report)
    };
    timeout(PROCESS_TIMEOUT, read)
        .await
        .context("the process hangs")?
}
