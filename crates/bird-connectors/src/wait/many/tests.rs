//! A fake workspace whose responses depend only on the time, and helpers for the tests of bulk waits. Time is paused, so
//! sleeps take no real time.

mod figures;
mod invariants;
mod memory;
mod outcomes;
mod rounds;
mod signals;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, LazyLock, Mutex};

use bird_connectors_api::types::{Channel, ChannelId, Connector, ConnectorReadiness};
use http::StatusCode;
use serde_json::json;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::*;
use crate::clock::tests::paused_runtime;
use crate::error::{Answer, Error, ErrorKind};
use crate::resume::WaitToken;
use crate::wait::StatusSource;
use crate::wait::condition::Condition;
use crate::wait::rules::WaitRules;
use crate::wait::signal::EventStream;
use crate::wait::source::{Listing, Lookup, Source};
use crate::webhook::Event;

const WORKSPACE: WorkspaceId = WorkspaceId::from_u128(1);
const HOUR: Duration = Duration::from_secs(3600);

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// The connector with this number, and its channel.
fn connector_id(number: usize) -> ConnectorId {
    ConnectorId::from_u128(0x1000_0000 + number as u128)
}

fn channel_id(number: usize) -> ChannelId {
    ChannelId::from_u128(0x2000_0000 + number as u128)
}

fn number_of(id: impl Into<Uuid>) -> usize {
    (id.into().as_u128() & 0xfff_ffff) as usize
}

/// The state of an install at a given time.
#[derive(Clone, Copy, Debug)]
struct InstallState {
    exists: bool,
    /// The status of its channel.
    channel: Option<&'static str>,
    listed: bool,
    /// The status of its number. If it is empty, readiness returns 404.
    number_status: &'static str,
}

impl InstallState {
    const WITHOUT_CHANNEL: Self = Self {
        exists: true,
        channel: None,
        listed: true,
        number_status: "",
    };
    const DELETED: Self = Self {
        exists: false,
        ..Self::WITHOUT_CHANNEL
    };

    fn with_status(status: &'static str) -> Self {
        Self {
            channel: Some(status),
            ..Self::WITHOUT_CHANNEL
        }
    }
}

type StateFn = dyn Fn(usize, Duration) -> InstallState + Send + Sync;

/// One request, as the workspace received it.
#[derive(Clone, Debug, PartialEq)]
enum Get {
    Page(Lookup),
    Ids(Lookup, usize),
    Connector(usize),
    Readiness(usize),
    Channel(usize),
}

struct FakeWorkspace {
    start: Instant,
    state: Box<StateFn>,
    /// The number of installs.
    installs: usize,
    /// The number of other channels, which precede those of the installs in the list.
    other_channels: usize,
    latency: Duration,
    requests: Mutex<Vec<(Duration, Get)>>,
    /// The errors that the list returns first.
    list_errors: Mutex<VecDeque<Error>>,
    /// The requests that return 403.
    denied: fn(&Get) -> bool,
    /// Whether the list of this kind contains a channel with this status.
    is_listed: fn(Lookup, &str) -> bool,
    filters_by_id: bool,
    /// The connector that the channels of the installs name, if it is not their own.
    owner: Option<ConnectorId>,
    /// Whether connectors name their channels in a form that cannot be read.
    unreadable_channels: bool,
    /// Whether connectors name the zero UUID as their channel.
    zero_channels: bool,
    /// The JSON in place of the status of each channel.
    status: Option<serde_json::Value>,
}

#[derive(Clone)]
struct Fake(Arc<FakeWorkspace>);

