//! The state, shared between the handle, the server and the webhook delivery.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot};

use crate::state::State;

pub(crate) struct Shared {
    state: Mutex<State>,
    changed: Notify,
    port: mpsc::UnboundedSender<PortCommand>,
}

/// Closes or opens the port of the server.
#[derive(Debug)]
pub(crate) enum PortCommand {
    /// Closes all connections and refuses new ones for this long, or until [`PortCommand::Open`].
    Close {
        duration: Option<Duration>,
        done: Option<oneshot::Sender<()>>,
    },
    Open {
        done: oneshot::Sender<()>,
    },
}

impl Shared {
    pub(crate) const fn new(state: State, port: mpsc::UnboundedSender<PortCommand>) -> Self {
        Self {
            state: Mutex::new(state),
            changed: Notify::const_new(),
            port,
        }
    }

    pub(crate) fn send_to_port(&self, command: PortCommand) {
        // Sending fails only after the sandbox has stopped; then the port is closed already.
        let _ = self.port.send(command);
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the webhook delivery after a change that may cause events.
    pub(crate) fn notify_changed(&self) {
        self.changed.notify_one();
    }

    /// Waits for [`Shared::notify_changed`].
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }
}
