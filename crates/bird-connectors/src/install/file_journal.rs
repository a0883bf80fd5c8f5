//! A journal in a file.

use std::collections::HashMap;
use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::file_claims::{FileClaims, is_at_path};
use super::journal::Journal;
use super::journal_lines::{JournalKey, invalid_line, read_line};
use super::shared_journal::{JournalClaim, SharedJournal};
use crate::error::Error;
use crate::lock::lock;

/// A [`Journal`] in a file: one line of JSON per entry, appended and synced to disk.
///
/// Several processes of one machine can open the same file and install the same templates at the same time: for each connector,
/// one of them creates it, and the others wait and adopt it. A connector that is being installed is a locked file in the
/// directory `FILE.claims`, which the last process removes (on Windows, its empty files remain). The operating system releases
/// the locks of a process that ends or is killed; the next process then searches for the connector before it creates one.
///
/// If a crash left an incomplete last line, or a power loss left zero bytes at the end, the next process removes them: no
/// create is sent before its line is complete. If the file is deleted, replaced or changed by another program while it is
/// open, the next read or append fails, and no create is sent. On a network file system, lock and sync are only as reliable
/// as that system.
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
    claims: FileClaims,
}

struct OpenFile {
    file: File,
    /// The path at the time of opening, independent of the current directory.
    absolute: PathBuf,
    /// The length of the lines that this process has read or appended.
    length: u64,
    /// The last line of each key.
    last_lines: LastLines,
    /// Whether a failed write could not be undone.
    content_unknown: bool,
}

impl FileJournal {
    /// Opens a journal, or creates it if the file does not exist. This blocks on file system operations.
    ///
    /// # Errors
    /// [`ErrorKind::Journal`](crate::ErrorKind::Journal) if the file cannot be read, written or locked, is not a
    /// regular file, or is not a journal, or if one of its lines is invalid. The message contains the path, and
    /// [`raw_os_error`](Error::raw_os_error) the code of the operating system.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        open(path)
            .map(|(file, claims)| {
                Self(Arc::new(Inner {
                    path: path.to_owned(),
                    claims: FileClaims::new(claims),
                    file: Mutex::new(Some(file)),
                }))
            })
            .map_err(|why| {
                let message = format!("the journal {} cannot be opened: {why}", path.display());
                Error::journal("open a journal", message).with_io_error(&why)
            })
    }
}

impl FileJournal {
    /// Works with the file while no other process does.
    fn locked<T>(&self, work: impl FnOnce(&mut OpenFile) -> io::Result<T>) -> io::Result<T> {
        let mut slot = lock(&self.0.file);
        let open = slot.as_mut().ok_or_else(unknown_content)?;
        lock_file(&open.file)?;
        let result = open.update().and_then(|()| work(open));
        let (content_unknown, unlocked) = (open.content_unknown, open.file.unlock());
        if content_unknown {
            // Closing the file unlocks it, too.
            *slot = None;
        }
        result.and_then(|value| unlocked.map(|()| value))
    }
}

impl Journal for FileJournal {
    fn lines(&self) -> io::Result<Vec<String>> {
        self.locked(|open| {
            let bytes = open.read(0, open.length)?;
            Ok(to_text(bytes)?.lines().map(str::to_owned).collect())
        })
    }

    fn append(&self, line: &str) -> io::Result<()> {
        if line.contains('\n') {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the line contains a line break",
            ));
        }
        self.locked(|open| open.append(line))
    }

    fn shared(&self) -> Option<&dyn SharedJournal> {
        Some(self)
    }
}

/// A claim is a lock of the operating system, which its holder cannot lose.
impl SharedJournal for FileJournal {
    fn last_lines(&self, keys: &[String]) -> io::Result<Vec<String>> {
        self.locked(|open| {
            let lines = keys
                .iter()
                .filter_map(|key| open.last_line(key).transpose());
            lines.collect()
        })
    }

    fn acquire(&self, key: &str) -> io::Result<Option<JournalClaim>> {
        let Some(claim) = self.0.claims.try_acquire(key)? else {
            return Ok(None);
        };
        let last_line = self.locked(|open| open.last_line(key))?;
        let claim = JournalClaim::new(key, 0).with_guard(claim);
        Ok(Some(claim.with_last_line(last_line)))
    }

    fn renew(&self, _: &JournalClaim) -> io::Result<bool> {
        Ok(true)
    }

    fn write(&self, _: &JournalClaim, line: &str) -> io::Result<bool> {
        self.append(line).map(|()| true)
    }

    fn release(&self, claim: &JournalClaim, line: Option<&str>) -> io::Result<bool> {
        match line {
            Some(line) => SharedJournal::write(self, claim, line),
            None => Ok(true),
        }
    }
}

impl OpenFile {
    /// Takes over the lines that other processes have appended. Fails if the path no longer leads to this file, or if another
    /// program has changed it. A line written to such a file would protect nothing.
    fn update(&mut self) -> io::Result<()> {
        if !is_at_path(&self.file, &self.absolute)? {
            return Err(io::Error::other(
                "the file was deleted or replaced while the journal was open; restore it, or open the journal again",
            ));
        }
        let changed = || {
            io::Error::other(
                "another program has changed the file while the journal was open; open the journal again",
            )
        };
        let length = self.file.metadata()?.len();
        if length <= self.length {
            return if length == self.length {
                Ok(())
            } else {
                Err(changed())
            };
        }
        let appended = self.read(self.length, length)?;
        let complete = complete_length(&appended, self.length == 0).ok_or_else(changed)?;
        let mut lines = appended[..complete].split(|&byte| byte == b'\n');
        if !lines.all(|line| line.is_empty() || line.starts_with(START)) {
            return Err(changed());
        }
        self.last_lines
            .add_or_remember(&appended[..complete], self.length);
        if complete < appended.len() {
            self.file.set_len(self.length + complete as u64)?;
        }
        self.length += complete as u64;
        Ok(())
    }

