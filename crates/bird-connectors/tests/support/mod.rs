//! Helpers of the integration tests. Each test binary uses some of them.
#![allow(dead_code, unused_imports)]

pub(crate) mod child;
pub(crate) mod faults;
pub(crate) mod paused;
pub(crate) mod server;

use std::time::Duration;

use bird_connectors::{Client, ClientBuilder};
pub(crate) use bird_connectors_catalogue::{
    ACCESS_KEY as KEY, CHANNEL, CONNECTOR, NUMBER, ORGANIZATION, SUBSCRIPTION, WORKSPACE,
};
use tokio::time::{sleep, timeout};

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

/// Waits until `condition` holds. Fails after a minute, which is long enough even on a busy machine.
pub(crate) async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let poll = async {
        while !condition() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    let limit = Duration::from_secs(60);
    assert!(
        timeout(limit, poll).await.is_ok(),
        "timed out after one minute: {what}"
    );
}
