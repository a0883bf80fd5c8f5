//! A fleet in simulated time: 50 workers install a million channels in 2,000 workspaces with the SDK, while workers crash, answers
//! are lost, requests are throttled and webhooks are late. The program reports what that costs, and checks that no limit of the
//! API is exceeded, that no connector is duplicated, and that every install has the right result.
//!
//! The SDK is the real one: its requests go to a simulated API through `ClientBuilder::http_client`, its claims to a journal in
//! memory, and its clock is tokio's, which is paused. The same seed gives the same table. Only the memory of a worker is measured: it
//! includes what the process allocates once.

mod api;
mod checks;
mod clock;
mod figures;
mod fleet;
mod journal;
mod lock;
mod memory;
mod queue;
mod random;
mod report;
mod scenario;
mod simulation;
mod timeline;
mod traffic;
mod worker;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Parser;

use scenario::{BULK_CONCURRENCY, Pattern, SINGLE_CONCURRENCY, Scenario};

/// Install channels in many workspaces in simulated time, and report what that costs.
#[derive(Parser)]
struct Options {
    /// Number of installs, a multiple of the number of workspaces.
    #[arg(long, default_value_t = 1_000_000)]
    installs: u32,
    /// Number of workspaces.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..))]
    workspaces: u32,
    /// Number of workers.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    workers: u32,
    /// Number of workspaces that a worker installs at the same time.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..))]
    batches: u32,
    /// Seed of all faults and times.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Also write the table to the section of the fleet in this Markdown file.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

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

/// Returns whether all checks passed.
fn run(options: &Options) -> Result<bool> {
    let start = Instant::now();
    let scenario = Scenario {
        seed: options.seed,
        workspaces: options.workspaces,
        installs: options.installs.div_ceil(options.workspaces),
        workers: options.workers,
        batches: options.batches,
        bulk_concurrency: BULK_CONCURRENCY,
        single_every: 20,
        single_concurrency: SINGLE_CONCURRENCY,
        duplicate_every: 20,
        crash_after: Some(Duration::from_secs(1800)),
        faults: true,
        webhooks: true,
        planted: None,
    };
    let mut figures = simulation::simulate(scenario.clone())?;
    figures.bulk_memory = memory::per_install(&scenario, Pattern::Bulk, [1_000, 3_000])?;
    figures.single_memory = memory::per_install(&scenario, Pattern::Single, [20, 60])?;
    let section = report::markdown(&scenario, &figures);
    println!("{section}\n");
    let violations = checks::check(&figures);
    for violation in &violations {
        println!("FAILED: {violation}");
    }
    println!(
        "{} violations; the simulation took {:.0} s",
        violations.len(),
        start.elapsed().as_secs_f64()
    );
    if let Some(path) = &options.write
        && violations.is_empty()
    {
        report::write(path, &section)?;
    }
    Ok(violations.is_empty())
}
