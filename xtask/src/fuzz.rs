//! `cargo xtask fuzz`: what strangers can send, by the million. On the stable toolchain, which cargo-fuzz has to be told.

use anyhow::Result;

use crate::process::{self, cargo, command, tools};

/// Pinned, so that nothing changes by itself.
const CARGO_FUZZ: &str = "cargo-fuzz@0.13.2";

pub(crate) fn run(target: &str, seconds: u32) -> Result<()> {
    let root = tools().join(CARGO_FUZZ.replace('@', "-"));
    let program = root.join("bin/cargo-fuzz");
    if !program.exists() {
        let install = ["install", "--locked", "--quiet", CARGO_FUZZ, "--root"];
        process::run(cargo(install).arg(&root))?;
    }
    let limit = format!("-max_total_time={seconds}");
    process::run(command(program, ["run", target, "--", &limit]).env("RUSTC_BOOTSTRAP", "1"))
}
