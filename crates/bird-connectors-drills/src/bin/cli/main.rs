//! `connectors install-all` of the command line, stopped three times: a file with a thousand rows is installed by a process
//! that is killed twice (SIGKILL) and interrupted once (Ctrl-C). Each time, the command that the process has printed continues.
//! The sandbox commits connectors late, and accepts duplicate creates instead of rejecting them with 409. In the end there must
//! be exactly the connectors of the file, each once and with an active channel.

mod rows;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use bird_connectors_sandbox::behavior::{Duplicates, UncommittedCreates};
use bird_connectors_sandbox::{Number, Operation, Sandbox, Script};
use clap::Parser;
use fastrand::Rng;
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use rows::Row;

/// Install a file with the command line, stop the process three times, and check which connectors exist in the end.
#[derive(Parser)]
struct Options {
    /// The program `bird-connectors`.
    #[arg(long)]
    program: PathBuf,
    /// Number of rows of the file.
    #[arg(long, default_value_t = 1000)]
    rows: usize,
    /// Seed of the moments at which the process is stopped.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// A process that takes longer than this hangs.
const PROCESS_TIMEOUT: Duration = Duration::from_secs(300);

/// How a process is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    Kill,
    Interrupt,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<()> {
    let mut random = Rng::with_seed(options.seed);
    let script = Script::timed(Duration::from_millis(100), Duration::from_secs(1));
    let mut builder = Sandbox::builder()
        .default_script(script.commit_after(Duration::from_millis(200)))
        .no_numbers()
        .behavior(|behavior| {
            behavior.duplicates = Duplicates::Allowed;
            behavior.uncommitted_creates = UncommittedCreates::Missed;
        });
    let rows = rows::generate(options.rows);
    for number in rows.iter().filter_map(Row::number) {
        builder = builder.number(Number::new(number));
    }
    let sandbox = builder.start().await?;
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("shops.csv"), rows::file(&rows))?;

    let mut line: Vec<String> = ["connectors", "install-all", "shops.csv", "--wait"]
        .map(str::to_owned)
        .to_vec();
    // A create is committed within 200 ms. After this search, it has not been sent.
    line.extend(["--reconcile-window", "5s", "--recreate-after-window"].map(str::to_owned));
    line.extend(["--output", "jsonl"].map(str::to_owned));
    for (stop, quarter) in [(Stop::Kill, 0), (Stop::Kill, 1), (Stop::Interrupt, 2)] {
        // Somewhere in this quarter of the creates.
        let creates = (options.rows * quarter + random.usize(1..options.rows.max(2))) / 4;
        let session = Session::start(options, &sandbox, folder.path(), &line)?;
        line = session.stop(&sandbox, stop, creates.max(1) as u64).await?;
    }
    let start = Instant::now();
    let before = sandbox.count(Operation::CreateConnector);
    let session = Session::start(options, &sandbox, folder.path(), &line)?;
    let results = session.finish().await?;
    println!(
        "resumed: {} creates in {:.1} s, exit code 0",
        sandbox.count(Operation::CreateConnector) - before,
        start.elapsed().as_secs_f64()
    );
    check(&sandbox, &rows, &results)
}

/// A process that installs the file.
struct Session {
    child: Child,
    output: PathBuf,
    messages: PathBuf,
}

impl Session {
    fn start(options: &Options, sandbox: &Sandbox, folder: &Path, line: &[String]) -> Result<Self> {
        let (output, messages) = (folder.join("output"), folder.join("messages"));
        let file = |path: &Path| -> Result<Stdio> { Ok(fs::File::create(path)?.into()) };
        // Not relative, because the process runs in another folder.
        let program = fs::canonicalize(&options.program)
            .with_context(|| format!("cannot find {}", options.program.display()))?;
        let child = Command::new(program)
            .args(line)
            .current_dir(folder)
            .env("BIRD_BASE_URL", sandbox.base_url())
            .env("BIRD_ACCESS_KEY", sandbox.access_key())
            .env("BIRD_WORKSPACE_ID", sandbox.workspace_id().to_string())
            .stdin(Stdio::null())
            // Not pipes, which a long run would fill.
            .stdout(file(&output)?)
            .stderr(file(&messages)?)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", options.program.display()))?;
        Ok(Self {
            child,
            output,
            messages,
        })
    }

