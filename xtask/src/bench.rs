//! `cargo xtask bench`: figures to read. None is a condition of anything.

use anyhow::Result;

use crate::process::{self, cargo};

pub(crate) fn run() -> Result<()> {
    process::run(&mut cargo([
        "run",
        "--quiet",
        "--release",
        "--package",
        "bird-connectors",
        "--example",
        "verify_cost",
    ]))?;
    process::run(&mut cargo([
        "test",
        "--quiet",
        "--release",
        "--package",
        "bird-connectors",
        "--test",
        "webhook_receive",
        "hundred",
        "--",
        "--nocapture",
    ]))
}
