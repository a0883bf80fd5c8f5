//! `cargo xtask public-api`: what users of the published crates can name, one line an item, checked in beside each crate.
//!
//! The lists come from rustdoc's JSON. On the stable toolchain rustdoc has to be told that it may write that.

use std::fs;

use anyhow::{Context as _, Result, ensure};

use crate::process::{self, command, installed, root};

/// Pinned: it reads the JSON of one range of toolchains, and each version words some items in its own way.
const CARGO_PUBLIC_API: &str = "cargo-public-api@0.52.0";

/// The crates that are published, but for the raw layer: that one follows the contract, and its diff is the generated code.
const CRATES: [&str; 3] = [
    "bird-connectors",
    "bird-connectors-httpmock",
    "bird-connectors-sandbox",
];

pub(crate) fn run(check: bool) -> Result<()> {
    let program = installed(CARGO_PUBLIC_API)?;
    let mut changed = Vec::new();
    for name in CRATES {
        // Without blanket, automatic and derived implementations, which are noise.
        let list = ["--all-features", "-sss", "--package", name];
        let listed = process::output(command(&program, list).env("RUSTC_BOOTSTRAP", "1"))?;
        ensure!(
            listed.lines().count() > 10,
            "the public interface of {name} was read wrongly:\n{listed}"
        );
        let file = format!("crates/{name}/public-api.txt");
        let path = root().join(&file);
        let known = fs::read_to_string(&path).unwrap_or_default();
        if known == listed {
            continue;
        }
        for line in difference(&known, &listed) {
            println!("{name}: {line}");
        }
        if !check {
            fs::write(&path, listed).with_context(|| format!("cannot write {file}"))?;
        }
        changed.push(file);
    }
    ensure!(
        !check || changed.is_empty(),
        "the public interface has changed: if that is wanted, run `cargo xtask public-api` and commit {changed:?}"
    );
    Ok(())
}

/// The lines that went, and those that came.
fn difference<'a>(known: &'a str, listed: &'a str) -> Vec<String> {
    let without = |some: &'a str, others: &str| -> Vec<&'a str> {
        let others: std::collections::BTreeSet<_> = others.lines().collect();
        some.lines().filter(|line| !others.contains(line)).collect()
    };
    let gone = without(known, listed).into_iter();
    let new = without(listed, known).into_iter();
    gone.map(|line| format!("- {line}"))
        .chain(new.map(|line| format!("+ {line}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn lines_that_differ_are_told_with_their_side() {
        assert_eq!(difference("a\nb\n", "b\nc\n"), ["- a", "+ c"]);
        assert!(difference("a\n", "a\n").is_empty());
    }
}
