//! A scripted source, and what the tests of the wait have in common. Time is paused: nothing really sleeps.

mod absence;
mod deadlines;
mod forged;
mod promises;
mod refusals;
mod signals;
mod steps;
mod tokens;
mod words;

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

/// An answer, and how long it takes.
#[derive(Clone, Debug)]
struct Reply<T> {
    result: Result<T, Error>,
    delay: Duration,
}

impl<T> Reply<T> {
    fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }
}

fn ok<T>(value: T) -> Reply<T> {
    Reply {
        result: Ok(value),
        delay: Duration::ZERO,
    }
}

/// An answer with this status, as the transport would hand it on.
fn http<T>(status: u16) -> Reply<T> {
    refusal(status, None)
}

fn retry_after<T>(status: u16, pause: Duration) -> Reply<T> {
    refusal(status, Some(pause))
}

fn refusal<T>(status: u16, retry_after: Option<Duration>) -> Reply<T> {
    let status = StatusCode::from_u16(status).unwrap();
    let error = Error::from_answer("read", status, Answer::read(status, None, b""))
        .with_retry_after(retry_after)
        .with_attempts(1);
    Reply {
        result: Err(error),
        delay: Duration::ZERO,
    }
}

/// A connector without a channel.
fn unnamed() -> Reply<Connector> {
    ok(connector(None))
}

/// A connector that names its channel.
fn names(channel: ChannelId) -> Reply<Connector> {
    ok(connector(Some(channel)))
}

fn connector(channel: Option<ChannelId>) -> Connector {
    let channel = channel.map(|id| json!({ "channelId": id }));
    serde_json::from_value(json!({
        "id": CONNECTOR, "name": "Shop", "createdAt": "2026-01-01T00:00:00Z", "channel": channel,
    }))
    .unwrap()
}

/// The channel that was asked for, with this status.
fn says(status: &str) -> Reply<Channel> {
    ok(channel(ChannelId::from_u128(0), status))
}

/// A channel in the list.
fn lists(id: ChannelId, status: &str) -> Reply<Option<Channel>> {
    ok(Some(channel(id, status)))
}

fn channel(id: ChannelId, status: &str) -> Channel {
    serde_json::from_value(json!({ "id": id, "connectorId": CONNECTOR, "status": status })).unwrap()
}

/// A readiness reply: statuses of channel and number; an empty word is left out.
fn tells(channel: &str, number: &str) -> Reply<ConnectorReadiness> {
    readiness(json!({ "channel": { "status": channel }, "number": { "status": number } }))
}

fn readiness(json: serde_json::Value) -> Reply<ConnectorReadiness> {
    let mut reply: ConnectorReadiness = serde_json::from_value(json).unwrap();
    if let Some(channel) = &mut reply.channel {
        channel.status = channel.status.take().filter(|word| !word.is_empty());
    }
    if let Some(number) = &mut reply.number {
        number.status = number.status.take().filter(|word| !word.is_empty());
    }
    ok(reply)
}

/// The answers of one source, in order; the last one stays.
#[derive(Debug)]
struct Queue<T>(VecDeque<Reply<T>>);

impl<T: Clone> Queue<T> {
    fn new<R: IntoIterator<Item = Reply<T>>>(replies: R) -> Self {
        Self(replies.into_iter().collect())
    }

    fn next(&mut self) -> Reply<T> {
        if self.0.len() > 1 {
            self.0.pop_front().unwrap()
        } else {
            self.0[0].clone()
        }
    }
}

/// An answer as the wait got it.
#[derive(Clone, Debug)]
struct Delivered {
    ask: ReadTarget,
    at: Duration,
    /// The HTTP status of an error.
    error: Option<u16>,
    retry_after: Option<Duration>,
    /// The channel that the answer is about.
    channel_id: Option<ChannelId>,
    /// What it says of the channel.
    word: Option<String>,
    /// What it says of the number.
    number: Option<String>,
}

#[derive(Debug)]
struct World {
    start: Instant,
    connector: Queue<Connector>,
    readiness: Queue<ConnectorReadiness>,
    channel: Queue<Channel>,
    list: Queue<Option<Channel>>,
    asked: Vec<(Duration, ReadTarget)>,
    delivered: Vec<Delivered>,
}

/// A scripted source. Without a script the connector names channel A, which is active; there is no readiness, and the
/// list is empty.
#[derive(Clone, Debug)]
struct Fake(Arc<Mutex<World>>);

