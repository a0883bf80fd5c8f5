//! How the result of a read changes the state.

use std::sync::Arc;
use std::time::Duration;

use bird_connectors_api::types::{Channel, Connector, ConnectorReadiness};

use super::WaitMachine;
use super::access::Access;
use super::read::ReadResult;
use crate::error::{Error, ErrorKind};
use crate::wait::channel_state::{ChannelState, filled};
use crate::wait::error::StatusSource;
use crate::wait::response_check::{unreadable_channel, unreadable_status};
use crate::wait::rules::{FailureStreak, Observations, ReadTime};

/// For this long after the create, a 404 does not mean that the connector is gone.
const SETTLING: Duration = Duration::from_secs(30);

impl WaitMachine {
    /// Takes the result of a read.
    pub(crate) fn receive(&mut self, result: ReadResult, time: ReadTime) {
        match result {
            ReadResult::Connector(result) => self.receive_connector(result, time),
            ReadResult::Readiness(result) => self.receive_readiness(result, time),
            ReadResult::Channel(result) => self.receive_channel(result, time),
            ReadResult::List(result) => self.receive_list(result, time),
            ReadResult::Shared(result) => self.receive_shared(result, time),
        }
    }

    /// Ends a poll that took too long. The error is dropped if the poll is decided already, and the report keeps an error of
    /// this poll or of the one before: what the server answered says more than that its last answer was late.
    pub(crate) fn cut_off(&mut self, error: Error) {
        if self.is_decided() {
            return;
        }
        let recent = self.last_error.take();
        self.absorb(Arc::new(error));
        if recent
            .as_ref()
            .is_some_and(|(poll, _)| *poll + 1 >= self.polls)
        {
            self.last_error = recent;
        }
    }

    fn receive_connector(&mut self, result: Result<Box<Connector>, Error>, time: ReadTime) {
        match result {
            Ok(connector) => {
                self.connector_observed = true;
                self.connector_missing = Observations::default();
                let unreadable = unreadable_channel(&connector);
                self.channel_unreadable = unreadable.is_some();
                match unreadable {
                    // It says nothing about the channel that the list has named.
                    Some(error) => {
                        self.channel_state = ChannelState::unusable_connector(&error);
                        self.absorb(Arc::new(error));
                    }
                    None => {
                        match ChannelState::of_connector(&connector) {
                            Some(state) => self.channel_state = state,
                            None if self.channel_state.is_of_channel() => {}
                            None => self.channel_state = ChannelState::Unremarkable,
                        }
                        self.channel_id = connector.channel_id();
                        self.channel_id_source = StatusSource::Connector;
                        self.current.channel_named = true;
                    }
                }
                self.connector = Some(connector);
            }
            Err(error) => {
                let error = Arc::new(error);
                if error.kind() == ErrorKind::NotFound && self.is_settled(time) {
                    self.connector_missing.count(time, self.min_spacing);
                }
                if error.kind() == ErrorKind::Decode && !self.channel_state.is_of_channel() {
                    self.channel_state = ChannelState::unusable_connector(&error);
                }
                self.access.connector.update(&error);
                self.absorb(error);
            }
        }
    }

    fn receive_readiness(&mut self, result: Result<ConnectorReadiness, Error>, time: ReadTime) {
        let readiness = match result {
            Ok(readiness) => readiness,
            Err(error) => return self.receive_readiness_error(Arc::new(error), time),
        };
        self.readiness_missing = Observations::default();
        let channel = readiness.channel.as_ref();
        let status = channel.and_then(|channel| filled(channel.status.as_deref()));
        let status = status.map(str::to_owned);
        let number = readiness.number.as_ref();
        let number_status = number.and_then(|number| number.status.as_deref());
        self.readiness_channel_failing.count(
            status.as_deref(),
            &self.rules,
            time,
            self.min_spacing,
        );
        self.readiness_number_failing
            .count(number_status, &self.rules, time, self.min_spacing);
        // The channel's own status takes precedence where the channel can be read.
        if status.is_some() && (self.last_channel_read.is_none() || !self.access.channel.is_open())
        {
            self.status.clone_from(&status);
            self.status_is_of_readiness = true;
        }
        self.stage = channel.and_then(|channel| channel.stage.clone());
        self.current.readiness_without_status = status.is_none();
        self.current.readiness_status = status;
        self.readiness = Some(Box::new(readiness));
    }

