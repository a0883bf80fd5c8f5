//! `cargo xtask demo`: an example of the SDK, so that it is also something to read.

use anyhow::Result;

use crate::process::{self, cargo};

pub(crate) fn run(fail: bool) -> Result<()> {
    let arguments = [
        "run",
        "--quiet",
        "--package",
        "bird-connectors",
        "--example",
        "demo",
        "--",
    ];
    process::run(cargo(arguments).args(fail.then_some("--fail")))
}
