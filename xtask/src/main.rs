//! `cargo xtask`: every chore has one name. One file a chore; [`process`] is how they start other programs.

mod bench;
mod bulk;
mod codegen;
mod crash;
mod demo;
mod deny;
mod duplicates;
mod faults;
mod fuzz;
mod lint;
mod process;
mod public_api;
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
    /// Check that no files of a crate import each other in a circle, and that the layers of the SDK import one way.
    Imports {
        /// Only these packages, even if they are exempt.
        packages: Vec<String>,
    },
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
    Referees {
        /// Only this one: Prism, schemathesis or openapi-python-client.
        only: Option<String>,
    },
    /// Check licences, sources, bans and duplicates of all dependencies.
    Deny {
        /// Also look for known flaws, in a database that is fetched for it.
        #[arg(long)]
        advisories: bool,
    },
    /// List what users of the published crates can name.
    PublicApi {
        /// Fail if the checked-in lists differ, and change nothing.
        #[arg(long)]
        check: bool,
    },
    /// Fuzz a target, such as `webhook`, or all of them one after the other.
    Fuzz {
        target: Option<String>,
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
    /// Measure the SDK and the package beside what people would use instead, and write `BENCHMARKS.md`.
    Bench {
        /// Few rounds of unoptimised builds, without what takes minutes: shows that the benchmarks work.
        #[arg(long)]
        quick: bool,
        /// Only these rows of the table.
        #[arg(long, value_delimiter = ',')]
        rows: Vec<u8>,
    },
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
        Chore::Imports { packages } => lint::imports::run(&packages),
        Chore::Faults { brief } => faults::run(brief),
        Chore::Soak { calls } => soak::run(calls),
        Chore::Duplicates { runs, seed } => duplicates::run(runs, seed),
        Chore::Crash { times } => crash::run(times),
        Chore::Referees { only } => referees::run(only.as_deref()),
        Chore::Deny { advisories } => deny::run(advisories),
        Chore::PublicApi { check } => public_api::run(check),
        Chore::Fuzz { target, seconds } => fuzz::run(target.as_deref(), seconds),
        Chore::Bulk { templates } => bulk::run(templates),
        Chore::Bench { quick, rows } => bench::run(quick, &rows),
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
