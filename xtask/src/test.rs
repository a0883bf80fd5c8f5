//! `cargo xtask test`: all tests, documentation examples and the README's included.

use anyhow::Result;

use crate::process::{self, cargo};
use crate::python::{self, Environment};
use crate::{bench, faults, soak};

pub(crate) fn run() -> Result<()> {
    process::run(&mut cargo(["test", "--workspace"]))?;
    // After the tests, whose processors they would take away.
    faults::run(true)?;
    soak::run(soak::SHORT)?;
    // That the benchmarks work, and none of their figures.
    bench::run(true, &[])?;
    python()
}

/// The wheel, installed as a user installs it, in an environment that has never seen it. It is built without
/// optimisation: what is tested is the same, and `cargo xtask wheel` builds the real one.
fn python() -> Result<()> {
    let wheel = python::build("dev", "wheel-for-tests")?;
    let environment = Environment::fresh("python-tests")?;
    environment.install(&python::requirements()?)?;
    environment.install(&[wheel])?;
    process::run(
        environment
            .command("python", ["-m", "pytest", "--quiet"])
            .current_dir(python::sources()),
    )
}
