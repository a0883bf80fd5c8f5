//! Links that Zensical does not check: to the documentation of the crates, and from the README of the repository into
//! `docs/`.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use super::pages::Page;
use crate::process::root;

/// Where the documentation of the crates is published: `https://docs.rs/CRATE/latest/FILE`.
const DOCS_RS: &str = "https://docs.rs/bird-connectors";

/// Checks that the rustdoc in `folder` has each page, and each anchor on it, that a page links to.
pub(super) fn check_rustdoc(pages: &[Page], folder: &Path) -> Result<()> {
    let mut broken = Vec::new();
    let mut count = 0;
    for page in pages {
        for link in links_to(&page.text, DOCS_RS) {
            count += 1;
            if let Err(error) = check_docs_rs(link, folder) {
                broken.push(format!("docs/{}: {link}: {error:#}", page.path));
            }
        }
    }
    ensure!(broken.is_empty(), "broken links\n{}", broken.join("\n"));
    ensure!(count > 0, "no page links to {DOCS_RS}");
    println!("{count} links to rustdoc");
    Ok(())
}

fn check_docs_rs(link: &str, folder: &Path) -> Result<()> {
    let (_, path) = link
        .split_once("/latest/")
        .context("expected https://docs.rs/CRATE/latest/FILE")?;
    let (file, anchor) = path.split_once('#').unwrap_or((path, ""));
    let mut file = folder.join(file);
    if path
        .split('#')
        .next()
        .is_some_and(|path| path.ends_with('/'))
    {
        file.push("index.html");
    }
    let html = fs::read_to_string(&file).context("rustdoc has no such page")?;
    ensure!(
        anchor.is_empty() || html.contains(&format!("id=\"{anchor}\"")),
        "the page has no such anchor"
    );
    Ok(())
}

/// Checks the links of the README to files of the repository.
pub(super) fn check_readme() -> Result<()> {
    let readme = fs::read_to_string(root().join("README.md")).context("cannot read README.md")?;
    let missing: Vec<&str> = relative_links(&readme)
        .filter(|link| {
            let path = link.split('#').next().unwrap_or(link);
            !root().join(path).exists()
        })
        .collect();
    ensure!(missing.is_empty(), "broken links of README.md: {missing:?}");
    Ok(())
}

/// The targets of the links that start with `prefix`.
fn links_to<'a>(markdown: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    targets(markdown).filter(move |target| target.starts_with(prefix))
}

fn relative_links(markdown: &str) -> impl Iterator<Item = &str> {
    targets(markdown).filter(|target| !target.contains("://") && !target.starts_with('#'))
}

/// The targets of all links and pictures outside of code blocks.
fn targets(markdown: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    markdown
        .lines()
        .filter(move |line| {
            let is_fence = line.trim_start().starts_with("```");
            in_code ^= is_fence;
            !in_code && !is_fence
        })
        .flat_map(|line| {
            line.split("](")
                .skip(1)
                .filter_map(|rest| rest.split([')', ' ']).next())
        })
}

#[cfg(test)]
mod tests;
