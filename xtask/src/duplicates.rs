//! `cargo xtask duplicates`: very many runs of `ensure` where much goes wrong, and the same with blind retries.

use anyhow::Result;

use crate::process::{self, cargo};

/// More than these are built as releases are; fewer take longer to build than to run.
const FEW: u64 = 1_000;

pub(crate) fn run(runs: u64, seed: u64) -> Result<()> {
    let mut command = cargo(["run", "--quiet", "--package", "bird-connectors-drills"]);
    if runs > FEW {
        command.arg("--release");
    }
    command.args(["--bin", "duplicates", "--", "--runs", &runs.to_string()]);
    process::run(command.args(["--seed", &seed.to_string()]))
}
