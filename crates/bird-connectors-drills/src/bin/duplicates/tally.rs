//! The results of the runs, counted by case, and the table that shows them.

use std::collections::BTreeMap;

use crate::ensure_run::RunEnd;
use crate::plan::{Case, ConflictPolicy, Listing};

/// The results of several runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) runs: u64,
    ends: BTreeMap<RunEnd, u64>,
    /// Runs in which blind retries created more than one connector.
    pub(crate) blind_duplicates: u64,
    /// Connectors that blind retries created beyond the first of each run.
    pub(crate) blind_surplus: u64,
}

impl Tally {
    /// Number of runs that ended in this way.
    pub(crate) fn count(&self, end: RunEnd) -> u64 {
        self.ends.get(&end).copied().unwrap_or_default()
    }

    /// Adds a run: how it ended, and how many connectors blind retries created.
    pub(crate) fn record(&mut self, end: RunEnd, blind_connectors: usize) {
        *self.ends.entry(end).or_default() += 1;
        self.blind_duplicates += u64::from(blind_connectors > 1);
        self.blind_surplus += blind_connectors.saturating_sub(1) as u64;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        self.blind_duplicates += other.blind_duplicates;
        self.blind_surplus += other.blind_surplus;
        for (end, count) in &other.ends {
            *self.ends.entry(*end).or_default() += count;
        }
    }
}

/// Prints one row per case.
pub(crate) fn print_table(tallies: &BTreeMap<Case, Tally>) {
    println!(
        "{:<16} {:<14} {:<8} {:<7} {:>6} {:>6} {:>8} {:>8} {:>6} {:>10}  {:>17}",
        "409",
        "listed",
        "journal",
        "killed",
        "runs",
        "one",
        "unknown",
        "conflict",
        "other",
        "duplicates",
        "blind: duplicates"
    );
    for (case, tally) in tallies {
        let conflict = match case.conflict {
            ConflictPolicy::Always => "always",
            ConflictPolicy::OnceListed => "once listed",
            ConflictPolicy::Never => "never",
        };
        let listing = match case.listing {
            Listing::Immediate => "immediately",
            Listing::WithinWindow => "within window",
            Listing::AfterWindow => "after window",
        };
        let yes_or_no = |yes| if yes { "yes" } else { "no" };
        let note = match case.can_duplicate() {
            true => "  duplicates cannot be prevented",
            false => "",
        };
        println!(
            "{conflict:<16} {listing:<14} {:<8} {:<7} {:>6} {:>6} {:>8} {:>8} {:>6} {:>10}  {:>17}{note}",
            yes_or_no(case.journal),
            yes_or_no(case.killed),
            tally.runs,
            tally.count(RunEnd::OneConnector),
            tally.count(RunEnd::UnknownOutcome),
            tally.count(RunEnd::Conflict),
            tally.count(RunEnd::OtherError),
            tally.count(RunEnd::Duplicates),
            tally.blind_duplicates,
        );
    }
}
