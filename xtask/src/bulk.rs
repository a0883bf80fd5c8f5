//! `cargo xtask bulk`: a thousand installs by a process that is killed half-way and resumed, and what came of them.

use anyhow::Result;

use crate::process::{self, cargo};

pub(crate) fn run(templates: usize) -> Result<()> {
    let arguments = [
        "run",
        "--quiet",
        "--package",
        "bird-connectors-drills",
        "--bin",
        "bulk",
        "--",
        "--templates",
    ];
    process::run(cargo(arguments).arg(templates.to_string()))
}
