//! `RedisDedupStore` against a real server.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use bird_connectors::webhook::{Claim, DedupStore, Deduplicator, DeliveryKey, Event, WorkOutcome};
use bird_connectors_redis::{RedisDedupStore, redis};
use bird_connectors_services::Redis;

fn key(number: u8) -> DeliveryKey {
    format!("{number:064x}").parse().unwrap()
}

fn store(server: &Redis) -> RedisDedupStore {
    RedisDedupStore::new(redis::Client::open(server.url()).unwrap())
}

/// The answer to a command, such as the value of a key.
async fn ask<T: redis::FromRedisValue>(server: &Redis, command: &[&str]) -> T {
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let (name, arguments) = command.split_first().unwrap();
    let mut command = redis::cmd(name);
    command.arg(arguments);
    command.query_async(&mut connection).await.unwrap()
}

fn redis_key(number: u8) -> String {
    format!("bird-connectors:dedup:{}", key(number))
}

async fn value(server: &Redis, number: u8) -> Option<String> {
    ask(server, &["GET", &redis_key(number)]).await
}

async fn time_to_live(server: &Redis, number: u8) -> i64 {
    ask(server, &["PTTL", &redis_key(number)]).await
}

/// Ends the lease of the claim, as the clock of the server does, and claims the key with another worker.
async fn claim_after_lease(server: &Redis, store: &RedisDedupStore, number: u8) {
    let deleted: i64 = ask(server, &["DEL", &redis_key(number)]).await;
    assert_eq!(deleted, 1);
    assert_eq!(store.begin(key(number)).await.unwrap(), Claim::New);
}

#[tokio::test]
async fn delivery_is_new_in_flight_and_done_for_all_stores() {
    let server = Redis::start().unwrap();
    let (first, second) = (store(&server), store(&server));
    assert_eq!(first.begin(key(1)).await.unwrap(), Claim::New);
    assert_eq!(second.begin(key(1)).await.unwrap(), Claim::InFlight);
    assert_eq!(first.begin(key(1)).await.unwrap(), Claim::InFlight);
    assert_eq!(second.begin(key(2)).await.unwrap(), Claim::New);
    first.release(key(1)).await.unwrap();
    assert_eq!(second.begin(key(1)).await.unwrap(), Claim::New);
    second.commit(key(1)).await.unwrap();
    assert_eq!(first.begin(key(1)).await.unwrap(), Claim::Done);
    first.release(key(1)).await.unwrap();
    second.release(key(1)).await.unwrap();
    assert_eq!(first.begin(key(1)).await.unwrap(), Claim::Done);
}

#[tokio::test]
async fn keys_expire_after_the_lease_and_the_retention() {
    let server = Redis::start().unwrap();
    let store = store(&server);
    store.begin(key(1)).await.unwrap();
    assert!((1..=60_000).contains(&time_to_live(&server, 1).await));
    store.commit(key(1)).await.unwrap();
    assert!((60_001..=86_700_000).contains(&time_to_live(&server, 1).await));

    let short = Duration::from_millis(5);
    let store = self::store(&server).lease(short).remember_for(short);
    assert_eq!(store.begin(key(2)).await.unwrap(), Claim::New);
    while store.begin(key(2)).await.unwrap() != Claim::New {
        tokio::time::sleep(short).await;
    }
    store.commit(key(2)).await.unwrap();
    while store.begin(key(2)).await.unwrap() != Claim::New {
        tokio::time::sleep(short).await;
    }
}

#[tokio::test]
async fn one_of_many_concurrent_claims_is_new() {
    let server = Redis::start().unwrap();
    let stores: Vec<_> = (0..8).map(|_| Arc::new(store(&server))).collect();
    for number in 0..20 {
        let claims: Vec<_> = (0..32)
            .map(|worker| {
                let store = Arc::clone(&stores[worker % stores.len()]);
                tokio::spawn(async move { store.begin(key(number)).await.unwrap() })
            })
            .collect();
        let mut new = 0;
        for claim in claims {
            new += usize::from(claim.await.unwrap() == Claim::New);
        }
        assert_eq!(new, 1);
    }
}

