//! Properties of plans, with simulated workspaces.

use std::collections::BTreeMap;

use bird_connectors::install::{ConnectorIdentity, JournalRecord, RecordedResource};
use bird_connectors::templates::{Sms, Telegram, Template, Voice};
use bird_connectors::{Connector, ConnectorId, NumberId, WorkspaceId};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::file::SourceFile;

const WORKSPACE: WorkspaceId = WorkspaceId::from_u128(0xabc);

/// A connector of a small domain, so that matches are frequent.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Spec {
    kind: u8,
    number: u8,
    message_type: u8,
}

fn spec() -> impl Strategy<Value = Spec> {
    (0u8..3, 1u8..4, 0u8..2).prop_map(|(kind, number, message_type)| Spec {
        kind,
        number,
        message_type,
    })
}

impl Spec {
    fn name(&self) -> String {
        format!("{}{}", ["S", "V", "T"][usize::from(self.kind)], self.number)
    }

    fn number(&self) -> NumberId {
        NumberId::from_u128(u128::from(self.number))
    }

    fn message_type(&self) -> &'static str {
        ["2fa", "promotional"][usize::from(self.message_type)]
    }

    fn template(&self) -> Template {
        match self.kind {
            0 => Sms::new(self.name(), self.number(), self.message_type()).into(),
            1 => Voice::new(self.name(), self.number()).into(),
            _ => Telegram::new(self.name())
                .argument("kind", self.message_type())
                .into(),
        }
    }

    fn yaml(&self) -> String {
        let (name, number, kind) = (self.name(), self.number(), self.message_type());
        match self.kind {
            0 => format!(
                "{{ name: {name}, template: sms, phone_number_id: {number}, message_type: {kind} }}"
            ),
            1 => format!("{{ name: {name}, template: voice, phone_number_id: {number} }}"),
            _ => format!("{{ name: {name}, template: telegram, arguments: {{ kind: {kind} }} }}"),
        }
    }

    fn connector(&self, id: u128, renamed: bool, arguments: bool) -> Connector {
        let template = self.template();
        let name = if renamed && self.kind != 2 {
            "other".to_owned()
        } else {
            self.name()
        };
        serde_json::from_value(json!({
            "id": ConnectorId::from_u128(id),
            "name": name,
            "createdAt": "2026-11-01T12:00:00Z",
            "connectorTemplateRef": template.reference(),
            "arguments": arguments.then(|| template.arguments().clone()),
        }))
        .unwrap()
    }

    fn key(&self) -> String {
        ConnectorIdentity::of(&self.template()).journal_key(WORKSPACE)
    }
}

fn desired(specs: &[Spec]) -> DesiredState {
    let mut entries = BTreeMap::new();
    for spec in specs {
        entries.entry(spec.name()).or_insert_with(|| spec.yaml());
    }
    let list: String = entries
        .values()
        .map(|entry| format!("      - {entry}\n"))
        .collect();
    let list = if list.is_empty() {
        "      []\n".to_owned()
    } else {
        list
    };
    let text = format!(
        "version: 1\nproject: acme\nworkspaces:\n  - id: {WORKSPACE}\n    connectors:\n{list}"
    );
    DesiredState::parse(&[SourceFile::new("channels.yaml", text)]).unwrap()
}

/// A simulated workspace and journal.
#[derive(Clone, Debug, Default)]
struct Simulation {
    live: Vec<Connector>,
    records: Vec<JournalRecord>,
    next_id: u128,
}

#[derive(Clone, Debug)]
struct LiveSpec {
    spec: Spec,
    renamed: bool,
    arguments: bool,
    /// 0: no record, 1: owned, 2: of another owner, 3: without an owner, 4: owned and deleted by hand, 5: unresolved, 6: unresolved
    /// create of the project, 7: the same, and nothing was created.
    record: u8,
}

fn live_spec() -> impl Strategy<Value = LiveSpec> {
    (spec(), any::<bool>(), prop::bool::weighted(0.8), 0u8..8).prop_map(
        |(spec, renamed, arguments, record)| LiveSpec {
            spec,
            renamed,
            arguments,
            record,
        },
    )
}

