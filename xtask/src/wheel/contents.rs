//! The files that a wheel must contain, and those that it must not. Pure.

use crate::archive::{self, Entry};

/// Files that every wheel has in addition to its metadata.
const REQUIRED: [&str; 6] = [
    "bird_connectors/__init__.py",
    "bird_connectors/_native.pyi",
    "bird_connectors/postgres/schema.sql",
    "bird_connectors/py.typed",
    "pytest_bird_connectors/__init__.py",
    "pytest_bird_connectors/py.typed",
];

/// The folder with the metadata of a wheel.
pub(super) fn dist_info(entries: &[Entry]) -> Option<&str> {
    entries.iter().find_map(|entry| {
        let (folder, _) = entry.path.split_once('/')?;
        folder.ends_with(".dist-info").then_some(folder)
    })
}

/// Missing and unexpected files.
pub(super) fn problems(entries: &[Entry]) -> Vec<String> {
    let Some(info) = dist_info(entries) else {
        return vec!["the wheel has no metadata".to_owned()];
    };
    let metadata = [
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
        "licenses/LICENSE-APACHE",
        "licenses/LICENSE-MIT",
    ]
    .map(|file| format!("{info}/{file}"));
    let metadata = metadata.iter().map(String::as_str);
    let required: Vec<&str> = REQUIRED.into_iter().chain(metadata).collect();
    let paths: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
    let mut problems = archive::differences(&paths, &required, |path| {
        is_python(path) || is_native(path) || is_bill_of_materials(path, info)
    });
    if !paths.iter().any(|path| is_native(path)) {
        problems.push("the native module is missing".to_owned());
    }
    if !paths.iter().any(|path| is_bill_of_materials(path, info)) {
        problems.push("the software bill of materials is missing".to_owned());
    }
    problems
}

fn is_python(path: &str) -> bool {
    let folders = ["bird_connectors/", "pytest_bird_connectors/"];
    let ends = [".py", ".pyi", "/py.typed", "/schema.sql"];
    folders.iter().any(|folder| path.starts_with(folder))
        && ends.iter().any(|end| path.ends_with(end))
}

fn is_native(path: &str) -> bool {
    path.starts_with("bird_connectors/_native.")
        && (path.ends_with(".so") || path.ends_with(".pyd"))
}

/// A list of all crates in the native module, with their licences, in CycloneDX format.
fn is_bill_of_materials(path: &str, info: &str) -> bool {
    path.strip_prefix(info)
        .is_some_and(|path| path.starts_with("/sboms/") && path.ends_with(".cyclonedx.json"))
}

/// The largest files, and the total of the others.
pub(super) fn summary(entries: &[Entry]) -> String {
    let is_small = |entry: &&Entry| entry.path.ends_with(".py") || entry.path.ends_with(".pyi");
    let (sources, others): (Vec<&Entry>, Vec<&Entry>) = entries.iter().partition(is_small);
    let mut lines: Vec<String> = others
        .iter()
        .map(|entry| format!("{:>10}  {}", entry.size, entry.path))
        .collect();
    let total: u64 = sources.iter().map(|entry| entry.size).sum();
    lines.push(format!(
        "{total:>10}  Python sources and stubs ({} files)",
        sources.len()
    ));
    lines.join("\n")
}

#[cfg(test)]
mod tests;
