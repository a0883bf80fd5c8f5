//! A scripted source, and helpers for the tests of a wait for one install. Time is paused, so sleeps take no real time.

mod absence;
mod deadlines;
mod forged;
mod invariants;
mod permissions;
mod signals;
mod statuses;
mod steps;
mod tokens;
mod unexpected;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bird_connectors_api::types::{
    Channel, ChannelId, Connector, ConnectorId, ConnectorReadiness, WorkspaceId,
};
use http::StatusCode;
use serde_json::json;
use tokio::time::Instant;

use super::*;
use crate::clock::tests::paused_runtime;
use crate::error::{Answer, Error, ErrorKind};
use crate::wait::condition::Condition;
use crate::wait::error::StatusSource;
use crate::wait::machine::ReadTarget;
use crate::wait::progress::Progress;
use crate::wait::signal::EventStream;
use crate::wait::source::Lookup;
use crate::webhook::Event;

const WORKSPACE: WorkspaceId = WorkspaceId::from_u128(1);
const CONNECTOR: ConnectorId = ConnectorId::from_u128(2);
const A: ChannelId = ChannelId::from_u128(0xa);
const B: ChannelId = ChannelId::from_u128(0xb);

const HOUR: Duration = Duration::from_secs(3600);

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// A scripted response, and how long it takes.
#[derive(Clone, Debug)]
struct Response<T> {
    result: Result<T, Error>,
    delay: Duration,
}

impl<T> Response<T> {
    fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }
}

fn ok<T>(value: T) -> Response<T> {
    Response {
        result: Ok(value),
        delay: Duration::ZERO,
    }
}

/// An error response with this status, as the transport returns it.
fn http_error<T>(status: u16) -> Response<T> {
    error_response(status, None)
}

fn retry_after<T>(status: u16, pause: Duration) -> Response<T> {
    error_response(status, Some(pause))
}

fn error_response<T>(status: u16, retry_after: Option<Duration>) -> Response<T> {
    let status = StatusCode::from_u16(status).unwrap();
    let error = Error::from_answer("read", status, Answer::read(status, None, b""))
        .with_retry_after(retry_after)
        .with_attempts(1);
    Response {
        result: Err(error),
        delay: Duration::ZERO,
    }
}

/// A connector without a channel.
fn without_channel() -> Response<Connector> {
    ok(connector(None))
}

/// A connector with this channel.
fn with_channel(channel: ChannelId) -> Response<Connector> {
    ok(connector(Some(channel)))
}

fn connector(channel: Option<ChannelId>) -> Connector {
    let channel = channel.map(|id| json!({ "channelId": id }));
    serde_json::from_value(json!({
        "id": CONNECTOR, "name": "Shop", "createdAt": "2026-01-01T00:00:00Z", "channel": channel,
    }))
    .unwrap()
}

/// The requested channel, with this status: the fake replaces the id.
fn with_status(status: &str) -> Response<Channel> {
    ok(channel(A, status))
}

/// A channel in the list.
fn listed(id: ChannelId, status: &str) -> Response<Option<Channel>> {
    ok(Some(channel(id, status)))
}

fn channel(id: ChannelId, status: &str) -> Channel {
    serde_json::from_value(json!({ "id": id, "connectorId": CONNECTOR, "status": status })).unwrap()
}

/// A readiness reply with the statuses of channel and number. An empty string omits a status.
fn readiness_statuses(channel: &str, number: &str) -> Response<ConnectorReadiness> {
    readiness(json!({ "channel": { "status": channel }, "number": { "status": number } }))
}

fn readiness(json: serde_json::Value) -> Response<ConnectorReadiness> {
    let mut reply: ConnectorReadiness = serde_json::from_value(json).unwrap();
    if let Some(channel) = &mut reply.channel {
        channel.status = channel.status.take().filter(|status| !status.is_empty());
    }
    if let Some(number) = &mut reply.number {
        number.status = number.status.take().filter(|status| !status.is_empty());
    }
    ok(reply)
}