impl Fake {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(World {
            start: Instant::now(),
            connector: Queue::new([names(A)]),
            readiness: Queue::new([http(404)]),
            channel: Queue::new([says("active")]),
            list: Queue::new([ok(None)]),
            asked: Vec::new(),
            delivered: Vec::new(),
        })))
    }

    fn connector<R: IntoIterator<Item = Reply<Connector>>>(self, replies: R) -> Self {
        self.0.lock().unwrap().connector = Queue::new(replies);
        self
    }

    fn readiness<R: IntoIterator<Item = Reply<ConnectorReadiness>>>(self, replies: R) -> Self {
        self.0.lock().unwrap().readiness = Queue::new(replies);
        self
    }

    fn channel<R: IntoIterator<Item = Reply<Channel>>>(self, replies: R) -> Self {
        self.0.lock().unwrap().channel = Queue::new(replies);
        self
    }

    fn list<R: IntoIterator<Item = Reply<Option<Channel>>>>(self, replies: R) -> Self {
        self.0.lock().unwrap().list = Queue::new(replies);
        self
    }

    /// Waits with the default settings.
    async fn wait(&self) -> Result<Ready, WaitError> {
        self.wait_with(|_| {}).await
    }

    async fn wait_with(&self, change: impl FnOnce(&mut WaitSettings)) -> Result<Ready, WaitError> {
        self.settings(change).run(self.clone()).await
    }

    /// The steps of a wait, as far as its stream goes.
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

    /// What was asked, in order.
    fn asked(&self) -> Vec<ReadTarget> {
        let world = self.0.lock().unwrap();
        world.asked.iter().map(|(_, ask)| *ask).collect()
    }

    /// The answers that came through, in order.
    fn delivered(&self) -> Vec<Delivered> {
        self.0.lock().unwrap().delivered.clone()
    }

    fn count(&self, of: impl Fn(ReadTarget) -> bool) -> usize {
        self.times(of).len()
    }

    /// When this was asked, counted from the beginning.
    fn times(&self, of: impl Fn(ReadTarget) -> bool) -> Vec<Duration> {
        let world = self.0.lock().unwrap();
        let asked = world.asked.iter().filter(|(_, ask)| of(*ask));
        asked.map(|(at, _)| *at).collect()
    }

    async fn answer<T>(
        &self,
        ask: ReadTarget,
        next: impl FnOnce(&mut World) -> Reply<T>,
        told: impl FnOnce(&T) -> Told,
    ) -> Result<T, Error> {
        let Reply { result, delay } = {
            let mut world = self.0.lock().unwrap();
            let at = world.start.elapsed();
            world.asked.push((at, ask));
            next(&mut world)
        };
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let error = result.as_ref().err();
        let (channel_id, word, number) = result.as_ref().map(told).unwrap_or_default();
        let mut world = self.0.lock().unwrap();
        let delivered = Delivered {
            ask,
            at: world.start.elapsed(),
            error: error.and_then(Error::status).map(|status| status.as_u16()),
            retry_after: error.and_then(Error::retry_after),
            channel_id,
            word,
            number,
        };
        world.delivered.push(delivered);
        result
    }
}

/// Channel, its status, the number's.
type Told = (Option<ChannelId>, Option<String>, Option<String>);

fn told_by(channel: &Channel) -> Told {
    let word = channel.status.as_ref().map(ToString::to_string);
    (Some(channel.id), word, None)
}

impl Source for Fake {
    async fn connector(&self, id: ConnectorId) -> Result<Connector, Error> {
        assert_eq!(id, CONNECTOR);
        let told = |connector: &Connector| (connector.channel_id(), None, None);
        self.answer(ReadTarget::Connector, |world| world.connector.next(), told)
            .await
    }

    async fn readiness(&self, connector: ConnectorId) -> Result<ConnectorReadiness, Error> {
        assert_eq!(connector, CONNECTOR);
        let told = |readiness: &ConnectorReadiness| {
            let channel = readiness.channel.as_ref();
            let number = readiness.number.as_ref();
            let word = channel.and_then(|channel| channel.status.clone());
            (None, word, number.and_then(|number| number.status.clone()))
        };
        self.answer(ReadTarget::Readiness, |world| world.readiness.next(), told)
            .await
    }

    async fn channel(&self, id: ChannelId) -> Result<Channel, Error> {
        let next = |world: &mut World| {
            let mut reply = world.channel.next();
            if let Ok(channel) = &mut reply.result {
                channel.id = id;
            }
            reply
        };
        self.answer(ReadTarget::Channel(id), next, told_by).await
    }

    async fn find_channel(
        &self,
        connector: ConnectorId,
        how: Lookup,
    ) -> Result<Option<Channel>, Error> {
        assert_eq!(connector, CONNECTOR);
        let told = |found: &Option<Channel>| found.as_ref().map(told_by).unwrap_or_default();
        self.answer(ReadTarget::List(how), |world| world.list.next(), told)
            .await
    }
}

fn is_list(ask: ReadTarget) -> bool {
    matches!(ask, ReadTarget::List(_))
}

fn is_channel(ask: ReadTarget) -> bool {
    matches!(ask, ReadTarget::Channel(_))
}
