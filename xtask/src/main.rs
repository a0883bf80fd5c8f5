//! `cargo xtask`: the tasks of this repository. Each task has a module; [`process`], [`python`] and [`steps`] are shared.

mod archive;
mod bench;
mod browser;
mod ci;
mod codegen;
mod demo;
mod deny;
mod docs;
mod drill;
mod fmt;
mod fuzz;
mod instructions;
mod lint;
mod packages;
mod process;
mod public_api;
mod python;
mod referees;
mod release;
mod rustdoc;
mod screenshots;
mod sdist;
mod services;
mod steps;
mod stubs;
mod test;
mod trace;
mod wheel;
mod workflows;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use steps::Steps;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The tasks of this repository.")]
enum Task {
    /// Install a channel against the embedded sandbox, and show each step.
    Demo {
        /// Show a failed install and a timeout instead.
        #[arg(long)]
        fail: bool,
    },
    /// Run everything that a change must pass: lint, test, the drills, the browser tests, the quick benchmarks and the instruction
    /// counts.
    Ci,
    /// Run all Rust and Python tests.
    Test {
        /// Run only the Rust tests. `pytest` runs only the Python tests.
        #[arg(long)]
        rust: bool,
    },
    /// Run the Python tests, with any arguments of pytest.
    Pytest {
        /// Arguments of pytest, such as `tests/test_lists.py -k checkpoint`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Check formatting, import directions, generated files, the contract, lints, types and documentation.
    Lint,
    /// Format all Rust and Python sources.
    Fmt {
        /// Change nothing, and fail if a file is not formatted.
        #[arg(long)]
        check: bool,
    },
    /// Check that no files of a crate import each other in a circle, and that no import of the SDK points upward.
    Imports {
        /// Packages to check, even if they are exempt. Default: all packages that are not exempt.
        packages: Vec<String>,
    },
    /// Run a drill: a program that checks the SDK's guarantees under faults.
    Drill(drill::Options),
    /// Generate the raw layer and the mocks from the contract.
    Codegen {
        /// Change nothing, and fail if a generated file is out of date.
        #[arg(long)]
        check: bool,
    },
    /// Generate the type stubs of the native Python module.
    Stubs {
        /// Change nothing, and fail if the stubs are out of date.
        #[arg(long)]
        check: bool,
    },
    /// Test the page of the sandbox in headless Chromium.
    Browser,
    /// Take the pictures of the command line and of the sandbox's page for the documentation.
    Screenshots,
    /// Build the source distribution of the Python package, and check it.
    Sdist,
    /// Build a Python wheel from the source distribution, as it is released, and check it.
    Wheel(wheel::Options),
    /// Package the published crates, and build a program that uses the packages. Uploads nothing.
    Packages {
        /// Package files that are not committed too.
        #[arg(long)]
        allow_dirty: bool,
    },
    /// Check the contract, the sandbox and the SDK with independent tools.
    Referees {
        /// Only this one: Prism, schemathesis or openapi-python-client.
        only: Option<String>,
    },
    /// Check licenses, sources, banned crates and duplicate versions of all dependencies.
    Deny {
        /// Check for known vulnerabilities too. Downloads the advisory database.
        #[arg(long)]
        advisories: bool,
    },
    /// List the public API of the published crates in `public-api.txt`.
    PublicApi {
        /// Change nothing, and fail if a list is out of date.
        #[arg(long)]
        check: bool,
    },
    /// Build the documentation site, and check its links, snippets and facts.
    Docs,
    /// Check everything that a release needs, and print one table. Or publish the crates.
    Release(release::Options),
    /// Run one fuzz target, such as `webhook`, or all of them.
    Fuzz {
        target: Option<String>,
        /// Seconds for each target.
        #[arg(long, default_value_t = 120)]
        seconds: u32,
    },
    /// Install channels from Python, and print the trace of each as a tree.
    Trace {
        /// Write the picture of the documentation too.
        #[arg(long)]
        picture: bool,
    },
    /// Compare the performance of the SDK and the Python package with alternatives, and write `BENCHMARKS.md`.
    Bench {
        /// Check only that the benchmarks run: unoptimized builds, few rounds, without those that take minutes.
        #[arg(long)]
        quick: bool,
        /// Measure only these rows of the table, such as `3,5`.
        #[arg(long, value_delimiter = ',')]
        rows: Vec<u8>,
    },
    /// Count the instructions of hot paths with valgrind, and compare them with the stored numbers.
    Instructions {
        /// Store the numbers instead.
        #[arg(long)]
        update: bool,
    },
}

fn main() -> ExitCode {
    let result = match Task::parse() {
        Task::Demo { fail } => demo::run(fail),
        Task::Ci => timed(ci::run),
        Task::Test { rust: false } => timed(test::run),
        Task::Test { rust: true } => timed(test::rust),
        Task::Pytest { arguments } => timed(|steps| test::pytest(steps, &arguments)),
        Task::Lint => timed(lint::run),
        Task::Fmt { check } => fmt::run(check),
        Task::Imports { packages } => lint::imports::run(&packages),
        Task::Drill(options) => drill::run(&options),
        Task::Codegen { check } => codegen::run(check),
        Task::Stubs { check } => stubs::run(check),
        Task::Browser => browser::run(),
        Task::Screenshots => screenshots::run(),
        Task::Sdist => sdist::run(),
        Task::Wheel(options) => wheel::run(&options),
        Task::Packages { allow_dirty } => timed(|steps| packages::run(steps, allow_dirty)),
        Task::Referees { only } => referees::run(only.as_deref()),
        Task::Deny { advisories } => deny::run(advisories),
        Task::PublicApi { check } => public_api::run(check),
        Task::Docs => timed(docs::run),
        Task::Release(options) => release::run(&options),
        Task::Fuzz { target, seconds } => fuzz::run(target.as_deref(), seconds),
        Task::Trace { picture } => trace::run(picture),
        Task::Bench { quick, rows } => bench::run(quick, &rows),
        Task::Instructions { update } => instructions::run(update),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Not `{error:?}`, which adds a backtrace of this program: the program that failed has printed the reason.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a task of several steps, and prints how long each of them took.
fn timed(task: impl FnOnce(&mut Steps) -> Result<()>) -> Result<()> {
    let mut steps = Steps::default();
    let result = task(&mut steps);
    steps.print();
    result
}
