//! A hub for events: a receiver pushes, any number of waits listen.

use std::sync::Arc;

use futures_core::Stream;
use futures_util::stream;
use tokio::sync::broadcast::{self, error::RecvError};

use super::Event;

/// How many events a listener may lag behind before it misses the oldest.
const CAPACITY: usize = 1024;

/// A hub for verified events. Cheap to clone: all clones are the same hub.
///
/// The receiver of webhooks pushes into it, and each wait listens with
/// [`WaitOptions::signal`](crate::wait::WaitOptions::signal):
///
/// ```no_run
/// # use bird_connectors::{wait::WaitOptions, webhook::{Event, Signals}, Install};
/// # async fn example(signals: Signals, event: Event, install: Install) -> Result<(), bird_connectors::WaitError> {
/// signals.push(event); // In the receiver.
///
/// let options = WaitOptions::new().signal(signals.events());
/// let ready = install.until_ready().options(options).await?; // Elsewhere in the same process.
/// # Ok(())
/// # }
/// ```
///
/// It keeps nothing for listeners to come, and a listener that lags more than 1024 events behind misses some. A wait
/// that misses an event takes longer and comes out the same.
#[derive(Clone, Debug)]
pub struct Signals {
    sender: broadcast::Sender<Arc<Event>>,
}

impl Signals {
    /// A hub without listeners.
    #[must_use]
    pub fn new() -> Self {
        Self {
            sender: broadcast::Sender::new(CAPACITY),
        }
    }

    /// Hands an event to everyone who listens now. It never waits.
    pub fn push(&self, event: impl Into<Arc<Event>>) {
        // It fails where nobody listens, and nobody misses it then.
        let _ = self.sender.send(event.into());
    }

    /// The events from now on. The stream ends when the hub and all its clones are gone.
    pub fn events(&self) -> impl Stream<Item = Arc<Event>> + Send + Unpin + use<> {
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
