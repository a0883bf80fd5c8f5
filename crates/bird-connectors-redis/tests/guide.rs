//! The code of the documentation site.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use bird_connectors::install::Install;
use bird_connectors::models::ChannelId;

// --8<-- [start:dedup]
use bird_connectors::webhook::{Deduplicator, Event, WorkOutcome};
use bird_connectors_redis::{RedisDedupStore, redis};

fn deduplicator(url: &str) -> Result<Deduplicator, redis::RedisError> {
    let client = redis::Client::open(url)?;
    Ok(Deduplicator::new(RedisDedupStore::new(client)))
}
// --8<-- [end:dedup]

// --8<-- [start:signals]
use bird_connectors::wait::WaitOptions;
use bird_connectors_redis::RedisSignals;

/// The process that receives webhooks, for each verified event.
async fn receive(signals: &RedisSignals, event: &Event) {
    if let Err(error) = signals.publish(event).await {
        eprintln!("{error}"); // The waits poll as usual.
    }
}

/// The process that waits.
async fn wait(signals: &RedisSignals, install: &Install) -> anyhow::Result<ChannelId> {
    let options = WaitOptions::new().signal(signals.events());
    let ready = install.until_ready().options(options).await?;
    Ok(ready.channel_id)
}
// --8<-- [end:signals]

#[tokio::test]
async fn processes_share_deliveries_and_events() {
    let server = bird_connectors_services::Redis::start().unwrap();
    let sandbox = bird_connectors_sandbox::Sandbox::builder()
        .default_script(bird_connectors_sandbox::Script::instant());
    let sandbox = sandbox.start().await.unwrap();
    let client = bird_connectors::Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .workspace_id(sandbox.workspace_id())
        .build()
        .unwrap();
    let workspace = client.default_workspace().unwrap();
    let template = bird_connectors::templates::Telegram::new("Bot");
    let install = workspace.connectors().install(template).await.unwrap();
    let event: Event = serde_json::from_value(serde_json::json!({
        "service": "channels", "event": "channel.updated", "request_id": null,
        "payload": {"connectorId": install.id()}, "timestamp": "2026-01-01T00:00:00Z",
        "delivery_key": "a1".repeat(32),
    }))
    .unwrap();

    let outcomes = [WorkOutcome::Completed(()), WorkOutcome::AlreadyDone];
    for expected in outcomes {
        let deduplicator = deduplicator(&server.url()).unwrap();
        let work = async { Ok::<(), std::io::Error>(()) };
        assert_eq!(deduplicator.work(&event, work).await.unwrap(), expected);
    }

    let signals = RedisSignals::new(redis::Client::open(server.url()).unwrap());
    receive(&signals, &event).await;
    let channel = wait(&signals, &install).await.unwrap();
    assert_eq!(sandbox.channels()[0]["id"], channel.to_string());
}
