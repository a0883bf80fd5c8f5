//! `RedisSignals` against a real server.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::future::IntoFuture as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bird_connectors::templates::Telegram;
use bird_connectors::wait::WaitOptions;
use bird_connectors::webhook::{Event, EventSubject};
use bird_connectors::{Client, ConnectorId, Workspace, WorkspaceId};
use bird_connectors_redis::{RedisSignals, redis};
use bird_connectors_sandbox::{Operation, Sandbox, Script, Step};
use bird_connectors_services::Redis;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::time::{sleep, timeout};

/// Recorded for both languages: the Python package has a test of the same file.
const VECTORS: &str = include_str!("../../bird-connectors/tests/vectors/redis.json");

/// Only events cause polls.
const RARELY: Duration = Duration::from_secs(3600);

fn signals(server: &Redis) -> RedisSignals {
    RedisSignals::new(redis::Client::open(server.url()).unwrap())
}

/// An event in a delivery of its own.
fn event(connector: ConnectorId) -> Event {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    serde_json::from_value(serde_json::json!({
        "service": "channels", "event": "channel.updated", "request_id": null,
        "payload": {"connectorId": connector, "accessToken": "planted-secret"},
        "timestamp": "2026-01-01T00:00:00Z", "delivery_key": format!("{number:064x}"),
    }))
    .unwrap()
}

async fn publish_raw(server: &Redis, message: &str) {
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut command = redis::cmd("PUBLISH");
    command.arg("bird-connectors:events").arg(message);
    let _: i64 = command.query_async(&mut connection).await.unwrap();
}

/// Waits until this number of processes is subscribed.
async fn until_subscribed(server: &Redis, count: i64) {
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut command = redis::cmd("PUBSUB");
    command.arg("NUMSUB").arg("bird-connectors:events");
    loop {
        let (_, current): (String, i64) = command.query_async(&mut connection).await.unwrap();
        if current == count {
            return;
        }
        sleep(Duration::from_millis(5)).await;
    }
}

async fn sandbox(script: Script) -> (Sandbox, Workspace) {
    let sandbox = Sandbox::builder()
        .default_script(script)
        .start()
        .await
        .unwrap();
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .build()
        .unwrap();
    let workspace = client.workspace(WorkspaceId::from(sandbox.workspace_id()));
    (sandbox, workspace)
}

#[tokio::test]
async fn published_event_reaches_all_streams_of_other_processes() {
    let server = Redis::start().unwrap();
    let (receiver, worker) = (signals(&server), signals(&server));
    let (mut first, mut second) = (worker.events(), worker.events());
    // Both streams share one connection.
    until_subscribed(&server, 1).await;
    let event = event(ConnectorId::from_u128(7));
    receiver.publish(&event).await.unwrap();
    assert_eq!(first.next().await, Some(EventSubject::from(&event)));
    assert_eq!(second.next().await, Some(EventSubject::from(&event)));
}

#[tokio::test]
async fn published_message_has_no_payload() {
    let server = Redis::start().unwrap();
    let client = redis::Client::open(server.url()).unwrap();
    let mut subscription = client.get_async_pubsub().await.unwrap();
    subscription
        .subscribe("bird-connectors:events")
        .await
        .unwrap();
    let event = event(ConnectorId::from_u128(7));
    signals(&server).publish(&event).await.unwrap();
    let message = subscription.on_message().next().await.unwrap();
    let message: String = message.get_payload().unwrap();
    assert!(
        message.contains(&event.delivery_key.to_string()),
        "{message}"
    );
    assert!(!message.contains("planted-secret"), "{message}");
}

#[tokio::test]
async fn invalid_messages_are_ignored() {
    let server = Redis::start().unwrap();
    let worker = signals(&server);
    let mut events = worker.events();
    until_subscribed(&server, 1).await;
    let vectors: serde_json::Value = serde_json::from_str(VECTORS).unwrap();
    for message in vectors["signals"]["ignored"].as_array().unwrap() {
        publish_raw(&server, message.as_str().unwrap()).await;
    }
    let event = event(ConnectorId::from_u128(7));
    worker.publish(&event).await.unwrap();
    assert_eq!(events.next().await, Some(EventSubject::from(&event)));
}

