//! `cargo xtask fuzz`: feeds generated input to the code that parses untrusted data. It runs on the stable toolchain:
//! `RUSTC_BOOTSTRAP` permits the unstable options that cargo-fuzz uses.

use std::fs;

use anyhow::{Context as _, Result};

use crate::process::{self, cargo_install, command, root};

/// Pinned, so that a run is repeatable.
const CARGO_FUZZ: &str = "cargo-fuzz@0.13.2";

/// Runs one target, or all of them. The input starts from the seeds in `fuzz/seeds` and from the corpus of earlier runs on
/// this machine.
pub(crate) fn run(target: Option<&str>, seconds: u32) -> Result<()> {
    let targets = target.map_or_else(targets, |one| Ok(vec![one.to_owned()]))?;
    let program = cargo_install(CARGO_FUZZ)?;
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
