//! Row 14: the duration of a clean release build of a program that lists connectors, with the SDK and with plain reqwest.

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result};

use super::measurement::Measurement;
use super::report;
use crate::process::{self, cargo, root};

struct Consumer {
    variant: &'static str,
    folder: &'static str,
}

const CONSUMERS: [Consumer; 2] = [
    Consumer {
        variant: "bird-connectors",
        folder: "sdk",
    },
    Consumer {
        variant: "reqwest + serde_json",
        folder: "hand",
    },
];

/// Number of builds of each program. A build takes about a minute.
const ROUNDS: usize = 2;

pub(crate) fn build() -> Result<Vec<Measurement>> {
    let mut durations = [Vec::new(), Vec::new()];
    for consumer in &CONSUMERS {
        prepare(consumer)?;
    }
    for round in 0..ROUNDS {
        for offset in 0..CONSUMERS.len() {
            let index = (offset + round) % CONSUMERS.len();
            durations[index].push(clean_build(&CONSUMERS[index])?);
        }
    }
    let variants = CONSUMERS.iter().zip(durations);
    Ok(variants
        .map(|(consumer, durations)| Measurement::new("consumer", consumer.variant, "s", durations))
        .collect())
}

/// Creates a package outside of this workspace, with the dependency versions of this workspace.
fn prepare(consumer: &Consumer) -> Result<()> {
    let source = root()
        .join("crates/bird-connectors-bench/consumers")
        .join(consumer.folder);
    let package = report::folder()?.join("consumers").join(consumer.folder);
    fs::create_dir_all(package.join("src"))?;
    let manifest = read(&source.join("Cargo.toml.in"))?;
    let manifest = manifest.replace("@root@", &root().display().to_string());
    fs::write(package.join("Cargo.toml"), manifest)?;
    fs::write(package.join("src/main.rs"), read(&source.join("main.rs"))?)?;
    fs::copy(root().join("Cargo.lock"), package.join("Cargo.lock"))?;
    // Downloads are not part of the measured time.
    process::run(cargo(["fetch", "--quiet"]).current_dir(&package))
}

fn clean_build(consumer: &Consumer) -> Result<f64> {
    let package = report::folder()?.join("consumers").join(consumer.folder);
    let target = package.join("target");
    if target.exists() {
        fs::remove_dir_all(&target)
            .with_context(|| format!("cannot remove {}", target.display()))?;
    }
    let start = Instant::now();
    let mut build = cargo(["build", "--quiet", "--release", "--offline"]);
    process::run(build.current_dir(&package).env("CARGO_TARGET_DIR", &target))?;
    Ok(start.elapsed().as_secs_f64())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
