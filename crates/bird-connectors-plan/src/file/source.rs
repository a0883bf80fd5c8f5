//! Reads files and folders of files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::problem::{FileErrors, FileProblem};

/// A file of channels that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceFile {
    /// The path, for messages and as the start of relative `file:` references.
    pub path: PathBuf,
    /// The content.
    pub text: String,
}

/// The largest file that is read, in bytes. A connector takes about 200.
const MAX_SIZE: u64 = 16 << 20;

impl SourceFile {
    /// A file with this content, which is not read.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
        }
    }

    /// Reads files. A folder stands for its files whose names end with `.yaml` or `.yml`, in the order of their names, without
    /// those of its subfolders. A file that is named twice is read once.
    ///
    /// # Errors
    /// If a file cannot be read, is not valid UTF-8 or larger than 16 MiB, if a folder contains no such file, or if there are
    /// no paths.
    pub fn read_all<P: AsRef<Path>>(
        paths: impl IntoIterator<Item = P>,
    ) -> Result<Vec<Self>, FileErrors> {
        let (mut files, mut known, mut problems) = (Vec::new(), Vec::new(), Vec::new());
        for path in paths {
            let path = path.as_ref();
            let found = match expand(path) {
                Ok(found) => found,
                Err(why) => {
                    problems.push(FileProblem::of_file(path, format!("cannot be read: {why}")));
                    continue;
                }
            };
            if found.is_empty() {
                let why = "the folder contains no file whose name ends with .yaml or .yml";
                problems.push(FileProblem::of_file(path, why));
            }
            for path in found {
                let canonical = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
                if known.contains(&canonical) {
                    continue;
                }
                known.push(canonical);
                match read(&path) {
                    Ok(text) => files.push(Self { path, text }),
                    Err(why) => {
                        problems.push(FileProblem::of_file(
                            &path,
                            format!("cannot be read: {why}"),
                        ));
                    }
                }
            }
        }
        if files.is_empty() && problems.is_empty() {
            problems.push(FileProblem::of_file(Path::new("."), "no file is named"));
        }
        FileErrors::unless_empty(problems)?;
        Ok(files)
    }
}

fn expand(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if matches!(extension, Some("yaml" | "yml")) && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> io::Result<String> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    if metadata.len() > MAX_SIZE {
        return Err(io::Error::other("it is larger than 16 MiB"));
    }
    fs::read_to_string(path)
}
