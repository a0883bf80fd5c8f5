//! A simulated workspace: its connectors and channels, what arrives for it, and what the workers have learned.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use bird_connectors::models::{ChannelId, ConnectorId, NumberId, WorkspaceId};
use bird_connectors::webhook::Signals;
use tokio::time::Instant;
use uuid::Uuid;

use crate::journal::{Statements, Table};
use crate::lock::lock;
use crate::random;
use crate::scenario::{LIMITS, Pattern};
use crate::timeline::{End, Timeline};
use crate::traffic::Traffic;

/// The kinds of ids. An id contains the workspace, the kind and an index.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Workspace = 1,
    Number = 2,
    Connector = 3,
    Channel = 4,
}

fn id(workspace: u32, kind: Kind, index: u32) -> Uuid {
    let prefix = 0xb19d_0000_u128 << 96;
    Uuid::from_u128(prefix | u128::from(workspace) << 64 | (kind as u128) << 32 | u128::from(index))
}

fn index_of(uuid: Uuid, kind: Kind) -> Option<u32> {
    let value = uuid.as_u128();
    let is_kind = (value >> 32) as u32 == kind as u32;
    is_kind.then_some(value as u32)
}

/// The number of the workspace with this id.
pub(crate) fn workspace_number(uuid: Uuid) -> u32 {
    (uuid.as_u128() >> 64) as u32
}

/// How the SDK ended an install.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InstallEnd {
    Ready(ConnectorId, ChannelId),
    Failed(ConnectorId),
    TimedOut(ConnectorId),
}

pub(crate) struct SimulatedWorkspace {
    pub(crate) number: u32,
    pub(crate) pattern: Pattern,
    pub(crate) installs: u32,
    pub(crate) signals: Signals,
    pub(crate) journal: Arc<Table>,
    seed: u64,
    start: Instant,
    state: Mutex<State>,
}

struct State {
    /// In the order of their creation.
    connectors: Vec<SimulatedConnector>,
    /// The result of each install.
    ends: Vec<Option<InstallEnd>>,
    reads: Traffic,
    writes: Traffic,
    requests: u64,
    reads_by_kind: ReadCounts,
    /// The times from active to known, in milliseconds.
    delays: Vec<u32>,
    wrong: Vec<String>,
}

struct SimulatedConnector {
    /// The index of the install, which its number has, too.
    install: u32,
    created: Instant,
    timeline: Timeline,
    json: [String; 3],
}

impl SimulatedConnector {
    fn push_channel(&self, json: &mut String, status: &str) {
        for part in [&*self.json[1], status, &*self.json[2]] {
            json.push_str(part);
        }
    }

    fn status(&self, now: Instant) -> Option<&'static str> {
        self.timeline.status(now - self.created)
    }

    fn is_listed(&self, now: Instant) -> bool {
        now - self.created >= self.timeline.listed
    }
}

/// The reads that were answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReadCounts {
    /// Pages of the channel list.
    pub(crate) channel_pages: u64,
    /// Pages of the connector list.
    pub(crate) connector_pages: u64,
    /// Connectors, channels and readiness.
    pub(crate) single: u64,
}

/// What happened in a workspace.
pub(crate) struct Summary {
    pub(crate) connectors: u64,
    pub(crate) duplicates: u64,
    pub(crate) missing: u64,
    pub(crate) without_result: u64,
    pub(crate) wrong: Vec<String>,
    pub(crate) failed: u64,
    pub(crate) timed_out: u64,
    pub(crate) reads: Traffic,
    pub(crate) writes: Traffic,
    pub(crate) reads_by_kind: ReadCounts,
    pub(crate) delays: Vec<u32>,
    pub(crate) rows: u64,
    pub(crate) row_bytes: u64,
    pub(crate) statements: Statements,
}

