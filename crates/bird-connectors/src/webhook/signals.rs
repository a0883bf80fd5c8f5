//! A hub that forwards events from a receiver to waits.

use futures_core::Stream;
use futures_util::stream;
use tokio::sync::broadcast::{self, error::RecvError};

use super::EventSubject;

/// The number of events that a subscriber may lag before it misses the oldest.
const CAPACITY: usize = 1024;

/// Forwards verified events from the receiver of webhooks to waits, so that a wait polls as soon as its channel changes.
/// Cheap to clone; all clones are the same hub. Of each event it keeps the [subject](EventSubject), and not the payload.
///
/// The receiver [pushes](Self::push) each event, and a wait subscribes with
/// [`WaitOptions::signal`](crate::wait::WaitOptions::signal):
///
/// ```
/// # use bird_connectors::{ChannelMessageType, Client, WorkspaceId, templates::Sms};
/// use bird_connectors::{wait::WaitOptions, webhook::{Event, Signals}};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use bird_connectors_sandbox::{Sandbox, Script};
/// # let script = Script::timed(std::time::Duration::ZERO, std::time::Duration::from_millis(10));
/// # let sandbox = Sandbox::builder().default_script(script).start().await?;
/// # let client = Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key()).build()?;
/// # let workspace = client.workspace(WorkspaceId::from(sandbox.workspace_id()));
/// # let template = Sms::new("Shop", sandbox.numbers()[0].id(), ChannelMessageType::Conversational);
/// # let install = workspace.connectors().install(template).await?;
/// # let event: Event = serde_json::from_value(serde_json::json!({
/// #     "service": "channels", "event": "channel.updated", "request_id": null, "timestamp": "2026-01-01T00:00:00Z",
/// #     "payload": {"connectorId": install.id()}, "delivery_key": "a1".repeat(32),
/// # }))?;
/// let signals = Signals::new();
///
/// let options = WaitOptions::new().signal(signals.events());
/// let wait = install.until_ready().options(options);
///
/// // In the receiver, in the same process, for each verified event:
/// signals.push(&event);
///
/// let ready = wait.await?;
/// # assert_eq!(ready.channel_id.to_string(), sandbox.channels()[0]["id"].as_str().unwrap());
/// # Ok(())
/// # }
/// ```
///
/// If the receiver is another process, forward the subjects of its events to a hub in each process that waits. The crate
/// `bird-connectors-redis` does this through Redis.
///
/// The hub stores nothing for future subscribers, and a subscriber that lags more than 1024 events misses the oldest. A
/// missed event delays a wait and does not change its result.
#[derive(Clone, Debug)]
pub struct Signals {
    sender: broadcast::Sender<EventSubject>,
}

impl Signals {
    /// A hub without subscribers.
    #[must_use]
    pub fn new() -> Self {
        Self {
            sender: broadcast::Sender::new(CAPACITY),
        }
    }

    /// Sends an event, or the subject of one, to all current subscribers. Never blocks, and does nothing if there are none.
    pub fn push(&self, event: impl Into<EventSubject>) {
        // It only fails without subscribers.
        let _ = self.sender.send(event.into());
    }

    /// Subscribes to the events that are pushed from now on. The stream ends when the hub and all its clones are dropped.
    pub fn events(&self) -> impl Stream<Item = EventSubject> + Send + Unpin + use<> {
        Box::pin(stream::unfold(
            self.sender.subscribe(),
            |mut receiver| async move {
                loop {
                    match receiver.recv().await {
                        Ok(event) => return Some((event, receiver)),
                        Err(RecvError::Lagged(_)) => {}
                        Err(RecvError::Closed) => return None,
                    }
                }
            },
        ))
    }
}

impl Default for Signals {
    fn default() -> Self {
        Self::new()
    }
}
