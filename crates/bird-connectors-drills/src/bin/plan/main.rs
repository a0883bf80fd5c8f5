//! Channels as files, with the command line: 200 connectors and 20 webhook subscriptions in 20 workspaces are planned, applied,
//! applied again, changed by hand, exported and pruned. Then `apply` is killed with SIGKILL when the sandbox receives a random
//! request, and run again, each time in a new sandbox: the end state must be the same. A script that creates, stores ids and
//! polls, as generic REST providers do, is killed in the same way, and its duplicates are counted.
//!
//! The sandbox accepts duplicate creates instead of rejecting them with 409, and lists a new connector late. No file that a
//! command writes may contain a secret.

mod commands;
mod existing;
mod kills;
mod life;
mod options;
mod scenario;
mod script;

use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Parser as _;
use fastrand::Rng;

use kills::{Damage, Program};
use options::{Options, Role};
use scenario::Scenario;

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let result = match &options.role {
        Some(Role::Script { folder }) => Box::pin(script::run(folder)).await,
        None => Box::pin(run(&options)).await,
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
    let program = options.program.as_deref();
    ensure!(options.workspaces > 1, "at least two workspaces are needed");
    let life = life::run(&Scenario::start(program, options.workspaces).await?).await?;

    println!(
        "{:<26} {:>5} {:>10} {:>8} {:>5}",
        "killed with SIGKILL", "kills", "duplicates", "missing", "lost"
    );
    for program in Program::ALL {
        // The same requests for each program.
        let mut random = Rng::with_seed(options.seed);
        let damage = kills::run(options, &mut random, program, &life).await?;
        println!(
            "{:<26} {:>5} {:>10} {:>8} {:>5}",
            program.name(),
            options.kills,
            damage.duplicates,
            damage.missing,
            damage.lost
        );
        ensure!(
            program == Program::Script || damage == Damage::default(),
            "an apply that was killed and repeated did not end in the same state"
        );
    }
    println!(
        "Passed: seed {}; {} files that commands wrote before the kills, and all after them, contain no secret.",
        options.seed, life.files
    );
    Ok(())
}
