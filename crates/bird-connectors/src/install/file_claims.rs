//! Claims by file lock, which exclude the other processes of a machine. Each claim that is held is a locked file, named after
//! its key, in a directory next to the journal.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// How often the directory may be missing right after it was created, before that is an error: it may be a symbolic link to
/// nothing.
const MAX_ATTEMPTS: u32 = 1000;

/// The claims of a journal.
pub(super) struct FileClaims {
    directory: PathBuf,
}

/// A claim. Dropping it releases it, and so does the end of the process.
pub(super) struct FileClaim {
    /// Closing it unlocks it.
    _file: File,
    path: PathBuf,
}

impl FileClaims {
    pub(super) fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Claims a key. Returns `None` if it is claimed already.
    pub(super) fn try_acquire(&self, key: &str) -> io::Result<Option<FileClaim>> {
        let path = self.directory.join(key);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut attempts = 0;
        loop {
            // Not `create_dir_all`, which fails if another process removes the directory in the meantime.
            match fs::create_dir(&self.directory) {
                Err(why) if why.kind() != io::ErrorKind::AlreadyExists => return Err(why),
                _ => {}
            }
            let file = match options.open(&path) {
                Ok(file) => file,
                // Another process has removed the directory since.
                Err(why) if why.kind() == io::ErrorKind::NotFound && attempts < MAX_ATTEMPTS => {
                    attempts += 1;
                    continue;
                }
                Err(why) => return Err(why),
            };
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(why)) => return Err(why),
            }
            // The last holder may have removed the file before it was locked here. A lock on it would not exclude another process.
            if is_at_path(&file, &path)? {
                return Ok(Some(FileClaim { _file: file, path }));
            }
        }
    }
}

impl Drop for FileClaims {
    fn drop(&mut self) {
        // Fails while it contains a claim, of another process for instance.
        let _ = fs::remove_dir(&self.directory);
    }
}

impl Drop for FileClaim {
    fn drop(&mut self) {
        if REMOVABLE {
            // Before the file is unlocked, so that the next holder notices.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Without a stable identity of files in the standard library, a removed file could not be noticed. The empty files remain.
const REMOVABLE: bool = cfg!(unix);

/// Whether the path leads to this file.
pub(super) fn is_at_path(file: &File, path: &Path) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(at_path) => Ok(is_same_file(&file.metadata()?, &at_path)),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(why) => Err(why),
    }
}

#[cfg(unix)]
fn is_same_file(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// The standard library has no stable identity of a file here.
#[cfg(not(unix))]
fn is_same_file(one: &Metadata, other: &Metadata) -> bool {
    one.len() == other.len()
}

#[cfg(test)]
mod tests;
