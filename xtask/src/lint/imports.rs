//! `cargo xtask imports`: no import circle between the files of a crate, and no upward import between the layers of the
//! SDK. [`tree`] parses the files, [`resolve`] finds the file that defines the target of a path, and [`circles`] and
//! [`layers`] check the result.
//!
//! An import is a `use` item or a path of two or more segments in code, macro arguments and attributes. Calls of inherent
//! methods, documentation links and `mod` declarations are not imports. Test modules are skipped.

mod circles;
mod collect;
mod layers;
mod resolve;
mod tree;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::process::root;

/// Crates whose files still import each other in circles. They are skipped unless they are named on the command line.
const EXEMPT: &[&str] = &["bird-connectors-api", "bird-connectors-catalogue"];

/// The crate that has layers.
const LAYERED: &str = "bird-connectors";

/// Checks these packages, or all packages of the workspace that are not exempt.
pub(crate) fn run(packages: &[String]) -> Result<()> {
    let mut problems = Vec::new();
    for folder in folders(packages)? {
        let package = name(&folder);
        let (files, found) = check(&folder, package == LAYERED)
            .with_context(|| format!("cannot check the imports of {package}"))?;
        println!("{package}: {files} files, {} problems", found.len());
        problems.extend(
            found
                .into_iter()
                .map(|problem| format!("{package}: {problem}")),
        );
    }
    if !problems.is_empty() {
        bail!("imports must run one way\n{}", problems.join("\n"));
    }
    Ok(())
}

/// Returns the number of parsed files of a package, and the problems with their imports.
fn check(folder: &Path, layered: bool) -> Result<(usize, Vec<String>)> {
    let (mut files, mut problems) = (0, Vec::new());
    let trees = tree::parse(&folder.join("src"))?;
    for tree in &trees {
        let imports = resolve::imports(tree);
        problems.extend(circles::find(tree.files(), &imports));
        if layered {
            problems.extend(layers::find(tree.files(), &imports));
        }
        files += tree.files().len();
    }
    Ok((files, problems))
}

fn folders(packages: &[String]) -> Result<Vec<PathBuf>> {
    let mut folders = vec![root().join("xtask")];
    for entry in fs::read_dir(root().join("crates"))? {
        folders.push(entry?.path());
    }
    folders.sort();
    for package in packages {
        if !folders.iter().any(|folder| name(folder) == *package) {
            bail!("there is no package {package} in this workspace");
        }
    }
    folders.retain(|folder| {
        let name = name(folder);
        if packages.is_empty() {
            !EXEMPT.contains(&name.as_str())
        } else {
            packages.contains(&name)
        }
    });
    Ok(folders)
}

fn name(folder: &Path) -> String {
    folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests;
