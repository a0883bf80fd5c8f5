//! What a run has measured.

use std::time::Duration;

use crate::api::FaultCounts;
use crate::journal::Statements;
use crate::scenario::Pattern;
use crate::workspace::{ReadCounts, Summary};

/// How many wrong results are kept as examples.
const EXAMPLES: usize = 5;

#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) bulk: PatternFigures,
    pub(crate) single: PatternFigures,
    /// The time of the simulation.
    pub(crate) simulated: Duration,
    pub(crate) crashes: u64,
    pub(crate) redeliveries: u64,
    /// Installs that a worker repeated because of an error, such as an unknown outcome.
    pub(crate) repeated: u64,
    pub(crate) faults: FaultCounts,
    /// The most statements of all workers in a second.
    pub(crate) peak_statements: u64,
    /// The memory of a worker for each install of a batch, in bytes.
    pub(crate) bulk_memory: u64,
    /// The memory of a worker for each install that runs, one by one.
    pub(crate) single_memory: u64,
}

/// The figures of the workspaces that were installed in one way.
#[derive(Clone, Debug, Default)]
pub(crate) struct PatternFigures {
    pub(crate) workspaces: u64,
    pub(crate) installs: u64,
    pub(crate) connectors: u64,
    pub(crate) duplicates: u64,
    /// Installs without a connector.
    pub(crate) missing: u64,
    pub(crate) without_result: u64,
    /// Results that differ from the state of the connector.
    pub(crate) wrong: u64,
    pub(crate) wrong_examples: Vec<String>,
    pub(crate) failed: u64,
    pub(crate) timed_out: u64,
    pub(crate) reads: u64,
    pub(crate) writes: u64,
    pub(crate) reads_by_kind: ReadCounts,
    pub(crate) rejected: u64,
    /// The most requests that a workspace received in any second.
    pub(crate) peak_reads: usize,
    pub(crate) peak_writes: usize,
    /// The times from active to known, in milliseconds.
    pub(crate) delays: Vec<u32>,
    pub(crate) rows: u64,
    pub(crate) row_bytes: u64,
    pub(crate) statements: Statements,
}

impl Figures {
    pub(crate) fn pattern(&mut self, pattern: Pattern) -> &mut PatternFigures {
        match pattern {
            Pattern::Bulk => &mut self.bulk,
            Pattern::Single => &mut self.single,
        }
    }

    /// Both patterns, with their names, unless no workspace was installed in that way.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = (&'static str, &PatternFigures)> {
        let all = [("in bulk", &self.bulk), ("one by one", &self.single)];
        all.into_iter().filter(|(_, figures)| figures.installs > 0)
    }
}

impl PatternFigures {
    pub(crate) fn add(&mut self, installs: u32, summary: Summary) {
        self.workspaces += 1;
        self.installs += u64::from(installs);
        self.connectors += summary.connectors;
        self.duplicates += summary.duplicates;
        self.missing += summary.missing;
        self.without_result += summary.without_result;
        self.wrong += summary.wrong.len() as u64;
        let free = EXAMPLES.saturating_sub(self.wrong_examples.len());
        let examples = summary.wrong.into_iter().take(free);
        self.wrong_examples.extend(examples);
        self.failed += summary.failed;
        self.timed_out += summary.timed_out;
        self.reads += summary.reads.total;
        self.writes += summary.writes.total;
        self.reads_by_kind.channel_pages += summary.reads_by_kind.channel_pages;
        self.reads_by_kind.connector_pages += summary.reads_by_kind.connector_pages;
        self.reads_by_kind.single += summary.reads_by_kind.single;
        self.rejected += summary.reads.rejected + summary.writes.rejected;
        self.peak_reads = self.peak_reads.max(summary.reads.peak);
        self.peak_writes = self.peak_writes.max(summary.writes.peak);
        self.delays.extend(summary.delays);
        self.rows += summary.rows;
        self.row_bytes += summary.row_bytes;
        self.statements.add(&summary.statements);
    }

    /// A number for each install.
    pub(crate) fn each(&self, number: u64) -> f64 {
        number as f64 / self.installs.max(1) as f64
    }

    /// The time from active to known that this share of the installs did not exceed. Sort the delays first.
    pub(crate) fn delay(&self, share: f64) -> Duration {
        let rank = (self.delays.len() as f64 * share).ceil() as usize;
        let delay = self.delays.get(rank.saturating_sub(1));
        Duration::from_millis(delay.copied().unwrap_or_default().into())
    }
}
