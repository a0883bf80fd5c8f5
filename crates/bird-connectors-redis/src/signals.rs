//! Events that processes send each other through a channel of Redis.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bird_connectors::webhook::{Event, EventSubject, Signals};
use futures_core::Stream;
use futures_util::{StreamExt as _, stream};
use redis::Client;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::connection::{Connection, DEFAULT_PREFIX};
use crate::error::Error;
use crate::message;
use crate::subscription::forward_events;

/// Forwards verified events to the waits of other processes, so that a wait polls as soon as its channel changes, although
/// another process receives the webhooks. Cheap to clone; all clones share their connections.
///
/// The receiver [publishes](Self::publish) each event, and a wait subscribes with
/// [`WaitOptions::signal`](bird_connectors::wait::WaitOptions::signal):
///
/// ```
/// # use bird_connectors::{Client, WorkspaceId, templates::Telegram, webhook::Event};
/// use bird_connectors::wait::WaitOptions;
/// use bird_connectors_redis::{RedisSignals, redis};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use bird_connectors_sandbox::{Sandbox, Script};
/// # let server = bird_connectors_services::Redis::start()?;
/// # let url = server.url();
/// # let sandbox = Sandbox::builder().default_script(Script::instant()).start().await?;
/// # let client = Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key()).build()?;
/// # let workspace = client.workspace(WorkspaceId::from(sandbox.workspace_id()));
/// # let install = workspace.connectors().install(Telegram::new("Bot")).await?;
/// # let event: Event = serde_json::from_value(serde_json::json!({
/// #     "service": "channels", "event": "channel.updated", "request_id": null, "timestamp": "2026-01-01T00:00:00Z",
/// #     "payload": {"connectorId": install.id()}, "delivery_key": "a1".repeat(32),
/// # }))?;
/// let signals = RedisSignals::new(redis::Client::open(url)?);
///
/// // In the process that waits:
/// let options = WaitOptions::new().signal(signals.events());
/// let wait = install.until_ready().options(options);
///
/// // In the process that receives webhooks, for each verified event:
/// signals.publish(&event).await?;
///
/// let ready = wait.await?;
/// # assert_eq!(ready.channel_id.to_string(), sandbox.channels()[0]["id"].as_str().unwrap());
/// # Ok(())
/// # }
/// ```
///
/// An event is published as the ids of its connector and its channel, and without its payload. The Python package uses the
/// same format.
///
/// Redis stores nothing for processes that are not connected, so an event can be lost. It then delays a wait, which polls as
/// usual, and does not change its result. A process that lost its connection connects again after pauses that grow from 0.1
/// to 5 seconds.
#[derive(Clone)]
pub struct RedisSignals {
    shared: Arc<Shared>,
}

struct Shared {
    connection: Connection,
    channel: String,
    /// Passes the events from Redis to the waits of this process.
    local: Signals,
    subscription: Mutex<Option<JoinHandle<()>>>,
}

impl RedisSignals {
    /// Signals through this server. No connection is made yet.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self::with_channel(client, DEFAULT_PREFIX)
    }

    /// Signals whose channel begins with this string, such as `shop:`. Processes with the same prefix share their events, also
    /// if they use databases with different numbers. Default: `bird-connectors:`.
    #[must_use]
    pub fn prefix(self, prefix: impl AsRef<str>) -> Self {
        Self::with_channel(self.shared.connection.client().clone(), prefix.as_ref())
    }

    fn with_channel(client: Client, prefix: &str) -> Self {
        Self {
            shared: Arc::new(Shared {
                connection: Connection::new(client),
                channel: format!("{prefix}events"),
                local: Signals::new(),
                subscription: Mutex::default(),
            }),
        }
    }

    /// Publishes an event to all processes that are subscribed. An event that names neither a connector nor a channel is not
    /// published, because no wait polls for it.
    ///
    /// Waits for the connection and for the response for up to 5 seconds each, and is repeated once if the connection was
    /// lost.
    ///
    /// # Errors
    /// If Redis is not available. Respond to the delivery as usual: the waits of other processes then poll without the event.
    pub async fn publish(&self, event: &Event) -> Result<(), Error> {
        let Some(message) = message::encode(event) else {
            return Ok(());
        };
        let mut command = redis::cmd("PUBLISH");
        command.arg(&self.shared.channel).arg(message);
        let result = self.shared.connection.query(&command).await;
        result.map_err(|error| Error::redis("cannot publish a webhook event", error))
    }

    /// Subscribes to the events that are published from now on, by this and all other processes. The stream does not end.
    ///
    /// The first call starts a task that receives the events over one connection, for all streams. It ends when all streams
    /// and all clones of the signals were dropped. Outside of a tokio runtime, it starts when the stream is polled.
    pub fn events(&self) -> impl Stream<Item = EventSubject> + Send + Unpin + use<> {
        let shared = Arc::clone(&self.shared);
        let mut events = shared.local.events();
        shared.subscribe();
        stream::poll_fn(move |cx| {
            // The stream can be created outside of a runtime, and outlive the runtime of the task.
            shared.subscribe();
            events.poll_next_unpin(cx)
        })
    }
}

impl Shared {
    /// Starts the task that receives the events, unless it runs.
    fn subscribe(&self) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let mut subscription = self.subscription();
        if subscription.as_ref().is_none_or(JoinHandle::is_finished) {
            let client = self.connection.client().clone();
            let task = forward_events(client, self.channel.clone(), self.local.clone());
            *subscription = Some(runtime.spawn(task));
        }
    }

    fn subscription(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        let subscription = self.subscription.lock();
        subscription.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(task) = self.subscription().take() {
            task.abort();
        }
    }
}

/// Without the address of the server, which can contain a password.
impl fmt::Debug for RedisSignals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisSignals")
            .field("channel", &self.shared.channel)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
