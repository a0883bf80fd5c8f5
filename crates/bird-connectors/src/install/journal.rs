//! The journal of creates: the trait that a caller implements, the lines, and the state that they describe.
//!
//! An *intent* line is written before each create and a *result* line after it. After a crash, an intent without a result
//! shows a create whose outcome is unknown. Several creates can share one [`OpenJournal`], which reads its journal once.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bird_connectors_api::types::{ConnectorId, WorkspaceId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::sync::RwLock;
use tokio::time::{sleep, timeout};

use super::matching::WantedConnector;
use super::process_claims::{ProcessClaim, ProcessClaims, Releases};
use super::shared_journal::{HeldClaim, LinesSince, SharedJournal};
use crate::clock::now;
use crate::error::Error;
use crate::lock::lock;
use crate::resume::UnresolvedCreate;
use crate::resume::Versioned;

/// Append-only storage for the lines of [`Ensure::journal`](crate::install::Ensure::journal), such as a file
/// ([`FileJournal`](crate::install::FileJournal)) or a table.
///
/// A line is one JSON object without line breaks and without secrets. Its format is private to this library and has a
/// version. The methods may block: they are called on a thread for blocking work.
///
/// Runs of one process can use the same journal at the same time: only one of them creates a given connector, and the others
/// adopt it. Two processes must not use the same journal at the same time, unless it is a
/// [`FileJournal`](crate::install::FileJournal).
pub trait Journal: Send + Sync {
    /// Returns all appended lines in order. The last one may be incomplete.
    ///
    /// # Errors
    /// If they cannot be read. The install then fails without sending a create.
    fn lines(&self) -> io::Result<Vec<String>>;

    /// Appends a line, and returns once it would survive a crash.
    ///
    /// # Errors
    /// If the line may not survive a crash. The install then fails without sending a create.
    fn append(&self, line: &str) -> io::Result<()>;

    /// How several processes share the journal. `None` if only one process may use it at a time.
    #[doc(hidden)]
    fn shared(&self) -> Option<&dyn SharedJournal> {
        None
    }
}

impl<J: Journal + ?Sized> Journal for Arc<J> {
    fn lines(&self) -> io::Result<Vec<String>> {
        (**self).lines()
    }

    fn append(&self, line: &str) -> io::Result<()> {
        (**self).append(line)
    }

    fn shared(&self) -> Option<&dyn SharedJournal> {
        (**self).shared()
    }
}

/// The content of one line, without its version.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    at: DateTime<Utc>,
    key: JournalKey,
    #[serde(flatten)]
    entry: Entry,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
enum Entry {
    /// A create is about to be sent.
    Intent { unresolved: UnresolvedCreate },
    /// The connector of the create. `observed`: it has been read since.
    Result {
        connector: ConnectorId,
        observed: bool,
    },
    /// Nothing was created.
    Refused,
}

/// The key of a connector in the journal: a digest of workspace, template and identity, without secrets.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct JournalKey(String);

impl JournalKey {
    pub(crate) fn new(workspace: WorkspaceId, wanted: &WantedConnector) -> Self {
        let identity = format!("{workspace} {}", wanted.canonical());
        let digest = Sha256::digest(identity.as_bytes());
        Self(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// The state of one connector in the journal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum JournalState {
    /// No create, or only creates without an effect.
    None,
    /// A create may have been sent. Its outcome is unknown.
    Intent(Box<UnresolvedCreate>),
    /// The connector of the create.
    Result {
        connector: ConnectorId,
        observed: bool,
    },
}

type JournalStates = HashMap<JournalKey, JournalState>;

/// A journal that has been read, with the state of each connector. The state of a key is valid while its claim is held.
pub(crate) struct OpenJournal {
    journal: Arc<dyn Journal>,
    states: Mutex<JournalStates>,
    claims: Arc<ProcessClaims>,
    /// The releases of claims whose lines are in `states`.
    releases: Mutex<Releases>,
    /// How much of a shared journal has been read.
    cursor: Mutex<JournalCursor>,
    /// Shared while a line is appended, and exclusive while the journal is read again: otherwise `states` could lose a line.
    changes: RwLock<()>,
}

/// The pause after the first attempt to get a claim that another process has. Each pause is half as long again as the one before.
const FIRST_CLAIM_PAUSE: Duration = Duration::from_millis(10);
/// The longest pause.
const LONGEST_CLAIM_PAUSE: Duration = Duration::from_millis(250);

/// The end of the lines that have been read.
#[derive(Clone, Copy, Default)]
struct JournalCursor {
    position: u64,
    lines: usize,
}

/// The exclusive right to create the connector of a key. Dropping it releases it.
pub(crate) struct JournalClaim<'a> {
    journal: &'a OpenJournal,
    /// `None` once it is dropped.
    claim: Option<ProcessClaim>,
    /// The claim that other processes respect.
    shared: Option<HeldClaim>,
    /// Whether another run may have installed the connector since the journal was opened.
    pub(crate) stale: bool,
}

impl Drop for JournalClaim<'_> {
    fn drop(&mut self) {
        // Before a waiting run of this process asks for it.
        drop(self.shared.take());
        if let Some(claim) = self.claim.take() {
            claim.release(&mut lock(&self.journal.releases));
        }
    }
}