#[tokio::test]
async fn worker_whose_lease_ended_does_not_release_the_claim_of_another_process() {
    let server = Redis::start().unwrap();
    let (slow, next) = (store(&server), store(&server));
    assert_eq!(slow.begin(key(1)).await.unwrap(), Claim::New);
    claim_after_lease(&server, &next, 1).await;
    let claimed = value(&server, 1).await;
    slow.release(key(1)).await.unwrap();
    assert_eq!(value(&server, 1).await, claimed);
    // Without a claim, nothing is sent.
    slow.release(key(1)).await.unwrap();
    assert_eq!(value(&server, 1).await, claimed);
    next.release(key(1)).await.unwrap();
    assert_eq!(value(&server, 1).await, None);
}

#[tokio::test]
async fn worker_whose_lease_ended_does_not_release_the_claim_of_its_own_process() {
    let server = Redis::start().unwrap();
    let store = store(&server);
    assert_eq!(store.begin(key(1)).await.unwrap(), Claim::New);
    claim_after_lease(&server, &store, 1).await;
    // The store cannot know which of both workers ends first.
    store.release(key(1)).await.unwrap();
    assert!(value(&server, 1).await.is_some());
    store.release(key(1)).await.unwrap();
    assert_eq!(value(&server, 1).await, None);
}

#[tokio::test]
async fn work_that_succeeded_after_its_lease_stays_done() {
    let server = Redis::start().unwrap();
    let (slow, next) = (store(&server), store(&server));
    assert_eq!(slow.begin(key(1)).await.unwrap(), Claim::New);
    claim_after_lease(&server, &next, 1).await;
    slow.commit(key(1)).await.unwrap();
    next.release(key(1)).await.unwrap();
    assert_eq!(value(&server, 1).await.as_deref(), Some("done"));
}

#[tokio::test]
async fn stores_with_other_prefixes_share_nothing() {
    let server = Redis::start().unwrap();
    let (first, second) = (store(&server).prefix("a:"), store(&server).prefix("b:"));
    assert_eq!(first.begin(key(1)).await.unwrap(), Claim::New);
    assert_eq!(second.begin(key(1)).await.unwrap(), Claim::New);
}

#[tokio::test]
async fn commands_after_a_restart_of_the_server_succeed() {
    let mut server = Redis::start().unwrap();
    let store = store(&server);
    assert_eq!(store.begin(key(1)).await.unwrap(), Claim::New);
    server.restart().unwrap();
    assert_eq!(store.begin(key(2)).await.unwrap(), Claim::New);
    server.restart().unwrap();
    store.commit(key(2)).await.unwrap();
    server.restart().unwrap();
    store.release(key(1)).await.unwrap();
}

#[tokio::test]
async fn unavailable_server_is_an_error_and_recovers() {
    let mut server = Redis::start().unwrap();
    let store = store(&server);
    server.stop();
    let error = store.begin(key(1)).await.unwrap_err().to_string();
    assert!(
        error.starts_with("cannot claim a webhook delivery in Redis: "),
        "{error}"
    );
    let error = store.commit(key(1)).await.unwrap_err().to_string();
    assert!(
        error.starts_with("cannot record a webhook delivery as done in Redis: "),
        "{error}"
    );
    server.restart().unwrap();
    assert_eq!(store.begin(key(1)).await.unwrap(), Claim::New);
}

#[tokio::test]
async fn deduplicators_of_two_processes_process_an_event_once() {
    let server = Redis::start().unwrap();
    let event: Event = serde_json::from_value(serde_json::json!({
        "service": "channels", "event": "channel.updated", "request_id": null, "payload": {},
        "timestamp": "2026-01-01T00:00:00Z", "delivery_key": key(1),
    }))
    .unwrap();
    let first = Deduplicator::new(store(&server));
    let second = Deduplicator::new(store(&server));
    let failed = first
        .work(&event, async { Err::<(), _>("no database") })
        .await;
    assert_eq!(
        failed.unwrap_err().to_string(),
        "processing the event failed: no database"
    );
    let nested = async {
        let other = second.work(&event, async { Ok::<(), &str>(()) }).await;
        assert_eq!(other.unwrap(), WorkOutcome::InFlight);
        Ok::<(), &str>(())
    };
    assert_eq!(
        first.work(&event, nested).await.unwrap(),
        WorkOutcome::Completed(())
    );
    let again = second.work(&event, async { Ok::<(), &str>(()) }).await;
    assert_eq!(again.unwrap(), WorkOutcome::AlreadyDone);
}
