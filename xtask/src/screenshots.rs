//! `cargo xtask screenshots`: the pictures of the command line in the documentation, which a test of its crate takes.

use anyhow::Result;

use crate::process::{self, cargo};

pub(crate) fn run() -> Result<()> {
    let arguments = [
        "test",
        "--quiet",
        "--package",
        "bird-connectors-cli",
        "--test",
        "screenshots",
    ];
    process::run(cargo(arguments).env("UPDATE_SCREENSHOTS", "1"))
}
