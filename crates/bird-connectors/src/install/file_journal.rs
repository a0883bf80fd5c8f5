//! A journal in a file.

use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::journal::Journal;
use crate::error::Error;
use crate::lock::lock;

/// A [`Journal`] in a file: one line of JSON per entry, appended and synced to disk.
///
/// The file is locked while this value or a clone of it exists, so that no other process writes to it. The operating system
/// releases the lock when the process ends. If a crash left an incomplete last line, or a power loss left zero bytes at the
/// end, opening the file removes them: no create is sent before its line is complete. If the file is deleted, replaced or
/// changed by another program while it is open, the next append fails, and no create is sent. On a network file system,
/// lock and sync are only as reliable as that system.
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
    file: Mutex<Option<OpenFile>>,
}

struct OpenFile {
    file: File,
    /// The path at the time of opening, independent of the current directory.
    absolute: PathBuf,
    /// The length after the last append.
    length: u64,
}

impl FileJournal {
    /// Opens a journal, or creates it if the file does not exist. This blocks on file system operations.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the file cannot be read, written or locked, is not a
    /// regular file, or is not a journal. The message contains the path, and
    /// [`raw_os_error`](Error::raw_os_error) the code of the operating system.
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
                Error::invalid_input("open a journal", message).with_io_error(&why)
            })
    }
}

impl Journal for FileJournal {
    fn lines(&self) -> io::Result<Vec<String>> {
        let mut slot = lock(&self.0.file);
        let open = slot.as_mut().ok_or_else(unknown_content)?;
        open.check_unchanged()?;
        let mut content = String::new();
        open.file.seek(SeekFrom::Start(0))?;
        open.file.read_to_string(&mut content)?;
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
        let open = slot.as_mut().ok_or_else(unknown_content)?;
        open.check_unchanged()?;
        let end = open.file.seek(SeekFrom::End(0))?;
        let line = format!("{line}\n");
        let written = open
            .file
            .write_all(line.as_bytes())
            .and_then(|()| open.file.sync_data());
        match written {
            Ok(()) => open.length = end + line.len() as u64,
            Err(_) if open.file.set_len(end).is_err() => *slot = None,
            Err(_) => {}
        }
        written
    }
}

impl OpenFile {
    /// Fails if the path no longer leads to this file, or if another program has changed it. A line written to such a file
    /// would protect nothing.
    fn check_unchanged(&self) -> io::Result<()> {
        let own = self.file.metadata()?;
        let at_path = match fs::metadata(&self.absolute) {
            Ok(metadata) => Some(metadata),
            Err(why) if why.kind() == io::ErrorKind::NotFound => None,
            Err(why) => return Err(why),
        };
        let same = at_path.is_some_and(|at_path| is_same_file(&own, &at_path));
        if !same {
            return Err(io::Error::other(
                "the file was deleted or replaced while the journal was open; restore it, or open the journal again",
            ));
        }
        if own.len() != self.length {
            return Err(io::Error::other(
                "another program has changed the file while the journal was open; open the journal again",
            ));
        }
        Ok(())
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

impl fmt::Debug for FileJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FileJournal").field(&self.0.path).finish()
    }
}

/// The start of every line. An incomplete last line with another start is not removed, because the file is not a journal.
const START: &[u8] = b"{\"v\":";

/// Some editors write it at the start of a file.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

fn open(path: &Path) -> io::Result<OpenFile> {
    // Opening a named pipe could block, and reading a device might never end.
    if let Ok(metadata) = fs::metadata(path) {
        check_regular(&metadata)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let mut file = options.open(path)?;
    check_regular(&file.metadata()?)?;
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
    let mut incomplete = &bytes[complete..];
    if complete == 0 {
        incomplete = incomplete
            .strip_prefix(BYTE_ORDER_MARK)
            .unwrap_or(incomplete);
    }
    // After a power loss, a file can be as long as its last write made it, with zero bytes in place of the data.
    while let Some((&0, before)) = incomplete.split_last() {
        incomplete = before;
    }
    if !(incomplete.starts_with(START) || START.starts_with(incomplete)) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the file is not a journal: its last line is not a journal entry",
        ));
    }
    if complete < bytes.len() {
        file.set_len(complete as u64)?;
    }
    file.sync_all()?;
    sync_directory(path)?;
    Ok(OpenFile {
        file,
        absolute: std::path::absolute(path)?,
        length: complete as u64,
    })
}

fn check_regular(metadata: &Metadata) -> io::Result<()> {
    let kind = metadata.file_type();
    if kind.is_file() {
        return Ok(());
    }
    let what = if kind.is_dir() {
        "it is a directory"
    } else {
        "it is not a regular file, but a device, a pipe or a socket"
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, what))
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