    /// Stops the process once this many creates have been sent in all runs. Returns the command that it has printed.
    async fn stop(mut self, sandbox: &Sandbox, stop: Stop, creates: u64) -> Result<Vec<String>> {
        let reached = async {
            while sandbox.count(Operation::CreateConnector) < creates {
                ensure!(
                    self.child.try_wait()?.is_none(),
                    "the process ended before it was stopped: {}",
                    fs::read_to_string(&self.messages)?
                );
                sleep(Duration::from_millis(1)).await;
            }
            Ok(())
        };
        timeout(PROCESS_TIMEOUT, reached)
            .await
            .context("the process hangs")??;
        match stop {
            Stop::Kill => self.child.kill().await?,
            Stop::Interrupt => interrupt(&self.child).await?,
        }
        let status = timeout(PROCESS_TIMEOUT, self.child.wait())
            .await
            .context("the process hangs after it was stopped")??;
        ensure!(
            stop == Stop::Kill || status.code() == Some(130),
            "an interrupted process must exit with 130: {status}"
        );
        let line = printed_command(&fs::read_to_string(&self.messages)?, stop)?;
        println!(
            "{}: {} creates sent, {} connectors exist",
            match stop {
                Stop::Kill => "killed (SIGKILL)",
                Stop::Interrupt => "interrupted (Ctrl-C), exit code 130",
            },
            sandbox.count(Operation::CreateConnector),
            sandbox.connectors().len()
        );
        Ok(line)
    }

    /// Waits for the end of the process, and returns its output by row.
    async fn finish(mut self) -> Result<BTreeMap<u64, Value>> {
        let status = timeout(PROCESS_TIMEOUT, self.child.wait())
            .await
            .context("the process hangs")??;
        ensure!(
            status.success(),
            "the process failed ({status}): {}",
            fs::read_to_string(&self.messages)?
        );
        let mut results = BTreeMap::new();
        for line in fs::read_to_string(&self.output)?.lines() {
            let result: Value = serde_json::from_str(line)?;
            let row = result["row"].as_u64().context("a line has no row")?;
            ensure!(
                results.insert(row, result).is_none(),
                "row {row} has two results"
            );
        }
        Ok(results)
    }
}

/// Sends what Ctrl-C sends.
async fn interrupt(child: &Child) -> Result<()> {
    let id = child.id().context("the process has ended")?;
    let status = Command::new("kill")
        .args(["-INT", &id.to_string()])
        .status()
        .await?;
    ensure!(status.success(), "cannot interrupt the process");
    Ok(())
}

/// The arguments of the command that continues. A killed process has printed it at its start, an interrupted one also in its
/// error.
fn printed_command(messages: &str, stop: Stop) -> Result<Vec<String>> {
    let line = match stop {
        Stop::Kill => messages
            .lines()
            .find_map(|line| line.split_once("continue with: "))
            .map(|(_, command)| command.to_owned()),
        Stop::Interrupt => {
            let error = messages.lines().last().unwrap_or_default();
            let error: Value = serde_json::from_str(error).context("the error is not JSON")?;
            error["resume"].as_str().map(str::to_owned)
        }
    };
    let line = line.with_context(|| format!("no command was printed: {messages}"))?;
    let words = shell_words::split(&line)?;
    ensure!(words.first().is_some_and(|word| word == "bird-connectors"));
    Ok(words.into_iter().skip(1).collect())
}

/// Checks that there is exactly one connector for each row, as the file describes it, and that the output is true.
fn check(sandbox: &Sandbox, rows: &[Row], results: &BTreeMap<u64, Value>) -> Result<()> {
    let numbers: BTreeMap<String, String> = sandbox
        .numbers()
        .iter()
        .map(|number| (number.number_string().to_owned(), number.id().to_string()))
        .collect();
    let mut expected: Vec<String> = rows.iter().map(|row| row.connector(&numbers)).collect();
    expected.sort_unstable();
    let connectors = sandbox.connectors();
    let mut existing: Vec<String> = connectors.iter().map(rows::describe).collect();
    existing.sort_unstable();
    let missing = expected.iter().filter(|row| !existing.contains(row));
    ensure!(
        existing == expected,
        "{} connectors exist, expected {}; missing: {:?}",
        existing.len(),
        expected.len(),
        missing.take(3).collect::<Vec<_>>()
    );
    let channels = sandbox.channels();
    let active: BTreeMap<&str, &str> = channels
        .iter()
        .filter(|channel| channel["status"] == "active")
        .filter_map(|channel| Some((channel["connectorId"].as_str()?, channel["id"].as_str()?)))
        .collect();
    ensure!(
        results.len() == rows.len(),
        "{} rows have a result",
        results.len()
    );
    for (row, result) in results {
        let connector = result["connector_id"].as_str().unwrap_or_default();
        ensure!(
            result["ready"] == true
                && active.get(connector).copied() == result["channel_id"].as_str(),
            "row {row} has no active channel: {result}"
        );
    }
    let adopted = results.values().filter(|row| row["created"] == false);
    println!(
        "Passed: exactly the {} connectors of the file, none twice; the last run adopted {} of them.",
        rows.len(),
        adopted.count()
    );
    Ok(())
}