impl SimulatedWorkspace {
    pub(crate) fn new(
        number: u32,
        pattern: Pattern,
        installs: u32,
        seed: u64,
        start: Instant,
    ) -> Self {
        let count = installs as usize;
        Self {
            number,
            pattern,
            installs,
            signals: Signals::new(),
            journal: Arc::default(),
            seed,
            start,
            state: Mutex::new(State {
                connectors: Vec::with_capacity(count),
                ends: vec![None; count],
                reads: Traffic::default(),
                writes: Traffic::default(),
                requests: 0,
                reads_by_kind: ReadCounts::default(),
                delays: Vec::with_capacity(count),
                wrong: Vec::new(),
            }),
        }
    }

    pub(crate) fn id(&self) -> WorkspaceId {
        id(self.number, Kind::Workspace, 0).into()
    }

    /// The number of an install, which identifies its connector.
    pub(crate) fn number_id(&self, install: u32) -> NumberId {
        id(self.number, Kind::Number, install).into()
    }

    /// The source of random values for the next request.
    pub(crate) fn next_request(&self) -> fastrand::Rng {
        let mut state = lock(&self.state);
        state.requests += 1;
        random::source(self.seed, &[1, u64::from(self.number), state.requests])
    }

    /// Counts the arrival of a request. Returns `false` if it exceeds the limit, of which other programs of the customer use a
    /// part at times.
    pub(crate) fn arrive(&self, is_read: bool, throttled: bool) -> bool {
        let now = Instant::now();
        let mut limit = if is_read { LIMITS.get } else { LIMITS.post };
        let period = (now - self.start).as_secs() / 20;
        let purpose = [2, u64::from(self.number), period, u64::from(is_read)];
        if throttled && random::source(self.seed, &purpose).f64() < 0.1 {
            limit /= 5;
        }
        let state = &mut *lock(&self.state);
        let traffic = if is_read {
            &mut state.reads
        } else {
            &mut state.writes
        };
        traffic.arrive(now, limit as usize)
    }

    /// Creates a connector, also if there is one for the number. Returns it as JSON, with its webhooks: when each is due.
    pub(crate) fn create(&self, number: Uuid) -> Option<(String, Vec<(u32, Instant)>)> {
        let install = index_of(number, Kind::Number)?;
        let now = Instant::now();
        let mut state = lock(&self.state);
        let index = state.connectors.len() as u32;
        let purpose = [3, u64::from(self.number), u64::from(index)];
        let timeline = Timeline::draw(&mut random::source(self.seed, &purpose));
        let mut json = Default::default();
        // Not memory of the worker.
        allocation_counter::opt_out(|| {
            json = self.write_json(index, install, now, now + timeline.channel);
        });
        let connector = SimulatedConnector {
            install,
            created: now,
            timeline,
            json,
        };
        let mut events = vec![(index, now + timeline.channel)];
        if timeline.end != End::Never {
            events.push((index, now + timeline.decided));
        }
        let mut json = String::new();
        self.push_connector(&mut json, index, &connector, now);
        state.connectors.push(connector);
        Some((json, events))
    }

    pub(crate) fn count_read(&self, change: impl FnOnce(&mut ReadCounts)) {
        change(&mut lock(&self.state).reads_by_kind);
    }

    pub(crate) fn connector_id(&self, index: u32) -> ConnectorId {
        id(self.number, Kind::Connector, index).into()
    }

    fn channel_id(&self, index: u32) -> ChannelId {
        id(self.number, Kind::Channel, index).into()
    }

    /// A page of connectors.
    pub(crate) fn list_connectors(&self, limit: usize, offset: usize) -> String {
        let now = Instant::now();
        let state = lock(&self.state);
        let listed = (0_u32..)
            .zip(&state.connectors)
            .filter(|(_, connector)| connector.is_listed(now));
        page(listed, limit, offset, |json, (index, connector)| {
            self.push_connector(json, index, connector, now);
        })
    }

    pub(crate) fn read_connector(&self, connector: Uuid) -> Option<String> {
        let now = Instant::now();
        let index = index_of(connector, Kind::Connector)?;
        let state = lock(&self.state);
        let connector = state.connectors.get(index as usize)?;
        let mut json = String::new();
        connector
            .is_listed(now)
            .then(|| self.push_connector(&mut json, index, connector, now))?;
        Some(json)
    }

