//! A journal in a file.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::journal::Journal;
use crate::error::Error;
use crate::lock::lock;

/// A [`Journal`] in a file: one line of JSON per entry, appended and synced to disk.
///
/// The file is locked while this value or a clone of it exists, so that no other process writes to it. The operating system
/// releases the lock when the process ends. If a crash left an incomplete last line, opening the file removes it: no create
/// is sent before its line is complete. On a network file system, lock and sync are only as reliable as that system.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
/// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
/// # let workspace = client.build()?.workspace(bird_connectors::WorkspaceId::from(sandbox.workspace_id()));
/// # let directory = tempfile::tempdir()?;
/// use bird_connectors::install::FileJournal;
/// use bird_connectors::templates::Telegram;
///
/// let journal = FileJournal::open(directory.path().join("installs.journal"))?;
/// let connectors = workspace.connectors();
/// let ensured = connectors.ensure(Telegram::new("Bot")).journal(journal.clone()).await?;
/// assert!(!ensured.adopted());
///
/// // A second run reads the connector from the journal.
/// let again = connectors.ensure(Telegram::new("Bot")).journal(journal).await?;
/// assert_eq!(again.id(), ensured.id());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct FileJournal(Arc<Inner>);

struct Inner {
    path: PathBuf,
    /// `None` if a failed write could not be undone, so that the content of the file is unknown.
    file: Mutex<Option<File>>,
}

impl FileJournal {
    /// Opens a journal, or creates it if the file does not exist. This blocks on file system operations.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the file cannot be read, written or locked, or is not a
    /// journal. The message contains the path.
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
                let message = format!("the journal {} cannot be opened: {why}", path.display());
                Error::invalid_input("open a journal", message)
            })
    }
}

impl Journal for FileJournal {
    fn lines(&self) -> io::Result<Vec<String>> {
        let mut file = lock(&self.0.file);
        let file = file.as_mut().ok_or_else(unknown_content)?;
        let mut content = String::new();
        file.seek(SeekFrom::Start(0))?;
        file.read_to_string(&mut content)?;
        Ok(content.lines().map(str::to_owned).collect())
    }

    fn append(&self, line: &str) -> io::Result<()> {
        if line.contains('\n') {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the line contains a line break",
            ));
        }
        let mut slot = lock(&self.0.file);
        let file = slot.as_mut().ok_or_else(unknown_content)?;
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

/// The start of every line. An incomplete last line with another start is not removed, because the file is not a journal.
const START: &[u8] = b"{\"v\":";

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let mut file = options.open(path)?;
    file.try_lock().map_err(|why| match why {
        TryLockError::WouldBlock => io::Error::new(
            io::ErrorKind::WouldBlock,
            "another process, or another part of this process, has opened it",
        ),
        TryLockError::Error(why) => why,
    })?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let complete = bytes
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |last| last + 1);
    let incomplete = &bytes[complete..];
    if !(incomplete.starts_with(START) || START.starts_with(incomplete)) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the file is not a journal: its last line is not a journal entry",
        ));
    }
    if !incomplete.is_empty() {
        file.set_len(complete as u64)?;
    }
    file.sync_all()?;
    sync_directory(path)?;
    Ok(file)
}

/// A new file survives a crash only if its directory is synced, too.
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

fn unknown_content() -> io::Error {
    io::Error::other("an earlier write failed and could not be undone; open the journal again")
}
