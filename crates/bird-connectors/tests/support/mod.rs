//! What the integration tests share. Each test binary uses a part of it.
#![allow(dead_code)]

pub(crate) mod child;
pub(crate) mod faults;
pub(crate) mod operations;
pub(crate) mod paused;
pub(crate) mod server;

use std::time::Duration;

use bird_connectors::{Client, ClientBuilder};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

pub(crate) const KEY: &str = "planted-access-key";

pub(crate) const ORGANIZATION: Uuid = Uuid::from_u128(0x0a000000_0000_4000_8000_00000000000a);
pub(crate) const WORKSPACE: Uuid = Uuid::from_u128(0x0b000000_0000_4000_8000_00000000000b);
pub(crate) const CONNECTOR: Uuid = Uuid::from_u128(0x0c000000_0000_4000_8000_00000000000c);
pub(crate) const CHANNEL: Uuid = Uuid::from_u128(0x0d000000_0000_5000_8000_00000000000d);
pub(crate) const SUBSCRIPTION: Uuid = Uuid::from_u128(0x0e000000_0000_4000_8000_00000000000e);
pub(crate) const NUMBER: Uuid = Uuid::from_u128(0x0f000000_0000_4000_8000_00000000000f);

/// The settings of a client for a test server. Without rate limits: these servers have none.
pub(crate) fn builder(base_url: &str) -> ClientBuilder {
    Client::builder()
        .access_key(KEY)
        .base_url(base_url)
        .rate_limit(None)
}

pub(crate) fn client(base_url: &str) -> Client {
    builder(base_url).build().unwrap()
}

/// Waits until `condition` holds. Fails after a minute, which is ample on a busy machine.
pub(crate) async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let poll = async {
        while !condition() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    let limit = Duration::from_secs(60);
    assert!(
        timeout(limit, poll).await.is_ok(),
        "gave up waiting for {what}"
    );
}
