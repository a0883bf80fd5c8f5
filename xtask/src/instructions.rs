//! `cargo xtask instructions`: counts the instructions of hot paths with callgrind, and compares them with the stored numbers.
//! Unlike times, they hardly depend on the load of the machine, so that a slow-down fails a check.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::bench::Setup;
use crate::process::{self, command, root};
use crate::services;

/// A hot path may take this many times the stored number of instructions. Compilers, their versions and libraries differ by
/// less than that; a copy of each string or a second pass over a page is more.
const BAND: f64 = 1.25;

struct HotPath {
    name: &'static str,
    work: &'static str,
    /// The numbers of rounds of the two runs.
    rounds: [u32; 2],
    run: fn(&Setup, u32) -> Command,
}

const HOT_PATHS: [HotPath; 5] = [
    HotPath {
        name: "page",
        work: "Rust: a page of 100 connectors",
        rounds: [5, 25],
        run: |setup, rounds| rust(setup, "page", rounds),
    },
    HotPath {
        name: "get",
        work: "Rust: one connector",
        rounds: [20, 120],
        run: |setup, rounds| rust(setup, "get", rounds),
    },
    HotPath {
        name: "verify",
        work: "Rust: the verification of a webhook delivery",
        rounds: [100, 1_100],
        run: |setup, rounds| rust(setup, "verify", rounds),
    },
    HotPath {
        name: "wait-round",
        work: "Rust: a round of a wait for 100 installs",
        rounds: [5, 15],
        run: |setup, rounds| rust(setup, "wait-round", rounds),
    },
    HotPath {
        name: "attributes",
        work: "Python: nine attributes of 100 new connectors",
        rounds: [2, 22],
        run: |setup, rounds| setup.python_command("instructions.py", rounds),
    },
];

/// The stored numbers of instructions of one round, by the name of the path.
type Counts = BTreeMap<String, u64>;

/// Counts the instructions of each hot path. With `update` it stores them, otherwise it compares them.
pub(crate) fn run(update: bool) -> Result<()> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        // Valgrind does not run on Windows and on Apple silicon, and the numbers of other processors differ.
        println!(
            "skipped: the instructions are counted only on Linux on x86_64, where valgrind runs and the numbers were stored"
        );
        return Ok(());
    }
    services::install_valgrind()?;
    let setup = Setup::for_instructions()?;
    let counts = HOT_PATHS
        .iter()
        .map(|path| Ok((path.name.to_owned(), count(&setup, path)?)))
        .collect::<Result<Counts>>()?;
    if update {
        return store(&counts);
    }
    let table = compare(&counts, &stored()?);
    print!("{}", table.text);
    if !table.slower.is_empty() {
        bail!(
            "more than {BAND} × the stored instructions: {}; find the cause with `valgrind --tool=callgrind`, or store the new numbers with `cargo xtask instructions --update` and say why in the commit",
            table.slower.join(", ")
        );
    }
    Ok(())
}

/// The comparison of all paths.
#[derive(Debug, PartialEq, Eq)]
struct Comparison {
    text: String,
    /// The paths that take too many instructions, or whose number is not stored.
    slower: Vec<String>,
}

fn compare(counts: &Counts, stored: &Counts) -> Comparison {
    let mut text = String::new();
    let mut slower = Vec::new();
    for path in &HOT_PATHS {
        let Some(count) = counts.get(path.name) else {
            continue;
        };
        let before = stored.get(path.name).copied().unwrap_or_default();
        let ratio = *count as f64 / before as f64;
        text += &format!(
            "{:<12} {count:>12} instructions, {ratio:.2} × of {before}: {}\n",
            path.name, path.work
        );
        if ratio > BAND {
            slower.push(path.name.to_owned());
        } else if ratio < 1.0 / BAND {
            text += "             that is much less: store it with `cargo xtask instructions --update`\n";
        }
    }
    Comparison { text, slower }
}

/// The number of instructions of one round: the difference between a run with many and a run with few.
fn count(setup: &Setup, path: &HotPath) -> Result<u64> {
    let [few, many] = path.rounds;
    let all = |rounds| {
        instructions(&(path.run)(setup, rounds))
            .with_context(|| format!("cannot count the instructions of {}", path.name))
    };
    let (fewer, more) = (all(few)?, all(many)?);
    Ok(more.saturating_sub(fewer) / u64::from(many - few))
}

/// The number of instructions that a command executes.
fn instructions(measured: &Command) -> Result<u64> {
    let output = output_file()?;
    let mut valgrind = command("valgrind", ["--quiet", "--tool=callgrind"]);
    valgrind.arg(format!("--callgrind-out-file={}", output.display()));
    valgrind
        .arg(measured.get_program())
        .args(measured.get_args());
    for (name, value) in measured.get_envs() {
        if let Some(value) = value {
            valgrind.env(name, value);
        }
    }
    process::output(&mut valgrind)?;
    let profile =
        fs::read_to_string(&output).with_context(|| format!("cannot read {}", output.display()))?;
    total(&profile).context("callgrind wrote no total")
}

/// The total of a profile, which is one of its last lines.
fn total(profile: &str) -> Option<u64> {
    let mut lines = profile.lines().rev();
    let line = lines.find_map(|line| line.strip_prefix("totals:"))?;
    line.trim().parse().ok()
}

fn rust(setup: &Setup, path: &str, rounds: u32) -> Command {
    let mut run = setup.program("instructions");
    run.args(["--path", path, "--rounds", &rounds.to_string()]);
    run
}

fn output_file() -> Result<PathBuf> {
    let folder = process::target().join("instructions");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder.join("callgrind.out"))
}

fn file() -> PathBuf {
    root().join("xtask/instructions.json")
}

fn stored() -> Result<Counts> {
    let path = file();
    let json =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&json).with_context(|| format!("invalid JSON: {}", path.display()))
}

fn store(counts: &Counts) -> Result<()> {
    let path = file();
    let json = serde_json::to_string_pretty(counts)? + "\n";
    fs::write(&path, &json).with_context(|| format!("cannot write {}", path.display()))?;
    print!("{json}");
    println!("{}", path.display());
    Ok(())
}

#[cfg(test)]
mod tests;
