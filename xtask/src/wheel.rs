//! `cargo xtask wheel`: builds the wheel for this machine as it is released, and prints its size and import time.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::process;
use crate::python::{self, Environment};

/// Maximum size of the wheel, in bytes.
const MAX_SIZE: u64 = 4_000_000;

/// Maximum import time, in milliseconds.
const MAX_IMPORT_TIME: f64 = 30.0;

/// The tags of the wheels of a release.
const RELEASED: &[&str] = &[
    "cp310-abi3-manylinux_2_28_x86_64",
    "cp310-abi3-manylinux_2_28_aarch64",
    "cp310-abi3-musllinux_1_2_x86_64",
    "cp310-abi3-musllinux_1_2_aarch64",
    "cp310-abi3-macosx_11_0_arm64",
    "cp310-abi3-macosx_10_12_x86_64",
    "cp310-abi3-win_amd64",
    "cp314-cp314t-manylinux_2_28_x86_64",
    "cp314-cp314t-manylinux_2_28_aarch64",
];

pub(crate) fn run() -> Result<()> {
    let start = Instant::now();
    let wheel = python::build("wheel", "wheel")?;
    let duration = start.elapsed();
    let size = fs::metadata(&wheel)
        .with_context(|| format!("cannot read {}", wheel.display()))?
        .len();
    let import = import_time(&wheel)?;
    println!("{}", wheel.display());
    println!(
        "size    {:.2} MB, at most {} MB",
        megabytes(size),
        megabytes(MAX_SIZE)
    );
    println!("import  {import:.1} ms, at most {MAX_IMPORT_TIME:.0} ms (best of 15)");
    println!("built   in {:.0} s", duration.as_secs_f64());
    println!("a release has a source distribution and wheels for");
    for tag in RELEASED {
        println!("  {tag}");
    }
    ensure!(size <= MAX_SIZE, "the wheel is too large");
    if import > MAX_IMPORT_TIME {
        println!("the import took too long: measure again while the machine is idle");
    }
    Ok(())
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// Time that an import of the package adds to the run of an interpreter, in milliseconds.
fn import_time(wheel: &Path) -> Result<f64> {
    let environment = Environment::fresh("python-wheel")?;
    environment.install(&[wheel])?;
    let run = |code: &str| -> Result<Duration> {
        let mut python = environment.command("python", ["-c", code]);
        let start = Instant::now();
        let status = python.status().context("cannot start python")?;
        ensure!(status.success(), "`{code}` failed: {status}");
        Ok(start.elapsed())
    };
    process::run(&mut environment.command("python", ["-c", "import bird_connectors"]))?;
    let mut times = Vec::new();
    for _ in 0..15 {
        let (with, without) = (run("import bird_connectors")?, run("pass")?);
        times.push((with.as_secs_f64() - without.as_secs_f64()) * 1000.0);
    }
    // The minimum, because other load on the machine only adds to it.
    Ok(times.into_iter().fold(f64::INFINITY, f64::min))
}
