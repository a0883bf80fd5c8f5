//! The journal of creates: an *intent* line before each, a *result* line after it, so that a process that was killed in
//! between knows what it may have done. Here: the sink that a caller supplies, the lines, and what they say together.
//!
//! Several creates may share one [`Ledger`]; it reads its journal once.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};

use bird_connectors_api::types::{ConnectorId, WorkspaceId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::same::Wanted;
use crate::clock::now;
use crate::error::Error;
use crate::lock::lock;
use crate::resume::UnresolvedCreate;
use crate::resume::Versioned;

/// Where [`Ensure::journal`](crate::install::Ensure::journal) keeps its lines: a file ([`FileJournal`](crate::install::FileJournal)), a
/// table, a queue.
///
/// A line is one JSON object without a line break and without secrets. What is in it is for this library to read; it
/// carries a version. The methods may block: they are called on a thread that is meant for that. Two processes must
/// not use the same lines at the same time.
pub trait Journal: Send + Sync {
    /// Every line that was appended, in order. The last one may be torn.
    ///
    /// # Errors
    /// Where they cannot be read: then nothing is created.
    fn lines(&self) -> io::Result<Vec<String>>;

    /// Appends a line, and returns when it would survive a crash.
    ///
    /// # Errors
    /// Where that is not certain: then nothing is created.
    fn append(&self, line: &str) -> io::Result<()>;
}

impl<J: Journal + ?Sized> Journal for Arc<J> {
    fn lines(&self) -> io::Result<Vec<String>> {
        (**self).lines()
    }

    fn append(&self, line: &str) -> io::Result<()> {
        (**self).append(line)
    }
}

/// One line: this with a version.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    at: DateTime<Utc>,
    key: Key,
    #[serde(flatten)]
    entry: Entry,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
enum Entry {
    /// A create is about to be sent.
    Intent { unresolved: UnresolvedCreate },
    /// The connector is this one. `seen`: it has been read since.
    Result { connector: ConnectorId, seen: bool },
    /// Nothing was created.
    Refused,
}

/// What everything that is the same has in common: a digest of workspace, template and identity, without secrets.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Key(String);

impl Key {
    pub(crate) fn new(workspace: WorkspaceId, wanted: &Wanted) -> Self {
        let identity = format!("{workspace} {}", wanted.canonical());
        let digest = Sha256::digest(identity.as_bytes());
        Self(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// What a journal knows of one key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Past {
    /// Nothing that would matter: no create, or one that made nothing.
    Nothing,
    /// A create was about to be sent, and what became of it is not known.
    Open(Box<UnresolvedCreate>),
    /// This connector is the one.
    Done { connector: ConnectorId, seen: bool },
}

/// A journal in use.
pub(crate) struct Ledger {
    journal: Arc<dyn Journal>,
    past: Mutex<HashMap<Key, Past>>,
}

impl Ledger {
    /// Reads the journal.
    pub(crate) async fn open(journal: Arc<dyn Journal>) -> Result<Self, Error> {
        let sink = Arc::clone(&journal);
        let lines = blocking(move || sink.lines())
            .await
            .map_err(|why| refuse(format!("the journal cannot be read: {why}")))?;
        let past = fold(&lines).map_err(refuse)?;
        Ok(Self {
            journal,
            past: Mutex::new(past),
        })
    }

    pub(crate) fn past(&self, key: &Key) -> Past {
        lock(&self.past).get(key).cloned().unwrap_or(Past::Nothing)
    }

    /// To be awaited before the create is sent.
    pub(crate) async fn intent(
        &self,
        key: &Key,
        unresolved: UnresolvedCreate,
    ) -> Result<(), Error> {
        self.append(key, Entry::Intent { unresolved }).await
    }

    pub(crate) async fn result(
        &self,
        key: &Key,
        connector: ConnectorId,
        seen: bool,
    ) -> Result<(), Error> {
        self.append(key, Entry::Result { connector, seen }).await
    }

    pub(crate) async fn refused(&self, key: &Key) -> Result<(), Error> {
        self.append(key, Entry::Refused).await
    }

    async fn append(&self, key: &Key, entry: Entry) -> Result<(), Error> {
        let line = Versioned::new(Record {
            at: now(),
            key: key.clone(),
            entry,
        });
        let text = serde_json::to_string(&line)
            .map_err(|why| refuse(format!("a line of the journal cannot be written: {why}")))?;
        let sink = Arc::clone(&self.journal);
        blocking(move || sink.append(&text))
            .await
            .map_err(|why| refuse(format!("the journal cannot be written: {why}")))?;
        let Record { key, entry, .. } = line.data;
        lock(&self.past).insert(key, entry.into());
        Ok(())
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").finish_non_exhaustive()
    }
}

impl From<Entry> for Past {
    fn from(entry: Entry) -> Self {
        match entry {
            Entry::Intent { unresolved } => Self::Open(Box::new(unresolved)),
            Entry::Result { connector, seen } => Self::Done { connector, seen },
            Entry::Refused => Self::Nothing,
        }
    }
}

/// What the lines say together. A line that cannot be read may be an intent, so it is an error; only the last one may
/// be torn, because nothing was sent before it was whole.
fn fold(lines: &[String]) -> Result<HashMap<Key, Past>, String> {
    let mut past = HashMap::new();
    for (index, text) in lines.iter().enumerate() {
        if text.trim().is_empty() {
            continue;
        }
        match serde_json::from_str::<Versioned<Record>>(text) {
            Ok(line) => drop(past.insert(line.data.key, line.data.entry.into())),
            Err(why) if index + 1 == lines.len() && why.is_eof() => {}
            Err(why) => {
                return Err(format!(
                    "line {} of the journal cannot be read: {why}",
                    index + 1
                ));
            }
        }
    }
    Ok(past)
}

fn refuse(why: String) -> Error {
    Error::invalid_input("ensure a connector", why)
}

/// Runs what may block where it may. It is done even where nobody waits for it any more.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|end| Err(io::Error::other(end.to_string())))
}

#[cfg(test)]
mod tests;
