//! Plans for arbitrary files and connectors: each file is refused with a reason, or leads to a plan, which is the same every time
//! and deletes nothing without a record in a journal. What was observed can be exported, and the plan of the exported file has no
//! changes.

#![no_main]

use bird_connectors::install::{JournalRecord, RecordedResource};
use bird_connectors::models::WebhookSubscription;
use bird_connectors::{Connector, WorkspaceId};
use bird_connectors_plan::{
    Action, DesiredState, Export, ObservedState, Plan, PlanOptions, SourceFile,
};

// The input is a file, after a zero byte a JSON array of connectors, and after another one a JSON array of subscriptions.
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(input) = std::str::from_utf8(data) else {
        return;
    };
    let mut parts = input.splitn(3, '\0');
    let file = parts.next().unwrap_or_default();
    let desired = match DesiredState::parse(&[SourceFile::new("fuzz.yaml", file)]) {
        Ok(desired) => desired,
        Err(errors) => {
            assert!(!errors.problems().is_empty() && !errors.to_string().is_empty());
            return;
        }
    };
    let connectors: Vec<Connector> =
        serde_json::from_str(parts.next().unwrap_or("[]")).unwrap_or_default();
    let subscriptions: Vec<WebhookSubscription> =
        serde_json::from_str(parts.next().unwrap_or("[]")).unwrap_or_default();
    let ids: Vec<WorkspaceId> = desired.workspaces().iter().map(|one| one.id()).collect();
    let mut observed = ObservedState::default();
    for id in &ids {
        observed = observed
            .with_connectors(*id, connectors.clone())
            .with_subscriptions(*id, subscriptions.clone());
    }
    let export = Export::new("fuzz", &observed).expect("the name of the project is valid");
    let exported = DesiredState::parse(&[SourceFile::new("export.yaml", export.yaml)])
        .expect("the export is valid");
    let adopted = Plan::new(&exported, &observed, &PlanOptions::default());
    assert!(!adopted.has_changes(), "{}", adopted.to_text(true));

    let mut options = PlanOptions::default();
    options.prune = true;
    let plan = Plan::new(&desired, &observed, &options);
    assert_eq!(plan, Plan::new(&desired, &observed, &options));
    assert!(plan.steps.iter().all(|step| step.action != Action::Delete));
    assert!(!plan.to_text(true).is_empty() && plan.to_markdown().contains(&plan.hash));
    assert!(plan.to_json()["hash"].is_string());

    // The project owns every second connector.
    let owned: Vec<_> = connectors.iter().step_by(2).map(|one| one.id).collect();
    let (owned, project) = (&owned, desired.project());
    let records = ids.iter().flat_map(|workspace| {
        owned.iter().map(move |id| {
            JournalRecord::new(
                format!("{workspace} {id}"),
                RecordedResource::Connector(*id),
            )
            .owned_by(project, *workspace, "name")
        })
    });
    let observed = observed.clone().with_records(records);
    let plan = Plan::new(&desired, &observed, &options);
    for step in &plan.steps {
        let is_owned = owned.iter().any(|id| Some(id.to_string()) == step.id);
        assert!(step.action != Action::Delete || is_owned, "{step:?}");
    }
});