    pub(crate) fn read_readiness(&self, connector: Uuid) -> Option<String> {
        let now = Instant::now();
        let index = index_of(connector, Kind::Connector)?;
        let state = lock(&self.state);
        let connector = state.connectors.get(index as usize)?;
        if !connector.is_listed(now) {
            return None;
        }
        Some(match connector.status(now) {
            Some(status) => format!(
                r#"{{"channel":{{"status":"{status}","stage":"{status}"}},"number":{{"status":"active"}}}}"#
            ),
            None => r#"{"number":{"status":"active"}}"#.to_owned(),
        })
    }

    pub(crate) fn read_channel(&self, channel: Uuid) -> Option<String> {
        let index = index_of(channel, Kind::Channel)?;
        let state = lock(&self.state);
        let connector = state.connectors.get(index as usize)?;
        let status = connector.status(Instant::now())?;
        let mut json = String::new();
        connector.push_channel(&mut json, status);
        Some(json)
    }

    /// A page of channels. Empty filters select all. `status` replaces the status of each.
    pub(crate) fn list_channels(
        &self,
        (limit, offset): (usize, usize),
        statuses: &[String],
        ids: &[Uuid],
        status: Option<&'static str>,
    ) -> String {
        let now = Instant::now();
        let state = lock(&self.state);
        let with_status = (0_u32..)
            .zip(&state.connectors)
            .filter_map(|(index, connector)| Some((index, connector, connector.status(now)?)))
            .map(|(index, connector, real)| (index, connector, status.unwrap_or(real)));
        let by_status = with_status.filter(|(_, _, status)| {
            statuses.is_empty() || statuses.iter().any(|wanted| wanted == status)
        });
        let write = |json: &mut String, (_, connector, status): (_, &SimulatedConnector, &str)| {
            connector.push_channel(json, status);
        };
        if ids.is_empty() {
            return page(by_status, limit, offset, write);
        }
        let by_id = by_status.filter(|(index, ..)| ids.contains(&self.channel_id(*index).into()));
        page(by_id, limit, offset, write)
    }

