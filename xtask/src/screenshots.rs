//! `cargo xtask screenshots`: the pictures of the documentation. A test of its crate takes those of the command line, and
//! a browser takes those of the sandbox's page.

use anyhow::Result;

use crate::browser;
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
    process::run(cargo(arguments).env("UPDATE_SCREENSHOTS", "1"))?;
    browser::screenshots()
}
