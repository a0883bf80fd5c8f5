//! `cargo xtask soak`: very many calls, with faults among them, and whether memory and sockets stay as they are.

use anyhow::Result;

use crate::process::{self, cargo};

/// As many calls as every run of the tests can afford.
pub(crate) const SHORT: u64 = 50_000;

/// A long soak is built as releases are; a short one takes longer to build than to run.
pub(crate) fn run(calls: u64) -> Result<()> {
    let mut command = cargo(["run", "--quiet", "--package", "bird-connectors-drills"]);
    if calls > SHORT {
        command.arg("--release");
    }
    command.args(["--bin", "soak", "--", "--calls", &calls.to_string()]);
    process::run(&mut command)
}