#[tokio::test]
async fn wait_polls_when_another_process_publishes_an_event() {
    let server = Redis::start().unwrap();
    let (sandbox, workspace) = sandbox(Script::pending(Duration::ZERO)).await;
    let install = workspace
        .connectors()
        .install(Telegram::new("Bot"))
        .await
        .unwrap();
    let worker = signals(&server);
    let options = WaitOptions::new()
        .interval(RARELY, RARELY)
        .signal(worker.events());
    let wait = tokio::spawn(install.until_ready().options(options).into_future());
    until_subscribed(&server, 1).await;
    while sandbox.count(Operation::GetChannel) == 0 {
        sleep(Duration::from_millis(5)).await;
    }

    let active = Step::Status("active".to_owned());
    assert!(sandbox.apply_step(*install.id().as_uuid(), active));
    signals(&server)
        .publish(&event(install.id()))
        .await
        .unwrap();
    let ready = wait.await.unwrap().unwrap();
    assert!(ready.polls <= 2, "{}", ready.polls);
}

#[tokio::test]
async fn wait_without_a_server_polls_as_usual() {
    let mut server = Redis::start().unwrap();
    let worker = signals(&server);
    server.stop();
    let script = Script::timed(Duration::ZERO, Duration::from_millis(30));
    let (_sandbox, workspace) = sandbox(script).await;
    let install = workspace
        .connectors()
        .install(Telegram::new("Bot"))
        .await
        .unwrap();
    let interval = Duration::from_millis(10);
    let options = WaitOptions::new()
        .interval(interval, interval)
        .signal(worker.events());
    install.until_ready().options(options).await.unwrap();
    let error = worker
        .publish(&event(install.id()))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("cannot publish a webhook event in Redis: "),
        "{error}"
    );
}

#[tokio::test]
async fn subscription_and_publisher_connect_again_after_a_restart() {
    let mut server = Redis::start().unwrap();
    let (receiver, worker) = (signals(&server), signals(&server));
    let mut events = worker.events();
    until_subscribed(&server, 1).await;
    receiver
        .publish(&event(ConnectorId::from_u128(1)))
        .await
        .unwrap();
    assert!(events.next().await.is_some());
    server.restart().unwrap();
    until_subscribed(&server, 1).await;
    let event = event(ConnectorId::from_u128(2));
    receiver.publish(&event).await.unwrap();
    assert_eq!(events.next().await, Some(EventSubject::from(&event)));
}

#[tokio::test]
async fn subscription_that_starts_before_the_server_connects_later() {
    let mut server = Redis::start().unwrap();
    server.stop();
    let worker = signals(&server);
    let mut events = worker.events();
    assert_eq!(events.next().now_or_never(), None);
    // The first attempt has failed.
    timeout(Duration::from_millis(50), events.next())
        .await
        .unwrap_err();
    server.restart().unwrap();
    until_subscribed(&server, 1).await;
    let event = event(ConnectorId::from_u128(2));
    worker.publish(&event).await.unwrap();
    assert_eq!(events.next().await, Some(EventSubject::from(&event)));
}

#[tokio::test]
async fn subscription_ends_when_signals_and_streams_are_dropped() {
    let server = Redis::start().unwrap();
    let worker = signals(&server);
    let events = worker.events();
    until_subscribed(&server, 1).await;
    drop(worker);
    // The stream keeps the subscription.
    until_subscribed(&server, 1).await;
    drop(events);
    until_subscribed(&server, 0).await;
}

#[tokio::test]
async fn event_without_an_id_is_not_published() {
    let mut server = Redis::start().unwrap();
    server.stop();
    let event: Event = serde_json::from_value(serde_json::json!({
        "service": "channels", "event": "channel.updated", "request_id": null, "payload": {},
        "timestamp": "2026-01-01T00:00:00Z", "delivery_key": "a1".repeat(32),
    }))
    .unwrap();
    signals(&server).publish(&event).await.unwrap();
}

/// The first runtime can end while the signals are used in another one.
#[test]
fn subscription_continues_in_another_runtime() {
    let server = Redis::start().unwrap();
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let worker = signals(&server);
    let mut events = worker.events();
    for number in [1, 2] {
        runtime().block_on(async {
            assert_eq!(events.next().now_or_never(), None);
            until_subscribed(&server, 1).await;
            let event = event(ConnectorId::from_u128(number));
            worker.publish(&event).await.unwrap();
            assert_eq!(events.next().await, Some(EventSubject::from(&event)));
        });
    }
}
