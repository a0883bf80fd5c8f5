//! `cargo xtask codegen`: generates sources from the contract. They are checked in.

use anyhow::Result;

use crate::process::{self, cargo};

/// Writes the generated files. With `check_only`, changes nothing and fails if one is out of date.
pub(crate) fn run(check_only: bool) -> Result<()> {
    let package = "bird-connectors-codegen";
    let mut command = cargo(["run", "--quiet", "--package", package, "--"]);
    process::run(command.args(check_only.then_some("--check")))
}
