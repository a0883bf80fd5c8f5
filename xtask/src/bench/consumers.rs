//! Row 14: what a clean release build of a program costs that lists connectors, with the SDK and by hand.

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result};

use super::figures::Figures;
use super::report;
use crate::process::{self, cargo, root};

struct Consumer {
    side: &'static str,
    folder: &'static str,
}

const CONSUMERS: [Consumer; 2] = [
    Consumer {
        side: "bird-connectors",
        folder: "sdk",
    },
    Consumer {
        side: "reqwest + serde_json",
        folder: "hand",
    },
];

/// How often each is built: a build takes about a minute.
const ROUNDS: usize = 2;

pub(crate) fn build() -> Result<Vec<Figures>> {
    let mut times = [Vec::new(), Vec::new()];
    for consumer in &CONSUMERS {
        prepare(consumer)?;
    }
    for round in 0..ROUNDS {
        for place in 0..CONSUMERS.len() {
            let place = (place + round) % CONSUMERS.len();
            times[place].push(clean_build(&CONSUMERS[place])?);
        }
    }
    let sides = CONSUMERS.iter().zip(times);
    Ok(sides
        .map(|(consumer, times)| Figures::new("consumer", consumer.side, "s", times))
        .collect())
}

/// A package outside of this workspace, with the versions that this workspace has.
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
    // Whatever has to be fetched is fetched before the clock runs.
    process::run(cargo(["fetch", "--quiet"]).current_dir(&package))
}

fn clean_build(consumer: &Consumer) -> Result<f64> {
    let package = report::folder()?.join("consumers").join(consumer.folder);
    let target = package.join("target");
    if target.exists() {
        fs::remove_dir_all(&target)
            .with_context(|| format!("cannot remove {}", target.display()))?;
    }
    let began = Instant::now();
    let mut build = cargo(["build", "--quiet", "--release", "--offline"]);
    process::run(build.current_dir(&package).env("CARGO_TARGET_DIR", &target))?;
    Ok(began.elapsed().as_secs_f64())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
