//! Writes the generated files, and compares them with the files on disk.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};

/// A file that is generated and committed, and never edited by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedFile {
    /// The path from the root of the repository, with `/` as separator.
    pub path: String,
    /// The content of the file.
    pub content: String,
}

/// The names of folders that have generated files only.
const FOLDERS: [&str; 2] = ["generated", "_sync"];

/// Writes the files below `root`, and removes every other file from the folders that have generated files only.
pub fn write(root: &Path, files: &[GeneratedFile]) -> Result<()> {
    for file in files {
        let path = root.join(&file.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot create {}", folder.display()))?;
        }
        fs::write(&path, &file.content).with_context(|| format!("cannot write {}", file.path))?;
    }
    for path in surplus(root, files)? {
        fs::remove_file(root.join(&path)).with_context(|| format!("cannot remove {path}"))?;
    }
    Ok(())
}

/// Fails when a file below `root` differs from these or is missing, or when a folder that has generated files only has
/// another file. The error names each of them.
pub fn check(root: &Path, files: &[GeneratedFile]) -> Result<()> {
    let mut problems = Vec::new();
    for file in files {
        match fs::read_to_string(root.join(&file.path)) {
            Ok(content) if content == file.content => {}
            Ok(_) => problems.push(format!("{} differs", file.path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                problems.push(format!("{} is missing", file.path));
            }
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.path)),
        }
    }
    for path in surplus(root, files)? {
        problems.push(format!("{path} is not generated"));
    }
    ensure!(
        problems.is_empty(),
        "the generated files do not match their sources: run `cargo xtask codegen` and commit the result\n  {}",
        problems.join("\n  ")
    );
    Ok(())
}

/// Returns the other files in the folders that have generated files only.
fn surplus(root: &Path, files: &[GeneratedFile]) -> Result<Vec<String>> {
    let expected: BTreeSet<PathBuf> = files.iter().map(|file| PathBuf::from(&file.path)).collect();
    let folders: BTreeSet<&Path> = expected
        .iter()
        .filter_map(|path| path.parent())
        .filter(|folder| FOLDERS.iter().any(|name| folder.ends_with(name)))
        .collect();
    let mut surplus = Vec::new();
    for folder in folders {
        let entries = match fs::read_dir(root.join(folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", folder.display()));
            }
        };
        for entry in entries {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            if entry.file_type()?.is_file() && !expected.contains(&path) {
                surplus.push(path.display().to_string());
            }
        }
    }
    surplus.sort();
    Ok(surplus)
}

#[cfg(test)]
mod tests;