impl OpenJournal {
    /// Reads the journal. Runs with the same claims exclude each other.
    pub(crate) async fn open(
        journal: Arc<dyn Journal>,
        claims: Arc<ProcessClaims>,
    ) -> Result<Self, Error> {
        // Counted before the journal is read: a later release is noticed.
        let releases = claims.releases();
        let (states, cursor) = read(&journal, JournalCursor::default()).await?;
        Ok(Self {
            journal,
            states: Mutex::new(states),
            claims,
            releases: Mutex::new(releases),
            cursor: Mutex::new(cursor),
            changes: RwLock::new(()),
        })
    }

    /// Claims a key, and reads the journal again if another run may have written about it. Returns `None` if another run
    /// still holds the claim at the end of the limit.
    pub(crate) async fn claim(
        &self,
        key: &JournalKey,
        limit: Duration,
    ) -> Result<Option<JournalClaim<'_>>, Error> {
        let acquire = async {
            let claim = self.claims.acquire(&key.0).await;
            let shared = self.claim_shared(key).await?;
            Ok::<_, Error>((claim, shared))
        };
        let Ok(acquired) = timeout(limit, acquire).await else {
            return Ok(None);
        };
        let (claim, shared) = acquired?;
        let stale = claim.released_since(&lock(&self.releases));
        let claim = JournalClaim {
            journal: self,
            claim: Some(claim),
            shared,
            stale,
        };
        if stale || claim.shared.is_some() {
            self.read_again().await?;
        }
        Ok(Some(claim))
    }

    /// Waits until no other process has the claim.
    async fn claim_shared(&self, key: &JournalKey) -> Result<Option<HeldClaim>, Error> {
        let mut pause = FIRST_CLAIM_PAUSE;
        while self.journal.shared().is_some() {
            let (journal, key) = (Arc::clone(&self.journal), key.0.clone());
            let claim = blocking(move || match journal.shared() {
                Some(shared) => shared.try_claim(&key),
                None => Ok(None),
            });
            let claim = claim.await.map_err(|why| {
                invalid(format!("the journal cannot claim the connector: {why}"))
                    .with_io_error(&why)
            })?;
            if claim.is_some() {
                return Ok(claim);
            }
            sleep(pause).await;
            pause = (pause * 3 / 2).min(LONGEST_CLAIM_PAUSE);
        }
        Ok(None)
    }

    /// Adds what other runs have appended.
    async fn read_again(&self) -> Result<(), Error> {
        let _exclusive = self.changes.write().await;
        let releases = self.claims.releases();
        let cursor = *lock(&self.cursor);
        let (states, cursor) = read(&self.journal, cursor).await?;
        *lock(&self.cursor) = cursor;
        lock(&self.states).extend(states);
        *lock(&self.releases) = releases;
        Ok(())
    }

    pub(crate) fn state(&self, key: &JournalKey) -> JournalState {
        let states = lock(&self.states);
        states.get(key).cloned().unwrap_or(JournalState::None)
    }

    /// The create must not be sent before this has succeeded.
    pub(crate) async fn write_intent(
        &self,
        key: &JournalKey,
        unresolved: UnresolvedCreate,
    ) -> Result<(), Error> {
        self.append(key, Entry::Intent { unresolved }).await
    }

    pub(crate) async fn write_result(
        &self,
        key: &JournalKey,
        connector: ConnectorId,
        observed: bool,
    ) -> Result<(), Error> {
        let entry = Entry::Result {
            connector,
            observed,
        };
        self.append(key, entry).await
    }

    /// The create had no effect.
    pub(crate) async fn write_refused(&self, key: &JournalKey) -> Result<(), Error> {
        self.append(key, Entry::Refused).await
    }

    async fn append(&self, key: &JournalKey, entry: Entry) -> Result<(), Error> {
        let line = Versioned::new(Record {
            at: now(),
            key: key.clone(),
            entry,
        });
        let json = serde_json::to_string(&line)
            .map_err(|why| invalid(format!("a line of the journal cannot be serialized: {why}")))?;
        let _shared = self.changes.read().await;
        let journal = Arc::clone(&self.journal);
        blocking(move || journal.append(&json))
            .await
            .map_err(|why| {
                invalid(format!("the journal cannot be written: {why}")).with_io_error(&why)
            })?;
        let Record { key, entry, .. } = line.data;
        lock(&self.states).insert(key, entry.into());
        Ok(())
    }
}

