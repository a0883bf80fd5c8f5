//! The files that the package of a crate must contain, and those that it must not. Pure.

use crate::archive::{self, Entry};

/// Files that every package has.
const REQUIRED: [&str; 4] = ["Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md"];

/// Files in the root of a package that cargo adds.
const ADDED: [&str; 3] = [".cargo_vcs_info.json", "Cargo.lock", "Cargo.toml.orig"];

/// Files that sources include, and that users read.
const DATA: [&str; 3] = ["schema.json", "schema.sql", "src/commands/channels.yaml"];

/// The entries without the folder that all of them are in.
pub(super) fn relative(entries: &[Entry], prefix: &str) -> Vec<Entry> {
    entries
        .iter()
        .map(|entry| Entry {
            path: entry
                .path
                .strip_prefix(prefix)
                .unwrap_or(&entry.path)
                .to_owned(),
            size: entry.size,
        })
        .collect()
}

/// Missing, unexpected and empty files.
pub(super) fn problems(entries: &[Entry]) -> Vec<String> {
    let paths: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
    let mut problems = archive::differences(&paths, &REQUIRED, |path| {
        let is_page = !path.contains('/') && path.ends_with(".md");
        is_source(path)
            || archive::is_web_file(path)
            || is_page
            || DATA.contains(&path)
            || ADDED.contains(&path)
    });
    if !paths.contains(&"src/lib.rs") && !paths.contains(&"src/main.rs") {
        problems.push("src/lib.rs is missing".to_owned());
    }
    let empty = entries.iter().filter(|entry| entry.size == 0);
    problems.extend(empty.map(|entry| format!("{} is empty", entry.path)));
    problems
}

/// Whether a file is a source or a page that a source includes, and is not a test.
fn is_source(path: &str) -> bool {
    let is_test = |part: &str| part == "tests" || part == "tests.rs";
    let is_source = path.ends_with(".rs") || path.ends_with(".md");
    path.starts_with("src/") && is_source && !path.split('/').any(is_test)
}

/// All files outside of `src`, and the total of those in `src`.
pub(super) fn summary(title: &str, entries: &[Entry]) -> String {
    let (sources, others): (Vec<&Entry>, Vec<&Entry>) = entries
        .iter()
        .partition(|entry| entry.path.starts_with("src/"));
    let total = |entries: &[&Entry]| entries.iter().map(|entry| entry.size).sum::<u64>();
    let mut lines = vec![format!("{title}  {} B", total(&sources) + total(&others))];
    lines.extend(
        others
            .iter()
            .map(|entry| format!("{:>10}  {}", entry.size, entry.path)),
    );
    lines.push(format!(
        "{:>10}  src ({} files)",
        total(&sources),
        sources.len()
    ));
    lines.join("\n")
}

#[cfg(test)]
mod tests;
