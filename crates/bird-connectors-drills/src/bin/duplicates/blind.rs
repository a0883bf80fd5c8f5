//! What is written by hand where there is no SDK: send it, and where no good answer comes, send it again.

use std::time::Duration;

use anyhow::Result;
use bird_connectors::{Client, Error, Method};
use bird_connectors_sandbox::Sandbox;
use serde_json::json;
use tokio::time::sleep;

use crate::ensured::NUMBER;
use crate::plan::{Plan, SETTLED};
use crate::process::survive;

const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_secs(1);

/// Plays a plan, and says how many connectors there are in the end.
pub(crate) async fn play(plan: &Plan) -> Result<usize> {
    let sandbox = plan.sandbox().await?;
    // Its own error tells nothing that would matter here.
    let _ = survive(plan, || process(&sandbox)).await;
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
    let mut tries = 1;
    loop {
        let reply = client.request(Method::POST, &path).json(&body).send().await;
        match reply.and_then(|reply| reply.json::<serde_json::Value>()) {
            Ok(_) => return Ok(()),
            Err(error) if error.is_conflict() || tries == TRIES => return Err(error),
            Err(_) => sleep(PAUSE).await,
        }
        tries += 1;
    }
}
