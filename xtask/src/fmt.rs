//! `cargo xtask fmt`: formats all sources, or checks that they are formatted.

use std::process::Command;

use anyhow::Result;

use crate::process::{self, cargo, command, root};
use crate::python::{self, Environment};

/// Programs of the benchmarks that are built outside of the workspace.
const CONSUMERS: [&str; 2] = ["hand", "sdk"];

/// Python sources, relative to the folder of the package.
const PYTHON: [&str; 3] = [".", "../xtask/outside", "../xtask/referees"];

/// Formats Rust and Python. With `check`, changes nothing and fails if a file is not formatted.
pub(crate) fn run(check: bool) -> Result<()> {
    rust(check)?;
    let environment = Environment::with("python-format", &python::group("format")?)?;
    python(&environment, check)
}

pub(crate) fn rust(check: bool) -> Result<()> {
    let check = check.then_some("--check");
    process::run(cargo(["fmt", "--all"]).args(check))?;
    process::run(cargo(["fmt", "--manifest-path", "fuzz/Cargo.toml"]).args(check))?;
    let consumers = root().join("crates/bird-connectors-bench/consumers");
    let files = CONSUMERS.map(|name| consumers.join(name).join("main.rs"));
    let outside = root().join("xtask/outside/main.rs");
    process::run(
        command("rustfmt", ["--edition", "2024"])
            .args(check)
            .args(files)
            .arg(outside),
    )
}

/// Formats the Python sources and sorts their imports, with the ruff of an environment.
pub(crate) fn python(environment: &Environment, check: bool) -> Result<()> {
    let ruff = |arguments: &[&str]| -> Command {
        let mut command = environment.command("ruff", arguments);
        // The scripts of the tasks have no separate configuration.
        command.args(["--config", "pyproject.toml"]).args(PYTHON);
        command.current_dir(python::sources());
        command
    };
    if check {
        return process::run(&mut ruff(&["format", "--check"]));
    }
    process::run(&mut ruff(&["check", "--quiet", "--select", "I", "--fix"]))?;
    process::run(&mut ruff(&["format"]))
}
