//! The code of the documentation.

use std::path::Path;

use bird_connectors::install::{FileJournal, OwnedJournal};
use bird_connectors::{Client, WorkspaceId};
use bird_connectors_sandbox::{Sandbox, Script};

// --8<-- [start:plan]
use bird_connectors_plan::{DesiredState, ObservedState, Plan, PlanOptions};

/// Reads the files, the workspaces and the journal, and prints what an apply would do.
async fn plan(
    client: &Client,
    desired: &DesiredState,
    journal: &OwnedJournal,
) -> Result<Plan, bird_connectors::Error> {
    let observed = ObservedState::read(client, desired, Some(journal)).await?;
    let plan = Plan::new(desired, &observed, &PlanOptions::default());
    println!("{}", plan.to_text(false)); // or to_markdown(), to_json()
    Ok(plan)
}
// --8<-- [end:plan]

// --8<-- [start:apply]
use bird_connectors_plan::{ApplyError, ApplyOptions};

/// Applies the plan if it is the one that was reviewed. Returns how many steps have failed.
async fn apply(
    client: &Client,
    desired: &DesiredState,
    journal: &OwnedJournal,
    plan: &Plan,
    reviewed: &str,
) -> Result<usize, ApplyError> {
    let mut options = ApplyOptions::default();
    options.expect = Some(reviewed.to_owned());
    let show = |result: &bird_connectors_plan::StepResult| match result.error() {
        None => println!("{}: done", plan.steps[result.step].address),
        Some(error) => println!("{}: {error}", plan.steps[result.step].address),
    };
    let results = plan
        .apply(client, desired, Some(journal), &options, show)
        .await?;
    Ok(results
        .iter()
        .filter(|result| result.error().is_some())
        .count())
}
// --8<-- [end:apply]

// --8<-- [start:problems]
/// Prints what is wrong with a file.
fn validate(path: &Path) -> bool {
    match DesiredState::read([path]) {
        Ok(_) => true,
        Err(errors) => {
            for problem in errors.problems() {
                eprintln!("{problem}");
            }
            false
        }
    }
}
// --8<-- [end:problems]

// --8<-- [start:export]
use bird_connectors_plan::Export;

/// Writes what a workspace contains as a file.
async fn export(
    client: &Client,
    workspace: WorkspaceId,
) -> Result<Export, Box<dyn std::error::Error>> {
    let all = DesiredState::empty("acme", [workspace]);
    let observed = ObservedState::read(client, &all, None).await?;
    let export = Export::new("acme", &observed)?;
    for omitted in &export.omitted {
        println!("the file does not contain {omitted}");
    }
    Ok(export)
}
// --8<-- [end:export]

#[tokio::test]
async fn files_are_planned_applied_and_exported() {
    let sandbox = Sandbox::builder().default_script(Script::instant());
    let sandbox = sandbox.start().await.unwrap();
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .build()
        .unwrap();
    let workspace = WorkspaceId::from(sandbox.workspace_id());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("channels.yaml");
    let text = format!(
        "version: 1\nproject: acme\nworkspaces:\n  - id: {workspace}\n    connectors:\n      - {{ name: A, template: line }}\n"
    );
    std::fs::write(&path, &text).unwrap();
    assert!(validate(&path));
    let desired = DesiredState::read([&path]).unwrap();
    let journal = FileJournal::open(folder.path().join("channels.journal")).unwrap();
    let journal = OwnedJournal::new(journal, desired.project());

    let made = plan(&client, &desired, &journal).await.unwrap();
    let failed = apply(&client, &desired, &journal, &made, &made.hash).await;
    assert_eq!(failed, Ok(0));
    assert_eq!(sandbox.connectors().len(), 1);
    let again = plan(&client, &desired, &journal).await.unwrap();
    assert!(!again.has_changes());
    let refused = apply(&client, &desired, &journal, &again, &made.hash).await;
    assert!(matches!(refused, Err(ApplyError::Changed { .. })));

    let export = export(&client, workspace).await.unwrap();
    assert!(export.yaml.contains("name: A"));
    std::fs::write(&path, text.replace("line", "lime")).unwrap();
    assert!(!validate(&path));
}
