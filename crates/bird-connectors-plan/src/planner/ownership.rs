//! Who created what, by the records of a journal.

use std::collections::{BTreeMap, HashMap};

use bird_connectors::WorkspaceId;
use bird_connectors::install::{JournalRecord, RecordedResource};

/// What the journal says about who created what.
pub(super) struct Ownership<'a> {
    project: &'a str,
    by_key: BTreeMap<&'a str, &'a JournalRecord>,
    /// What the project owns. If several records are about one resource, the one with the first key.
    owned: HashMap<(WorkspaceId, RecordedResource), &'a JournalRecord>,
}

impl<'a> Ownership<'a> {
    pub(super) fn new(project: &'a str, records: &'a [JournalRecord]) -> Self {
        let by_key: BTreeMap<_, _> = records
            .iter()
            .map(|record| (record.key.as_str(), record))
            .collect();
        let mut owned = HashMap::new();
        for record in by_key.values().copied() {
            if let Some(workspace) = record.workspace_id
                && record.owner.as_deref() == Some(project)
            {
                owned.entry((workspace, record.resource)).or_insert(record);
            }
        }
        Self {
            project,
            by_key,
            owned,
        }
    }

    pub(super) fn record(&self, key: &str) -> Option<&'a JournalRecord> {
        self.by_key.get(key).copied()
    }

    /// Whether the project started to create something, and the outcome is unknown.
    pub(super) fn is_unresolved(&self, record: &JournalRecord) -> bool {
        record.resource == RecordedResource::Unresolved
            && record.owner.as_deref() == Some(self.project)
    }

    /// The record of something that the project owns.
    pub(super) fn owned(
        &self,
        workspace: WorkspaceId,
        resource: RecordedResource,
    ) -> Option<&'a JournalRecord> {
        self.owned.get(&(workspace, resource)).copied()
    }
}
