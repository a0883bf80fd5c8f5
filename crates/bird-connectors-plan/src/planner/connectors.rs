//! The steps of the connectors of a workspace.

use std::collections::{HashMap, HashSet};

use bird_connectors::install::{ConnectorIdentity, ConnectorSnapshot, Drift, RecordedResource};
use bird_connectors::templates::Custom;
use bird_connectors::{Connector, ConnectorId, Error, NumberId, WorkspaceId};

use super::hash::hex;
use super::only_live::{LiveResource, only_live, unique};
use super::ownership::Ownership;
use super::step::{Action, Difference, Draft, ResourceKind, Step, StepKind, address};
use crate::desired::{DesiredConnector, DesiredNumber, DesiredWorkspace};
use crate::observed::ObservedWorkspace;

pub(super) fn plan(
    draft: &mut Draft<'_>,
    workspace: &DesiredWorkspace,
    seen: Option<&ObservedWorkspace>,
    owned: &Ownership<'_>,
) {
    let Some(desired) = &workspace.connectors else {
        return;
    };
    let empty = ConnectorSnapshot::default();
    let snapshot = seen.and_then(|seen| seen.connectors.as_ref());
    let snapshot = snapshot.unwrap_or(&empty);
    let mut matching = Matching {
        workspace,
        snapshot,
        owned,
        described: HashMap::new(),
        claimed: HashMap::new(),
    };
    for (index, connector) in desired.iter().enumerate() {
        let number = match connector.number() {
            Some(DesiredNumber::Number(number)) => {
                let string = number.to_string();
                let Some(id) = seen.and_then(|seen| seen.numbers.get(&string)) else {
                    let subject = subject(workspace, connector);
                    let message = format!("the workspace has no number {string}");
                    draft.conflict(&subject, Some(connector.place.to_string()), message);
                    continue;
                };
                Some(*id)
            }
            _ => None,
        };
        match matching.step(index, connector, number) {
            Ok(step) => draft.steps.push(step),
            Err(message) => {
                let subject = subject(workspace, connector);
                draft.conflict(&subject, Some(connector.place.to_string()), message);
            }
        }
    }
    let mut listed = HashSet::new();
    // A list that changes while it is read can contain an item twice.
    let only: Vec<_> = snapshot
        .connectors()
        .iter()
        .filter(|one| !matching.claimed.contains_key(&one.id) && listed.insert(one.id))
        .collect();
    let keys = unique(only.iter().filter_map(|one| key_of(workspace.id, one)));
    for connector in only {
        let key = key_of(workspace.id, connector).filter(|key| keys.contains(key));
        let step = only_live(workspace, live(connector, key), owned, draft.prunes());
        draft.steps.push(step);
    }
}

fn subject(workspace: &DesiredWorkspace, connector: &DesiredConnector) -> String {
    address(workspace, slug(connector.reference()), connector.name())
}

fn slug(reference: &str) -> &str {
    reference.split(':').next().unwrap_or_default()
}

struct Matching<'a> {
    workspace: &'a DesiredWorkspace,
    snapshot: &'a ConnectorSnapshot,
    owned: &'a Ownership<'a>,
    /// The name of the entry that describes each identity.
    described: HashMap<String, String>,
    /// The name of the entry that has each connector.
    claimed: HashMap<ConnectorId, String>,
}

