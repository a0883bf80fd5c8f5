//! Plans for arbitrary files and connectors: each file is refused with a reason, or leads to a plan, which is the same every time
//! and deletes nothing without a record in a journal.

#![no_main]

use bird_connectors::{Connector, WorkspaceId};
use bird_connectors_plan::{Action, DesiredState, ObservedState, Plan, PlanOptions, SourceFile};

// The input is a file, and after a zero byte a JSON array of connectors.
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(input) = std::str::from_utf8(data) else {
        return;
    };
    let (file, connectors) = input.split_once('\0').unwrap_or((input, "[]"));
    let desired = match DesiredState::parse(&[SourceFile::new("fuzz.yaml", file)]) {
        Ok(desired) => desired,
        Err(errors) => {
            assert!(!errors.problems().is_empty() && !errors.to_string().is_empty());
            return;
        }
    };
    let connectors: Vec<Connector> = serde_json::from_str(connectors).unwrap_or_default();
    let ids: Vec<WorkspaceId> = desired.workspaces().iter().map(|one| one.id()).collect();
    let mut observed = ObservedState::default();
    for id in ids {
        observed = observed.with_connectors(id, connectors.clone());
    }
    let mut options = PlanOptions::default();
    options.prune = true;
    let plan = Plan::new(&desired, &observed, &options);
    assert_eq!(plan, Plan::new(&desired, &observed, &options));
    assert!(plan.steps.iter().all(|step| step.action != Action::Delete));
    assert!(!plan.to_text(true).is_empty() && plan.to_markdown().contains(&plan.hash));
    assert!(plan.to_json()["hash"].is_string());
});
