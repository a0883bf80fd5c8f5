//! The task that receives events from Redis: it subscribes, checks the connection while no events arrive, and connects again
//! after the connection was lost.

use std::time::Duration;

use bird_connectors::webhook::Signals;
use futures_util::StreamExt as _;
use redis::{Client, RedisResult, Value};
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use crate::connection::TIMEOUT;
use crate::message;

/// How long a connection may be silent.
#[derive(Clone, Copy)]
struct HealthCheck {
    /// Without an event for this long, the server has to answer a ping. A connection that a firewall dropped reports no
    /// error.
    interval: Duration,
    /// How long each answer may take.
    timeout: Duration,
}

const HEALTH_CHECK: HealthCheck = HealthCheck {
    interval: Duration::from_secs(15),
    timeout: TIMEOUT,
};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Forwards events until it is aborted. Invalid messages are ignored.
pub(crate) async fn forward_events(client: Client, channel: String, signals: Signals) {
    let mut failures = 0;
    loop {
        let mut subscribed = || {
            if failures > 0 {
                info!("subscribed to webhook events in Redis again");
            }
            failures = 0;
        };
        let error = match receive(&client, &channel, &signals, HEALTH_CHECK, &mut subscribed).await
        {
            Ok(()) => "the connection was closed".to_owned(),
            Err(error) => error.to_string(),
        };
        if failures == 0 {
            warn!(
                error,
                "not subscribed to webhook events in Redis: waits poll as usual until the connection is back"
            );
        }
        sleep(pause(failures, fastrand::f64())).await;
        failures = failures.saturating_add(1);
    }
}

/// Subscribes and forwards events until the connection is lost.
async fn receive(
    client: &Client,
    channel: &str,
    signals: &Signals,
    health: HealthCheck,
    subscribed: &mut (dyn FnMut() + Send),
) -> RedisResult<()> {
    let (mut sink, mut messages) = within(health, client.get_async_pubsub()).await?.split();
    within(health, sink.subscribe(channel)).await?;
    subscribed();
    loop {
        match timeout(health.interval, messages.next()).await {
            Ok(Some(message)) => {
                if let Some(subject) = message::decode(message.get_payload_bytes()) {
                    signals.push(subject);
                }
            }
            Ok(None) => return Ok(()),
            Err(_) => within(health, sink.ping::<Value>()).await.map(drop)?,
        }
    }
}

/// Limits the time of a command.
async fn within<T>(
    health: HealthCheck,
    command: impl Future<Output = RedisResult<T>>,
) -> RedisResult<T> {
    match timeout(health.timeout, command).await {
        Ok(result) => result,
        Err(_) => Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()),
    }
}

/// The pause after a number of failures in a row: it doubles from 0.1 s to 5 s, and is shortened by up to half at random, so
/// that not all processes connect at the same time. `random` is from 0 to 1.
fn pause(failures: u32, random: f64) -> Duration {
    let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(failures));
    pause.min(LONGEST_PAUSE).mul_f64(1.0 - random / 2.0)
}

#[cfg(test)]
mod tests;