/// The responses of one source, in order. The last one repeats.
#[derive(Debug)]
struct Queue<T>(VecDeque<Response<T>>);

impl<T: Clone> Queue<T> {
    fn new<R: IntoIterator<Item = Response<T>>>(replies: R) -> Self {
        Self(replies.into_iter().collect())
    }

    fn next(&mut self) -> Response<T> {
        if self.0.len() > 1 {
            self.0.pop_front().unwrap()
        } else {
            self.0[0].clone()
        }
    }
}

/// A response as the wait received it.
#[derive(Clone, Debug)]
struct Delivered {
    target: ReadTarget,
    at: Duration,
    /// The HTTP status of an error.
    error: Option<u16>,
    retry_after: Option<Duration>,
    /// The channel in the response.
    channel_id: Option<ChannelId>,
    /// The status of the channel in the response.
    status: Option<String>,
    /// The status of the number in the response.
    number_status: Option<String>,
}

#[derive(Debug)]
struct FakeState {
    start: Instant,
    connector: Queue<Connector>,
    readiness: Queue<ConnectorReadiness>,
    channel: Queue<Channel>,
    list: Queue<Option<Channel>>,
    sent: Vec<(Duration, ReadTarget)>,
    delivered: Vec<Delivered>,
}

/// A scripted source. By default the connector has channel A, which is active; readiness returns 404, and the list is
/// empty.
#[derive(Clone, Debug)]
struct Fake(Arc<Mutex<FakeState>>);

impl Fake {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(FakeState {
            start: Instant::now(),
            connector: Queue::new([with_channel(A)]),
            readiness: Queue::new([http_error(404)]),
            channel: Queue::new([with_status("active")]),
            list: Queue::new([ok(None)]),
            sent: Vec::new(),
            delivered: Vec::new(),
        })))
    }

    fn connector<R: IntoIterator<Item = Response<Connector>>>(self, replies: R) -> Self {
        self.0.lock().unwrap().connector = Queue::new(replies);
        self
    }

    fn readiness<R: IntoIterator<Item = Response<ConnectorReadiness>>>(self, replies: R) -> Self {
        self.0.lock().unwrap().readiness = Queue::new(replies);
        self
    }

    fn channel<R: IntoIterator<Item = Response<Channel>>>(self, replies: R) -> Self {
        self.0.lock().unwrap().channel = Queue::new(replies);
        self
    }

    fn list<R: IntoIterator<Item = Response<Option<Channel>>>>(self, replies: R) -> Self {
        self.0.lock().unwrap().list = Queue::new(replies);
        self
    }

    /// Waits with the default options.
    async fn wait(&self) -> Result<Ready, WaitError> {
        self.wait_with(|_| {}).await
    }

    async fn wait_with(&self, change: impl FnOnce(&mut WaitSettings)) -> Result<Ready, WaitError> {
        self.settings(change).run(self.clone()).await
    }

    /// All polls of a wait, and its error.
    async fn steps(
        &self,
        change: impl FnOnce(&mut WaitSettings),
    ) -> (Vec<Progress>, Option<WaitError>) {
        let mut steps = self.settings(change).steps(self.clone());
        let mut all = Vec::new();
        while let Some(step) = steps.next().await {
            match step {
                Ok(Step::Poll(progress)) => all.push(progress),
                Ok(Step::Ready(ready)) => {
                    let last = all.last().unwrap();
                    assert!(last.ready && last.confirmed_by == Some(ready.confirmed_by));
                    assert_eq!(
                        (last.poll, last.elapsed, last.channel_id),
                        (ready.polls, ready.elapsed, Some(ready.channel_id))
                    );
                    assert!(steps.next().await.is_none(), "ready is the last item");
                    return (all, None);
                }
                Err(error) => {
                    assert!(steps.next().await.is_none(), "the error is the last item");
                    return (all, Some(error));
                }
            }
        }
        unreachable!("the stream ended without a result")
    }

    fn settings(&self, change: impl FnOnce(&mut WaitSettings)) -> WaitSettings {
        let token = WaitToken::new(WORKSPACE, CONNECTOR, crate::clock::now(), false);
        let mut settings = WaitSettings::new(token, None);
        change(&mut settings);
        settings
    }

    /// The targets of all reads, in the order in which they were sent.
    fn targets(&self) -> Vec<ReadTarget> {
        let state = self.0.lock().unwrap();
        state.sent.iter().map(|(_, target)| *target).collect()
    }

    /// The responses that the wait received, in order.
    fn delivered(&self) -> Vec<Delivered> {
        self.0.lock().unwrap().delivered.clone()
    }

    fn count(&self, of: impl Fn(ReadTarget) -> bool) -> usize {
        self.times(of).len()
    }

    /// When matching reads were sent, since the beginning.
    fn times(&self, of: impl Fn(ReadTarget) -> bool) -> Vec<Duration> {
        let state = self.0.lock().unwrap();
        let requested = state.sent.iter().filter(|(_, target)| of(*target));
        requested.map(|(at, _)| *at).collect()
    }

    async fn respond<T>(
        &self,
        target: ReadTarget,
        next: impl FnOnce(&mut FakeState) -> Response<T>,
        details: impl FnOnce(&T) -> ResponseDetails,
    ) -> Result<T, Error> {
        let Response { result, delay } = {
            let mut state = self.0.lock().unwrap();
            let at = state.start.elapsed();
            state.sent.push((at, target));
            next(&mut state)
        };
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let error = result.as_ref().err();
        let (channel_id, status, number_status) = result.as_ref().map(details).unwrap_or_default();
        let mut state = self.0.lock().unwrap();
        let delivered = Delivered {
            target,
            at: state.start.elapsed(),
            error: error.and_then(Error::status).map(|status| status.as_u16()),
            retry_after: error.and_then(Error::retry_after),
            channel_id,
            status,
            number_status,
        };
        state.delivered.push(delivered);
        result
    }
}

