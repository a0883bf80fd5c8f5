//! What webhooks would tell of, with its time.

use std::time::Duration;

use bird_connectors_sandbox::behavior::EventChannelId;
use bird_connectors_sandbox::{Sandbox, Script, Step};
use serde_json::json;
use tokio::time::advance;

use crate::client::Client;

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn told(sandbox: &Sandbox) -> Vec<(String, String, u64)> {
    let told = |event: bird_connectors_sandbox::ChannelEvent| {
        (event.event.to_owned(), event.status, event.at.as_secs())
    };
    sandbox.events().into_iter().map(told).collect()
}

fn event(event: &str, status: &str, at: u64) -> (String, String, u64) {
    (format!("channel.{event}"), status.to_owned(), at)
}

#[tokio::test(start_paused = true)]
async fn a_channel_tells_of_its_creation_and_of_every_status() {
    let sandbox = Sandbox::builder()
        .default_script(Script::timed(s(2), s(4)))
        .start()
        .await
        .unwrap();
    let client = Client::of(&sandbox);
    advance(s(10)).await;
    let id = client.install("a").await;
    assert!(sandbox.events().is_empty());
    advance(s(2)).await;
    assert_eq!(told(&sandbox), [event("created", "pending", 12)]);
    advance(s(100)).await;
    assert_eq!(
        told(&sandbox),
        [
            event("created", "pending", 12),
            event("updated", "active", 14)
        ]
    );
    sandbox.apply_step(id.parse().unwrap(), Step::Status("active".into()));
    assert_eq!(told(&sandbox).len(), 2, "the same status is no change");
    sandbox.apply_step(id.parse().unwrap(), Step::Channel("pending".into()));
    assert_eq!(
        told(&sandbox).last(),
        Some(&event("created", "pending", 112)),
        "a replacement is a new channel"
    );
}

#[tokio::test(start_paused = true)]
async fn the_payload_is_the_channel_at_that_time() {
    let sandbox = Sandbox::builder()
        .default_script(Script::timed(s(0), s(5)))
        .start()
        .await
        .unwrap();
    let client = Client::of(&sandbox);
    let id = client.install("a").await;
    let then = sandbox.channels()[0].clone();
    advance(s(5)).await;
    let events = sandbox.events();
    assert_eq!(events[0].payload, then);
    assert_eq!(events[1].payload, sandbox.channels()[0]);
    assert_eq!(events[1].connector_id.to_string(), id);
    assert_eq!(json!(events[1].channel_id), then["id"]);
    assert_eq!(events[1].workspace_id, sandbox.workspace_id());

    sandbox.behavior(|behavior| behavior.event_channel_id = EventChannelId::ChannelId);
    let payload = sandbox.events()[0].payload.clone();
    assert_eq!(
        (payload.get("id"), payload.get("channelId")),
        (None, then.get("id"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_deleted_connector_falls_silent() {
    let sandbox = Sandbox::builder()
        .default_script(Script::timed(s(1), s(5)))
        .start()
        .await
        .unwrap();
    let client = Client::of(&sandbox);
    let id = client.install("a").await;
    advance(s(2)).await;
    client
        .delete(&format!("/connectors/{id}"))
        .await
        .expect(204);
    advance(s(10)).await;
    assert_eq!(told(&sandbox), [event("created", "pending", 1)]);
}

#[tokio::test(start_paused = true)]
async fn events_of_all_connectors_are_in_order_of_time() {
    let sandbox = Sandbox::builder()
        .default_script(Script::timed(s(1), s(4)))
        .start()
        .await
        .unwrap();
    let client = Client::of(&sandbox);
    client.install("a").await;
    advance(s(2)).await;
    let second = client.install("b").await;
    advance(s(3)).await;
    let channel = sandbox.channels()[1].clone();
    assert_eq!(channel["connectorId"], second.as_str());
    let path = format!(
        "/channels/{}/conversational",
        channel["id"].as_str().unwrap()
    );
    client
        .patch(&path, json!({ "status": "active" }))
        .await
        .expect(200);
    advance(s(10)).await;
    let expected = [
        event("created", "pending", 1),
        event("created", "pending", 3),
        event("updated", "active", 4),
        event("updated", "pending", 5),
        event("updated", "active", 6),
    ];
    assert_eq!(told(&sandbox), expected);
    let payload = &sandbox.events()[3].payload;
    let moment =
        |name: &str| chrono::DateTime::parse_from_rfc3339(payload[name].as_str().unwrap()).unwrap();
    assert_eq!(
        (moment("updatedAt") - moment("createdAt")).num_seconds(),
        2,
        "any change counts"
    );
}
