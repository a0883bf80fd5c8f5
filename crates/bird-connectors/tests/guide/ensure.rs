use std::path::Path;

use bird_connectors::install::{Ensured, FileJournal};
use bird_connectors::templates::Sms;
use bird_connectors::{ChannelMessageType, Error, Workspace};
use bird_connectors_sandbox::{Fault, Operation, Rule};

use crate::Result;

async fn ensure(workspace: &Workspace, sms: Sms) -> Result<Ensured, Error> {
    // --8<-- [start:ensure]
    let ensured = workspace.connectors().ensure(sms).await?;
    if ensured.adopted() {
        println!("{} existed: {:?}", ensured.id(), ensured.matched_by());
        for drift in ensured.drift() {
            println!("{} differs", drift.field);
        }
    }
    // --8<-- [end:ensure]
    Ok(ensured)
}

async fn journal(workspace: &Workspace, sms: Sms, path: &Path) -> Result<Ensured> {
    // --8<-- [start:journal]
    let journal = FileJournal::open(path)?;
    let ensured = workspace.connectors().ensure(sms).journal(journal).await?;
    // --8<-- [end:journal]
    Ok(ensured)
}

async fn reconcile(workspace: &Workspace, sms: Sms) -> Result<Option<Ensured>, Error> {
    // --8<-- [start:reconcile]
    let connectors = workspace.connectors();
    match connectors.install(sms).await {
        Ok(install) => println!("created {}", install.id()),
        Err(error) => {
            // Without an unresolved create, nothing can have been created.
            let Some(unresolved) = error.unresolved() else {
                return Err(error);
            };
            // A string, for another process: `unresolved.to_string()`.
            return connectors.reconcile(unresolved).await;
        }
    }
    // --8<-- [end:reconcile]
    Ok(None)
}

#[tokio::test]
async fn ensure_creates_one_connector() {
    let (sandbox, workspace) = crate::sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let numbers = sandbox.numbers();
    let sms = |index: usize| {
        let number_id = numbers[index].id();
        Sms::new("Support", number_id, ChannelMessageType::Conversational)
    };
    let created = ensure(&workspace, sms(0)).await.unwrap();
    let adopted = ensure(&workspace, sms(0).conversational(true))
        .await
        .unwrap();
    assert_eq!(created.id(), adopted.id());
    let path = folder.path().join("installs.jsonl");
    let journaled = journal(&workspace, sms(0), &path).await.unwrap();
    assert_eq!(journaled.id(), created.id());
    assert_eq!(sandbox.connectors().len(), 1);

    sandbox.rule(Rule::on(Operation::CreateConnector).fault(Fault::LostResponse));
    let found = reconcile(&workspace, sms(1)).await.unwrap();
    assert!(found.is_some_and(|ensured| ensured.adopted()));
    assert_eq!(sandbox.connectors().len(), 2);
}
