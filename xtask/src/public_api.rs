//! `cargo xtask public-api`: lists the public items of the published crates, one per line, in `public-api.txt` of each.
//!
//! The lists come from rustdoc's JSON, an unstable format that `RUSTC_BOOTSTRAP` permits on the stable toolchain.

use std::fs;

use anyhow::{Context as _, Result, ensure};

use crate::process::{self, cargo_install, command, root};

/// Pinned: each version supports a range of toolchains and formats some items differently.
const CARGO_PUBLIC_API: &str = "cargo-public-api@0.52.0";

/// The published crates, without the raw layer: that one is generated, so the diff of its sources shows every change.
const CRATES: [&str; 8] = [
    "bird-connectors",
    "bird-connectors-doctor",
    "bird-connectors-httpmock",
    "bird-connectors-otel",
    "bird-connectors-plan",
    "bird-connectors-postgres",
    "bird-connectors-redis",
    "bird-connectors-sandbox",
];

pub(crate) fn run(check: bool) -> Result<()> {
    let program = cargo_install(CARGO_PUBLIC_API)?;
    let mut changed = Vec::new();
    for name in CRATES {
        // `-sss` omits blanket, auto-trait and derived implementations.
        let arguments = ["--all-features", "-sss", "--package", name];
        let list = process::output(command(&program, arguments).env("RUSTC_BOOTSTRAP", "1"))?;
        ensure!(
            list.starts_with("pub mod "),
            "unexpected output of cargo-public-api for {name}:\n{list}"
        );
        let file = format!("crates/{name}/public-api.txt");
        let path = root().join(&file);
        let current = fs::read_to_string(&path).unwrap_or_default();
        if current == list {
            continue;
        }
        for line in difference(&current, &list) {
            println!("{name}: {line}");
        }
        if !check {
            fs::write(&path, list).with_context(|| format!("cannot write {file}"))?;
        }
        changed.push(file);
    }
    ensure!(
        !check || changed.is_empty(),
        "the public API has changed: if that is intended, run `cargo xtask public-api` and commit {changed:?}"
    );
    Ok(())
}

/// The lines that were removed and those that were added.
fn difference<'a>(current: &'a str, list: &'a str) -> Vec<String> {
    let without = |lines: &'a str, others: &str| -> Vec<&'a str> {
        let others: std::collections::BTreeSet<_> = others.lines().collect();
        lines
            .lines()
            .filter(|line| !others.contains(line))
            .collect()
    };
    let removed = without(current, list).into_iter();
    let added = without(list, current).into_iter();
    removed
        .map(|line| format!("- {line}"))
        .chain(added.map(|line| format!("+ {line}")))
        .collect()
}

#[cfg(test)]
mod tests;
