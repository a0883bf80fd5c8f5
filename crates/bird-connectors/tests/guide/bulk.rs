use std::path::Path;
use std::time::Duration;

use bird_connectors::install::FileJournal;
use bird_connectors::models::ConnectorId;
use bird_connectors::templates::Telegram;
use bird_connectors::wait::WaitOptions;
use bird_connectors::{Error, Workspace};

use crate::Result;

async fn install_all(
    workspace: &Workspace,
    shops: &[&str],
    journal: &Path,
) -> Result<usize, Error> {
    let mut failed = 0;
    // --8<-- [start:install_all]
    let templates = shops.iter().map(|shop| Telegram::new(*shop));
    let mut results = workspace
        .connectors()
        .install_all(templates)
        .journal(FileJournal::open(journal)?)
        .until_ready()
        .options(WaitOptions::new().timeout(Duration::from_secs(600)))
        .results();
    while let Some(install) = results.next().await {
        let shop = shops[install.index];
        match install.error() {
            None => println!("{shop}: channel {:?}", install.channel_id()),
            Some(error) => {
                eprintln!("{shop}: {error}");
                failed += 1;
            }
        }
    }
    println!("{}", results.totals());
    // --8<-- [end:install_all]
    Ok(failed)
}

async fn wait_all(workspace: &Workspace, connectors: Vec<ConnectorId>) -> usize {
    // --8<-- [start:wait_all]
    let mut results = workspace.connectors().wait_all(connectors).results();
    while let Some(wait) = results.next().await {
        match wait.result {
            Ok(ready) => println!("{}: channel {}", wait.connector_id, ready.channel_id),
            Err(error) => eprintln!("{}: {error}", wait.connector_id),
        }
    }
    let totals = results.totals();
    println!("{} can send, {} requests", totals.ready, totals.gets);
    // --8<-- [end:wait_all]
    totals.ready
}

#[tokio::test]
async fn bulk_run_installs_all_and_resumes() {
    let (sandbox, workspace) = crate::sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("installs.jsonl");
    for _run in 0..2 {
        let failed = install_all(&workspace, &["Shop 1", "Shop 2", "Shop 3"], &journal).await;
        assert_eq!(failed.unwrap(), 0);
        assert_eq!(sandbox.connectors().len(), 3);
    }
    let connectors = workspace.connectors().list().collect_up_to(10).await;
    let ids = connectors
        .unwrap()
        .items
        .iter()
        .map(|connector| connector.id)
        .collect();
    assert_eq!(wait_all(&workspace, ids).await, 3);
}
