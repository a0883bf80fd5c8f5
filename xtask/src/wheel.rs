//! `cargo xtask wheel`: builds a wheel from the source distribution, as it is released, and checks it. Or the wheel of the
//! command line.

mod cli;
mod contents;
mod tags;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use clap::{Args, ValueEnum};

use crate::process::{self, root, target, tools};
use crate::python::{self, Environment};
use crate::{archive, sdist};

use tags::Tags;

/// Maximum size of the wheel, in bytes.
///
/// The wheel for Linux x86_64 has 5.29 MB, of which the sandbox is about 0.50 MB: `bird_connectors.testing` and the pytest
/// plugin start it, so that users can test without an account. `bird_connectors.plan`, which reads and writes YAML, is about
/// 0.7 MB. The rest is room for small changes. RELEASING.md lists what is in the wheel.
pub(crate) const MAX_SIZE: u64 = 5_500_000;

/// Maximum import time, in milliseconds.
const MAX_IMPORT_TIME: f64 = 30.0;

#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Options {
    /// The package.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) package: Package,
    /// The Rust target, such as `aarch64-unknown-linux-musl`. Linux targets are linked with zig, so that the wheel runs on
    /// old systems. By default, the wheel is for this machine.
    #[arg(long, value_parser = target_names())]
    pub(crate) target: Option<String>,
    /// Build for the free-threaded CPython 3.14 instead of the stable ABI.
    #[arg(long)]
    pub(crate) free_threaded: bool,
    /// Build without optimizations, and do not check the size.
    #[arg(long)]
    pub(crate) quick: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Package {
    /// The SDK for Python.
    #[default]
    Sdk,
    /// The program `bird-connectors`.
    Cli,
}

fn target_names() -> clap::builder::PossibleValuesParser {
    tags::PLATFORMS.map(|(target, _)| target).into()
}

pub(crate) fn run(options: &Options) -> Result<()> {
    if options.package == Package::Cli {
        ensure!(
            !options.free_threaded,
            "the wheel of the command line does not depend on a Python version"
        );
        let runs_here = runs_here(options)?;
        return cli::run(options.target.as_deref(), options.quick, runs_here);
    }
    let start = Instant::now();
    let sdist = sdist::build()?;
    let wheel = build(&sdist, options)?;
    let duration = start.elapsed();
    check(&wheel, options)?;
    println!("{}", wheel.display());
    println!("built   in {:.0} s", duration.as_secs_f64());
    if !options.quick {
        println!("size    {}", check_size(&wheel)?);
    }
    if runs_here(options)? {
        let environment = smoke_test(&wheel)?;
        if !options.quick {
            let import = import_time(&environment)?;
            println!("import  {import:.1} ms, at most {MAX_IMPORT_TIME:.0} ms (best of 15)");
            if import > MAX_IMPORT_TIME {
                println!("the import took too long: measure again while the machine is idle");
            }
        }
    } else {
        println!("not installed: this machine cannot run the wheel");
    }
    Ok(())
}

/// Builds a wheel from the source distribution, outside of the workspace.
pub(crate) fn build(sdist: &Path, options: &Options) -> Result<PathBuf> {
    let sources = sdist::unpack(sdist)?;
    let folder = tools().join("wheel-from-sdist");
    python::remove(&folder)?;
    let group = if uses_zig(options) { "cross" } else { "build" };
    let environment = Environment::with(&format!("python-{group}"), &python::group(group)?)?;
    let profile = if options.quick { "dev" } else { "wheel" };
    let mut build = environment.command("maturin", ["build", "--quiet", "--profile", profile]);
    build
        .args(python::compression(profile))
        .arg("--out")
        .arg(&folder);
    if let Some(target) = &options.target {
        build.args(["--target", target]);
        if let Some(compatibility) = tags::compatibility(target) {
            build.args(["--zig", "--compatibility", compatibility]);
            // maturin searches for zig as a module of this Python.
            build.env("PATH", environment.path()?);
        }
    }
    if options.free_threaded {
        build.args(["--interpreter", "python3.14t"]);
    }
    // Not the folder of the workspace: the native modules of both would have the same path.
    build.env("CARGO_TARGET_DIR", target().join("sdist-build"));
    process::run(build.current_dir(sources))?;
    python::move_to_dist(&python::only_file(&folder)?)
}