impl Simulation {
    fn new(specs: &[LiveSpec]) -> Self {
        let mut simulation = Self {
            next_id: 100,
            ..Self::default()
        };
        for (index, one) in specs.iter().enumerate() {
            let id = index as u128 + 1;
            let record = |resource| JournalRecord::new(one.spec.key(), resource);
            let resource = RecordedResource::Connector(ConnectorId::from_u128(id));
            let record = match one.record {
                0 => None,
                1 | 4 => Some(record(resource).owned_by("acme", WORKSPACE, "name")),
                2 => Some(record(resource).owned_by("other", WORKSPACE, "name")),
                3 => Some(record(resource)),
                5 => Some(record(RecordedResource::Unresolved)),
                _ => {
                    let unresolved = record(RecordedResource::Unresolved);
                    Some(unresolved.owned_by("acme", WORKSPACE, "name"))
                }
            };
            if ![4, 7].contains(&one.record) {
                simulation
                    .live
                    .push(one.spec.connector(id, one.renamed, one.arguments));
            }
            if let Some(record) = record {
                simulation.records.retain(|known| known.key != record.key);
                simulation.records.push(record);
            }
        }
        simulation
    }

    fn observed(&self) -> ObservedState {
        ObservedState::default()
            .with_connectors(WORKSPACE, self.live.clone())
            .with_records(self.records.clone())
    }

    /// What an apply does.
    fn apply(&mut self, desired: &DesiredState, plan: &Plan) {
        let connectors = desired.workspaces[0].connectors.as_ref().unwrap();
        for step in &plan.steps {
            if step.records || step.action == Action::Own {
                let id = step.id.as_ref().unwrap().parse().unwrap();
                let mut record = JournalRecord::new(&step.key, RecordedResource::Connector(id));
                record.observed = true;
                self.records.retain(|one| one.key != step.key);
                self.records
                    .push(record.owned_by("acme", WORKSPACE, &step.name));
            }
            if matches!(step.action, Action::Delete | Action::Replace) {
                self.live.retain(|one| Some(one.id.to_string()) != step.id);
                self.records.retain(|one| one.key != step.key);
            }
            if matches!(step.action, Action::Create | Action::Replace) {
                let wanted = &connectors[step.index.unwrap()];
                let template = wanted.comparable_template(NumberId::from_u128(1));
                let id = ConnectorId::from_u128(self.next_id);
                self.next_id += 1;
                let connector = json!({
                    "id": id, "name": template.name(), "createdAt": "2026-11-01T12:00:00Z",
                    "connectorTemplateRef": template.reference(), "arguments": template.arguments(),
                });
                self.live.push(serde_json::from_value(connector).unwrap());
                let record = JournalRecord::new(&step.key, RecordedResource::Connector(id));
                self.records.retain(|one| one.key != step.key);
                self.records
                    .push(record.owned_by("acme", WORKSPACE, &step.name));
            }
        }
    }
}

proptest! {
    #[test]
    fn applied_plan_gives_the_desired_state_and_the_next_plan_is_empty(
        specs in prop::collection::vec(spec(), 0..6),
        live in prop::collection::vec(live_spec(), 0..6),
        prune in any::<bool>(),
    ) {
        let desired = desired(&specs);
        let mut simulation = Simulation::new(&live);
        let first = Plan::new(&desired, &simulation.observed(), &PlanOptions::default());
        let replace = first.steps.iter().filter(|step| step.kind == StepKind::Differs);
        let options = PlanOptions {
            prune,
            replace: replace.map(|step| step.address.clone()).collect(),
            ..PlanOptions::default()
        };
        let plan = Plan::new(&desired, &simulation.observed(), &options);
        let same = Plan::new(&desired, &simulation.observed(), &options);
        prop_assert_eq!(&plan.hash, &same.hash);
        for step in plan.steps.iter().filter(|step| step.action == Action::Delete) {
            let is_owned = simulation.records.iter().any(|record| {
                record.owner.as_deref() == Some("acme") && match record.resource {
                    RecordedResource::Connector(id) => Some(id.to_string()) == step.id,
                    // Of a create of the project: see `live_spec`.
                    RecordedResource::Unresolved => record.key == step.key,
                    _ => false,
                }
            });
            prop_assert!(prune && is_owned, "{step:?}");
        }
        if !plan.conflicts.is_empty() {
            return Ok(());
        }
        simulation.apply(&desired, &plan);
        let next = Plan::new(&desired, &simulation.observed(), &PlanOptions::default());
        prop_assert!(!next.has_changes(), "{}\n{}", plan.to_text(true), next.to_text(true));
        let described = next.steps.iter().filter(|step| step.kind != StepKind::OnlyLive);
        prop_assert_eq!(described.count(), desired.workspaces[0].connectors.as_ref().unwrap().len());
        if prune {
            let left = next.steps.iter().any(|step| step.kind == StepKind::OnlyLive && step.owned);
            prop_assert!(!left, "{}", next.to_text(true));
        }
    }
}

