//! `cargo xtask fuzz`: what strangers can send, by the million. On the stable toolchain, which cargo-fuzz has to be told.

use std::fs;

use anyhow::{Context as _, Result};

use crate::process::{self, command, installed, root};

/// Pinned, so that nothing changes by itself.
const CARGO_FUZZ: &str = "cargo-fuzz@0.13.2";

/// One target, or each after the other. It begins with what is checked in under `fuzz/seeds`, and goes on from what earlier
/// runs on this machine have found.
pub(crate) fn run(target: Option<&str>, seconds: u32) -> Result<()> {
    let targets = target.map_or_else(targets, |one| Ok(vec![one.to_owned()]))?;
    let program = installed(CARGO_FUZZ)?;
    let limit = format!("-max_total_time={seconds}");
    for target in targets {
        let corpus = root().join("fuzz/corpus").join(&target);
        fs::create_dir_all(&corpus)
            .with_context(|| format!("cannot create {}", corpus.display()))?;
        process::run(
            command(&program, ["run", &target])
                .arg(corpus)
                .arg(root().join("fuzz/seeds").join(&target))
                .args(["--", &limit])
                .env("RUSTC_BOOTSTRAP", "1"),
        )?;
    }
    Ok(())
}

fn targets() -> Result<Vec<String>> {
    let mut targets = Vec::new();
    for entry in fs::read_dir(root().join("fuzz/fuzz_targets"))? {
        let path = entry?.path();
        targets.extend(
            path.file_stem()
                .map(|stem| stem.to_string_lossy().into_owned()),
        );
    }
    targets.sort();
    Ok(targets)
}
