//! `cargo xtask sdist`: builds the source distribution of the Python package and checks it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::archive::{self, Entry};
use crate::process::{self, tools};
use crate::python::{self, Environment};

pub(crate) fn run() -> Result<()> {
    let sdist = build()?;
    check(&sdist)?;
    println!("{}", sdist.display());
    Ok(())
}

/// Builds the source distribution, and replaces an older one.
pub(crate) fn build() -> Result<PathBuf> {
    let folder = tools().join("sdist");
    python::remove(&folder)?;
    let maturin = python::maturin()?;
    let mut build = maturin.command("maturin", ["sdist", "--out"]);
    python::run_maturin(build.arg(&folder).current_dir(python::sources()))?;
    python::move_to_dist(&python::only_file(&folder)?)
}

/// Checks the contents and the metadata, and prints a summary of the contents.
pub(crate) fn check(sdist: &Path) -> Result<()> {
    let entries = archive::list(sdist)?;
    println!("{}", summary(&entries));
    let problems = problems(&entries);
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    let environment = Environment::with("python-release", &python::group("release")?)?;
    process::run(
        environment
            .command("twine", ["check", "--strict"])
            .arg(sdist),
    )
}

/// Unpacks the source distribution, and returns the folder with `pyproject.toml`.
pub(crate) fn unpack(sdist: &Path) -> Result<PathBuf> {
    let folder = tools().join("sdist-unpacked");
    python::remove(&folder)?;
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    archive::unpack(sdist, &folder)?;
    python::only_file(&folder)
}

const REQUIRED: [&str; 7] = [
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "PKG-INFO",
    "README.md",
    "pyproject.toml",
];

/// Missing and unexpected files.
fn problems(entries: &[Entry]) -> Vec<String> {
    let paths: Vec<&str> = entries
        .iter()
        .map(|entry| without_root(&entry.path))
        .collect();
    archive::differences(&paths, &REQUIRED, is_expected)
}

/// Whether a file belongs to a crate or to the Python package, and is not an integration test.
fn is_expected(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["crates", _, "ui", ..] => archive::is_web_file(&parts[2..].join("/")),
        ["crates", _, "src", ..] => path.ends_with(".rs") || path.ends_with(".md"),
        ["crates", _, file] => {
            ["Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT"].contains(file) || file.ends_with(".md")
        }
        ["src", "bird_connectors" | "pytest_bird_connectors", ..] => {
            let ends = [".py", ".pyi", "/py.typed", "/schema.sql"];
            ends.iter().any(|end| path.ends_with(end))
        }
        _ => false,
    }
}

/// Number and size of the files in each folder of the root, and each file in the root.
fn summary(entries: &[Entry]) -> String {
    let mut groups: Vec<(String, usize, u64)> = Vec::new();
    for entry in entries {
        let path = without_root(&entry.path);
        let depth = if path.starts_with("crates/") { 2 } else { 1 };
        let group = path.split('/').take(depth).collect::<Vec<_>>().join("/");
        match groups.iter_mut().find(|(name, ..)| *name == group) {
            Some((_, files, size)) => {
                *files += 1;
                *size += entry.size;
            }
            None => groups.push((group, 1, entry.size)),
        }
    }
    let lines = groups.iter().map(|(name, files, size)| match files {
        1 => format!("{size:>10}  {name}"),
        _ => format!("{size:>10}  {name} ({files} files)"),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The path without the folder that all files are in.
fn without_root(path: &str) -> &str {
    path.split_once('/').map_or(path, |(_, path)| path)
}

#[cfg(test)]
mod tests;
