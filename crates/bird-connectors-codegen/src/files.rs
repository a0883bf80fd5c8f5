//! Generated files and the disk.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};

/// A file that is generated, checked in and never edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedFile {
    /// Where it belongs, from the root of the repository, with `/`.
    pub path: String,
    /// The whole text.
    pub content: String,
}

/// The name of a folder that has generated files only.
const FOLDER: &str = "generated";

/// Writes the files below `root`, and removes every other file from the folders named `generated`.
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

/// Fails when a file below `root` differs from these or is missing, or when a folder named `generated` has another file.
/// The error names each of them.
pub fn check(root: &Path, files: &[GeneratedFile]) -> Result<()> {
    let mut complaints = Vec::new();
    for file in files {
        match fs::read_to_string(root.join(&file.path)) {
            Ok(content) if content == file.content => {}
            Ok(_) => complaints.push(format!("{} differs", file.path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                complaints.push(format!("{} is missing", file.path));
            }
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.path)),
        }
    }
    for path in surplus(root, files)? {
        complaints.push(format!("{path} is not generated"));
    }
    ensure!(
        complaints.is_empty(),
        "the generated files do not match the contract: run `cargo xtask codegen` and commit what it writes\n  {}",
        complaints.join("\n  ")
    );
    Ok(())
}

/// The other files in the folders named `generated`.
fn surplus(root: &Path, files: &[GeneratedFile]) -> Result<Vec<String>> {
    let expected: BTreeSet<PathBuf> = files.iter().map(|file| PathBuf::from(&file.path)).collect();
    let folders: BTreeSet<&Path> = expected
        .iter()
        .filter_map(|path| path.parent())
        .filter(|folder| folder.ends_with(FOLDER))
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
mod tests {
    use super::*;

    fn files() -> Vec<GeneratedFile> {
        [
            "a/generated/one.rs",
            "a/generated/two.rs",
            "b/generated/three.rs",
            "c/four.py",
        ]
        .map(|path| GeneratedFile {
            path: path.to_owned(),
            content: format!("// {path}\n"),
        })
        .into()
    }

    #[test]
    fn what_was_written_passes_the_check() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), &files()).unwrap();
        check(root.path(), &files()).unwrap();
    }

    #[test]
    fn every_file_that_is_not_as_generated_is_named() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), &files()).unwrap();
        fs::write(
            root.path().join("a/generated/one.rs"),
            "// edited by hand\n",
        )
        .unwrap();
        fs::remove_file(root.path().join("a/generated/two.rs")).unwrap();
        fs::write(root.path().join("b/generated/five.rs"), "").unwrap();
        fs::write(root.path().join("c/four.py"), "# edited by hand\n").unwrap();
        fs::write(root.path().join("c/six.py"), "").unwrap();

        let error = check(root.path(), &files()).unwrap_err().to_string();
        for complaint in [
            "a/generated/one.rs differs",
            "a/generated/two.rs is missing",
            "b/generated/five.rs is not generated",
            "c/four.py differs",
        ] {
            assert!(error.contains(complaint), "{error}");
        }
        assert!(
            !error.contains("three") && !error.contains("six"),
            "{error}"
        );

        write(root.path(), &files()).unwrap();
        check(root.path(), &files()).unwrap();
        assert!(!root.path().join("b/generated/five.rs").exists());
        assert!(root.path().join("c/six.py").exists());
    }

    #[test]
    fn an_empty_tree_lacks_every_file() {
        let root = tempfile::tempdir().unwrap();
        let error = check(root.path(), &files()).unwrap_err().to_string();
        assert_eq!(error.matches("is missing").count(), 4, "{error}");
    }
}
