//! Channel events and their times.

use std::time::Duration;

use bird_connectors_sandbox::behavior::EventChannelId;
use bird_connectors_sandbox::{Sandbox, Script, Step};
use serde_json::json;

use crate::client::Client;
use crate::clock::ManualClock;

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn events(sandbox: &Sandbox) -> Vec<(String, String, u64)> {
    let summary = |event: bird_connectors_sandbox::ChannelEvent| {
        (event.event.to_owned(), event.status, event.at.as_secs())
    };
    sandbox.events().into_iter().map(summary).collect()
}

fn event(event: &str, status: &str, at: u64) -> (String, String, u64) {
    (format!("channel.{event}"), status.to_owned(), at)
}

#[tokio::test(start_paused = true)]
async fn channel_causes_an_event_for_its_creation_and_each_status_change() {
    let clock = ManualClock::hold();
    let sandbox = Sandbox::builder()
        .default_script(Script::timed(s(2), s(4)))
        .start()
        .await
        .unwrap();
    let client = Client::new(&sandbox);
    clock.advance(s(10)).await;
    let id = client.install("a").await;
    assert!(sandbox.events().is_empty());
    clock.advance(s(2)).await;
    assert_eq!(events(&sandbox), [event("created", "pending", 12)]);
    clock.advance(s(100)).await;
    assert_eq!(
        events(&sandbox),
        [
            event("created", "pending", 12),
            event("updated", "active", 14)
        ]
    );
    sandbox.apply_step(id.parse().unwrap(), Step::Status("active".into()));
    assert_eq!(
        events(&sandbox).len(),
        2,
        "an unchanged status causes no event"
    );
    sandbox.apply_step(id.parse().unwrap(), Step::Channel("pending".into()));
    assert_eq!(
        events(&sandbox).last(),
        Some(&event("created", "pending", 112)),
        "a replacement is a new channel"
    );
}

#[tokio::test(start_paused = true)]
async fn event_payload_is_the_channel_at_the_time_of_the_event() {
    let clock = ManualClock::hold();
    let sandbox = Sandbox::builder()
        .default_script(Script::timed(s(0), s(5)))
        .start()
        .await
        .unwrap();
    let client = Client::new(&sandbox);
    let id = client.install("a").await;
    let at_creation = sandbox.channels()[0].clone();
    clock.advance(s(5)).await;
    let events = sandbox.events();
    assert_eq!(events[0].payload, at_creation);
    assert_eq!(events[1].payload, sandbox.channels()[0]);
    assert_eq!(events[1].connector_id.to_string(), id);
    assert_eq!(json!(events[1].channel_id), at_creation["id"]);
    assert_eq!(events[1].workspace_id, sandbox.workspace_id());

    sandbox.behavior(|behavior| behavior.event_channel_id = EventChannelId::ChannelId);
    let payload = sandbox.events()[0].payload.clone();
    assert_eq!(
        (payload.get("id"), payload.get("channelId")),
        (None, at_creation.get("id"))
    );
}

#[tokio::test(start_paused = true)]
async fn deleted_connector_causes_no_further_events() {
    let clock = ManualClock::hold();
    let sandbox = Sandbox::builder()
        .default_script(Script::timed(s(1), s(5)))
        .start()
        .await
        .unwrap();
    let client = Client::new(&sandbox);
    let id = client.install("a").await;
    clock.advance(s(2)).await;
    client
        .delete(&format!("/connectors/{id}"))
        .await
        .json_with_status(204);
    clock.advance(s(10)).await;
    assert_eq!(events(&sandbox), [event("created", "pending", 1)]);
}

#[tokio::test(start_paused = true)]
async fn events_of_all_connectors_are_ordered_by_time() {
    let clock = ManualClock::hold();
    let sandbox = Sandbox::builder()
        .default_script(Script::timed(s(1), s(4)))
        .start()
        .await
        .unwrap();
    let client = Client::new(&sandbox);
    client.install("a").await;
    clock.advance(s(2)).await;
    let second = client.install("b").await;
    clock.advance(s(3)).await;
    let channel = sandbox.channels()[1].clone();
    assert_eq!(channel["connectorId"], second.as_str());
    let path = format!(
        "/channels/{}/conversational",
        channel["id"].as_str().unwrap()
    );
    client
        .patch(&path, json!({ "status": "active" }))
        .await
        .json_with_status(200);
    clock.advance(s(10)).await;
    let expected = [
        event("created", "pending", 1),
        event("created", "pending", 3),
        event("updated", "active", 4),
        event("updated", "pending", 5),
        event("updated", "active", 6),
    ];
    assert_eq!(events(&sandbox), expected);
    let payload = &sandbox.events()[3].payload;
    let moment =
        |name: &str| chrono::DateTime::parse_from_rfc3339(payload[name].as_str().unwrap()).unwrap();
    assert_eq!(
        (moment("updatedAt") - moment("createdAt")).num_seconds(),
        2,
        "the conversational status changes updatedAt"
    );
}