impl fmt::Debug for OpenJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenJournal").finish_non_exhaustive()
    }
}

impl From<Entry> for JournalState {
    fn from(entry: Entry) -> Self {
        match entry {
            Entry::Intent { unresolved } => Self::Intent(Box::new(unresolved)),
            Entry::Result {
                connector,
                observed,
            } => Self::Result {
                connector,
                observed,
            },
            Entry::Refused => Self::None,
        }
    }
}

/// Reads the states that the lines after a position describe. A journal that is not shared is read from the start.
async fn read(
    journal: &Arc<dyn Journal>,
    cursor: JournalCursor,
) -> Result<(JournalStates, JournalCursor), Error> {
    let journal = Arc::clone(journal);
    let lines = blocking(move || match journal.shared() {
        Some(shared) => {
            let LinesSince { lines, position } = shared.lines_since(cursor.position)?;
            let before = cursor.lines;
            Ok((lines, before, position))
        }
        None => Ok((journal.lines()?, 0, 0)),
    });
    let (lines, before, position) = lines
        .await
        .map_err(|why| invalid(format!("the journal cannot be read: {why}")).with_io_error(&why))?;
    let states = replay(&lines, before).map_err(invalid)?;
    let lines = before + lines.len();
    Ok((states, JournalCursor { position, lines }))
}

/// Computes the state from the lines. An invalid line is an error, because it may be an intent. Only the last line may be
/// incomplete, because no create is sent before its intent is complete. After a power loss, zero bytes can follow it.
/// The number of earlier lines is for the message.
fn replay(lines: &[impl AsRef<str>], before: usize) -> Result<JournalStates, String> {
    let mut states = HashMap::new();
    for (index, line) in lines.iter().enumerate() {
        let (first, last) = (before + index == 0, index + 1 == lines.len());
        let mut line = line.as_ref();
        if first {
            line = line.trim_start_matches('\u{feff}');
        }
        if last {
            line = line.trim_end_matches('\0');
        }
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str::<Versioned<Record>>(line) {
            Ok(line) => drop(states.insert(line.data.key, line.data.entry.into())),
            Err(why) if last && why.is_eof() => {}
            Err(why) => {
                return Err(format!(
                    "line {} of the journal is invalid: {why}",
                    before + index + 1
                ));
            }
        }
    }
    Ok(states)
}

/// Checks all lines of a journal.
pub(super) fn check_lines(bytes: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).map_err(|why| why.to_string())?;
    replay(&text.lines().collect::<Vec<_>>(), 0).map(drop)
}

fn invalid(why: String) -> Error {
    Error::invalid_input("ensure a connector", why)
}

/// Runs blocking work on a thread for it. The work is completed even if this future is dropped.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|end| Err(io::Error::other(end.to_string())))
}

#[cfg(test)]
mod tests;
