//! Several runs that ensure the same connector at the same time with one journal, against an API that accepts duplicates.

use std::io;
use std::sync::{Arc, Mutex};

use bird_connectors::install::{FileJournal, InstallResult, Journal};
use bird_connectors::models::ConnectorId;
use futures_util::future::{join, join_all};

use super::support::until;
use super::*;

/// The ids of all connectors, once every create has been committed.
async fn committed(sandbox: &Sandbox) -> Vec<serde_json::Value> {
    let creates = sandbox.count(Operation::CreateConnector) as usize;
    until("the commits", || sandbox.connectors().len() >= creates).await;
    let connectors = sandbox.connectors();
    connectors.iter().map(|one| one["id"].clone()).collect()
}

/// A journal of the user. Clones share the lines.
#[derive(Clone, Default)]
struct MemoryJournal(Arc<Mutex<Vec<String>>>);

impl Journal for MemoryJournal {
    fn lines(&self) -> io::Result<Vec<String>> {
        Ok(self.0.lock().unwrap().clone())
    }

    fn append(&self, line: &str) -> io::Result<()> {
        self.0.lock().unwrap().push(line.to_owned());
        Ok(())
    }
}

async fn ensure_concurrently<J: Journal + 'static>(journals: [J; 8]) -> TestResult {
    let sandbox = late_sandbox().await?;
    // Each run has a client of its own.
    let runs = journals.into_iter().map(|journal| {
        let connectors = connectors(&sandbox);
        async {
            with_window(connectors?.ensure(sms("Support")))
                .journal(journal)
                .await
        }
    });
    let results = join_all(runs).await;
    let existing = committed(&sandbox).await;
    assert_eq!(existing.len(), 1, "connectors");
    let mut created = 0;
    for ensured in results {
        let ensured = ensured?;
        assert_eq!(json!(ensured.id()), existing[0]);
        created += usize::from(!ensured.adopted());
    }
    assert_eq!(created, 1);
    Ok(())
}

#[tokio::test]
async fn concurrent_ensures_with_one_journal_create_one_connector() -> TestResult {
    let journal = MemoryJournal::default();
    ensure_concurrently([(); 8].map(|()| journal.clone())).await?;
    let journal = Arc::new(MemoryJournal::default());
    ensure_concurrently([(); 8].map(|()| Arc::clone(&journal))).await?;
    let directory = tempfile::tempdir()?;
    let journal = FileJournal::open(directory.path().join("installs.journal"))?;
    ensure_concurrently([(); 8].map(|()| journal.clone())).await
}

#[tokio::test]
async fn concurrent_bulk_installs_and_ensures_create_one_connector_per_template() -> TestResult {
    let sandbox = late_sandbox().await?;
    let connectors = connectors(&sandbox)?;
    let journal = MemoryJournal::default();
    let voices =
        || (1..=20).map(|number| Voice::new(format!("Shop {number}"), Uuid::from_u128(number)));
    let bulk = || connectors.install_all(voices()).journal(journal.clone());
    let ensures = voices().map(|voice| {
        let ensure = with_window(connectors.ensure(voice)).journal(journal.clone());
        ensure.into_future()
    });
    let bulks = join(bulk().into_future(), bulk().into_future());
    let ((first, second), ensured) = join(bulks, join_all(ensures)).await;
    assert_eq!(committed(&sandbox).await.len(), 20);
    for ((first, second), ensured) in sorted(first).into_iter().zip(sorted(second)).zip(ensured) {
        let id = ensured?.id();
        assert_eq!((first, second), (Some(id), Some(id)));
    }
    Ok(())
}

fn sorted(mut results: Vec<InstallResult>) -> Vec<Option<ConnectorId>> {
    results.sort_by_key(|install| install.index);
    results.iter().map(InstallResult::connector_id).collect()
}

#[tokio::test]
async fn equal_templates_in_one_bulk_create_one_connector() -> TestResult {
    let sandbox = late_sandbox().await?;
    let bulk = connectors(&sandbox)?.install_all([sms("Support"), sms("Support")]);
    let results = bulk.journal(MemoryJournal::default()).await;
    let failed = results
        .iter()
        .filter_map(|install| install.result.as_ref().err());
    let kinds: Vec<_> = failed.map(Error::kind).collect();
    assert_eq!(kinds, [ErrorKind::InvalidInput]);
    assert_eq!(committed(&sandbox).await.len(), 1);
    Ok(())
}

#[tokio::test]
async fn waiting_ensure_reconciles_the_create_of_a_run_that_was_dropped() -> TestResult {
    let sandbox = late_sandbox().await?;
    let connectors = connectors(&sandbox)?;
    let journal = MemoryJournal::default();
    sandbox.rule(Rule::on(Operation::CreateConnector).delay_response(Duration::from_secs(600)));
    let ensure = || with_window(connectors.ensure(sms("Support"))).journal(journal.clone());
    let dropped = tokio::spawn(ensure().into_future());
    until("the create", || {
        sandbox.count(Operation::CreateConnector) == 1
    })
    .await;
    let waiting = tokio::spawn(ensure().into_future());
    dropped.abort();
    let ensured = waiting.await??;
    assert!(ensured.adopted());
    assert_eq!(sandbox.count(Operation::CreateConnector), 1);
    Ok(())
}
