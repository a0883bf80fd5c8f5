//! SIGKILL during an install: a process is killed at a random moment, once or twice. The next one resumes from the stored
//! token, or calls `ensure` again with the journal. The sandbox accepts duplicate creates instead of rejecting them with
//! 409, and lists a new connector late. In the end there must be exactly one connector, with an active channel.

mod child;
mod scenario;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use fastrand::Rng;
use tokio::time::Instant;

use scenario::{KillPoint, PROCESS_TIMEOUT, Scenario};

/// Kill a process while it installs, start it again, and check which connectors exist in the end.
#[derive(Parser)]
struct Options {
    /// Number of runs.
    #[arg(long, default_value_t = 100)]
    runs: u64,
    /// Seed of the delays and of the moments at which processes are killed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Be the process that installs.
    #[command(hide = true)]
    Child {
        folder: PathBuf,
        #[arg(long)]
        stores_token: bool,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let result = match &options.role {
        Some(Role::Child {
            folder,
            stores_token,
        }) => child::run(folder, *stores_token).await.map(|()| true),
        None => run(&options).await,
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Returns whether every run ended as it must.
async fn run(options: &Options) -> Result<bool> {
    let mut random = Rng::with_seed(options.seed);
    // The duration of a process that is not killed.
    let mut duration = PROCESS_TIMEOUT;
    for _ in 0..3 {
        let scenario = Scenario::start(&mut random, false).await?;
        let start = Instant::now();
        scenario.run_to_completion().await?;
        duration = duration.min(start.elapsed());
    }
    let mut passed = 0;
    let mut kill_points: BTreeMap<KillPoint, u64> = BTreeMap::new();
    for run in 0..options.runs {
        let scenario = Scenario::start(&mut random, run % 2 == 0).await?;
        let kills = 1 + random.u8(0..3) / 2;
        for _ in 0..kills {
            let delay = duration.mul_f64(random.f64());
            let kill_point = scenario.kill_after(delay).await?;
            *kill_points.entry(kill_point).or_default() += 1;
        }
        match scenario.run_to_completion().await {
            Ok(()) => passed += 1,
            Err(error) => println!("FAILED: run {run} of seed {}: {error:#}", options.seed),
        }
    }
    println!("{:<44} {:>6}", "killed", "times");
    for (kill_point, count) in &kill_points {
        println!("{:<44} {count:>6}", kill_point.description());
    }
    println!();
    println!(
        "{passed} of {} runs passed (seed {}): exactly one connector, with an active channel.",
        options.runs, options.seed
    );
    Ok(passed == options.runs)
}
