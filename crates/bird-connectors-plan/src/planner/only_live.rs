//! The step of a resource that the files do not describe.

use std::collections::HashSet;

use bird_connectors::install::RecordedResource;

use super::ownership::Ownership;
use super::step::{Action, ResourceKind, Step, StepKind, address};
use crate::desired::DesiredWorkspace;

/// What a step says about such a resource.
pub(super) struct LiveResource<'a> {
    pub(super) resource: ResourceKind,
    pub(super) recorded: RecordedResource,
    /// The kind in its address: the slug of a template, or `webhook`.
    pub(super) kind: &'a str,
    pub(super) name: &'a str,
    pub(super) target: Option<String>,
    pub(super) id: String,
    /// The key in the journal of a create that it can come from, unless others can come from it, too.
    pub(super) key: Option<String>,
    /// Which traffic stops if it is deleted.
    pub(super) stops: String,
}

/// Keys that only one resource has.
pub(super) fn unique(keys: impl IntoIterator<Item = String>) -> HashSet<String> {
    let (mut once, mut twice) = (HashSet::new(), HashSet::new());
    for key in keys {
        if !once.insert(key.clone()) {
            twice.insert(key);
        }
    }
    once.retain(|key| !twice.contains(key));
    once
}

/// Deletes the resource only if an apply prunes, and the project owns it.
pub(super) fn only_live(
    workspace: &DesiredWorkspace,
    live: LiveResource<'_>,
    owned: &Ownership<'_>,
    prune: bool,
) -> Step {
    let known = owned.owned(workspace.id, live.recorded);
    // Nothing matched when that create was sent.
    let unresolved = || {
        let record = owned.record(live.key.as_deref()?);
        record.filter(|record| owned.is_unresolved(record))
    };
    let records = known.is_none();
    let record = known.or_else(unresolved);
    Step {
        workspace_id: workspace.id,
        workspace: workspace.name(),
        resource: live.resource,
        address: address(workspace, live.kind, live.name),
        name: live.name.to_owned(),
        target: live.target,
        kind: StepKind::OnlyLive,
        action: match record {
            Some(_) if prune => Action::Delete,
            _ => Action::None,
        },
        id: Some(live.id),
        owned: record.is_some(),
        differences: Vec::new(),
        stops: Some(live.stops),
        note: record
            .filter(|_| !prune)
            .map(|_| "the project created it: an apply with `prune` deletes it".to_owned()),
        place: None,
        content: None,
        key: record.map(|record| record.key.clone()).unwrap_or_default(),
        index: None,
        number: None,
        records: records && record.is_some(),
        has_signing_key: false,
        sends_signing_key: false,
    }
}