fn uses_zig(options: &Options) -> bool {
    let target = options.target.as_deref();
    target.and_then(tags::compatibility).is_some()
}

/// Checks tags, contents and metadata of a wheel, and prints a summary of the contents.
pub(crate) fn check(wheel: &Path, options: &Options) -> Result<()> {
    let name = wheel.file_name().unwrap_or_default().to_string_lossy();
    Tags::parse(&name)?.check(options.target.as_deref(), options.free_threaded)?;
    let entries = archive::list(wheel)?;
    println!("{}", contents::summary(&entries));
    let problems = contents::problems(&entries);
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    let info = contents::dist_info(&entries).context("the wheel has no metadata")?;
    let metadata = archive::read(wheel, &format!("{info}/METADATA"))?;
    ensure!(
        metadata.contains("\nLicense-Expression: MIT OR Apache-2.0\n"),
        "the metadata has no licence expression"
    );
    let environment = Environment::with("python-release", &python::group("release")?)?;
    process::run(
        environment
            .command("twine", ["check", "--strict"])
            .arg(wheel),
    )?;
    if options.free_threaded {
        return Ok(());
    }
    // Reads the symbols that the module imports: none may be outside of the stable ABI of Python 3.10.
    let audit = ["--strict", "--summary"];
    process::run(environment.command("abi3audit", audit).arg(wheel))
}

/// Installs a wheel in a fresh environment without packages, and installs a channel in the sandbox with it.
pub(crate) fn smoke_test(wheel: &Path) -> Result<Environment> {
    let environment = Environment::fresh("python-wheel")?;
    environment.install(&[wheel])?;
    let script = root().join("xtask/outside/smoke.py");
    // `-I`: the sources of the package must not be imported.
    process::run(environment.command("python", ["-I"]).arg(script))?;
    Ok(environment)
}

/// Whether the default Python of this machine can import the wheel.
fn runs_here(options: &Options) -> Result<bool> {
    let Some(target) = &options.target else {
        return Ok(!options.free_threaded);
    };
    let version =
        process::quiet_output(&mut process::command("rustc", ["--version", "--verbose"]))?;
    Ok(!options.free_threaded && version.contains(&format!("host: {target}\n")))
}

/// Checks the size of an optimized wheel, and returns it with the limit.
pub(crate) fn check_size(wheel: &Path) -> Result<String> {
    let size = size(wheel)?;
    let compared = format!("{}, at most {}", megabytes(size), megabytes(MAX_SIZE));
    ensure!(size <= MAX_SIZE, "the wheel is too large: {compared}");
    Ok(compared)
}

pub(crate) fn size(wheel: &Path) -> Result<u64> {
    let metadata =
        fs::metadata(wheel).with_context(|| format!("cannot read {}", wheel.display()))?;
    Ok(metadata.len())
}

pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{:.2} MB", bytes as f64 / 1e6)
}

/// Time that an import of the package adds to the run of an interpreter, in milliseconds.
fn import_time(environment: &Environment) -> Result<f64> {
    let run = |code: &str| -> Result<Duration> {
        let mut python = environment.command("python", ["-c", code]);
        let start = Instant::now();
        let status = python.status().context("cannot start python")?;
        ensure!(status.success(), "`{code}` failed: {status}");
        Ok(start.elapsed())
    };
    let mut times = Vec::new();
    for _ in 0..15 {
        let (with, without) = (run("import bird_connectors")?, run("pass")?);
        times.push((with.as_secs_f64() - without.as_secs_f64()) * 1000.0);
    }
    // The minimum, because other load on the machine only adds to it.
    Ok(times.into_iter().fold(f64::INFINITY, f64::min))
}