    fn append(&mut self, line: &str) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.length))?;
        let line = format!("{line}\n");
        let written = self
            .file
            .write_all(line.as_bytes())
            .and_then(|()| self.file.sync_data());
        match written {
            Ok(()) => {
                self.last_lines
                    .add_or_remember(line.as_bytes(), self.length);
                self.length += line.len() as u64;
            }
            Err(_) => self.content_unknown = self.file.set_len(self.length).is_err(),
        }
        written
    }

    fn last_line(&mut self, key: &str) -> io::Result<Option<String>> {
        match self.last_lines.position(key)? {
            Some((start, end)) => Ok(Some(to_text(self.read(start, end)?)?)),
            None => Ok(None),
        }
    }

    fn read(&mut self, start: u64, end: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(start))?;
        (&self.file).take(end - start).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// Where the last line of each key is in the file.
#[derive(Default)]
struct LastLines {
    positions: HashMap<JournalKey, (u64, u64)>,
    /// How many lines have been added, for messages.
    count: usize,
    /// Why the first invalid line is invalid. It may be an intent, so that no key has a known last line then.
    invalid: Option<String>,
}

impl LastLines {
    /// Adds complete lines that start at an offset of the file.
    fn add(&mut self, lines: &[u8], offset: u64) -> Result<(), String> {
        let mut start = offset;
        for line in lines.split_inclusive(|&byte| byte == b'\n') {
            let end = start + line.len() as u64;
            self.count += 1;
            let mut text = std::str::from_utf8(line).map_err(|why| why.to_string())?;
            if start == 0 {
                let with_mark = text.len();
                text = text.trim_start_matches('\u{feff}');
                start += (with_mark - text.len()) as u64;
            }
            if !text.trim().is_empty() {
                let (key, _) = read_line(text).map_err(|why| invalid_line(self.count, &why))?;
                self.positions.insert(key, (start, end));
            }
            start = end;
        }
        Ok(())
    }

    /// Adds lines of a journal that is open. The whole of it can still be read if one is invalid.
    fn add_or_remember(&mut self, lines: &[u8], offset: u64) {
        if let Err(why) = self.add(lines, offset) {
            self.invalid.get_or_insert(why);
        }
    }

    fn position(&self, key: &str) -> io::Result<Option<(u64, u64)>> {
        match &self.invalid {
            Some(why) => Err(invalid_data(why.clone())),
            None => Ok(self.positions.get(key).copied()),
        }
    }
}

fn to_text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(invalid_data)
}

fn invalid_data(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// How long to wait for another process that reads or appends.
const LOCK_LIMIT: Duration = Duration::from_secs(30);

/// Locks the file. A reader or writer holds the lock for one operation only.
fn lock_file(file: &File) -> io::Result<()> {
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(why)) => return Err(why),
            Err(TryLockError::WouldBlock) if start.elapsed() >= LOCK_LIMIT => {
                return Err(io::Error::new(
                    io::ErrorKind::WouldBlock,
                    format!("another process has locked the file for more than {LOCK_LIMIT:?}"),
                ));
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
        }
    }
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

/// Opens the file, and returns the directory of its claims, too.
fn open(path: &Path) -> io::Result<(OpenFile, PathBuf)> {
    // Opening a named pipe could block, and reading a device might never end.
    if let Ok(metadata) = fs::metadata(path) {
        check_regular(&metadata)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let mut file = options.open(path)?;
    check_regular(&file.metadata()?)?;
    lock_file(&file)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let complete = complete_length(&bytes, true).ok_or_else(|| not_a_journal("its last line"))?;
    if !starts_as_journal(&bytes[..complete]) {
        return Err(not_a_journal("its first line"));
    }
    let mut last_lines = LastLines::default();
    // Here, so that a run with many installs fails once, before anything is sent.
    last_lines
        .add(&bytes[..complete], 0)
        .map_err(invalid_data)?;
    if complete < bytes.len() {
        file.set_len(complete as u64)?;
    }
    file.sync_all()?;
    sync_directory(path)?;
    file.unlock()?;
    // Every path of the file leads to the same claims.
    let mut claims = fs::canonicalize(path)?.into_os_string();
    claims.push(".claims");
    let open = OpenFile {
        file,
        absolute: std::path::absolute(path)?,
        length: complete as u64,
        last_lines,
        content_unknown: false,
    };
    Ok((open, claims.into()))
}

fn not_a_journal(line: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("the file is not a journal: {line} is not a journal entry"),
    )
}

/// Whether the first of these complete lines is an entry. A file of another program is neither changed nor used.
fn starts_as_journal(lines: &[u8]) -> bool {
    let lines = lines.strip_prefix(BYTE_ORDER_MARK).unwrap_or(lines);
    let first = lines.split(|&byte| byte == b'\n').next();
    first.is_none_or(|first| first.trim_ascii().is_empty() || first.starts_with(START))
}

/// The length of the complete lines. What follows is what a writer left that was killed, or `None`: it is not a journal entry.
fn complete_length(bytes: &[u8], from_start: bool) -> Option<usize> {
    let complete = bytes
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |last| last + 1);
    let mut incomplete = &bytes[complete..];
    if complete == 0 && from_start {
        incomplete = incomplete
            .strip_prefix(BYTE_ORDER_MARK)
            .unwrap_or(incomplete);
    }
    // After a power loss, a file can be as long as its last write made it, with zero bytes in place of the data.
    while let Some((&0, before)) = incomplete.split_last() {
        incomplete = before;
    }
    (incomplete.starts_with(START) || START.starts_with(incomplete)).then_some(complete)
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