impl Fake {
    fn new(
        installs: usize,
        state: impl Fn(usize, Duration) -> InstallState + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(FakeWorkspace {
            start: Instant::now(),
            state: Box::new(state),
            installs,
            other_channels: 0,
            latency: Duration::ZERO,
            requests: Mutex::default(),
            list_errors: Mutex::default(),
            denied: |_| false,
            is_listed: |_, _| true,
            filters_by_id: true,
            owner: None,
            unreadable_channels: false,
            zero_channels: false,
            status: None,
        }))
    }

    fn with(mut self, change: impl FnOnce(&mut FakeWorkspace)) -> Self {
        change(Arc::get_mut(&mut self.0).unwrap());
        self
    }

    fn settings(&self) -> BulkWaitSettings {
        let ids = (0..self.0.installs).map(|number| connector_id(number).into());
        BulkWaitSettings::new(WORKSPACE, ids.collect())
    }

    fn results(&self) -> WaitResults {
        self.results_with(|_| {})
    }

    fn results_with(&self, change: impl FnOnce(&mut BulkWaitSettings)) -> WaitResults {
        let mut settings = self.settings();
        change(&mut settings);
        settings.results(self.clone())
    }

    /// Waits for all installs and returns each result with its time.
    async fn wait(
        &self,
        change: impl FnOnce(&mut BulkWaitSettings),
    ) -> BTreeMap<usize, (Duration, Result<Ready, WaitError>)> {
        let mut results = self.results_with(change);
        let mut all = BTreeMap::new();
        while let Some(WaitResult {
            connector_id: id,
            result,
        }) = results.next().await
        {
            let at = self.0.start.elapsed();
            assert!(
                all.insert(number_of(id), (at, result)).is_none(),
                "{id} twice"
            );
        }
        assert_eq!(results.totals().pending, 0);
        all
    }

    fn requests(&self) -> Vec<(Duration, Get)> {
        self.0.requests.lock().unwrap().clone()
    }

    fn count(&self, of: impl Fn(&Get) -> bool) -> usize {
        self.requests().iter().filter(|(_, get)| of(get)).count()
    }

    /// The maximum number of requests within a second.
    fn peak_per_second(&self) -> usize {
        let gets = self.requests();
        let within = |from: Duration| {
            let end = from + Duration::from_secs(1);
            gets.iter()
                .filter(|(at, _)| *at >= from && *at < end)
                .count()
        };
        gets.iter().map(|(at, _)| within(*at)).max().unwrap_or(0)
    }

    async fn send(&self, get: Get) -> Result<(), Error> {
        let denied = (self.0.denied)(&get);
        let at = self.0.start.elapsed();
        self.0.requests.lock().unwrap().push((at, get));
        if !self.0.latency.is_zero() {
            sleep(self.0.latency).await;
        }
        if denied {
            Err(http_error(403, None))
        } else {
            Ok(())
        }
    }

    fn state(&self, number: usize) -> InstallState {
        (self.0.state)(number, self.0.start.elapsed())
    }

    /// A page of a list of this kind: at most 1000 channels, from this index.
    fn page(&self, kind: Lookup, from: usize) -> Vec<Channel> {
        let all = from..(from + 1000).min(self.0.other_channels + self.0.installs);
        all.filter_map(|at| match at.checked_sub(self.0.other_channels) {
            None => Some(channel(
                ChannelId::from_u128(0x3000_0000 + at as u128),
                None,
                "active",
            )),
            Some(number) => self.listed(kind, number),
        })
        .collect()
    }

    fn listed(&self, kind: Lookup, number: usize) -> Option<Channel> {
        let state = self.state(number);
        let status = state.channel.filter(|_| state.exists && state.listed)?;
        let shown = (self.0.is_listed)(kind, status);
        shown.then(|| self.channel_of(number, status))
    }

    /// The channel of an install.
    fn channel_of(&self, number: usize, status: &str) -> Channel {
        let channel = channel(channel_id(number), Some(self.owner(number)), status);
        let Some(status) = &self.0.status else {
            return channel;
        };
        let mut json = serde_json::to_value(&channel).unwrap();
        json["status"] = status.clone();
        serde_json::from_value(json).unwrap()
    }

    /// The connector that the channel of an install names as its own.
    fn owner(&self, number: usize) -> ConnectorId {
        self.0.owner.unwrap_or_else(|| connector_id(number))
    }
}

fn http_error(status: u16, retry_after: Option<Duration>) -> Error {
    let status = StatusCode::from_u16(status).unwrap();
    Error::from_answer("read", status, Answer::read(status, None, b""))
        .with_retry_after(retry_after)
        .with_attempts(1)
}

