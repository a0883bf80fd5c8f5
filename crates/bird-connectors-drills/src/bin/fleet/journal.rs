//! A journal in memory that the simulated processes share, as they would share a table of PostgreSQL: the rules of the claims are
//! those of `PostgresJournal`, which sends one statement for each call.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bird_connectors::install::{Journal, JournalClaim, SharedJournal};
use tokio::time::Instant;

use crate::clock::Gate;
use crate::lock::lock;
use crate::traffic::PeakMeter;

/// The lease of `PostgresJournal`.
pub(crate) const LEASE: Duration = Duration::from_secs(30);

/// The rows of one workspace.
#[derive(Debug, Default)]
pub(crate) struct Table(Mutex<Content>);

#[derive(Debug, Default)]
struct Content {
    rows: HashMap<String, Row>,
    statements: Statements,
}

#[derive(Debug, Default)]
struct Row {
    fence: u64,
    /// `None` if the key is free.
    claimed_until: Option<Instant>,
    line: Option<String>,
}

/// The statements that were sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Statements {
    /// Reads of the rows of many connectors.
    pub(crate) reads: u64,
    pub(crate) claims: u64,
    pub(crate) refused_claims: u64,
    pub(crate) renewals: u64,
    pub(crate) writes: u64,
    pub(crate) releases: u64,
}

impl Statements {
    pub(crate) fn total(&self) -> u64 {
        self.reads + self.claims + self.refused_claims + self.renewals + self.writes + self.releases
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.reads += other.reads;
        self.claims += other.claims;
        self.refused_claims += other.refused_claims;
        self.renewals += other.renewals;
        self.writes += other.writes;
        self.releases += other.releases;
    }
}

impl Table {
    /// The number of rows, and the bytes of their keys and lines.
    pub(crate) fn size(&self) -> (u64, u64) {
        let content = lock(&self.0);
        let bytes = content.rows.iter().map(|(key, row)| {
            let line = row.line.as_ref().map_or(0, String::len);
            (key.len() + line) as u64
        });
        (content.rows.len() as u64, bytes.sum())
    }

    pub(crate) fn statements(&self) -> Statements {
        lock(&self.0).statements
    }
}

/// When the statements of all workers arrive.
#[derive(Debug)]
pub(crate) struct StatementMeter {
    start: Instant,
    meter: Mutex<PeakMeter>,
}

impl StatementMeter {
    pub(crate) fn new(start: Instant) -> Self {
        Self {
            start,
            meter: Mutex::default(),
        }
    }

    /// The most statements in a second.
    pub(crate) fn peak(&self) -> u64 {
        lock(&self.meter).peak
    }
}

/// The journal as one process uses it.
#[derive(Clone)]
pub(crate) struct ProcessJournal {
    pub(crate) table: Arc<Table>,
    pub(crate) gate: Gate,
    pub(crate) meter: Arc<StatementMeter>,
    /// Whether the process was killed. Its calls have no effect then.
    pub(crate) killed: Arc<AtomicBool>,
    pub(crate) lease: Duration,
    /// Whether every claim is granted, without the line of its key.
    pub(crate) ignores_claims: bool,
}

impl ProcessJournal {
    fn call<T>(&self, change: impl FnOnce(&mut Content, Instant) -> T) -> io::Result<T> {
        self.gate.pass();
        if self.killed.load(Ordering::SeqCst) {
            return Err(io::Error::other("the process was killed"));
        }
        let now = Instant::now();
        lock(&self.meter.meter).count(now - self.meter.start);
        Ok(change(&mut lock(&self.table.0), now))
    }

    /// Changes the row if its claim is the last one and was not released.
    fn change(
        &self,
        claim: &JournalClaim,
        count: impl FnOnce(&mut Statements) -> &mut u64,
        change: impl FnOnce(&mut Row),
    ) -> io::Result<bool> {
        self.call(|content, now| {
            *count(&mut content.statements) += 1;
            let Some(row) = content.rows.get_mut(claim.key()) else {
                return false;
            };
            let is_held = row.fence == claim.fence() && row.claimed_until.is_some();
            if is_held || self.ignores_claims {
                row.claimed_until = Some(now + self.lease);
                change(row);
            }
            is_held || self.ignores_claims
        })
    }
}

impl SharedJournal for ProcessJournal {
    fn last_lines(&self, keys: &[String]) -> io::Result<Vec<String>> {
        self.call(|content, _| {
            content.statements.reads += 1;
            let lines = keys
                .iter()
                .filter_map(|key| content.rows.get(key)?.line.clone());
            lines.collect()
        })
    }

    fn acquire(&self, key: &str) -> io::Result<Option<JournalClaim>> {
        self.call(|content, now| {
            let row = content.rows.entry(key.to_owned()).or_default();
            let is_taken = row.claimed_until.is_some_and(|end| end > now);
            if is_taken && !self.ignores_claims {
                content.statements.refused_claims += 1;
                return None;
            }
            content.statements.claims += 1;
            row.fence += 1;
            row.claimed_until = Some(now + self.lease);
            let claim = JournalClaim::new(key, row.fence).with_lease(self.lease);
            let line = row.line.clone().filter(|_| !self.ignores_claims);
            Some(claim.with_last_line(line))
        })
    }

    fn renew(&self, claim: &JournalClaim) -> io::Result<bool> {
        self.change(claim, |statements| &mut statements.renewals, |_| {})
    }

    fn write(&self, claim: &JournalClaim, line: &str) -> io::Result<bool> {
        let line = line.to_owned();
        self.change(
            claim,
            |statements| &mut statements.writes,
            |row| row.line = Some(line),
        )
    }

    fn release(&self, claim: &JournalClaim, line: Option<&str>) -> io::Result<bool> {
        let line = line.map(str::to_owned);
        self.change(
            claim,
            |statements| &mut statements.releases,
            |row| {
                row.claimed_until = None;
                row.line = line.or(row.line.take());
            },
        )
    }
}

impl Journal for ProcessJournal {
    fn lines(&self) -> io::Result<Vec<String>> {
        Err(io::Error::other("a shared journal is read by key"))
    }

    fn append(&self, _: &str) -> io::Result<()> {
        Err(io::Error::other("a line needs a claim"))
    }

    fn shared(&self) -> Option<&dyn SharedJournal> {
        Some(self)
    }
}
