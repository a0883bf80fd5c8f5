//! A journal that is a file.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::journal::Journal;
use crate::error::Error;
use crate::lock::lock;

/// A [`Journal`] in a file: one line of JSON each, appended and synced to the disk.
///
/// The file is locked as long as this value or a clone of it lives, so that no other process writes it at the same
/// time; the lock ends with the process, however that ends. A last line that a crash has torn is taken away when the
/// file is opened: nothing was sent before a line was whole. On a network file system the lock and the sync are as good
/// as that system makes them.
#[derive(Clone)]
pub struct FileJournal(Arc<Inner>);

struct Inner {
    path: PathBuf,
    /// `None` where a failed write could not be taken back: what stands in the file is not known any more.
    file: Mutex<Option<File>>,
}

impl FileJournal {
    /// Opens a journal, or begins one where there is no such file. This blocks while the disk works.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) where the file cannot be read, written or locked; the message
    /// names it.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        open(path)
            .map(|file| {
                Self(Arc::new(Inner {
                    path: path.to_owned(),
                    file: Mutex::new(Some(file)),
                }))
            })
            .map_err(|why| {
                let message = format!("the journal {} cannot be used: {why}", path.display());
                Error::invalid_input("open a journal", message)
            })
    }
}

impl Journal for FileJournal {
    fn lines(&self) -> io::Result<Vec<String>> {
        let mut file = lock(&self.0.file);
        let file = file.as_mut().ok_or_else(lost)?;
        let mut text = String::new();
        file.seek(SeekFrom::Start(0))?;
        file.read_to_string(&mut text)?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    fn append(&self, line: &str) -> io::Result<()> {
        if line.contains('\n') {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "a line has a line break in it",
            ));
        }
        let mut slot = lock(&self.0.file);
        let file = slot.as_mut().ok_or_else(lost)?;
        let end = file.seek(SeekFrom::End(0))?;
        let written = file
            .write_all(format!("{line}\n").as_bytes())
            .and_then(|()| file.sync_data());
        if written.is_err() && file.set_len(end).is_err() {
            *slot = None;
        }
        written
    }
}

impl fmt::Debug for FileJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FileJournal").field(&self.0.path).finish()
    }
}

/// How every line begins. Something else is not ours to cut.
const START: &[u8] = b"{\"v\":";

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let mut file = options.open(path)?;
    file.try_lock().map_err(|why| match why {
        TryLockError::WouldBlock => io::Error::new(
            io::ErrorKind::WouldBlock,
            "another process, or another part of this one, has it open",
        ),
        TryLockError::Error(why) => why,
    })?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let whole = bytes
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |last| last + 1);
    let torn = &bytes[whole..];
    if !(torn.starts_with(START) || START.starts_with(torn)) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the file is not a journal: its last line is not a journal entry",
        ));
    }
    if !torn.is_empty() {
        file.set_len(whole as u64)?;
    }
    file.sync_all()?;
    sync_directory(path)?;
    Ok(file)
}

/// A new file is lost in a crash unless its directory is on the disk, too.
#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if parent != Path::new("") => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

fn lost() -> io::Error {
    io::Error::other("an earlier write failed and could not be taken back; open the journal again")
}
