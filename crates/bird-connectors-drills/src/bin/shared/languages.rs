//! Rust and Python with one table: each adopts the connector that the other one has created, and each waits while the other one
//! holds the claim of a connector.

use std::path::Path;
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use bird_connectors::install::MatchedBy;
use bird_connectors::templates::Voice;
use bird_connectors::{ClientBuilder, WorkspaceId};
use bird_connectors_drills::fixture::sandbox_builder;
use bird_connectors_postgres::tokio_postgres::NoTls;
use bird_connectors_postgres::{Database, PostgresJournal};
use bird_connectors_sandbox::{Operation, Sandbox};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::child::PROCESS_TIMEOUT;
use crate::observed_journal::{CallCounters, Hold, ObservedJournal};
use crate::python::PythonEnsure;

/// No claim ends by its lease while the drill runs.
const LEASE: Duration = Duration::from_secs(3600);

/// `place`: the connection string of a database with tables.
pub(crate) async fn run(interpreter: &Path, place: &str) -> Result<()> {
    let sandbox = sandbox_builder().start().await?;
    let start =
        |template, holds| PythonEnsure::start(interpreter, &sandbox, place, template, holds);

    let (created, matched_by) = ensure_in_rust(&sandbox, place, 1, None).await?;
    ensure!(matched_by.is_none(), "Rust adopted what it must create");
    let mut python = start(1, false)?;
    ensure!(python.next_line().await? == format!("{created} journal"));

    let mut python = start(2, false)?;
    let created = python.next_line().await?;
    let (adopted, matched_by) = ensure_in_rust(&sandbox, place, 2, None).await?;
    ensure!(created == format!("{adopted} created"), "{created}");
    ensure!(matched_by == Some(MatchedBy::Journal), "{matched_by:?}");

    let (reached, mut is_reached) = tokio::sync::mpsc::unbounded_channel();
    let (resume, resumed) = mpsc::channel();
    let hold = Hold {
        reached,
        resume: Mutex::new(resumed),
    };
    let ensured = async { ensure_in_rust(&sandbox, place, 3, Some(hold)).await };
    let waiting = async {
        let holds = timeout(PROCESS_TIMEOUT, is_reached.recv()).await?;
        holds.context("Rust did not claim the connector")?;
        let mut python = start(3, false)?;
        let line = python.next_line().await?;
        ensure!(line == "waiting", "Python did not wait for Rust: {line}");
        resume.send(())?;
        python.next_line().await
    };
    let ((created, _), line) = tokio::try_join!(ensured, waiting)?;
    ensure!(line == format!("{created} journal"), "{line}");

    let mut python = start(4, true)?;
    let line = python.next_line().await?;
    ensure!(line == "holding", "Python did not claim: {line}");
    let counters = CallCounters::default();
    let ensured = ensure_with(&sandbox, place, 4, counters.clone(), None);
    let waited = async {
        while counters.calls().waiting == 0 {
            sleep(Duration::from_millis(5)).await;
        }
        python.resume().await?;
        python.next_line().await
    };
    let both = async { tokio::try_join!(ensured, waited) };
    let ((adopted, matched_by), line) = timeout(PROCESS_TIMEOUT, both)
        .await
        .context("Rust did not wait for Python")??;
    ensure!(line == format!("{adopted} created"), "{line}");
    ensure!(matched_by == Some(MatchedBy::Journal), "{matched_by:?}");

    let creates = sandbox.count(Operation::CreateConnector);
    ensure!(creates == 4, "{creates} creates instead of 4");
    println!("Rust and Python adopt each other's connectors, and wait for each other's claims.\n");
    Ok(())
}

async fn ensure_in_rust(
    sandbox: &Sandbox,
    place: &str,
    template: u128,
    hold: Option<Hold>,
) -> Result<(String, Option<MatchedBy>)> {
    ensure_with(sandbox, place, template, CallCounters::default(), hold).await
}

/// Returns the id of the connector, and why it was adopted.
async fn ensure_with(
    sandbox: &Sandbox,
    place: &str,
    template: u128,
    counters: CallCounters,
    hold: Option<Hold>,
) -> Result<(String, Option<MatchedBy>)> {
    let client = ClientBuilder::default()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .build()?;
    let workspace = client.workspace(WorkspaceId::from(sandbox.workspace_id()));
    let journal = PostgresJournal::new(Database::new(place.parse()?, NoTls)?).lease(LEASE);
    let observed = ObservedJournal {
        journal: Box::new(journal),
        counters,
        hold,
    };
    let voice = Voice::new(format!("Shop {template}"), Uuid::from_u128(template));
    let ensured = workspace.connectors().ensure(voice);
    let ensured = ensured.journal(observed).await?;
    Ok((ensured.id().to_string(), ensured.matched_by().cloned()))
}
