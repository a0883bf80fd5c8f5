//! Duplicate check: thousands of seeded runs of `ensure`, with lost responses, slow commits, with and without 409, with and
//! without a journal, killed and started again. Each run must end with exactly one connector or with an error that is true.
//! The same plans are also executed with blind retries, for comparison. Runs in which no client can prevent duplicates are
//! counted separately.
//!
//! The requests go over real sockets, in simulated time: hours pass in minutes.

mod blind_retries;
mod ensure_run;
mod plan;
mod process;
mod simulated_time;
mod tally;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result, anyhow};
use clap::Parser;
use tokio::task::JoinSet;

use ensure_run::RunEnd;
use plan::{Case, Plan};
use tally::{Tally, print_table};

/// Call `ensure` many times under faults and kills, and check which connectors exist in the end.
#[derive(Clone, Parser)]
struct Options {
    /// Number of runs.
    #[arg(long, default_value_t = 10_000)]
    runs: u64,
    /// Seed of the plans. A plan is reproducible, but how far a process comes in a number of polls depends on the sockets.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Execute only the run with this number.
    #[arg(long)]
    only: Option<u64>,
    /// Maximum number of concurrent runs on each thread.
    #[arg(long, default_value_t = 200)]
    concurrency: usize,
}

/// The number of a run, how it ended, and how many connectors blind retries created.
type RunResult = (u64, Result<(RunEnd, usize)>);

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Returns whether every run ended as it must.
fn run(options: &Options) -> Result<bool> {
    let start = Instant::now();
    let results = execute_in_threads(options)?;
    let mut tallies: BTreeMap<Case, Tally> = BTreeMap::new();
    let mut failed = 0_u64;
    for (run, result) in &results {
        let tally = tallies.entry(Case::of(*run)).or_default();
        tally.runs += 1;
        match result {
            Ok((end, blind_connectors)) => tally.record(*end, *blind_connectors),
            Err(error) => {
                failed += 1;
                println!("FAILED: run {run} of seed {}: {error:#}", options.seed);
                println!("  {:?}", Plan::new(options.seed, *run));
            }
        }
    }
    print_table(&tallies);
    let mut total = Tally::default();
    tallies.values().for_each(|tally| total.add(tally));
    println!();
    println!(
        "{} runs (seed {}) in {:.0} s: {} returned the only connector, {} failed with an error that is true, {} ended with duplicates that cannot be prevented, {failed} failed the check.",
        total.runs,
        options.seed,
        start.elapsed().as_secs_f64(),
        total.count(RunEnd::OneConnector),
        total.count(RunEnd::UnknownOutcome)
            + total.count(RunEnd::Conflict)
            + total.count(RunEnd::OtherError),
        total.count(RunEnd::Duplicates),
    );
    println!(
        "Blind retries with the same plans: {} of {} runs ended with duplicates ({} surplus connectors).",
        total.blind_duplicates, total.runs, total.blind_surplus
    );
    Ok(failed == 0)
}

/// Executes all runs on all processors, and returns their results in order.
fn execute_in_threads(options: &Options) -> Result<Vec<RunResult>> {
    let runs: Vec<u64> = match options.only {
        Some(run) => vec![run],
        None => (0..options.runs).collect(),
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut results = Vec::new();
    thread::scope(|scope| -> Result<()> {
        let parts: Vec<_> = (0..threads)
            .map(|part| {
                let runs: Vec<_> = runs.iter().copied().skip(part).step_by(threads).collect();
                scope.spawn(move || simulated_time::run(execute_all(options, runs)))
            })
            .collect();
        for part in parts {
            let part = part.join().map_err(|_| anyhow!("a thread panicked"))?;
            results.extend(part??);
        }
        Ok(())
    })?;
    results.sort_by_key(|(run, _)| *run);
    Ok(results)
}

/// Executes these runs concurrently on this thread.
async fn execute_all(options: &Options, runs: Vec<u64>) -> Result<Vec<RunResult>> {
    let (seed, mut runs) = (options.seed, runs.into_iter());
    let mut running = JoinSet::new();
    let mut results = Vec::new();
    loop {
        while running.len() < options.concurrency
            && let Some(run) = runs.next()
        {
            running.spawn(async move { (run, execute(&Plan::new(seed, run)).await) });
        }
        match running.join_next().await {
            Some(result) => results.push(result.context("a run panicked")?),
            None => return Ok(results),
        }
    }
}

async fn execute(plan: &Plan) -> Result<(RunEnd, usize)> {
    let (end, blind_connectors) =
        tokio::join!(ensure_run::execute(plan), blind_retries::execute(plan));
    Ok((end?, blind_connectors?))
}
