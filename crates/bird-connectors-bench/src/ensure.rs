//! Row 17: `ensure` for a thousand templates of which nearly all exist, compared with reading the list once with plain reqwest,
//! and comparing and creating by hand. Each run has its own sandbox, so that it finds the same connectors.

use std::collections::HashSet;
use std::time::Instant;

use anyhow::{Result, ensure};
use bird_connectors::templates::Sms;
use bird_connectors::{ChannelMessageType, Client, NumberId, WorkspaceId};
use bird_connectors_sandbox::behavior::Duplicates;
use bird_connectors_sandbox::{Operation, Sandbox, Script};
use http::header::AUTHORIZATION;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::measure::print;

const TEMPLATE: &str = "sms-messagebird:1";

/// The number of requests that both sides send at the same time: the default of `install_all`.
const CONCURRENCY: usize = 16;

const VARIANTS: [&str; 2] = ["bird-connectors", "reqwest + serde_json"];

pub(crate) async fn run(quick: bool) -> Result<()> {
    let (rounds, templates, missing) = if quick { (2, 50, 5) } else { (11, 1_000, 10) };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut seconds = [Vec::new(), Vec::new()];
    let mut requests = [Vec::new(), Vec::new()];
    for round in 0..rounds {
        for offset in 0..VARIANTS.len() {
            let variant = (round + offset) % VARIANTS.len();
            let sandbox = sandbox(templates - missing).await?;
            let start = Instant::now();
            if variant == 0 {
                with_sdk(&sandbox, templates).await?;
            } else {
                by_hand(&sandbox, templates).await?;
            }
            seconds[variant].push(start.elapsed().as_secs_f64());
            requests[variant].push(sandbox.requests().len() as f64);
            let creates = sandbox.count(Operation::CreateConnector);
            ensure!(creates == missing as u64, "{creates} creates");
        }
    }
    for (variant, (seconds, requests)) in VARIANTS.iter().zip(seconds.iter().zip(&requests)) {
        print("ensure", variant, "s", seconds);
        // Each round sends the same requests.
        print("ensure requests", variant, "", &requests[..1]);
    }
    Ok(())
}

fn name(index: usize) -> String {
    format!("Shop {index}")
}

fn number(index: usize) -> Uuid {
    Uuid::from_u128(0x1_0000 + index as u128)
}

/// A sandbox with this many connectors. Nothing happens after a create, because neither side waits for it.
async fn sandbox(existing: usize) -> Result<Sandbox> {
    let sandbox = Sandbox::builder()
        .default_script(Script::instant())
        .behavior(|behavior| behavior.duplicates = Duplicates::Allowed)
        .start()
        .await?;
    for index in 0..existing {
        sandbox.insert_connector(json!({
            "id": Uuid::from_u128(0x2_0000 + index as u128),
            "workspaceId": sandbox.workspace_id(),
            "name": name(index),
            "connectorTemplateRef": TEMPLATE,
            "connectorTemplateSlug": "sms-messagebird",
            "arguments": arguments(index),
            "channel": {},
            "createdAt": "2026-01-12T09:30:00.123Z",
            "updatedAt": "2026-01-12T09:30:00.123Z",
        }));
    }
    Ok(sandbox)
}

fn arguments(index: usize) -> Value {
    json!({"phoneNumberId": number(index), "channelMessageType": "conversational"})
}

async fn with_sdk(sandbox: &Sandbox, templates: usize) -> Result<()> {
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .rate_limit(None)
        .build()?;
    let workspace = client.workspace(WorkspaceId::from(sandbox.workspace_id()));
    let templates = (0..templates).map(|index| {
        Sms::new(
            name(index),
            NumberId::from(number(index)),
            ChannelMessageType::Conversational,
        )
    });
    for install in workspace.connectors().install_all(templates).await {
        let _ = install.result?;
    }
    Ok(())
}

/// The loop that a user writes: read the whole list, and create what it does not contain.
async fn by_hand(sandbox: &Sandbox, templates: usize) -> Result<()> {
    let http = reqwest::Client::new();
    let key = format!("AccessKey {}", sandbox.access_key());
    let url = format!(
        "{}/workspaces/{}/connectors",
        sandbox.base_url(),
        sandbox.workspace_id()
    );
    let mut existing = HashSet::new();
    let mut token: Option<String> = None;
    loop {
        let request = http.get(&url).header(AUTHORIZATION, &key);
        let request = request
            .query(&[("limit", "100")])
            .query(&[("pageToken", &token)]);
        let body = request.send().await?.error_for_status()?.bytes().await?;
        let page: Value = serde_json::from_slice(&body)?;
        for connector in page["results"].as_array().into_iter().flatten() {
            let number = connector["arguments"]["phoneNumberId"].as_str();
            if let (TEMPLATE, Some(number)) = (
                connector["connectorTemplateRef"]
                    .as_str()
                    .unwrap_or_default(),
                number,
            ) {
                existing.insert(number.to_owned());
            }
        }
        token = page["nextPageToken"].as_str().map(str::to_owned);
        if token.as_deref().unwrap_or_default().is_empty() {
            break;
        }
    }
    let missing: Vec<_> = (0..templates)
        .filter(|index| !existing.contains(&number(*index).to_string()))
        .collect();
    for batch in missing.chunks(CONCURRENCY) {
        let creates = batch.iter().map(|index| {
            let body = json!({
                "name": name(*index),
                "connectorTemplateRef": TEMPLATE,
                "arguments": arguments(*index),
            });
            let request = http.post(&url).header(AUTHORIZATION, &key).json(&body);
            async move { request.send().await?.error_for_status()?.bytes().await }
        });
        futures_util::future::try_join_all(creates).await?;
    }
    Ok(())
}
