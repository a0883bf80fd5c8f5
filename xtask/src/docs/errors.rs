//! Checks that the error reference has the anchor that each error message ends with, and names each exception of the Python package.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context as _, Result, ensure};

use super::pages::Page;
use crate::process::root;

const PAGE: &str = "reference/errors.md";

/// The functions that return the identifiers of errors, which are the anchors.
const KINDS: [(&str, &str); 3] = [
    ("crates/bird-connectors/src/error.rs", "impl ErrorKind {"),
    (
        "crates/bird-connectors/src/wait/error.rs",
        "pub fn reason(&self)",
    ),
    (
        "crates/bird-connectors/src/webhook/error.rs",
        "pub fn reason(&self)",
    ),
];

pub(super) fn check(pages: &[Page]) -> Result<()> {
    let page = pages
        .iter()
        .find(|page| page.path == PAGE)
        .with_context(|| format!("docs/{PAGE} is missing"))?;
    let mut expected = BTreeSet::new();
    for (path, start) in KINDS {
        let source =
            fs::read_to_string(root().join(path)).with_context(|| format!("cannot read {path}"))?;
        let found = identifiers(&source, start);
        ensure!(
            found.len() > 3,
            "no identifiers found in {path} after `{start}`"
        );
        expected.extend(found);
    }
    let anchors = anchors(&page.text);
    let missing: Vec<_> = expected.difference(&anchors).collect();
    ensure!(
        missing.is_empty(),
        "docs/{PAGE} has no anchors for {missing:?}"
    );
    let exceptions = fs::read_to_string(root().join("python/src/bird_connectors/_errors.py"))
        .context("cannot read the exceptions of the Python package")?;
    let unnamed: Vec<_> = classes(&exceptions)
        .filter(|class| !page.text.contains(&format!("`{class}`")))
        .collect();
    ensure!(unnamed.is_empty(), "docs/{PAGE} does not name {unnamed:?}");
    Ok(())
}

/// The strings that the match arms of the function after `start` return.
fn identifiers(source: &str, start: &str) -> BTreeSet<String> {
    let Some((_, code)) = source.split_once(start) else {
        return BTreeSet::new();
    };
    let body = code.split("\n}\n").next().unwrap_or(code);
    body.lines()
        .skip_while(|line| !line.contains("match self {"))
        .take_while(|line| !line.trim_start().starts_with("impl "))
        .filter_map(|line| line.split_once("=> \"")?.1.split('"').next())
        .map(str::to_owned)
        .collect()
}

/// The explicit anchors of headings: `## Title {#anchor}`.
fn anchors(markdown: &str) -> BTreeSet<String> {
    markdown
        .lines()
        .filter(|line| line.starts_with('#'))
        .filter_map(|line| line.split_once("{#")?.1.split('}').next())
        .map(str::to_owned)
        .collect()
}

fn classes(python: &str) -> impl Iterator<Item = &str> {
    python
        .lines()
        .filter_map(|line| line.strip_prefix("class ")?.split(['(', ':']).next())
        .filter(|class| class.ends_with("Error"))
}

#[cfg(test)]
mod tests;