/// The channel, its status, and the status of the number.
type ResponseDetails = (Option<ChannelId>, Option<String>, Option<String>);

fn details_of(channel: &Channel) -> ResponseDetails {
    let status = channel.status.as_ref().map(ToString::to_string);
    (Some(channel.id), status, None)
}

impl Source for Fake {
    async fn connector(&self, id: ConnectorId) -> Result<Connector, Error> {
        assert_eq!(id, CONNECTOR);
        let details = |connector: &Connector| (connector.channel_id(), None, None);
        self.respond(
            ReadTarget::Connector,
            |state| state.connector.next(),
            details,
        )
        .await
    }

    async fn readiness(&self, connector: ConnectorId) -> Result<ConnectorReadiness, Error> {
        assert_eq!(connector, CONNECTOR);
        let details = |readiness: &ConnectorReadiness| {
            let channel = readiness.channel.as_ref();
            let number = readiness.number.as_ref();
            let status = channel.and_then(|channel| channel.status.clone());
            (
                None,
                status,
                number.and_then(|number| number.status.clone()),
            )
        };
        self.respond(
            ReadTarget::Readiness,
            |state| state.readiness.next(),
            details,
        )
        .await
    }

    async fn channel(&self, id: ChannelId) -> Result<Channel, Error> {
        let next = |state: &mut FakeState| {
            let mut reply = state.channel.next();
            if let Ok(channel) = &mut reply.result {
                channel.id = id;
            }
            reply
        };
        self.respond(ReadTarget::Channel(id), next, details_of)
            .await
    }

    async fn find_channel(
        &self,
        connector: ConnectorId,
        lookup: Lookup,
    ) -> Result<Option<Channel>, Error> {
        assert_eq!(connector, CONNECTOR);
        let details = |found: &Option<Channel>| found.as_ref().map(details_of).unwrap_or_default();
        self.respond(ReadTarget::List(lookup), |state| state.list.next(), details)
            .await
    }
}

fn is_list(target: ReadTarget) -> bool {
    matches!(target, ReadTarget::List(_))
}

fn is_channel(target: ReadTarget) -> bool {
    matches!(target, ReadTarget::Channel(_))
}