impl Matching<'_> {
    /// The step of a desired connector, or why there is none.
    fn step(
        &mut self,
        index: usize,
        desired: &DesiredConnector,
        number: Option<NumberId>,
    ) -> Result<Step, String> {
        let template = desired.comparable_template(number.unwrap_or(NumberId::from_u128(1)));
        let identity = ConnectorIdentity::of(&template);
        for key in identity.keys() {
            if let Some(other) = self.described.insert(key, desired.name.clone()) {
                return Err(format!(
                    "`{other}` describes the same connector: remove one of them"
                ));
            }
        }
        let key = identity.journal_key(self.workspace.id);
        let record = self.owned.record(&key);
        let recorded = record.and_then(|record| match record.resource {
            RecordedResource::Connector(id) => Some(id),
            _ => None,
        });
        // `ensure` adopts the connector of the journal without a comparison.
        let by_journal = recorded.and_then(|id| {
            let mut all = self.snapshot.connectors().iter();
            all.find(|connector| connector.id == id)
        });
        let found = match by_journal {
            Some(connector) => Some((connector.clone(), identity.drift(connector))),
            None => {
                let found = identity
                    .find(self.snapshot)
                    .map_err(|error| explain(&error))?;
                found.map(|found| (found.connector, found.drift))
            }
        };
        let mut step = Step {
            workspace_id: self.workspace.id,
            workspace: self.workspace.name(),
            resource: ResourceKind::Connector,
            address: subject(self.workspace, desired),
            name: desired.name.clone(),
            target: Some(desired.reference.clone()),
            kind: StepKind::Create,
            action: Action::Create,
            id: None,
            owned: false,
            differences: Vec::new(),
            stops: None,
            note: None,
            place: Some(desired.place.to_string()),
            content: Some(hex(&desired.fingerprint(&template).to_string())),
            key,
            index: Some(index),
            number,
            records: false,
            has_signing_key: false,
            sends_signing_key: false,
        };
        let Some((connector, drift)) = found else {
            match (recorded, record.map(|record| record.resource)) {
                (Some(id), _) => {
                    step.kind = StepKind::Missing;
                    step.owned = self.is_owned(id);
                    step.note = Some(if record.is_some_and(|record| record.observed) {
                        format!(
                            "the journal says that connector {id} was created, and it does not exist any more"
                        )
                    } else {
                        format!(
                            "the journal says that connector {id} was created, and it is not listed: an apply searches for it first, \
                             and creates it again only with `recreate_after_window`"
                        )
                    });
                }
                (None, Some(RecordedResource::Unresolved)) => {
                    step.note = Some(
                        "an earlier create has an unknown outcome: an apply searches for its connector first".to_owned(),
                    );
                }
                _ => {}
            }
            return Ok(step);
        };
        if let Some(other) = self.claimed.insert(connector.id, desired.name.clone()) {
            return Err(format!(
                "connector {} belongs to `{other}`, but also matches this one: the API does not return enough of it to decide",
                connector.id
            ));
        }
        step.id = Some(connector.id.to_string());
        step.owned = self.is_owned(connector.id);
        step.stops = Some(traffic(&connector));
        step.action = Action::None;
        step.kind = match (drift.is_empty(), step.owned) {
            (false, _) => StepKind::Differs,
            (true, true) => StepKind::Unchanged,
            (true, false) => StepKind::Adopt,
        };
        if step.kind == StepKind::Differs {
            step.note = Some(
                "the API cannot change a connector: correct the file, replace the connector by hand, or replace it with `replace`"
                    .to_owned(),
            );
        }
        step.differences = drift.iter().map(difference).collect();
        if let Some(record) = record {
            // Otherwise, an apply would not know later whether a connector that is missing ever existed.
            step.records = step.owned && !record.observed;
            if self.owned.is_unresolved(record) {
                step.resolve();
            }
        }
        Ok(step)
    }

    fn is_owned(&self, id: ConnectorId) -> bool {
        let resource = RecordedResource::Connector(id);
        self.owned.owned(self.workspace.id, resource).is_some()
    }
}

fn explain(error: &Error) -> String {
    error.message().to_owned()
}

fn difference(drift: &Drift) -> Difference {
    let shown = drift.is_documented();
    Difference {
        field: drift.field.clone(),
        wanted: shown.then(|| drift.wanted.clone()),
        found: shown.then(|| drift.found.clone()),
    }
}

/// What a step says about a connector that the files do not describe.
fn live(connector: &Connector, key: Option<String>) -> LiveResource<'_> {
    let reference = connector.connector_template_ref.as_deref();
    let reference = reference.or(connector.connector_template_slug.as_deref());
    LiveResource {
        resource: ResourceKind::Connector,
        recorded: RecordedResource::Connector(connector.id),
        kind: reference.map_or("unknown", slug),
        name: &connector.name,
        target: reference.map(str::to_owned),
        id: connector.id.to_string(),
        key,
        stops: traffic(connector),
    }
}

/// The key in the journal of a create that the connector can come from. `None` if the API does not return its template.
fn key_of(workspace: WorkspaceId, connector: &Connector) -> Option<String> {
    let reference = connector.connector_template_ref.as_deref()?;
    let mut template = Custom::new(reference, &connector.name);
    for (name, value) in connector.arguments.iter().flatten() {
        template = template.argument(name, value.clone());
    }
    Some(ConnectorIdentity::of(&template.into()).journal_key(workspace))
}

/// Which traffic stops with a connector.
fn traffic(connector: &Connector) -> String {
    let channel = connector.channel.as_ref();
    let channel = channel.and_then(|channel| channel.channel_id);
    let number = connector.number.as_ref();
    let number = number.and_then(|number| number.phone_number.as_deref());
    match (channel, number) {
        (Some(channel), Some(number)) => {
            format!("channel {channel} with {number} stops sending and receiving")
        }
        (Some(channel), None) => format!("channel {channel} stops sending and receiving"),
        (None, _) => "it has no channel yet".to_owned(),
    }
}
