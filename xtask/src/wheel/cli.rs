//! The wheel of the command line: builds it, checks its contents, and runs its program in a fresh environment.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use crate::archive::{self, Entry};
use crate::process::{self, root, target, tools};
use crate::python::{self, Environment};

use super::tags;

const PROGRAM: &str = "bird-connectors";

/// Maximum size of the program, in bytes.
const MAX_SIZE: u64 = 12_000_000;

/// Maximum time from the start of the program to the first byte of its help, in milliseconds.
const MAX_START_TIME: f64 = 10.0;

/// How often the start is measured.
const STARTS: usize = 50;

/// Builds the wheel and checks it. `runs_here` is whether this machine can run the program.
pub(super) fn run(target: Option<&str>, quick: bool, runs_here: bool) -> Result<()> {
    let wheel = build(target, quick)?;
    check(&wheel, target, quick)?;
    println!("{}", wheel.display());
    if !runs_here {
        println!("not installed: this machine cannot run the program");
        return Ok(());
    }
    let environment = Environment::fresh("python-cli-wheel")?;
    environment.install(&[&wheel])?;
    let printed = process::quiet_output(&mut environment.command(PROGRAM, ["--version"]))?;
    ensure!(
        printed.starts_with(&format!("{PROGRAM} ")),
        "--version printed {printed:?}"
    );
    println!("runs    {}", printed.trim());
    if !quick {
        let time = start_time(&environment)?;
        println!(
            "start   {time:.1} ms to the first byte of --help, at most {MAX_START_TIME:.0} ms (median of {STARTS})"
        );
        if time > MAX_START_TIME {
            println!("the start took too long: measure again while the machine is idle");
        }
    }
    Ok(())
}

fn build(rust_target: Option<&str>, quick: bool) -> Result<PathBuf> {
    let folder = tools().join("cli-wheel");
    python::remove(&folder)?;
    let compatibility = rust_target.and_then(tags::compatibility);
    let group = if compatibility.is_some() {
        "cross"
    } else {
        "build"
    };
    let environment = Environment::with(&format!("python-{group}"), &python::group(group)?)?;
    let profile = if quick { "dev" } else { "program" };
    let arguments = [
        "build",
        "--quiet",
        "--locked",
        "--profile",
        profile,
        "--out",
    ];
    let mut build = environment.command("maturin", arguments);
    build.arg(&folder);
    if let Some(rust_target) = rust_target {
        build.args(["--target", rust_target]);
    }
    if let Some(compatibility) = compatibility {
        build.args(["--zig", "--compatibility", compatibility]);
        // maturin searches for zig as a module of this Python.
        build.env("PATH", environment.path()?);
    }
    build.env("CARGO_TARGET_DIR", target());
    process::run(build.current_dir(root().join("crates/bird-connectors-cli")))?;
    python::move_to_dist(&python::only_file(&folder)?)
}

/// Checks tags, contents and metadata, and the size of an optimized program.
fn check(wheel: &Path, target: Option<&str>, quick: bool) -> Result<()> {
    let name = wheel.file_name().unwrap_or_default().to_string_lossy();
    tags::Tags::parse(&name)?.check_program(target)?;
    let entries = archive::list(wheel)?;
    let problems = problems(&entries);
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    let program = entries.iter().find(|entry| is_program(&entry.path));
    let size = program.context("the wheel has no program")?.size;
    println!(
        "program {:.2} MB, at most {} MB",
        size as f64 / 1e6,
        MAX_SIZE / 1_000_000
    );
    ensure!(quick || size <= MAX_SIZE, "the program is too large");
    let environment = Environment::with("python-release", &python::group("release")?)?;
    process::run(
        environment
            .command("twine", ["check", "--strict"])
            .arg(wheel),
    )
}

/// Missing and unexpected files.
fn problems(entries: &[Entry]) -> Vec<String> {
    let paths: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
    let Some(info) = paths.iter().find_map(|path| {
        let (folder, _) = path.split_once('/')?;
        folder.ends_with(".dist-info").then_some(folder)
    }) else {
        return vec!["the wheel has no metadata".to_owned()];
    };
    let required = [
        "METADATA",
        "RECORD",
        "WHEEL",
        "licenses/LICENSE-APACHE",
        "licenses/LICENSE-MIT",
    ]
    .map(|file| format!("{info}/{file}"));
    let required: Vec<&str> = required.iter().map(String::as_str).collect();
    let is_bill_of_materials = |path: &str| {
        path.starts_with(&format!("{info}/sboms/")) && path.ends_with(".cyclonedx.json")
    };
    archive::differences(&paths, &required, |path| {
        is_program(path) || is_bill_of_materials(path)
    })
}

fn is_program(path: &str) -> bool {
    let program = path.split_once(".data/scripts/").map(|(_, name)| name);
    program.is_some_and(|name| name.strip_suffix(".exe").unwrap_or(name) == PROGRAM)
}

/// The median time from the start of the program to the first byte of its help, in milliseconds.
fn start_time(environment: &Environment) -> Result<f64> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let mut help = environment.command(PROGRAM, ["--help"]);
        let start = Instant::now();
        let mut child = help
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {PROGRAM}"))?;
        let mut output = child.stdout.take().context("the output is not captured")?;
        output.read_exact(&mut [0])?;
        times.push(start.elapsed().as_secs_f64() * 1000.0);
        // Reads the rest, so that the program does not fail.
        output.read_to_end(&mut Vec::new())?;
        ensure!(child.wait()?.success(), "{PROGRAM} --help failed");
    }
    times.sort_by(f64::total_cmp);
    times
        .get(STARTS / 2)
        .copied()
        .context("nothing was measured")
}

#[cfg(test)]
mod tests;
