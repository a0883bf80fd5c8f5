//! The state of a bulk wait: the followed installs, the agenda, and the results that have not been delivered. It sends
//! no request.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bird_connectors_api::types::{Channel, ConnectorId, WorkspaceId};
use tokio::time::Instant;

use super::agenda::Agenda;
use super::followed::{FollowedInstall, WaitOutcome};
use super::install_ref::InstallRef;
use super::installs::FollowedInstalls;
use super::totals::{SharedTotals, WaitTotals};
use crate::error::Error;
use crate::wait::error::WaitError;
use crate::wait::machine::ReadResult;
use crate::wait::response_check::{foreign_channel, owner_of};
use crate::wait::rules::{ReadTime, WaitRules};
use crate::wait::signal::RecentDeliveries;
use crate::wait::source::Lookup;
use crate::wait::telemetry::BulkWaitTelemetry;
use crate::webhook::EventSubject;

pub(super) struct BulkWaitState {
    settings: FollowSettings,
    pub(super) installs: FollowedInstalls,
    pub(super) agenda: Agenda,
    deliveries: RecentDeliveries,
    results: VecDeque<(ConnectorId, WaitOutcome)>,
    totals: Arc<SharedTotals>,
    telemetry: BulkWaitTelemetry,
}

/// The settings that apply to each install.
pub(super) struct FollowSettings {
    pub(super) workspace: WorkspaceId,
    pub(super) rules: Arc<WaitRules>,
    pub(super) timeout: Option<Duration>,
    /// The timeouts of installs that have their own, by connector.
    pub(super) timeouts: HashMap<ConnectorId, Duration>,
}

impl BulkWaitState {
    pub(super) fn new(
        settings: FollowSettings,
        agenda: Agenda,
        totals: Arc<SharedTotals>,
        telemetry: BulkWaitTelemetry,
    ) -> Self {
        Self {
            settings,
            installs: FollowedInstalls::default(),
            agenda,
            deliveries: RecentDeliveries::default(),
            results: VecDeque::new(),
            totals,
            telemetry,
        }
    }

    pub(super) fn next_result(&mut self) -> Option<(ConnectorId, WaitOutcome)> {
        self.results.pop_front()
    }

    pub(super) fn count(&self, change: impl FnOnce(&mut WaitTotals)) {
        self.totals.count(change);
    }

    /// The number of rounds that have begun.
    pub(super) fn rounds(&self) -> u32 {
        self.totals.totals().rounds
    }

    /// Follows an install, unless it is followed already.
    pub(super) fn follow(&mut self, install: InstallRef, now: Instant) {
        let connector = install.connector_id();
        if self.installs.contains(connector) {
            return;
        }
        self.count(|totals| totals.pending += 1);
        let settings = &self.settings;
        let own_timeout = settings.timeouts.get(&connector).copied();
        let followed = FollowedInstall::new(
            install.0,
            settings.workspace,
            Arc::clone(&settings.rules),
            own_timeout.or(settings.timeout),
            self.agenda.pacing().min_spacing(),
        );
        match followed {
            Ok(followed) => {
                self.agenda.follow(connector, followed.end(), now);
                self.installs.insert(connector, followed);
            }
            Err(error) => {
                self.count(|totals| totals.pending -= 1);
                self.finish(connector, Err(WaitError::Invalid(error)), now);
            }
        }
    }

    /// Stops following the installs that the caller has cancelled; they get no result.
    pub(super) fn cancel_requested(&mut self) {
        for connector in self.totals.take_cancelled() {
            if self.remove(connector).is_some() {
                self.count(|totals| totals.cancelled += 1);
                self.telemetry.cancelled(connector);
            }
        }
    }

    /// Takes a webhook event. A duplicate of an earlier one does nothing.
    pub(super) fn receive_event(&mut self, subject: EventSubject, now: Instant) {
        if let Some(connector) = self.installs.find(subject.connector_id, subject.channel_id)
            && self.deliveries.insert(subject.delivery_key)
        {
            self.agenda.wake(connector, now);
        }
    }

