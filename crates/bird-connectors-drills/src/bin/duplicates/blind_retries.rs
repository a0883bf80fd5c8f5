//! The comparison: a hand-written client without the SDK, which sends the create again until it gets a usable response.

use std::time::Duration;

use anyhow::Result;
use bird_connectors::client::Method;
use bird_connectors::{Client, Error};
use bird_connectors_sandbox::Sandbox;
use serde_json::json;
use tokio::time::sleep;

use crate::plan::{NUMBER, Plan, SETTLED};
use crate::process::run_with_kills;

const MAX_ATTEMPTS: u32 = 4;
const PAUSE: Duration = Duration::from_secs(1);

/// Executes a plan, and returns the number of connectors in the end.
pub(crate) async fn execute(plan: &Plan) -> Result<usize> {
    let sandbox = plan.sandbox().await?;
    // Only the number of connectors counts, so the result of the process is ignored.
    let _ = run_with_kills(plan, || process(&sandbox)).await;
    sleep(SETTLED).await;
    Ok(sandbox.connectors().len())
}

async fn process(sandbox: &Sandbox) -> Result<(), Error> {
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .build()?;
    let path = format!("/workspaces/{}/connectors", sandbox.workspace_id());
    let body = json!({
        "name": "Support",
        "connectorTemplateRef": "sms-messagebird:1",
        "arguments": {"phoneNumberId": NUMBER, "channelMessageType": "2fa"},
    });
    let mut attempts = 1;
    loop {
        let response = client.request(Method::POST, &path).json(&body).send().await;
        match response.and_then(|response| response.json::<serde_json::Value>()) {
            Ok(_) => return Ok(()),
            Err(error) if error.is_conflict() || attempts == MAX_ATTEMPTS => return Err(error),
            Err(_) => sleep(PAUSE).await,
        }
        attempts += 1;
    }
}
