//! One run of `ensure`, and the check of its result against the sandbox.

use std::time::Duration;

use anyhow::{Result, ensure};
use bird_connectors::install::Ensured;
use bird_connectors::resources::Connectors;
use bird_connectors::templates::Sms;
use bird_connectors::{Client, Error, ErrorKind, RequestOutcome, WorkspaceId};
use bird_connectors_sandbox::Sandbox;
use serde_json::json;
use tokio::time::sleep;
use uuid::Uuid;

use crate::plan::{NUMBER, Plan, SETTLED, WINDOW};
use crate::process::{MemoryJournal, run_with_kills};

/// How a run ended. A run that ends in any other way is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RunEnd {
    /// Exactly one connector exists, and `ensure` returned it.
    OneConnector,
    /// `ensure` reported an unknown outcome: one connector exists, or none.
    UnknownOutcome,
    /// The API rejected the create with 409, and did not list the existing connector in time.
    Conflict,
    /// `ensure` failed with another error, and did not create a connector.
    OtherError,
    /// Two or more connectors exist, in a case where this cannot be prevented.
    Duplicates,
}

/// Executes a plan.
pub(crate) async fn execute(plan: &Plan) -> Result<RunEnd> {
    let sandbox = plan.sandbox().await?;
    let journal = plan.case.journal.then(MemoryJournal::default);
    let result = run_with_kills(plan, || process(&sandbox, journal.clone())).await;
    sleep(SETTLED).await;
    sandbox.clear_rules();
    let end = check(plan, &sandbox, &result).await?;
    check_repeated_ensure(&sandbox, journal, end).await?;
    Ok(end)
}

fn connectors(sandbox: &Sandbox) -> Result<Connectors, Error> {
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .build()?;
    Ok(client
        .workspace(WorkspaceId::from(sandbox.workspace_id()))
        .connectors())
}

async fn process(sandbox: &Sandbox, journal: Option<MemoryJournal>) -> Result<Ensured, Error> {
    let sms = Sms::new("Support", NUMBER, "2fa");
    let ensure = connectors(sandbox)?.ensure(sms).reconcile_window(WINDOW);
    match journal {
        Some(journal) => ensure.journal(journal).await,
        None => ensure.await,
    }
}

/// Checks that the result of the last process is true.
async fn check(plan: &Plan, sandbox: &Sandbox, result: &Result<Ensured, Error>) -> Result<RunEnd> {
    let existing: Vec<_> = sandbox
        .connectors()
        .iter()
        .map(|connector| connector["id"].clone())
        .collect();
    if existing.len() > 1 {
        ensure!(
            plan.case.can_duplicate(),
            "{} connectors exist",
            existing.len()
        );
        if let Ok(ensured) = result {
            ensure!(
                existing.contains(&json!(ensured.id())),
                "`ensure` returned {}, which does not exist",
                ensured.id()
            );
        }
        return Ok(RunEnd::Duplicates);
    }
    let error = match result {
        Ok(ensured) => {
            ensure!(
                existing == [json!(ensured.id())],
                "`ensure` returned {}, but {existing:?} exist",
                ensured.id()
            );
            return Ok(RunEnd::OneConnector);
        }
        Err(error) => error,
    };
    if error.kind() == ErrorKind::Conflict {
        ensure!(
            existing.len() == 1,
            "the error reports an existing connector, but there is none: {error}"
        );
        return Ok(RunEnd::Conflict);
    }
    if let Some(unresolved) = error.unresolved() {
        ensure!(
            error.outcome() == Some(RequestOutcome::Unknown),
            "an unresolved create, but its outcome is {:?}: {error}",
            error.outcome()
        );
        let reconcile = connectors(sandbox)?
            .reconcile(unresolved)
            .window(Duration::ZERO);
        let found: Vec<_> = reconcile
            .await?
            .iter()
            .map(|found| json!(found.id()))
            .collect();
        ensure!(
            found == existing,
            "reconciling the unresolved create finds {found:?}, but {existing:?} exist: {error}"
        );
        return Ok(RunEnd::UnknownOutcome);
    }
    if error.kind() == ErrorKind::NotFound {
        let named = error
            .message()
            .split(' ')
            .filter(|word| word.parse::<Uuid>().is_ok());
        ensure!(
            named.eq(existing.iter().filter_map(|id| id.as_str())),
            "the error must name {existing:?}: {error}"
        );
        return Ok(RunEnd::OtherError);
    }
    // The call failed before its create, or the create was certainly not processed. Only an earlier process, which was
    // killed, can have created a connector.
    ensure!(
        existing.is_empty() || plan.case.killed,
        "a connector was created although `ensure` failed: {error}"
    );
    Ok(RunEnd::OtherError)
}

/// Once the connector is listed, another call of `ensure` must adopt it.
async fn check_repeated_ensure(
    sandbox: &Sandbox,
    journal: Option<MemoryJournal>,
    end: RunEnd,
) -> Result<()> {
    let before = sandbox.connectors().len();
    if before == 1 {
        let repeated = process(sandbox, journal).await?;
        ensure!(
            repeated.adopted(),
            "after {end:?}, a repeated `ensure` created the connector again"
        );
        ensure!(
            sandbox.connectors().len() == 1
                && json!(repeated.id()) == sandbox.connectors()[0]["id"],
            "after {end:?}, a repeated `ensure` returned another connector"
        );
    }
    Ok(())
}
