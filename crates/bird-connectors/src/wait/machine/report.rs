//! What a wait reports from its state: the progress of a poll, and the report at the end.

use std::time::Duration;

use bird_connectors_api::types::ConnectorId;

use super::WaitMachine;
use crate::resume::WaitToken;
use crate::wait::error::WaitReport;
use crate::wait::progress::Progress;

impl WaitMachine {
    /// The progress of the current poll, without the objects that were read.
    pub(crate) fn summary(&self, connector_id: ConnectorId, elapsed: Duration) -> Progress {
        Progress {
            poll: self.polls,
            elapsed,
            connector_id,
            channel_id: self.channel_id,
            status: self.status.clone(),
            stage: self.stage.clone(),
            connector: None,
            channel: None,
            readiness: None,
            error: None,
            next_poll_in: None,
            ready: false,
            confirmed_by: None,
        }
    }

    /// The progress of the current poll.
    pub(crate) fn progress(&self, connector_id: ConnectorId, elapsed: Duration) -> Progress {
        Progress {
            connector: self.connector.as_deref().cloned(),
            channel: self.channel.as_deref().cloned(),
            readiness: self.readiness.as_deref().cloned(),
            error: self.current.error.as_deref().cloned(),
            ..self.summary(connector_id, elapsed)
        }
    }

    /// The report of a wait that ends without a channel that can send.
    pub(crate) fn report(&self, token: &WaitToken, elapsed: Duration) -> WaitReport {
        let last_error = self.last_error.as_ref();
        WaitReport {
            connector: self.connector.as_deref().cloned(),
            channel: self.channel.as_deref().cloned(),
            readiness: self.readiness.as_deref().cloned(),
            status: self.status.clone(),
            status_is_of_readiness: self.status_is_of_readiness,
            channel_state: self.channel_state.clone(),
            stage: self.stage.clone(),
            last_poll_error: last_error.map(|(_, error)| (**error).clone()),
            last_error_poll: last_error.map(|(poll, _)| *poll),
            polls: self.polls,
            elapsed,
            token: token.with_observed(self.connector_observed),
        }
    }
}
