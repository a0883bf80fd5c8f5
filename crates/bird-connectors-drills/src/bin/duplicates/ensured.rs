//! A run of `ensure`, and whether what it said is true.

use std::time::Duration;

use anyhow::{Result, ensure};
use bird_connectors::templates::Sms;
use bird_connectors::{Connectors, Ensured, Error, Kind, Outcome};
use bird_connectors_sandbox::Sandbox;
use serde_json::json;
use tokio::time::sleep;
use uuid::Uuid;

use crate::plan::{Plan, SETTLED, WINDOW};
use crate::process::{Disk, survive};

pub(crate) const NUMBER: Uuid = Uuid::from_u128(7);

/// How a run ended. Anything else is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    /// One connector, and it was handed over.
    One,
    /// The outcome is unknown, and the error says so: one connector, or none.
    Unknown,
    /// The API says that there is one, which did not show in time.
    Exists,
    /// Another error, which is true: nothing was created by the call.
    Other,
    /// Two or more, where that is possible by nature.
    Two,
}

/// Plays a plan.
pub(crate) async fn play(plan: &Plan) -> Result<End> {
    let sandbox = plan.sandbox().await?;
    let disk = plan.cell.journal.then(Disk::default);
    let said = survive(plan, || attempt(&sandbox, disk.clone())).await;
    sleep(SETTLED).await;
    sandbox.clear_rules();
    let end = judge(plan, &sandbox, &said).await?;
    doing_it_again(&sandbox, disk, end).await?;
    Ok(end)
}

fn connectors(sandbox: &Sandbox) -> Result<Connectors, Error> {
    let client = bird_connectors::Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .build()?;
    Ok(client.workspace(sandbox.workspace_id())?.connectors())
}

/// One process.
async fn attempt(sandbox: &Sandbox, disk: Option<Disk>) -> Result<Ensured, Error> {
    let sms = Sms::new("Support")
        .phone_number_id(NUMBER)
        .channel_message_type("2fa");
    let ensure = connectors(sandbox)?.ensure(sms).reconcile_window(WINDOW);
    match disk {
        Some(disk) => ensure.journal(disk).await,
        None => ensure.await,
    }
}

async fn judge(plan: &Plan, sandbox: &Sandbox, said: &Result<Ensured, Error>) -> Result<End> {
    let there: Vec<_> = sandbox
        .connectors()
        .iter()
        .map(|one| one["id"].clone())
        .collect();
    if there.len() > 1 {
        ensure!(plan.cell.two_are_possible(), "{} connectors", there.len());
        if let Ok(ensured) = said {
            ensure!(
                there.contains(&json!(ensured.id())),
                "it was handed over another one"
            );
        }
        return Ok(End::Two);
    }
    let error = match said {
        Ok(ensured) => {
            ensure!(
                there == [json!(ensured.id())],
                "it was handed over what is not there"
            );
            return Ok(End::One);
        }
        Err(error) => error,
    };
    if error.kind() == Kind::Conflict {
        ensure!(
            there.len() == 1,
            "it exists, it is said, and it does not: {error}"
        );
        return Ok(End::Exists);
    }
    if let Some(left) = error.reconcile() {
        ensure!(
            error.outcome() == Some(Outcome::Unknown),
            "is it unknown? {error}"
        );
        // What is said to look for is what is there.
        let looking = connectors(sandbox)?.reconcile(left).window(Duration::ZERO);
        let found: Vec<_> = looking
            .await?
            .iter()
            .map(|found| json!(found.id()))
            .collect();
        ensure!(
            found == there,
            "what was to be looked for is not what is there: {error}"
        );
        return Ok(End::Unknown);
    }
    if error.kind() == Kind::NotFound {
        let named = there.iter().filter_map(|id| id.as_str());
        ensure!(
            named.eq(error
                .message()
                .split(' ')
                .filter(|word| word.parse::<Uuid>().is_ok())),
            "{error}"
        );
        return Ok(End::Other);
    }
    // It failed before its create, or its create was certainly not processed. A process before it may have been killed.
    ensure!(
        there.is_empty() || plan.cell.killed,
        "something was created: {error}"
    );
    Ok(End::Other)
}

/// Once everything shows, doing it again adopts what is there.
async fn doing_it_again(sandbox: &Sandbox, disk: Option<Disk>, end: End) -> Result<()> {
    let before = sandbox.connectors().len();
    if before == 1 {
        let again = attempt(sandbox, disk).await?;
        ensure!(again.adopted(), "it was created again");
        ensure!(
            sandbox.connectors().len() == 1 && json!(again.id()) == sandbox.connectors()[0]["id"],
            "after {end:?}, doing it again is something else"
        );
    }
    Ok(())
}