fn channel(id: ChannelId, connector: Option<ConnectorId>, status: &str) -> Channel {
    static SHOP: LazyLock<Channel> = LazyLock::new(|| {
        serde_json::from_value(json!({
            "id": channel_id(0), "platformId": "sms-messagebird", "name": "Shop", "connectorId": null,
            "identifier": "+31612345678", "status": null, "createdAt": "2026-01-01T00:00:00Z",
            "updatedAt": "2026-01-01T00:00:00Z", "capabilities": {},
        }))
        .unwrap()
    });
    let mut channel = SHOP.clone();
    (channel.id, channel.connector_id) = (id, connector);
    channel.status = Some(status.into());
    channel
}

impl Source for Fake {
    async fn connector(&self, id: ConnectorId) -> Result<Connector, Error> {
        let number = number_of(id);
        self.send(Get::Connector(number)).await?;
        let state = self.state(number);
        if !state.exists {
            return Err(http_error(404, None));
        }
        let named = state
            .channel
            .map(|_| json!({ "channelId": channel_id(number) }));
        let named = if self.0.unreadable_channels {
            named.map(|channel| json!([channel]))
        } else if self.0.zero_channels {
            Some(json!({ "channelId": Uuid::nil() }))
        } else {
            named
        };
        let json = json!({ "id": id, "name": "Shop", "createdAt": "2026-01-01T00:00:00Z", "channel": named });
        Ok(serde_json::from_value(json).unwrap())
    }

    async fn readiness(&self, connector: ConnectorId) -> Result<ConnectorReadiness, Error> {
        let number = number_of(connector);
        self.send(Get::Readiness(number)).await?;
        let state = self.state(number);
        if !state.exists || state.number_status.is_empty() {
            return Err(http_error(404, None));
        }
        let json = json!({ "channel": { "status": state.channel }, "number": { "status": state.number_status } });
        Ok(serde_json::from_value(json).unwrap())
    }

    async fn channel(&self, id: ChannelId) -> Result<Channel, Error> {
        let number = number_of(id);
        self.send(Get::Channel(number)).await?;
        let state = self.state(number);
        match state.channel.filter(|_| state.exists) {
            Some(status) => Ok(self.channel_of(number, status)),
            None => Err(http_error(404, None)),
        }
    }

    async fn find_channel(
        &self,
        connector: ConnectorId,
        lookup: Lookup,
    ) -> Result<Option<Channel>, Error> {
        self.send(Get::Page(lookup)).await?;
        Ok(self.listed(lookup, number_of(connector)))
    }
}

impl SharedSource for Fake {
    fn pages(
        &self,
        listing: &Listing,
    ) -> impl Stream<Item = Result<Vec<Channel>, Error>> + Send + Unpin + 'static {
        let first = Some((self.clone(), listing.clone(), 0));
        Box::pin(stream::unfold(first, |state| async move {
            let (fake, listing, from) = state?;
            let kind = listing.lookup();
            let get = match &listing {
                Listing::All(_) => Get::Page(kind),
                Listing::Ids(_, ids) => Get::Ids(kind, ids.len()),
            };
            if let Err(error) = fake.send(get).await {
                return Some((Err(error), None));
            }
            if let Some(error) = fake.0.list_errors.lock().unwrap().pop_front() {
                return Some((Err(error), None));
            }
            match &listing {
                Listing::Ids(_, ids) if fake.0.filters_by_id => {
                    let numbers = ids.iter().map(|id| number_of(*id));
                    let page = numbers.filter_map(|number| fake.listed(kind, number));
                    Some((Ok(page.collect()), None))
                }
                Listing::Ids(_, ids) => {
                    let mut page = fake.page(kind, 0);
                    page.truncate(ids.len());
                    Some((Ok(page), None))
                }
                Listing::All(_) => {
                    let page = fake.page(kind, from);
                    let next = from + 1000;
                    let more = next < fake.0.other_channels + fake.0.installs;
                    let rest = more.then_some((fake, listing, next));
                    Some((Ok(page), rest))
                }
            }
        }))
    }
}

/// `pending` until that time, and this status afterwards.
fn pending_until(at: Duration, status: &'static str) -> impl Fn(Duration) -> InstallState {
    move |now| InstallState::with_status(if now < at { "pending" } else { status })
}

fn is_individual(get: &Get) -> bool {
    !matches!(get, Get::Page(_) | Get::Ids(..))
}
