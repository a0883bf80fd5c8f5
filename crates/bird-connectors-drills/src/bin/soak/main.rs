//! The soak: a very large number of calls of all kinds, one attempt in a hundred with a fault. The sandbox runs in a child
//! process, so that the memory and sockets of this process are those of the SDK. Fails if memory or sockets grow, if a
//! returned value is wrong, or if no fault explains an error.

mod fault_choice;
mod server;
mod tally;
mod worker;

use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bird_connectors_drills::fixture::Fixture;
use clap::Parser;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use tally::{ResourceUsage, Tally};
use worker::Worker;

/// Make a very large number of calls under faults, and check results, memory and sockets.
#[derive(Parser)]
struct Options {
    /// Number of calls.
    #[arg(long, default_value_t = 1_000_000)]
    calls: u64,
    /// Number of concurrent workers.
    #[arg(long, default_value_t = 64)]
    concurrency: usize,
    /// Seed of the calls; random by default.
    #[arg(long)]
    seed: Option<u64>,
    /// Be the process of the sandbox.
    #[arg(long, hide = true)]
    serve: bool,
}

/// Maximum difference of the resident memory, in percent.
const MAX_MEMORY_CHANGE: u64 = 5;
/// In a short run the allocator has not settled yet: a difference of this many KiB is accepted.
const SHORT_RUN_MEMORY_CHANGE: u64 = 2048;
/// Runs with fewer calls are short.
const LONG_RUN: u64 = 500_000;
/// Maximum number of violations to print.
const MAX_PRINTED: usize = 20;

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let result = if options.serve {
        server::serve().await
    } else {
        soak(&options).await
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn soak(options: &Options) -> Result<()> {
    let (child, fixture) = start_sandbox().await?;
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..));
    println!("seed {seed}");
    let client = fixture
        .client()
        .rate_limit(None)
        .attempt_timeout(Duration::from_secs(2))
        .build()?;
    let tally: &'static Tally = Box::leak(Box::new(Tally::new(options.calls)));
    let start = Instant::now();
    let mut workers = tokio::task::JoinSet::new();
    for number in 0..options.concurrency {
        let worker = Worker::new(number, seed, &client, fixture.clone(), tally)?;
        workers.spawn(worker.run());
    }
    while let Some(result) = workers.join_next().await {
        result.context("a worker panicked")?;
    }
    let elapsed = start.elapsed();
    drop(child);
    report(tally, elapsed, options.concurrency)
}

/// Starts the sandbox in a child process, which is killed when the `Child` is dropped.
async fn start_sandbox() -> Result<(Child, Fixture)> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("--serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let stdout = child.stdout.take().context("the child has no output")?;
    let line = BufReader::new(stdout).lines().next_line().await?;
    let line = line.context("the sandbox did not start")?;
    let fixture =
        serde_json::from_str(&line).with_context(|| format!("invalid fixture: {line}"))?;
    Ok((child, fixture))
}

fn report(tally: &Tally, elapsed: Duration, concurrency: usize) -> Result<()> {
    let results = tally.results();
    let usage = tally.usage();
    let (early, late) = usage
        .first()
        .zip(usage.get(9))
        .context("too few calls to compare the usage of memory and sockets")?;
    for (operation, count) in &results.by_operation {
        println!("{count:>9} {operation}");
    }
    for (outcome, count) in &results.by_outcome {
        println!("{count:>9} {outcome}");
    }
    let calls = tally.calls();
    println!(
        "{calls} calls in {:.1} s ({:.0} per second)",
        elapsed.as_secs_f64(),
        calls as f64 / elapsed.as_secs_f64(),
    );
    let series =
        |value: fn(&ResourceUsage) -> String| usage.iter().map(value).collect::<Vec<_>>().join(" ");
    println!(
        "memory in KiB after each tenth of the calls: {}",
        series(|usage| usage.memory.to_string())
    );
    println!(
        "sockets after each tenth of the calls: {}",
        series(|usage| usage.sockets.to_string())
    );
    println!(
        "memory: {} KiB after the first tenth, {} KiB at the end ({:+.1} %); sockets: {} and {}",
        early.memory,
        late.memory,
        (late.memory as f64 / early.memory as f64 - 1.0) * 100.0,
        early.sockets,
        late.sockets,
    );
    for violation in results.violations.iter().take(MAX_PRINTED) {
        println!("VIOLATION {violation}");
    }
    println!("{} violations", results.violations.len());
    ensure!(results.violations.is_empty(), "results of calls were wrong");
    let settling = if calls < LONG_RUN {
        SHORT_RUN_MEMORY_CHANGE
    } else {
        0
    };
    ensure!(
        late.memory.abs_diff(early.memory)
            <= (early.memory * MAX_MEMORY_CHANGE / 100).max(settling),
        "memory changed by more than {MAX_MEMORY_CHANGE} %"
    );
    ensure!(
        // A client opens a connection whenever none is idle, and keeps it for a while.
        early.sockets.max(late.sockets) <= concurrency * 2,
        "more sockets are open than concurrent calls explain"
    );
    Ok(())
}
