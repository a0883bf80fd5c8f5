//! `cargo xtask test` and `cargo xtask pytest`: the tests, and nothing else.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::process::{self, cargo};
use crate::python::{self, Environment};
use crate::services;
use crate::steps::Steps;

/// All tests, with the examples in the documentation.
pub(crate) fn run(steps: &mut Steps) -> Result<()> {
    rust(steps)?;
    // Many Python tests wait most of the time, so two processes save time even with few processors.
    pytest(
        steps,
        &["--quiet", "--numprocesses", "2"].map(OsString::from),
    )
}

/// The Rust tests, with the examples in the documentation.
pub(crate) fn rust(steps: &mut Steps) -> Result<()> {
    steps.run("services", services::install)?;
    steps.run("build of the Rust tests", || {
        process::run(&mut cargo(["test", "--workspace", "--no-run"]))
    })?;
    steps.run("Rust tests", || {
        process::run(&mut cargo(["test", "--workspace"]))
    })
}

/// The Python tests with these arguments of pytest. They run against an installed wheel, as users have it, but without
/// optimizations: `cargo xtask wheel` builds the released one.
pub(crate) fn pytest(steps: &mut Steps, arguments: &[OsString]) -> Result<()> {
    steps.run("services", services::install)?;
    let wheel = steps.run("wheel", wheel)?;
    let environment = steps.run("Python environment", || with_wheel(&wheel))?;
    steps.run("Python tests", || {
        process::run(
            environment
                .command("python", ["-m", "pytest"])
                .args(arguments)
                .current_dir(python::sources()),
        )
    })
}

fn wheel() -> Result<PathBuf> {
    python::build("dev", "wheel-for-tests")
}

fn with_wheel(wheel: &Path) -> Result<Environment> {
    let environment = Environment::with("python-tests", &python::group("test")?)?;
    environment.reinstall(wheel)?;
    Ok(environment)
}

/// The environment of the Python tests, with a new wheel, for Python programs that are not tests.
pub(crate) fn environment() -> Result<Environment> {
    with_wheel(&wheel()?)
}
