//! `cargo xtask test`: all tests, documentation examples and the README's included.

use anyhow::Result;

use crate::process::{self, cargo};

pub(crate) fn run() -> Result<()> {
    process::run(&mut cargo(["test", "--workspace"]))
}
