//! `llms.txt` and `llms-full.txt`: the contents of the site for language models, in the order of the navigation. The pages
//! are also written as Markdown, next to their HTML.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_yaml_ng::Value;

use super::files::write as write_file;
use super::pages::Page;
use crate::process::root;

/// Pages that consist of references that only the site resolves.
const ONLY_HTML: [&str; 1] = ["reference/python.md"];

/// The skill for coding agents, which load it as a whole.
const SKILL: &str = "SKILL.md";
const MAX_SKILL_LINES: usize = 150;

pub(super) fn write(pages: &[Page], site: &Path) -> Result<()> {
    let configuration =
        fs::read_to_string(root().join("mkdocs.yml")).context("cannot read mkdocs.yml")?;
    let (index, full) = generate(pages, &configuration)?;
    write_file(&site.join("llms.txt"), index)?;
    write_file(&site.join("llms-full.txt"), full)?;
    for page in pages {
        write_file(&site.join(&page.path), &page.text)?;
        let lines = page.text.lines().count();
        ensure!(
            page.path != SKILL || lines < MAX_SKILL_LINES,
            "docs/{SKILL} has {lines} lines: it must have fewer than {MAX_SKILL_LINES}"
        );
    }
    Ok(())
}

/// The contents of both files.
fn generate(pages: &[Page], configuration: &str) -> Result<(String, String)> {
    let configuration: Value =
        serde_yaml_ng::from_str(configuration).context("invalid mkdocs.yml")?;
    let string = |name: &str| {
        configuration[name]
            .as_str()
            .with_context(|| format!("mkdocs.yml has no {name}"))
    };
    let head = format!(
        "# {}\n\n> {}\n",
        string("site_name")?,
        string("site_description")?
    );
    let (mut index, mut full) = (head.clone(), head);
    let mut listed = Vec::new();
    let navigation = configuration["nav"]
        .as_sequence()
        .context("mkdocs.yml has no nav")?;
    for entry in navigation {
        let (title, target) = single(entry)?;
        let entries = match target {
            Value::Sequence(entries) => {
                write!(index, "\n## {title}\n\n")?;
                entries.clone()
            }
            _ => {
                index.push('\n');
                vec![entry.clone()]
            }
        };
        for entry in &entries {
            let (title, path) = single(entry)?;
            let path = path.as_str().context("invalid nav: expected a page")?;
            let page = pages
                .iter()
                .find(|page| page.path == path)
                .with_context(|| format!("nav has a page that does not exist: {path}"))?;
            writeln!(index, "- [{title}]({path}): {}", page.description)?;
            if !ONLY_HTML.contains(&path) {
                write!(full, "\n---\n\nPage: {path}\n\n{}\n", page.body().trim())?;
            }
            listed.push(path.to_owned());
        }
    }
    let missing: Vec<&str> = pages
        .iter()
        .map(|page| page.path.as_str())
        .filter(|path| !listed.iter().any(|listed| listed == path))
        .collect();
    ensure!(missing.is_empty(), "nav of mkdocs.yml lacks {missing:?}");
    Ok((index, full))
}

/// The only entry of a mapping such as `Title: page.md`.
fn single(entry: &Value) -> Result<(&str, &Value)> {
    let mut entries = entry
        .as_mapping()
        .context("invalid nav: each entry needs a title")?
        .iter();
    let (Some((title, value)), None) = (entries.next(), entries.next()) else {
        anyhow::bail!("invalid nav: an entry has several titles");
    };
    Ok((
        title
            .as_str()
            .context("invalid nav: a title is not a string")?,
        value,
    ))
}

#[cfg(test)]
mod tests;
