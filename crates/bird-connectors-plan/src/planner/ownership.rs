//! Who created what, by the records of a journal.

use std::collections::BTreeMap;

use bird_connectors::WorkspaceId;
use bird_connectors::install::{JournalRecord, RecordedResource};

/// What the journal says about who created what.
pub(super) struct Ownership<'a> {
    project: &'a str,
    by_key: BTreeMap<&'a str, &'a JournalRecord>,
}

impl<'a> Ownership<'a> {
    pub(super) fn new(project: &'a str, records: &'a [JournalRecord]) -> Self {
        let by_key = records.iter().map(|record| (record.key.as_str(), record));
        Self {
            project,
            by_key: by_key.collect(),
        }
    }

    pub(super) fn record(&self, key: &str) -> Option<&'a JournalRecord> {
        self.by_key.get(key).copied()
    }

    /// The record of something that the project owns.
    pub(super) fn owned(
        &self,
        workspace: WorkspaceId,
        resource: RecordedResource,
    ) -> Option<&'a JournalRecord> {
        self.by_key.values().copied().find(|record| {
            record.resource == resource
                && record.owner.as_deref() == Some(self.project)
                && record.workspace_id == Some(workspace)
        })
    }
}
