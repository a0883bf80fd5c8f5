//! Snippets: a line `--8<-- "FILE:REGION"` of a page is replaced with a region of a file, and `--8<-- "FILE"` with the whole
//! file. This is the syntax of pymdownx.snippets, so other generators can build the pages too. A region lies between the
//! lines `--8<-- [start:REGION]` and `--8<-- [end:REGION]`, usually in comments. Lines with these marks are left out.
//!
//! Blocks of Rust and Python, and those of the terminal with output (`console`), must consist of snippets, so that tests run
//! all code of the pages. A line
//! `<!-- source: FILE "TEXT" -->` states a fact that the page repeats: the file must contain the text.

use anyhow::{Context as _, Result, bail, ensure};

const MARK: &str = "--8<--";

/// Languages whose blocks must consist of snippets.
const CHECKED: [&str; 3] = ["console", "python", "rust"];

/// Commands of the program that a recorded session cannot replay, because they serve until Ctrl-C or need an id that differs in
/// each run. Other tests run them. The help is recorded as a whole.
const NOT_REPLAYED: [&str; 3] = ["--help", "channels send CHANNEL_ID", "sandbox"];

/// What trycmd accepts in place of any text, in a recorded session.
const WILDCARD: &str = "[..]";

/// Replaces the snippets of a page. `read` returns a file by its path from the root of the repository.
pub(super) fn expand(page: &str, read: &mut dyn FnMut(&str) -> Result<String>) -> Result<String> {
    let mut expanded = String::new();
    let mut block: Option<&str> = None;
    for (index, line) in page.lines().enumerate() {
        let content = line.trim_start();
        let indent = &line[..line.len() - content.len()];
        if let Some(info) = content.strip_prefix("```") {
            block = match block {
                Some(_) => None,
                None => Some(info.split([' ', '{']).next().unwrap_or_default()),
            };
        } else if let Some(reference) = content.strip_prefix(MARK) {
            let text = include(reference, read).with_context(|| format!("line {}", index + 1))?;
            for included in text.lines() {
                if !included.is_empty() {
                    expanded += indent;
                }
                expanded += included;
                expanded.push('\n');
            }
            continue;
        } else if let Some(fact) = content.strip_prefix("<!-- source: ") {
            check_source(fact, read).with_context(|| format!("line {}", index + 1))?;
            continue;
        } else if let Some(language) = block.filter(|language| CHECKED.contains(language)) {
            ensure!(
                content.is_empty(),
                "line {}: a block of {language} contains code that is not a snippet, so no test runs it",
                index + 1
            );
        }
        if let (Some("sh"), Some(command)) = (block, content.strip_prefix("bird-connectors ")) {
            ensure!(
                NOT_REPLAYED.iter().any(|start| command.starts_with(start)),
                "line {}: no test runs `{content}`: include it from a recorded session of the command line",
                index + 1
            );
        }
        expanded += line;
        expanded.push('\n');
    }
    ensure!(block.is_none(), "the last code block has no end");
    Ok(expanded)
}

/// The text of a snippet such as ` "python/examples/ensure.py:journal"`.
fn include(reference: &str, read: &mut dyn FnMut(&str) -> Result<String>) -> Result<String> {
    let reference = reference
        .trim()
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .with_context(|| format!("invalid snippet: expected `{MARK} \"FILE:REGION\"`"))?;
    let (path, name) = match reference.split_once(':') {
        Some((path, name)) => (path, Some(name)),
        None => (reference, None),
    };
    let text = read(path)?;
    let region = region(&text, name).with_context(|| format!("invalid snippet {reference}"))?;
    ensure!(
        !path.ends_with(".trycmd") || !region.contains(WILDCARD),
        "invalid snippet {reference}: it contains the wildcard {WILDCARD}, and readers must see real output"
    );
    Ok(region)
}

/// A region of a file, without the indentation that all its lines have, or the whole file.
fn region(text: &str, name: Option<&str>) -> Result<String> {
    let mut lines: Vec<&str> = text.lines().collect();
    if let Some(name) = name {
        let find = |mark: &str| {
            let mark = format!("{MARK} [{mark}:{name}]");
            let mut found = (0..lines.len()).filter(|&index| lines[index].contains(&mark));
            match (found.next(), found.next()) {
                (Some(index), None) => Ok(index),
                (None, _) => bail!("the file has no line with `{mark}`"),
                _ => bail!("the file has several lines with `{mark}`"),
            }
        };
        let (start, end) = (find("start")?, find("end")?);
        ensure!(start < end, "the region ends before it starts");
        lines = lines[start + 1..end].to_vec();
    }
    lines.retain(|line| !line.contains(&format!("{MARK} [")));
    let is_blank = |line: &str| line.trim().is_empty();
    ensure!(!lines.iter().all(|line| is_blank(line)), "it is empty");
    let indent = lines
        .iter()
        .filter(|line| !is_blank(line))
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or_default();
    let dedented: Vec<&str> = lines
        .iter()
        .map(|line| line.get(indent..).unwrap_or_default())
        .collect();
    Ok(format!("{}\n", dedented.join("\n").trim_matches('\n')))
}

/// Checks a fact such as `crates/x/src/lib.rs "const LIMIT: u32 = 3;" -->`.
fn check_source(fact: &str, read: &mut dyn FnMut(&str) -> Result<String>) -> Result<()> {
    let (path, text) = fact
        .trim_end()
        .strip_suffix("\" -->")
        .and_then(|fact| fact.split_once(" \""))
        .context("invalid source: expected `<!-- source: FILE \"TEXT\" -->`")?;
    ensure!(
        read(path)?.contains(text),
        "{path} no longer contains `{text}`: correct the page, then this line"
    );
    Ok(())
}

#[cfg(test)]
mod tests;
