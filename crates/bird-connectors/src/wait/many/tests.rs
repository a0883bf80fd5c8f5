//! A workspace whose answers depend on the time alone, and what the tests of waits for many have in common. Time is
//! paused: nothing really sleeps.

mod ends;
mod figures;
mod memory;
mod promises;
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

/// What is true of an install at a time.
#[derive(Clone, Copy, Debug)]
struct Truth {
    exists: bool,
    /// The status of its channel.
    channel: Option<&'static str>,
    listed: bool,
    /// The status of its number; there is no readiness where it is empty.
    number: &'static str,
}

impl Truth {
    const BEGUN: Self = Self {
        exists: true,
        channel: None,
        listed: true,
        number: "",
    };
    const GONE: Self = Self {
        exists: false,
        ..Self::BEGUN
    };

    fn says(word: &'static str) -> Self {
        Self {
            channel: Some(word),
            ..Self::BEGUN
        }
    }
}

type Truths = dyn Fn(usize, Duration) -> Truth + Send + Sync;

/// One request, as the workspace got it.
#[derive(Clone, Debug, PartialEq)]
enum Get {
    Page(Lookup),
    Ids(Lookup, usize),
    Connector(usize),
    Readiness(usize),
    Channel(usize),
}

struct World {
    start: Instant,
    truth: Box<Truths>,
    /// How many installs there are.
    installs: usize,
    /// How many channels of others there are, ahead of these in the list.
    others: usize,
    latency: Duration,
    gets: Mutex<Vec<(Duration, Get)>>,
    /// Errors of the list, before it answers.
    list_errors: Mutex<VecDeque<Error>>,
    /// 403 for these.
    refused: fn(&Get) -> bool,
    /// Whether the list of this kind shows a channel with this status.
    shows: fn(Lookup, &str) -> bool,
    by_ids: bool,
}

#[derive(Clone)]
struct Fake(Arc<World>);

impl Fake {
    fn new(
        installs: usize,
        truth: impl Fn(usize, Duration) -> Truth + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(World {
            start: Instant::now(),
            truth: Box::new(truth),
            installs,
            others: 0,
            latency: Duration::ZERO,
            gets: Mutex::default(),
            list_errors: Mutex::default(),
            refused: |_| false,
            shows: |_, _| true,
            by_ids: true,
        }))
    }

    fn with(mut self, change: impl FnOnce(&mut World)) -> Self {
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

    /// Waits for all, and hands back what each came to and when.
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

    fn gets(&self) -> Vec<(Duration, Get)> {
        self.0.gets.lock().unwrap().clone()
    }

    fn count(&self, of: impl Fn(&Get) -> bool) -> usize {
        self.gets().iter().filter(|(_, get)| of(get)).count()
    }

    /// How many requests any one second had.
    fn most_in_a_second(&self) -> usize {
        let gets = self.gets();
        let within = |from: Duration| {
            let end = from + Duration::from_secs(1);
            gets.iter()
                .filter(|(at, _)| *at >= from && *at < end)
                .count()
        };
        gets.iter().map(|(at, _)| within(*at)).max().unwrap_or(0)
    }

    async fn get(&self, get: Get) -> Result<(), Error> {
        let refused = (self.0.refused)(&get);
        let at = self.0.start.elapsed();
        self.0.gets.lock().unwrap().push((at, get));
        if !self.0.latency.is_zero() {
            sleep(self.0.latency).await;
        }
        if refused {
            Err(http(403, None))
        } else {
            Ok(())
        }
    }

    fn truth(&self, number: usize) -> Truth {
        (self.0.truth)(number, self.0.start.elapsed())
    }

    /// The channels that a list of this kind shows from here on, 1000 at the most.
    fn page(&self, kind: Lookup, from: usize) -> Vec<Channel> {
        let all = from..(from + 1000).min(self.0.others + self.0.installs);
        all.filter_map(|at| match at.checked_sub(self.0.others) {
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
        let truth = self.truth(number);
        let word = truth.channel.filter(|_| truth.exists && truth.listed)?;
        let shown = (self.0.shows)(kind, word);
        shown.then(|| channel(channel_id(number), Some(connector_id(number)), word))
    }
}

fn http(status: u16, retry_after: Option<Duration>) -> Error {
    let status = StatusCode::from_u16(status).unwrap();
    Error::from_answer("read", status, Answer::read(status, None, b""))
        .with_retry_after(retry_after)
        .with_attempts(1)
}

fn channel(id: ChannelId, connector: Option<ConnectorId>, status: &str) -> Channel {
    static SHOP: LazyLock<Channel> = LazyLock::new(|| {
        serde_json::from_value(json!({
            "id": Uuid::nil(), "platformId": "sms-messagebird", "name": "Shop", "connectorId": null,
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
        self.get(Get::Connector(number)).await?;
        let truth = self.truth(number);
        if !truth.exists {
            return Err(http(404, None));
        }
        let named = truth
            .channel
            .map(|_| json!({ "channelId": channel_id(number) }));
        let json = json!({ "id": id, "name": "Shop", "createdAt": "2026-01-01T00:00:00Z", "channel": named });
        Ok(serde_json::from_value(json).unwrap())
    }

    async fn readiness(&self, connector: ConnectorId) -> Result<ConnectorReadiness, Error> {
        let number = number_of(connector);
        self.get(Get::Readiness(number)).await?;
        let truth = self.truth(number);
        if !truth.exists || truth.number.is_empty() {
            return Err(http(404, None));
        }
        let json =
            json!({ "channel": { "status": truth.channel }, "number": { "status": truth.number } });
        Ok(serde_json::from_value(json).unwrap())
    }

    async fn channel(&self, id: ChannelId) -> Result<Channel, Error> {
        let number = number_of(id);
        self.get(Get::Channel(number)).await?;
        let truth = self.truth(number);
        match truth.channel.filter(|_| truth.exists) {
            Some(word) => Ok(channel(id, Some(connector_id(number)), word)),
            None => Err(http(404, None)),
        }
    }

    async fn find_channel(
        &self,
        connector: ConnectorId,
        how: Lookup,
    ) -> Result<Option<Channel>, Error> {
        self.get(Get::Page(how)).await?;
        Ok(self.listed(how, number_of(connector)))
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
            if let Err(error) = fake.get(get).await {
                return Some((Err(error), None));
            }
            if let Some(error) = fake.0.list_errors.lock().unwrap().pop_front() {
                return Some((Err(error), None));
            }
            match &listing {
                Listing::Ids(_, ids) if fake.0.by_ids => {
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
                    let more = next < fake.0.others + fake.0.installs;
                    let rest = more.then_some((fake, listing, next));
                    Some((Ok(page), rest))
                }
            }
        }))
    }
}

/// `pending` until then, and this word from then on.
fn pending_until(at: Duration, word: &'static str) -> impl Fn(Duration) -> Truth {
    move |now| Truth::says(if now < at { "pending" } else { word })
}

fn is_single(get: &Get) -> bool {
    !matches!(get, Get::Page(_) | Get::Ids(..))
}
