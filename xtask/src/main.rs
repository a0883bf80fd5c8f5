//! `cargo xtask`: every chore has one name. One file a chore; [`process`] is how they start other programs.

mod bench;
mod bulk;
mod codegen;
mod crash;
mod demo;
mod duplicates;
mod faults;
mod fuzz;
mod lint;
mod process;
mod python;
mod referees;
mod soak;
mod stubs;
mod test;
mod wheel;

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The chores of this repository.")]
enum Chore {
    /// Install a channel against the embedded sandbox and show each step.
    Demo {
        /// Show a failed install and a time-out instead.
        #[arg(long)]
        fail: bool,
    },
    /// Run all tests, those of the Python package included.
    Test,
    /// Check formatting, lints, generated code, the contract and the documentation.
    Lint,
    /// Try every fault of the sandbox on every operation, and print what came of each.
    Faults {
        /// Print one line for each fault.
        #[arg(long)]
        brief: bool,
    },
    /// Make very many calls, with faults among them, and print whether memory and sockets stay as they are.
    Soak {
        /// How many.
        #[arg(long, default_value_t = 1_000_000)]
        calls: u64,
    },
    /// Ensure an install very many times where much goes wrong, and count what there is in the end.
    Duplicates {
        /// How many times.
        #[arg(long, default_value_t = 10_000)]
        runs: u64,
        /// What they are drawn from.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Kill installs at random moments, and see what the next process makes of them.
    Crash {
        /// How many times.
        #[arg(long, default_value_t = 100)]
        times: u64,
    },
    /// Let programs that others wrote judge contract, sandbox and SDK.
    Referees,
    /// Fuzz a target, such as `webhook`.
    Fuzz {
        target: String,
        /// For how long.
        #[arg(long, default_value_t = 120)]
        seconds: u32,
    },
    /// Install very many with a process that is killed half-way and resumed, and print what came of them.
    Bulk {
        /// How many.
        #[arg(long, default_value_t = 1000)]
        templates: usize,
    },
    /// Print figures: what verifying a webhook costs, and how soon a wait hears of a change.
    Bench,
    /// Generate the raw layer and the mocks from the contract.
    Codegen {
        /// Fail if the checked-in files differ, and change nothing.
        #[arg(long)]
        check: bool,
    },
    /// Build the Python wheel as it is released, and say what it weighs.
    Wheel,
    /// Generate the type stubs of the Python package.
    Stubs {
        /// Fail if the checked-in file differs, and change nothing.
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    let done = match Chore::parse() {
        Chore::Demo { fail } => demo::run(fail),
        Chore::Test => test::run(),
        Chore::Lint => lint::run(),
        Chore::Faults { brief } => faults::run(brief),
        Chore::Soak { calls } => soak::run(calls),
        Chore::Duplicates { runs, seed } => duplicates::run(runs, seed),
        Chore::Crash { times } => crash::run(times),
        Chore::Referees => referees::run(),
        Chore::Fuzz { target, seconds } => fuzz::run(&target, seconds),
        Chore::Bench => bench::run(),
        Chore::Bulk { templates } => bulk::run(templates),
        Chore::Codegen { check } => codegen::run(check),
        Chore::Wheel => wheel::run(),
        Chore::Stubs { check } => stubs::run(check),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without the backtrace that anyhow's Debug shows: the failing program has said what is wrong.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
