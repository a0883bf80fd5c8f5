//! A sandbox in which nothing is wrong, and servers that answer badly.
#![allow(dead_code)] // Not every test uses everything.

use std::time::Duration;

use bird_connectors::Client;
use bird_connectors::client::ClientBuilder;
use bird_connectors_doctor::{Doctor, Report, Status};
use bird_connectors_sandbox::behavior::SigningKey;
use bird_connectors_sandbox::{Sandbox, SandboxBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const KEY: &str = "planted-access-key";
pub(crate) const SIGNING_KEY: &str = "planted-signing-key";
pub(crate) const WORKSPACE: Uuid = Uuid::from_u128(0x7f4f_1d0a_0000_4000_8000_0000_0000_0001);

/// A server without trouble: two connectors with their channels, numbers, a use case, and a subscription that delivers.
pub(crate) async fn healthy(configure: impl FnOnce(SandboxBuilder) -> SandboxBuilder) -> Sandbox {
    let builder = Sandbox::builder()
        .access_key(KEY)
        .workspace_id(WORKSPACE)
        .connectors(2)
        .behavior(|behavior| behavior.signing_key = SigningKey::Always);
    let sandbox = configure(builder).start().await.unwrap();
    let id = Uuid::from_u128(1);
    subscribe(&sandbox, json!({"id": id}));
    deliver(&sandbox, id, "2026-11-29T10:00:00.000Z", Some(204));
    sandbox
}

/// Adds a subscription with these fields in place of those of a healthy one.
pub(crate) fn subscribe(sandbox: &Sandbox, fields: Value) {
    let mut subscription = json!({
        "id": Uuid::from_u128(2),
        "organizationId": sandbox.organization_id(),
        "workspaceId": sandbox.workspace_id(),
        "service": "channels",
        "event": "channel.updated",
        "url": "https://hooks.example.com/bird",
        "status": "active",
        "signingKey": SIGNING_KEY,
        "createdAt": "2026-01-01T00:00:00.000Z",
    });
    for (name, value) in fields.as_object().unwrap() {
        subscription[name] = value.clone();
    }
    sandbox.insert_webhook_subscription(subscription);
}

/// Adds a delivery to the log of a subscription.
pub(crate) fn deliver(sandbox: &Sandbox, subscription: Uuid, at: &str, status: Option<u16>) {
    let mut entry = json!({
        "requestId": Uuid::new_v4(),
        "attemptCount": 1,
        "executionStatus": if status == Some(204) { "delivered" } else { "failed" },
        "createdAt": at,
    });
    if let Some(status) = status {
        entry["httpStatusCode"] = json!(status);
    }
    sandbox.insert_delivery(subscription, entry);
}

pub(crate) fn builder(sandbox: &Sandbox) -> ClientBuilder {
    Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .workspace_id(sandbox.workspace_id())
}

/// A doctor that does not depend on the speed of this machine.
pub(crate) fn doctor(builder: ClientBuilder) -> Doctor {
    Doctor::new(builder).slow_after(Duration::from_secs(60))
}

/// The checks that report trouble, with their status.
pub(crate) fn troubles(report: &Report) -> Vec<(&str, Status)> {
    let troubles = report
        .findings
        .iter()
        .filter(|finding| matches!(finding.status, Status::Warning | Status::Failed));
    troubles
        .map(|finding| (finding.check.as_str(), finding.status))
        .collect()
}

/// Asserts that this check fails, and that no other one reports trouble. Returns what it has seen.
#[track_caller]
pub(crate) fn assert_fails(report: &Report, check: &str) -> String {
    assert_eq!(troubles(report), [(check, Status::Failed)], "{report}");
    assert!(!report.ok);
    explained(report, check)
}

/// Asserts that this check warns, and that no other one reports trouble. Returns what it has seen.
#[track_caller]
pub(crate) fn assert_warns(report: &Report, check: &str) -> String {
    assert_eq!(troubles(report), [(check, Status::Warning)], "{report}");
    assert!(report.ok);
    explained(report, check)
}

#[track_caller]
fn explained(report: &Report, check: &str) -> String {
    let finding = report.finding(check).unwrap();
    let action = finding.action.as_deref().unwrap_or_default();
    assert!(action.len() > 10, "{check} does not say what to do");
    finding.seen.clone()
}
