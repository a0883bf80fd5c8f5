//! Rows 14 and 16: clean builds of a program that lists connectors, with the SDK and with plain reqwest: their duration, their
//! number of crates, and the size of the program. The SDK is built with the features that the program needs, and with its
//! default features.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result};

use super::comparisons::DEFAULT_FEATURES;
use super::measurement::Measurement;
use super::report;
use crate::process::{self, cargo, command, root};

struct Consumer {
    variant: &'static str,
    folder: &'static str,
    /// The folder with the source of the program.
    program: &'static str,
}

const CONSUMERS: [Consumer; 3] = [
    Consumer {
        variant: "bird-connectors",
        folder: "sdk",
        program: "sdk",
    },
    Consumer {
        variant: DEFAULT_FEATURES,
        folder: "sdk-default",
        program: "sdk",
    },
    Consumer {
        variant: "reqwest + serde_json",
        folder: "hand",
        program: "hand",
    },
];

/// Number of builds of each program in each profile. A build takes about a minute.
const ROUNDS: usize = 2;

/// A profile of cargo, and the group of its measurements.
struct Profile {
    group: &'static str,
    argument: Option<&'static str>,
}

const DEV: Profile = Profile {
    group: "consumer dev",
    argument: None,
};

const RELEASE: Profile = Profile {
    group: "consumer",
    argument: Some("--release"),
};

pub(crate) fn build() -> Result<Vec<Measurement>> {
    for consumer in &CONSUMERS {
        prepare(consumer)?;
    }
    let mut measurements = Vec::new();
    // The programs of the last profile remain.
    for profile in [&DEV, &RELEASE] {
        let mut durations = CONSUMERS.map(|_| Vec::new());
        for round in 0..ROUNDS {
            for offset in 0..CONSUMERS.len() {
                let index = (offset + round) % CONSUMERS.len();
                durations[index].push(clean_build(&CONSUMERS[index], profile)?);
            }
        }
        for (consumer, durations) in CONSUMERS.iter().zip(durations) {
            let group = profile.group;
            measurements.push(Measurement::new(group, consumer.variant, "s", durations));
        }
    }
    for consumer in &CONSUMERS {
        let crates = vec![crates(consumer)? as f64];
        let size = vec![stripped_size(consumer)? as f64];
        measurements.push(Measurement::new(
            "consumer crates",
            consumer.variant,
            "",
            crates,
        ));
        measurements.push(Measurement::new(
            "consumer size",
            consumer.variant,
            "B",
            size,
        ));
    }
    Ok(measurements)
}

fn package(consumer: &Consumer) -> Result<PathBuf> {
    Ok(report::folder()?.join("consumers").join(consumer.folder))
}

/// Creates a package outside of this workspace, with the dependency versions of this workspace.
fn prepare(consumer: &Consumer) -> Result<()> {
    let sources = root().join("crates/bird-connectors-bench/consumers");
    let package = package(consumer)?;
    fs::create_dir_all(package.join("src"))?;
    let manifest = read(&sources.join(consumer.folder).join("Cargo.toml.in"))?;
    let manifest = manifest.replace("@root@", &root().display().to_string());
    fs::write(package.join("Cargo.toml"), manifest)?;
    let program = read(&sources.join(consumer.program).join("main.rs"))?;
    fs::write(package.join("src/main.rs"), program)?;
    fs::copy(root().join("Cargo.lock"), package.join("Cargo.lock"))?;
    // Downloads are not part of the measured time.
    process::run(cargo(["fetch", "--quiet"]).current_dir(&package))
}

fn clean_build(consumer: &Consumer, profile: &Profile) -> Result<f64> {
    let package = package(consumer)?;
    let target = package.join("target");
    if target.exists() {
        fs::remove_dir_all(&target)
            .with_context(|| format!("cannot remove {}", target.display()))?;
    }
    let start = Instant::now();
    let mut build = cargo(["build", "--quiet", "--offline"]);
    build.args(profile.argument);
    process::run(build.current_dir(&package).env("CARGO_TARGET_DIR", &target))?;
    Ok(start.elapsed().as_secs_f64())
}

/// The number of crates that a build compiles, with those that only run during the build.
fn crates(consumer: &Consumer) -> Result<usize> {
    let edges = ["--edges", "normal,build"];
    let mut tree = cargo(["tree", "--quiet", "--offline", "--prefix", "none"]);
    tree.args(edges).current_dir(package(consumer)?);
    let tree = process::output(&mut tree)?;
    // A crate that occurs several times is marked with an asterisk.
    let names = tree.lines().map(|line| line.trim_end_matches(" (*)"));
    let names: BTreeSet<_> = names.filter(|line| !line.is_empty()).collect();
    Ok(names.len())
}

/// The size of the release build without symbols.
fn stripped_size(consumer: &Consumer) -> Result<u64> {
    let folder = package(consumer)?.join("target/release");
    let name = format!(
        "consumer-{}{}",
        consumer.folder,
        std::env::consts::EXE_SUFFIX
    );
    let stripped = folder.join("stripped");
    let mut strip = command("strip", ["-o"]);
    process::run(strip.arg(&stripped).arg(folder.join(name)))?;
    let metadata =
        fs::metadata(&stripped).with_context(|| format!("cannot read {}", stripped.display()))?;
    Ok(metadata.len())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
