//! What a poll decides: whether the wait is over, and how it ended.

use std::sync::Arc;

use bird_connectors_api::types::ChannelId;

use super::WaitMachine;
use super::access::Access;
use super::poll::PollOutcome;
use crate::error::Error;
use crate::wait::error::StatusSource;

impl WaitMachine {
    /// Whether no further read of this poll can change its outcome.
    pub(crate) fn is_decided(&self) -> bool {
        self.unauthorized.is_some() || self.ready().is_some()
    }

    /// The outcome of the poll, once there is nothing more to read or its time is over.
    pub(crate) fn outcome(&self) -> PollOutcome {
        if let Some((channel_id, confirmed_by)) = self.ready() {
            return PollOutcome::Ready {
                channel_id,
                confirmed_by,
            };
        }
        if let Some(error) = self.unauthorized.as_ref().or_else(|| self.denied()) {
            return PollOutcome::Denied(Arc::clone(error));
        }
        if let Some((status, reported_by)) = self.failed() {
            return PollOutcome::Failed {
                status: status.to_owned(),
                reported_by,
            };
        }
        if self.connector_missing.are_confirmed() {
            return PollOutcome::Vanished;
        }
        PollOutcome::Pending {
            retry_after: self.current.retry_after,
        }
    }

    /// Only results of the current poll count, because older ones may be outdated.
    fn ready(&self) -> Option<(ChannelId, StatusSource)> {
        let id = self.channel_id?;
        let condition = &self.rules.condition;
        if condition.needs_no_status() {
            return Some((id, self.channel_id_source));
        }
        if let Some((read, holds)) = self.current.channel_read
            && read == id
        {
            return holds.then_some((id, StatusSource::Channel));
        }
        let named = self.current.channel_named
            || !(self.access.connector.is_open() || self.access.list.is_open());
        let holds = condition.holds_for_status(self.current.readiness_status.as_deref()?);
        (named && holds && !self.access.channel.is_open())
            .then_some((id, StatusSource::ReadinessChannel))
    }

    /// The 403 of the list, if no source can be read. The list is read last, so its error is the last one.
    fn denied(&self) -> Option<&Arc<Error>> {
        let Access::Denied(error) = &self.access.list else {
            return None;
        };
        let source_left = match self.channel_id {
            None => self.access.connector.is_open(),
            Some(_) => {
                self.access.channel.is_open()
                    || (self.access.readiness.is_open() && !self.rules.condition.needs_channel())
            }
        };
        (!source_left).then_some(error)
    }

    /// The first confirmed failure status, and the resource that reported it.
    fn failed(&self) -> Option<(&str, StatusSource)> {
        let streaks = [
            (StatusSource::Channel, &self.channel_failing),
            (
                StatusSource::ReadinessChannel,
                &self.readiness_channel_failing,
            ),
            (
                StatusSource::ReadinessNumber,
                &self.readiness_number_failing,
            ),
        ];
        streaks
            .into_iter()
            .find_map(|(source, streak)| Some((streak.confirmed()?, source)))
    }
}
