//! `cargo xtask drill`: the programs of `bird-connectors-drills`, and those of `python/drills`.

use anyhow::{Result, ensure};
use clap::{Args, ValueEnum};

use crate::process::{self, cargo};
use crate::{python, services, test};

#[derive(Args)]
pub(crate) struct Options {
    /// The drill to run.
    name: Name,
    /// Options of the drill, such as `--calls 50000`. `cargo xtask drill NAME -- --help` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

#[derive(Clone, Copy, Eq, PartialEq, ValueEnum)]
enum Name {
    /// Run every operation against every fault of the sandbox, and check each result.
    Faults,
    /// Make a million calls, some with faults, and check that memory and open sockets do not grow.
    Soak,
    /// Call `ensure` ten thousand times under faults, and check that no duplicate connectors exist in the end.
    Duplicates,
    /// Kill installs at random moments, and check that the next process completes them.
    Crash,
    /// Install a thousand templates under faults, kill the process half-way, and check that it resumes from its journal.
    Bulk,
    /// Install a thousand rows with the command line, stop the process three times, and check that the command that it prints
    /// completes the file.
    Cli,
    /// Plan, apply, export and prune 200 connectors in files with the command line, kill the apply with SIGKILL at 50 random
    /// requests, and check that nothing is duplicated or lost. A script that creates, stores ids and polls is killed, too, and its
    /// duplicates are counted.
    Plan,
    /// Install the same templates from two and from eight processes at once, with a journal in a file and in PostgreSQL, and
    /// check that there are no duplicates, and that Rust and Python share a table. Needs PostgreSQL and PgBouncer. `--chaos 20`
    /// kills and pauses two workers in Rust and two in Python instead, for 20 seeds.
    Shared,
    /// Install 300 channels with workflows on the development server of Temporal, kill a worker every 3 s, restart the server once,
    /// and check that each install has its result, that no duplicate exists, and that no history contains a secret.
    Temporal,
    /// Install 300 channels with the Celery example while workers are killed every 3 s, with a visibility timeout of an hour and
    /// again of 2 s, and check that nothing is duplicated or lost, and that Redis receives no secret. Needs Redis and PostgreSQL.
    Celery,
    /// Install a million channels in 2,000 workspaces by 50 workers in simulated time, and check rate limits, duplicates and
    /// results. `--write BENCHMARKS.md` writes the table.
    Fleet,
    /// Run all of them, one after the other.
    All,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let all = [
        Name::Faults,
        Name::Soak,
        Name::Duplicates,
        Name::Crash,
        Name::Bulk,
        Name::Cli,
        Name::Plan,
        Name::Shared,
        Name::Temporal,
        Name::Celery,
        Name::Fleet,
    ];
    ensure!(
        options.name != Name::All || options.arguments.is_empty(),
        "`all` takes no options of a single drill"
    );
    for name in all {
        if options.name == name || options.name == Name::All {
            start(name, &options.arguments)?;
        }
    }
    Ok(())
}

/// The fault matrix with one line of output for each fault.
pub(crate) fn faults() -> Result<()> {
    start(Name::Faults, &["--brief".to_owned()])
}

/// A soak that takes less time than an optimized build would.
pub(crate) fn short_soak() -> Result<()> {
    start(Name::Soak, &["--calls", "50000"].map(str::to_owned))
}

/// Fewer templates and processes that share a journal.
#[cfg(unix)]
pub(crate) fn short_shared() -> Result<()> {
    let arguments = ["--templates", "60", "--processes", "4"];
    start(Name::Shared, &arguments.map(str::to_owned))
}

/// One seed, in which two workers or more are killed.
#[cfg(unix)]
pub(crate) fn short_chaos() -> Result<()> {
    let arguments = ["--templates", "150", "--chaos", "1"];
    start(Name::Shared, &arguments.map(str::to_owned))
}

/// Few workspaces, and few kills.
#[cfg(unix)]
pub(crate) fn short_plan() -> Result<()> {
    let arguments = ["--workspaces", "4", "--kills", "4"];
    start(Name::Plan, &arguments.map(str::to_owned))
}

/// The drill of the workflows with few installs.
#[cfg(unix)]
pub(crate) fn short_temporal() -> Result<()> {
    let arguments = ["--installs", "30", "--restart-after", "2"];
    start(Name::Temporal, &arguments.map(str::to_owned))
}

/// A fleet of few workers.
pub(crate) fn short_fleet() -> Result<()> {
    let arguments = ["--installs", "1000", "--workspaces", "20", "--workers", "4"];
    start(Name::Fleet, &arguments.map(str::to_owned))
}

/// Whether a run is so long that an optimized build saves time.
fn is_long(name: Name, arguments: &[String]) -> bool {
    let (option, limit) = match name {
        Name::Soak => ("--calls", 50_000),
        Name::Duplicates => ("--runs", 1_000),
        Name::Fleet => ("--installs", 10_000),
        _ => return false,
    };
    let mut values = arguments.iter().skip_while(|argument| *argument != option);
    let value = values.nth(1).and_then(|value| value.parse::<u64>().ok());
    value.is_none_or(|value| value > limit)
}

fn start(name: Name, arguments: &[String]) -> Result<()> {
    let program = name.to_possible_value().unwrap_or_default();
    let script = match name {
        Name::Temporal => Some("drills/temporal.py"),
        Name::Celery => Some("drills/celery_chaos.py"),
        _ => None,
    };
    if matches!(name, Name::Shared | Name::Celery) {
        services::install()?;
    }
    if let Some(script) = script {
        let environment = test::environment()?;
        let mut command = environment.command("python", [script]);
        return process::run(command.args(arguments).current_dir(python::sources()));
    }
    let mut command = cargo(["run", "--quiet", "--package", "bird-connectors-drills"]);
    if is_long(name, arguments) {
        command.arg("--release");
    }
    command.args(["--bin", program.get_name(), "--"]);
    if name == Name::Shared {
        command
            .arg("--python")
            .arg(test::environment()?.program("python"));
    }
    if matches!(name, Name::Cli | Name::Plan) {
        let package = "bird-connectors-cli";
        process::run(&mut cargo(["build", "--quiet", "--package", package]))?;
        let file = format!("bird-connectors{}", std::env::consts::EXE_SUFFIX);
        let built = process::target().join("debug").join(file);
        command.arg("--program").arg(built);
    }
    process::run(command.args(arguments))
}

#[cfg(test)]
mod tests;
