//! The figures of the last whole runs, in `xtask/bench-runs.json`: how much they differ from run to run.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::process::{self, command, root};

/// The number of runs that are kept.
const KEPT: usize = 3;

/// A whole run.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Run {
    /// When it ended, such as `2026-11-30 05:40 UTC`.
    pub(crate) at: String,
    /// The measured sources, see [`commit`].
    pub(crate) commit: String,
    /// The figure of each row, by the row's unique name: the ratio, or the value where nothing is compared.
    pub(crate) figures: BTreeMap<String, f64>,
}

/// Adds a run, and drops the oldest. Runs with other rows are dropped, because a row with another name measures something else.
pub(crate) fn add(mut runs: Vec<Run>, new: Run) -> Vec<Run> {
    runs.retain(|run| run.figures.keys().eq(new.figures.keys()));
    runs.push(new);
    let surplus = runs.len().saturating_sub(KEPT);
    runs.split_off(surplus)
}

/// The smallest and the largest figure of a row.
pub(crate) fn spread(runs: &[Run], row: &str) -> Option<(f64, f64)> {
    let figures = || runs.iter().filter_map(|run| run.figures.get(row).copied());
    Some((figures().reduce(f64::min)?, figures().reduce(f64::max)?))
}

/// A sentence that names the runs of the column with the spread.
pub(crate) fn sentence(runs: &[Run], column: &str) -> String {
    let names: Vec<_> = runs
        .iter()
        .map(|run| format!("{} ({})", run.at, run.commit))
        .collect();
    let which = if names.len() == 1 { "run" } else { "runs" };
    format!(
        "The column “{column}” is the range of the ratio, or of the value if nothing is compared, over the whole {which} that ended at {}.",
        names.join(", ")
    )
}

/// The short hash of the current commit, and whether something else than the results of a run has changed since.
pub(crate) fn commit() -> Result<String> {
    let git = |arguments: &[&str]| process::quiet_output(&mut command("git", arguments));
    let hash = git(&["rev-parse", "--short=8", "HEAD"])?;
    let status = git(&["status", "--porcelain", "--untracked-files=no"])?;
    Ok(named(hash.trim(), &status))
}

/// The files that a whole run writes.
const RESULTS: [&str; 3] = ["BENCHMARKS.md", "BENCHMARKS.svg", "xtask/bench-runs.json"];

fn named(hash: &str, status: &str) -> String {
    // Each line is two letters, a space and the path.
    let is_source = |line: &str| !RESULTS.contains(&line.get(3..).unwrap_or_default());
    if status.lines().any(is_source) {
        format!("{hash} with changes")
    } else {
        hash.to_owned()
    }
}

fn file() -> PathBuf {
    root().join("xtask/bench-runs.json")
}

/// The stored runs, the oldest first.
pub(crate) fn load() -> Result<Vec<Run>> {
    let path = file();
    let json = match fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        json => json.with_context(|| format!("cannot read {}", path.display()))?,
    };
    serde_json::from_str(&json).with_context(|| format!("invalid JSON: {}", path.display()))
}

pub(crate) fn store(runs: &[Run]) -> Result<()> {
    let path = file();
    let json = serde_json::to_string_pretty(runs)? + "\n";
    fs::write(&path, json).with_context(|| format!("cannot write {}", path.display()))?;
    println!("{}", path.display());
    Ok(())
}

#[cfg(test)]
mod tests;
