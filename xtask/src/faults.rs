//! `cargo xtask faults`: every fault of the sandbox against every operation of the SDK, and what came of each.

use anyhow::Result;

use crate::process::{self, cargo};

pub(crate) fn run(brief: bool) -> Result<()> {
    let arguments = [
        "run",
        "--quiet",
        "--package",
        "bird-connectors-drills",
        "--bin",
        "faults",
        "--",
    ];
    process::run(cargo(arguments).args(brief.then_some("--brief")))
}
