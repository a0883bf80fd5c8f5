//! `cargo xtask wheel`: the wheel of this machine, as it is released, and what it weighs.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::process;
use crate::python::{self, Environment};

/// The budget for a wheel, in bytes. An SDK should not be what a container image is made of.
const LARGEST: u64 = 4_000_000;

/// The budget for an import, in milliseconds.
const SLOWEST: f64 = 30.0;

/// What a release consists of, beside the source distribution.
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
    let began = Instant::now();
    let wheel = python::build("wheel", "wheel")?;
    let took = began.elapsed();
    let size = fs::metadata(&wheel)
        .with_context(|| format!("cannot read {}", wheel.display()))?
        .len();
    let import = import_time(&wheel)?;
    println!("{}", wheel.display());
    println!("size    {:.2} MB, budget {} MB", mega(size), mega(LARGEST));
    println!("import  {import:.1} ms, budget {SLOWEST:.0} ms (best of 15)");
    println!("built   in {:.0} s", took.as_secs_f64());
    println!("a release has a source distribution, and wheels for");
    for tag in RELEASED {
        println!("  {tag}");
    }
    ensure!(size <= LARGEST, "the wheel is larger than its budget");
    if import > SLOWEST {
        println!("the import took longer than its budget: look again when the machine is idle");
    }
    Ok(())
}

fn mega(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// How much longer an interpreter lives that imports the package, in milliseconds.
fn import_time(wheel: &Path) -> Result<f64> {
    let environment = Environment::fresh("python-wheel")?;
    environment.install(&[wheel])?;
    let once = |code: &str| -> Result<Duration> {
        let mut python = environment.command("python", ["-c", code]);
        let began = Instant::now();
        let status = python.status().context("python cannot be started")?;
        ensure!(status.success(), "`{code}` failed: {status}");
        Ok(began.elapsed())
    };
    process::run(&mut environment.command("python", ["-c", "import bird_connectors"]))?;
    let mut times = Vec::new();
    for _ in 0..15 {
        let (with, without) = (once("import bird_connectors")?, once("pass")?);
        times.push((with.as_secs_f64() - without.as_secs_f64()) * 1000.0);
    }
    // Whatever else the machine does only ever adds to it.
    Ok(times.into_iter().fold(f64::INFINITY, f64::min))
}
