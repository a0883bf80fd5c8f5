//! The soak: very many calls of all sorts, one attempt in a hundred with a fault. The SDK is alone in this process, so that
//! what the process weighs is the SDK's; the sandbox is in a child process. Fails where memory or sockets grow, where an
//! answer is wrong, or an error is one that no fault explains.

mod fate;
mod server;
mod tally;
mod worker;

use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bird_connectors_drills::scene::Place;
use clap::Parser;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use tally::{Tally, Weight};
use worker::Worker;

/// Very many calls, and a few faults.
#[derive(Parser)]
struct Options {
    /// How many calls.
    #[arg(long, default_value_t = 1_000_000)]
    calls: u64,
    /// How many at a time.
    #[arg(long, default_value_t = 64)]
    at_a_time: usize,
    /// Where the choice of calls starts; a random one otherwise.
    #[arg(long)]
    seed: Option<u64>,
    /// Be the process of the sandbox.
    #[arg(long, hide = true)]
    serve: bool,
}

/// Resident memory may differ by so much, in percent.
const MEMORY: u64 = 5;
/// In a short run the allocator is still settling, and so many KiB are nothing.
const SETTLING: u64 = 2048;
/// A run of so many calls has settled.
const LONG: u64 = 500_000;

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let done = if options.serve {
        server::serve().await
    } else {
        soak(&options).await
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn soak(options: &Options) -> Result<()> {
    let (child, place) = start_sandbox().await?;
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..));
    println!("seed {seed}");
    let client = place
        .client()
        .rate_limit(None)
        .attempt_timeout(Duration::from_secs(2))
        .build()?;
    let tally: &'static Tally = Box::leak(Box::new(Tally::new(options.calls)));
    let start = Instant::now();
    let mut working = tokio::task::JoinSet::new();
    for number in 0..options.at_a_time {
        let worker = Worker::new(number, seed, &client, place.clone(), tally)?;
        working.spawn(worker.run());
    }
    while let Some(done) = working.join_next().await {
        done.context("a worker panicked")?;
    }
    let took = start.elapsed();
    drop(child);
    report(tally, took, options.at_a_time)
}

/// The child, which ends when it is dropped, and where its sandbox is.
async fn start_sandbox() -> Result<(Child, Place)> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("--serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let stdout = child.stdout.take().context("the child has no output")?;
    let line = BufReader::new(stdout).lines().next_line().await?;
    let place = Place::from_json(&line.context("the sandbox did not start")?)?;
    Ok((child, place))
}

fn report(tally: &Tally, took: Duration, at_a_time: usize) -> Result<()> {
    let seen = tally.seen();
    let weights = tally.weights();
    let (early, late) = weights
        .first()
        .zip(weights.get(9))
        .context("too few calls to compare anything")?;
    for (operation, count) in &seen.by_operation {
        println!("{count:>9} {operation}");
    }
    for (end, count) in &seen.by_end {
        println!("{count:>9} {end}");
    }
    let calls = tally.calls();
    println!(
        "{calls} calls in {:.1} s ({:.0} a second)",
        took.as_secs_f64(),
        calls as f64 / took.as_secs_f64(),
    );
    let series = |of: fn(&Weight) -> String| weights.iter().map(of).collect::<Vec<_>>().join(" ");
    println!(
        "memory in KiB at each tenth: {}",
        series(|weight| weight.memory.to_string())
    );
    println!(
        "sockets at each tenth: {}",
        series(|weight| weight.sockets.to_string())
    );
    println!(
        "memory {} KiB at a tenth, {} KiB at the end ({:+.1} %); sockets {} and {}",
        early.memory,
        late.memory,
        (late.memory as f64 / early.memory as f64 - 1.0) * 100.0,
        early.sockets,
        late.sockets,
    );
    for wrong in seen.wrong.iter().take(20) {
        println!("WRONG {wrong}");
    }
    println!("{} wrong answers", seen.wrong.len());
    ensure!(seen.wrong.is_empty(), "answers were wrong");
    let settling = if calls < LONG { SETTLING } else { 0 };
    ensure!(
        late.memory.abs_diff(early.memory) <= (early.memory * MEMORY / 100).max(settling),
        "memory is not flat within {MEMORY} %"
    );
    ensure!(
        // A client opens one whenever none is free at that moment, and keeps it for a while.
        early.sockets.max(late.sockets) <= at_a_time * 2,
        "more sockets are open than calls under way explain"
    );
    Ok(())
}