#[test]
fn hash_depends_on_actions_and_content_and_not_on_places() {
    let spec = |message_type| Spec {
        kind: 0,
        number: 1,
        message_type,
    };
    let observed = Simulation::default().observed();
    let hash = |text: &str| {
        let desired = DesiredState::parse(&[SourceFile::new("channels.yaml", text)]).unwrap();
        Plan::new(&desired, &observed, &PlanOptions::default()).hash
    };
    let text = |entry: &str| {
        format!(
            "version: 1\nproject: acme\nworkspaces:\n  - id: {WORKSPACE}\n    connectors:\n      - {entry}\n"
        )
    };
    let one = text(&spec(0).yaml());
    assert_eq!(hash(&one), hash(&format!("# moved\n{one}")));
    assert_ne!(hash(&one), hash(&text(&spec(1).yaml())));
    assert_ne!(hash(&one), hash(&one.replace("acme", "other")));
}

/// A connector that the files do not describe.
fn other(id: u128, name: &str) -> Connector {
    serde_json::from_value(json!({
        "id": ConnectorId::from_u128(id), "name": name, "createdAt": "2026-11-01T12:00:00Z",
        "connectorTemplateRef": "line:1",
    }))
    .unwrap()
}

#[test]
fn hash_changes_with_live_connectors_only_if_an_apply_depends_on_them() {
    let spec = Spec {
        kind: 2,
        number: 1,
        message_type: 0,
    };
    let described = desired(std::slice::from_ref(&spec));
    let owned = other(7, "Owned");
    let resource = RecordedResource::Connector(owned.id);
    let record = JournalRecord::new("key", resource).owned_by("acme", WORKSPACE, "Owned");
    let hash = |prune, connectors: &[Connector]| {
        let observed = ObservedState::default()
            .with_connectors(WORKSPACE, connectors.to_vec())
            .with_records([record.clone()]);
        let options = PlanOptions {
            prune,
            ..PlanOptions::default()
        };
        Plan::new(&described, &observed, &options).hash
    };
    let foreign = [other(8, "Foreign"), owned.clone()];
    let matching = [spec.connector(9, false, true), owned.clone()];
    for prune in [false, true] {
        let before = hash(prune, std::slice::from_ref(&owned));
        assert_eq!(before, hash(prune, &foreign), "prune: {prune}");
        assert_ne!(before, hash(prune, &matching), "prune: {prune}");
    }
    // A prune deletes it.
    assert_eq!(hash(false, &[]), hash(false, std::slice::from_ref(&owned)));
    assert_ne!(hash(true, &[]), hash(true, &[owned]));
}

#[test]
fn hash_does_not_change_when_a_connector_that_stays_gets_its_channel() {
    let spec = Spec {
        kind: 2,
        number: 1,
        message_type: 0,
    };
    let connector = spec.connector(9, false, true);
    let mut installed = connector.clone();
    let channel = json!({"channelId": ConnectorId::from_u128(10)});
    installed.channel = Some(serde_json::from_value(channel).unwrap());
    let hash = |connector: Connector| {
        let observed = ObservedState::default().with_connectors(WORKSPACE, [connector]);
        let described = desired(std::slice::from_ref(&spec));
        Plan::new(&described, &observed, &PlanOptions::default()).hash
    };
    assert_eq!(hash(connector), hash(installed));
}

/// `ensure` adopts the connector of the journal, whatever the API returns.
#[test]
fn renamed_connector_of_the_journal_differs_and_is_not_created_again() {
    let spec = Spec {
        kind: 2,
        number: 1,
        message_type: 0,
    };
    let mut connector = spec.connector(1, false, true);
    connector.name = "renamed by hand".to_owned();
    let resource = RecordedResource::Connector(connector.id);
    let record = JournalRecord::new(spec.key(), resource).owned_by("acme", WORKSPACE, "T1");
    let observed = ObservedState::default()
        .with_connectors(WORKSPACE, [connector])
        .with_records([record]);
    let plan = Plan::new(&desired(&[spec]), &observed, &PlanOptions::default());
    let steps: Vec<_> = plan
        .steps
        .iter()
        .map(|step| (step.kind, step.owned))
        .collect();
    assert_eq!(steps, [(StepKind::Differs, true)]);
    assert_eq!(plan.steps[0].differences[0].field, "name");
}
