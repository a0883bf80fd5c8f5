//! Where the programs of the services are installed.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Folders with programs that are not in the path, or only in that of root. A `*` stands for any characters of one name.
const FOLDERS: [&str; 7] = [
    // Debian and Ubuntu.
    "/usr/lib/postgresql/*/bin",
    "/usr/sbin",
    // Fedora and its relatives.
    "/usr/pgsql-*/bin",
    // Homebrew, on both kinds of processors: a versioned package is not in the path.
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/opt/homebrew/bin",
    "/usr/local/sbin",
];

/// Finds a program in the path, or where package managers install servers. The newest version, if there are several.
#[must_use]
pub fn find_program(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path);
    let elsewhere = FOLDERS.iter().flat_map(|pattern| folders(pattern));
    find_in(in_path.chain(elsewhere), program)
}

fn find_in(folders: impl Iterator<Item = PathBuf>, program: &str) -> Option<PathBuf> {
    folders
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// The folders that match a pattern with at most one `*`, the newest version first.
fn folders(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else {
        return vec![pattern.into()];
    };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or((".", before));
    let mut found = Vec::new();
    for entry in Path::new(parent).read_dir().into_iter().flatten().flatten() {
        let name = entry.file_name();
        if let Some(version) = name.to_str().and_then(|name| name.strip_prefix(prefix)) {
            let folder = entry.path().join(after.trim_start_matches('/'));
            found.push((number(version), folder));
        }
    }
    found.sort();
    found.into_iter().rev().map(|(_, folder)| folder).collect()
}

/// The number in a version such as `16` or `@16`; 0 if there is none.
fn number(version: &str) -> u32 {
    let digits = version.trim_start_matches('@');
    digits.parse().unwrap_or_default()
}

/// The folder of the programs of PostgreSQL: `initdb` and `postgres` must have the same version.
pub(crate) fn postgres_programs() -> Option<PathBuf> {
    let initdb = find_program("initdb")?;
    // A distribution may link it into the path without the others.
    let initdb = initdb.canonicalize().unwrap_or(initdb);
    let folder = initdb.parent()?;
    folder
        .join(OsStr::new("postgres"))
        .is_file()
        .then(|| folder.to_owned())
}

#[cfg(test)]
mod tests;
