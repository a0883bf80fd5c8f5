//! Reads the archives of a release: `.crate` files, source distributions and wheels, and compares their files with the
//! expected ones. Python opens them, because its standard library supports all three formats.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::process::{self, command};
use crate::python;

/// A file in an archive.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(crate) struct Entry {
    /// Relative to the root of the archive, with `/`.
    pub(crate) path: String,
    pub(crate) size: u64,
}

const LIST: &str = r#"
import json, sys, tarfile, zipfile
path = sys.argv[1]
if path.endswith(".whl"):
    files = [(info.filename, info.file_size) for info in zipfile.ZipFile(path).infolist() if not info.is_dir()]
else:
    files = [(info.name, info.size) for info in tarfile.open(path) if not info.isdir()]
print(json.dumps([{"path": path, "size": size} for path, size in sorted(files)]))
"#;

const READ: &str = r#"
import sys, zipfile
sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))
"#;

const UNPACK: &str = r#"
import sys, tarfile, time
now = time.time()
extract = lambda member, folder: tarfile.data_filter(member, folder).replace(mtime=now)
tarfile.open(sys.argv[1]).extractall(sys.argv[2], filter=extract)
"#;

/// The files of an archive, sorted by path.
pub(crate) fn list(archive: &Path) -> Result<Vec<Entry>> {
    let output = process::quiet_output(command(python::interpreter(), ["-c", LIST]).arg(archive))?;
    serde_json::from_str(&output)
        .with_context(|| format!("cannot list the files of {}", archive.display()))
}

/// A text file of a wheel.
pub(crate) fn read(wheel: &Path, path: &str) -> Result<String> {
    let mut read = command(python::interpreter(), ["-c", READ]);
    process::quiet_output(read.arg(wheel).arg(path))
}

/// Unpacks a `.crate` file or a source distribution. The files get the current time: the times in the archive never
/// change, so cargo would not notice a changed source.
pub(crate) fn unpack(archive: &Path, folder: &Path) -> Result<()> {
    let mut unpack = command(python::interpreter(), ["-c", UNPACK]);
    process::quiet_output(unpack.arg(archive).arg(folder)).map(drop)
}

/// Reports the required paths that are missing, and then the paths that are neither required nor expected. Pure.
pub(crate) fn differences(
    paths: &[&str],
    required: &[&str],
    is_expected: impl Fn(&str) -> bool,
) -> Vec<String> {
    let missing = required.iter().filter(|path| !paths.contains(path));
    let missing = missing.map(|path| format!("{path} is missing"));
    let unexpected = paths
        .iter()
        .filter(|path| !required.contains(path) && !is_expected(path));
    let unexpected = unexpected.map(|path| format!("{path} is unexpected"));
    missing.chain(unexpected).collect()
}

/// Entries of 10 bytes with these paths.
#[cfg(test)]
pub(crate) fn entries<S: AsRef<str>>(paths: &[S]) -> Vec<Entry> {
    let paths = paths.iter().map(|path| path.as_ref().to_owned());
    paths.map(|path| Entry { path, size: 10 }).collect()
}

/// Whether a file of a crate is a part of a page that the crate embeds.
pub(crate) fn is_web_file(path: &str) -> bool {
    let ends = [".css", ".html", ".js", ".svg"];
    path.starts_with("ui/") && ends.iter().any(|end| path.ends_with(end))
}