    /// Takes a channel from a list. It belongs to the connector that it names, or else to the install that is known to have
    /// this channel.
    pub(super) fn receive_listed(&mut self, lookup: Lookup, channel: Channel, now: Instant) {
        let owner = owner_of(&channel);
        let Some(connector) = self.installs.find(owner, Some(channel.id)) else {
            return;
        };
        let Some(install) = self.installs.get_mut(connector) else {
            return;
        };
        if !install.is_in_round() || channel.id.as_uuid().is_nil() {
            return;
        }
        match owner {
            Some(owner) if owner != connector => {
                let error = foreign_channel("list channels", channel.id, owner);
                let time = ReadTime {
                    sent: now - install.joined(),
                    received: now - install.joined(),
                };
                let result = ReadResult::Shared(Err(Arc::new(error)));
                install.receive(result, time, self.telemetry.span(), now);
            }
            _ => install.show(lookup, channel, now),
        }
    }

    /// Takes the result of an individual read.
    pub(super) fn receive(
        &mut self,
        connector: ConnectorId,
        result: ReadResult,
        time: ReadTime,
        now: Instant,
    ) {
        let Some(install) = self.installs.get_mut(connector) else {
            return;
        };
        if install.end_individual_read(result, time, self.telemetry.span(), now) {
            self.agenda.note_change(now);
        }
        self.installs.index_channel(connector);
    }

    /// Ends the round for its installs. Returns how many of them each kind of list has contained.
    pub(super) fn end_round(
        &mut self,
        began: Instant,
        failure: Option<&Arc<Error>>,
        now: Instant,
    ) -> [usize; 2] {
        let mut shown = [0, 0];
        let mut members = Vec::new();
        for (connector, install) in self.installs.iter_mut() {
            if !install.is_in_round() {
                continue;
            }
            for lookup in [Lookup::Unfiltered, Lookup::ByStatus] {
                shown[lookup as usize] += usize::from(install.was_listed_by(lookup));
            }
            if install.end_round(began, failure, self.telemetry.span(), now) {
                self.agenda.note_change(now);
            }
            members.push(connector);
        }
        for connector in members {
            self.installs.index_channel(connector);
            self.evaluate(connector, now);
        }
        shown
    }

    /// Ends the wait for an install if its state says so.
    pub(super) fn evaluate(&mut self, connector: ConnectorId, now: Instant) {
        let Some(install) = self.installs.get_mut(connector) else {
            return;
        };
        if let Some(outcome) = install.outcome(now) {
            install.log_outcome(&outcome, now, self.telemetry.span());
            self.remove(connector);
            self.finish(connector, outcome, now);
        }
    }

    /// Records that the poll that begins now is the last one of these installs.
    pub(super) fn begin_last_polls(&mut self, connectors: &[ConnectorId], now: Instant) {
        for &connector in connectors {
            let Some(install) = self.installs.get_mut(connector) else {
                continue;
            };
            let Some(before) = install.end() else {
                continue;
            };
            self.agenda.begin_last_poll(connector, before.deadline);
            let end = install.begin_last_poll(before, now);
            self.agenda.move_end(connector, before.end, end);
        }
    }

    /// Ends the wait for an install whose timeout has expired, and cuts off what is running.
    pub(super) fn end(&mut self, connector: ConnectorId, now: Instant) {
        if let Some(mut install) = self.remove(connector) {
            let outcome = install.cut_off(self.telemetry.span(), now);
            install.log_outcome(&outcome, now, self.telemetry.span());
            self.finish(connector, outcome, now);
        }
    }

    fn remove(&mut self, connector: ConnectorId) -> Option<Box<FollowedInstall>> {
        let install = self.installs.remove(connector)?;
        self.agenda.unfollow(connector, install.end());
        self.count(|totals| totals.pending -= 1);
        Some(install)
    }

    fn finish(&mut self, connector: ConnectorId, outcome: WaitOutcome, now: Instant) {
        self.agenda.note_change(now);
        if let Err(error) = &outcome {
            self.telemetry.failed(error);
        }
        self.count(|totals| match &outcome {
            Ok(_) => totals.ready += 1,
            Err(_) => totals.failed += 1,
        });
        self.results.push_back((connector, outcome));
    }
}

impl Drop for BulkWaitState {
    fn drop(&mut self) {
        self.telemetry.end(self.installs.len());
    }
}