    /// The JSON of a connector without its channel, and that of its channel before and after the status.
    fn write_json(
        &self,
        index: u32,
        install: u32,
        created: Instant,
        channel: Instant,
    ) -> [String; 3] {
        let (connector, name) = (self.connector_id(index), install_name(install));
        let (created, changed) = (self.timestamp(created), self.timestamp(channel));
        [
            format!(
                r#"{{"id":"{connector}","workspaceId":"{}","name":"{name}","connectorTemplateSlug":"sms-messagebird","connectorTemplateRef":"sms-messagebird:1","region":"eu-west-1","arguments":{{"phoneNumberId":"{}","channelMessageType":"conversational"}},"createdAt":"{created}","updatedAt":"{created}""#,
                self.id(),
                self.number_id(install),
            ),
            format!(
                r#"{{"id":"{}","platformId":"sms-messagebird","name":"{name}","connectorId":"{connector}","identifier":"+3161{install:07}","status":""#,
                self.channel_id(index),
            ),
            format!(r#"","createdAt":"{changed}","updatedAt":"{changed}"}}"#),
        ]
    }

    fn push_connector(
        &self,
        json: &mut String,
        index: u32,
        connector: &SimulatedConnector,
        now: Instant,
    ) {
        json.push_str(&connector.json[0]);
        if connector.status(now).is_some() {
            let channel = self.channel_id(index);
            // Writing to a string cannot fail.
            let _ = write!(
                json,
                r#","channel":{{"channelId":"{channel}","platform":"sms-messagebird"}}"#
            );
        }
        json.push('}');
    }

    /// The simulation starts with the year 2026.
    fn timestamp(&self, time: Instant) -> String {
        let since = time - self.start;
        let seconds = since.as_secs();
        format!(
            "2026-01-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            1 + seconds / 86_400,
            seconds / 3600 % 24,
            seconds / 60 % 60,
            seconds % 60,
            since.subsec_millis()
        )
    }

    /// The installs without a result.
    pub(crate) fn unfinished(&self) -> Vec<u32> {
        let state = lock(&self.state);
        let ends = (0_u32..).zip(&state.ends);
        ends.filter(|(_, end)| end.is_none())
            .map(|(install, _)| install)
            .collect()
    }

    /// Stores the result of an install, and compares it with the state of its connector.
    pub(crate) fn record(&self, install: u32, end: InstallEnd) {
        let now = Instant::now();
        let state = &mut *lock(&self.state);
        let (InstallEnd::Ready(connector, _)
        | InstallEnd::Failed(connector)
        | InstallEnd::TimedOut(connector)) = end;
        let index = index_of(connector.into(), Kind::Connector);
        let found = index.and_then(|index| state.connectors.get(index as usize));
        let is_right = found.is_some_and(|found| {
            found.install == install
                && match end {
                    InstallEnd::Ready(_, channel) => {
                        found.status(now) == Some("active")
                            && index_of(channel.into(), Kind::Channel) == index
                    }
                    InstallEnd::Failed(_) => found.status(now) == Some("failed"),
                    // Some installs take longer than the timeout. The last poll starts seconds before it.
                    InstallEnd::TimedOut(_) => {
                        found.status(now - Duration::from_secs(10)) == Some("pending")
                    }
                }
        });
        if !is_right {
            state.wrong.push(format!(
                "install {install} of workspace {}: {end:?}, but the connector has {:?}",
                self.number,
                found.map(|found| (found.install, found.status(now), found.timeline))
            ));
        }
        let slot = &mut state.ends[install as usize];
        if slot.is_none()
            && let Some(found) = found
            && matches!(end, InstallEnd::Ready(..))
        {
            let active = found.created + found.timeline.decided;
            let delay = now.saturating_duration_since(active).as_millis();
            state.delays.push(u32::try_from(delay).unwrap_or(u32::MAX));
        }
        slot.get_or_insert(end);
    }

    pub(crate) fn summary(&self) -> Summary {
        let state = &mut *lock(&self.state);
        let mut creates = vec![0_u64; self.installs as usize];
        for connector in &state.connectors {
            creates[connector.install as usize] += 1;
        }
        let count = |is: fn(&InstallEnd) -> bool| {
            let ends = state.ends.iter().flatten();
            ends.filter(|end| is(end)).count() as u64
        };
        let (rows, row_bytes) = self.journal.size();
        Summary {
            connectors: state.connectors.len() as u64,
            duplicates: creates.iter().map(|count| count.saturating_sub(1)).sum(),
            missing: creates.iter().filter(|count| **count == 0).count() as u64,
            without_result: state.ends.iter().filter(|end| end.is_none()).count() as u64,
            failed: count(|end| matches!(end, InstallEnd::Failed(_))),
            timed_out: count(|end| matches!(end, InstallEnd::TimedOut(_))),
            wrong: std::mem::take(&mut state.wrong),
            reads: std::mem::take(&mut state.reads),
            writes: std::mem::take(&mut state.writes),
            delays: std::mem::take(&mut state.delays),
            reads_by_kind: state.reads_by_kind,
            rows,
            row_bytes,
            statements: self.journal.statements(),
        }
    }
}

/// The name of an install.
pub(crate) fn install_name(install: u32) -> String {
    format!("Shop {install}")
}

/// The JSON of a page.
fn page<T>(
    mut items: impl Iterator<Item = T>,
    limit: usize,
    offset: usize,
    write: impl Fn(&mut String, T),
) -> String {
    let mut json = String::from(r#"{"results":["#);
    let mut count = 0;
    for item in items.by_ref().skip(offset).take(limit) {
        if count > 0 {
            json.push(',');
        }
        write(&mut json, item);
        count += 1;
    }
    json.push(']');
    if items.next().is_some() {
        let _ = write!(json, r#","nextPageToken":"{}""#, offset + count);
    }
    json.push('}');
    json
}
