//! `cargo xtask crash`: installs that are killed, and what the next process makes of them.

use anyhow::Result;

use crate::process::{self, cargo};

pub(crate) fn run(times: u64) -> Result<()> {
    let mut command = cargo(["run", "--quiet", "--package", "bird-connectors-drills"]);
    command.args(["--bin", "crash", "--", "--runs", &times.to_string()]);
    process::run(&mut command)
}
