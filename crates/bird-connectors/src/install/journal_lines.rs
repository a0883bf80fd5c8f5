//! The lines of a journal, and the state of a connector that they describe. Pure.
//!
//! The last line of a key says everything about it.

use std::borrow::Borrow;
use std::collections::HashMap;

use bird_connectors_api::types::{ConnectorId, SubscriptionId, WorkspaceId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::matching::WantedConnector;
use crate::clock::now;
use crate::resume::UnresolvedCreate;
use crate::resume::Versioned;

/// The content of one line, without its version.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    at: DateTime<Utc>,
    key: JournalKey,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<Origin>,
    #[serde(flatten)]
    entry: Entry,
}

/// Who created something, if the run had an owner. Releases without owners ignore it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    pub(crate) owner: String,
    pub(crate) workspace: WorkspaceId,
    /// For people.
    pub(crate) name: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub(super) enum Entry {
    /// A create is about to be sent.
    Intent { unresolved: UnresolvedCreate },
    /// The connector of the create. `observed`: it has been read since.
    Result {
        connector: ConnectorId,
        observed: bool,
    },
    /// Nothing was created, or what was created is deleted.
    Refused,
    /// A create of a webhook subscription is about to be sent.
    SubscriptionIntent,
    /// The webhook subscription of the create.
    Subscription { subscription: SubscriptionId },
}

/// The key of a connector in the journal: a digest of workspace, template and identity, without secrets.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct JournalKey(pub(super) String);

impl Borrow<str> for JournalKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl JournalKey {
    pub(crate) fn new(workspace: WorkspaceId, wanted: &WantedConnector) -> Self {
        Self::of_identity(workspace, &wanted.canonical().to_string())
    }

    /// The key of something with this identity. Identities of webhook subscriptions are JSON arrays, and those of connectors are
    /// objects.
    pub(super) fn of_identity(workspace: WorkspaceId, identity: &str) -> Self {
        let digest = Sha256::digest(format!("{workspace} {identity}").as_bytes());
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
    /// A create of a webhook subscription may have been sent.
    SubscriptionIntent,
    /// The webhook subscription of the create.
    Subscription(SubscriptionId),
}

/// What a line says about its key.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct JournalLine {
    pub(super) state: JournalState,
    pub(super) origin: Option<Origin>,
}

pub(super) type JournalStates = HashMap<JournalKey, JournalLine>;

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
            Entry::SubscriptionIntent => Self::SubscriptionIntent,
            Entry::Subscription { subscription } => Self::Subscription(subscription),
        }
    }
}

/// A line for an entry, and what it describes.
pub(super) fn write_line(
    key: &JournalKey,
    entry: Entry,
    origin: Option<Origin>,
) -> Result<(String, JournalLine), String> {
    let line = Versioned::new(Record {
        at: now(),
        key: key.clone(),
        origin,
        entry,
    });
    let json = serde_json::to_string(&line)
        .map_err(|why| format!("a line of the journal cannot be serialized: {why}"))?;
    let Record { origin, entry, .. } = line.data;
    let state = entry.into();
    Ok((json, JournalLine { state, origin }))
}

/// Reads one complete line.
pub(super) fn read_line(line: &str) -> Result<(JournalKey, JournalLine), serde_json::Error> {
    let record = serde_json::from_str::<Versioned<Record>>(line)?.data;
    let Record {
        key, entry, origin, ..
    } = record;
    let state = entry.into();
    Ok((key, JournalLine { state, origin }))
}

/// Computes the state from the lines. An invalid line is an error, because it may be an intent. Only the last line may be
/// incomplete, because no create is sent before its intent is complete. After a power loss, zero bytes can follow it.
pub(super) fn replay(lines: &[impl AsRef<str>]) -> Result<JournalStates, String> {
    let mut states = HashMap::new();
    for (index, line) in lines.iter().enumerate() {
        let (first, last) = (index == 0, index + 1 == lines.len());
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
        match read_line(line) {
            Ok((key, state)) => drop(states.insert(key, state)),
            Err(why) if last && why.is_eof() => {}
            Err(why) => return Err(invalid_line(index + 1, &why)),
        }
    }
    Ok(states)
}

/// The message for an invalid line with this number.
pub(super) fn invalid_line(number: usize, why: &serde_json::Error) -> String {
    format!("line {number} of the journal is invalid: {why}")
}
