//! `cargo xtask`: every chore has one name. One file a chore; [`process`] is how they start other programs.

mod bench;
mod codegen;
mod demo;
mod fuzz;
mod lint;
mod process;
mod python;
mod referees;
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
    /// Let programs that others wrote judge contract, sandbox and SDK.
    Referees,
    /// Fuzz a target, such as `webhook`.
    Fuzz {
        target: String,
        /// For how long.
        #[arg(long, default_value_t = 120)]
        seconds: u32,
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
        Chore::Referees => referees::run(),
        Chore::Fuzz { target, seconds } => fuzz::run(&target, seconds),
        Chore::Bench => bench::run(),
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