    fn receive_readiness_error(&mut self, error: Arc<Error>, time: ReadTime) {
        self.current.readiness_without_status = true;
        // 404: the template does not have the endpoint, or the connector does not exist yet.
        if error.kind() == ErrorKind::NotFound {
            if self.is_settled(time) {
                self.readiness_missing.count(time, self.min_spacing);
            }
            if self.readiness_missing.are_confirmed() {
                self.access.readiness = Access::Absent;
            }
            return;
        }
        self.access.readiness.update(&error);
        self.absorb(error);
    }

    fn receive_channel(&mut self, result: Result<Channel, Error>, time: ReadTime) {
        match result {
            Ok(channel) => self.observe_channel(Box::new(channel), time),
            Err(error) => {
                let error = Arc::new(error);
                // Another channel may have replaced it, or the response is about another one, so the next poll asks for the
                // id again.
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Decode) {
                    self.channel_id = None;
                }
                self.note_unusable(&error);
                self.access.channel.update(&error);
                self.absorb(error);
                self.observe_listed_channel(time);
            }
        }
    }

    fn receive_list(&mut self, result: Result<Option<Channel>, Error>, time: ReadTime) {
        match result {
            Ok(Some(channel)) => {
                self.connector_observed = true;
                self.channel_id = Some(channel.id);
                self.channel_id_source = StatusSource::Channel;
                self.current.channel_named = true;
                self.current.listed = Some(Box::new(channel));
                self.observe_listed_channel(time);
            }
            // Absence from the list proves nothing.
            Ok(None) => {}
            Err(error) => self.receive_list_error(Arc::new(error)),
        }
    }

    fn receive_shared(&mut self, result: Result<Box<Channel>, Arc<Error>>, time: ReadTime) {
        match result {
            Ok(channel) => {
                self.channel_id = Some(channel.id);
                self.channel_id_source = StatusSource::Channel;
                self.current.channel_named = true;
                self.observe_channel(channel, time);
            }
            Err(error) => self.receive_list_error(error),
        }
    }

    fn receive_list_error(&mut self, error: Arc<Error>) {
        self.access.list.update(&error);
        self.note_unusable(&error);
        self.absorb(error);
    }

    fn observe_channel(&mut self, channel: Box<Channel>, time: ReadTime) {
        self.connector_observed = true;
        if self.last_channel_read.replace(channel.id) != Some(channel.id) {
            self.channel_failing = FailureStreak::default();
        }
        let status = channel.status.as_ref().map(|status| status.as_str());
        let status = filled(status);
        self.channel_failing
            .count(status, &self.rules, time, self.min_spacing);
        // What readiness reports is not the status of a channel that was read.
        self.status = status.map(str::to_owned);
        self.status_is_of_readiness = false;
        if status.is_some() {
            self.channel_state = ChannelState::Unremarkable;
        } else if let Some(error) = unreadable_status(&channel) {
            self.note_unusable(&error);
            self.absorb(Arc::new(error));
        } else {
            self.channel_state = ChannelState::WithoutStatus(channel.id);
        }
        self.current.channel_read = Some((channel.id, self.rules.condition.holds(&channel)));
        self.channel = Some(channel);
    }

    fn observe_listed_channel(&mut self, time: ReadTime) {
        if !self.access.channel.is_open()
            && let Some(channel) = self.current.listed.take()
        {
            self.observe_channel(channel, time);
        }
    }

    /// Whether a 404 means that the connector does not exist.
    fn is_settled(&self, time: ReadTime) -> bool {
        self.connector_observed || self.age + time.received >= SETTLING
    }

    /// Keeps why a response cannot be used: a later error must not hide it.
    fn note_unusable(&mut self, error: &Error) {
        if error.kind() == ErrorKind::Decode {
            self.channel_state = ChannelState::unusable_channel(error);
        }
    }

    /// Records an error. Only a key that the API does not accept ends the wait.
    fn absorb(&mut self, error: Arc<Error>) {
        if error.kind() == ErrorKind::Authentication {
            self.unauthorized = Some(Arc::clone(&error));
        }
        if let Some(pause) = error.retry_after() {
            self.current.retry_after = self.current.retry_after.max(pause);
        }
        self.last_error = Some((self.polls, Arc::clone(&error)));
        self.current.error = Some(error);
    }
}
