//! The rounds of a bulk wait: which lists and which installs a round reads, and how it handles their results.

use std::sync::Arc;
use std::task::{Context, Poll};

use bird_connectors_api::types::{Channel, ConnectorId};
use tokio::time::Instant;

use super::agenda::RoundScope;
use super::followed::ReadReason;
use super::list_plan::{IDS_PER_REQUEST, ListAccess, ListKinds, ListStrategy, individual_reads};
use super::reads::{CompletedRead, Reads, RemainingPages};
use super::state::BulkWaitState;
use crate::error::{Error, ErrorKind};
use crate::wait::machine::ReadResult;
use crate::wait::rules::ReadTime;
use crate::wait::source::{Listing, SharedSource};

pub(super) struct RoundRunner<S> {
    reads: Reads<S>,
    current: Option<Round>,
    lists: ListAccess,
    kinds: ListKinds,
    /// How many individual reads the current round may still start.
    budget: usize,
}

/// A round that is running.
struct Round {
    began: Instant,
    /// Whether it includes all installs. Then its end schedules the next one.
    full: bool,
    /// Whether both kinds of list are read.
    both_kinds: bool,
    /// The number of listings that are being read.
    listings: usize,
    requests: u32,
    /// The number of installs that it includes.
    members: usize,
    failure: Option<Arc<Error>>,
}

impl<S: SharedSource> RoundRunner<S> {
    pub(super) fn new(source: S) -> Self {
        Self {
            reads: Reads::new(source),
            current: None,
            lists: ListAccess::default(),
            kinds: ListKinds::default(),
            budget: 0,
        }
    }

    pub(super) fn is_running(&self) -> bool {
        self.current.is_some()
    }

    pub(super) fn poll_completed(&mut self, cx: &mut Context<'_>) -> Poll<CompletedRead> {
        self.reads.poll_completed(cx)
    }

    /// Begins a round.
    pub(super) fn begin(&mut self, state: &mut BulkWaitState, scope: RoundScope, now: Instant) {
        state.count(|totals| totals.rounds += 1);
        let in_scope = |(connector, _): &(ConnectorId, _)| scope.includes(*connector);
        let channels = state.installs.iter().filter(in_scope);
        let (mut known, mut unknown, mut needs_pages) = (Vec::new(), 0, false);
        for (_, install) in channels {
            match install.channel_id() {
                Some(channel) => known.push(channel),
                None => unknown += 1,
            }
            needs_pages |= install.needs_list();
        }
        let strategy = ListStrategy::cheapest(known.len(), unknown, needs_pages, self.lists);
        let scope = match strategy {
            // All pages show all installs.
            ListStrategy::AllPages => RoundScope::All,
            ListStrategy::ByIds | ListStrategy::None => scope,
        };
        let full = scope == RoundScope::All;
        if full {
            state.agenda.begin_full_round();
        }
        let (mut members, mut last_polls, mut decided) = (0, Vec::new(), Vec::new());
        for (connector, install) in state.installs.iter_mut() {
            if scope.includes(connector) {
                install.begin_round();
                members += 1;
                if !install.is_in_last_poll()
                    && let Some(end) = install.end()
                    && state.agenda.is_last_poll(end.deadline, now)
                {
                    last_polls.push(connector);
                }
                if install.is_decided() {
                    decided.push(connector);
                }
            }
        }
        state.begin_last_polls(&last_polls, now);
        let (kind, other_kind) = self.kinds.next();
        let mut listings = Vec::new();
        for kind in [Some(kind), other_kind].into_iter().flatten() {
            match strategy {
                ListStrategy::AllPages => listings.push(Listing::All(kind)),
                ListStrategy::ByIds => listings.extend(
                    known
                        .chunks(IDS_PER_REQUEST)
                        .map(|ids| Listing::Ids(kind, ids.to_vec())),
                ),
                ListStrategy::None => {}
            }
        }
        self.current = Some(Round {
            began: now,
            full,
            both_kinds: other_kind.is_some(),
            listings: listings.len(),
            requests: 0,
            members,
            failure: None,
        });
        let lists_nothing = listings.is_empty();
        for listing in listings {
            self.reads.start_listing(listing);
        }
        // A poll can be decided without any read.
        for connector in decided {
            state.evaluate(connector, now);
        }
        self.start_individual_reads(state, strategy, now);
        if lists_nothing {
            self.end(state, now);
        }
    }

    /// Reads installs that lists do not show. Ordered by the urgency of the reason, then by the longest time since the last
    /// read.
    fn start_individual_reads(
        &mut self,
        state: &mut BulkWaitState,
        strategy: ListStrategy,
        now: Instant,
    ) {
        let mut candidates = Vec::new();
        let mut unlisted_installs = 0;
        let pacing = state.agenda.pacing();
        for (connector, install) in state.installs.iter() {
            if !install.is_in_round() {
                continue;
            }
            let unlisted = install.is_unlisted(strategy);
            unlisted_installs += usize::from(unlisted);
            if !install.has_running_reads()
                && let Some(reason) = install.read_reason(unlisted, pacing, now)
            {
                candidates.push((reason, install.last_individual_poll(), connector));
            }
        }
        candidates.sort_unstable();
        self.budget = individual_reads(strategy, unlisted_installs, state.rounds());
        for (reason, _, connector) in candidates {
            if self.budget == 0 {
                break;
            }
            // A listed install is read for its readiness alone, one install per round.
            let is_stuck = reason == ReadReason::Stuck;
            let limit = if is_stuck { 1 } else { self.budget };
            self.start_reads_of(state, connector, limit, now);
            if is_stuck {
                break;
            }
        }
    }

    fn start_reads_of(
        &mut self,
        state: &mut BulkWaitState,
        connector: ConnectorId,
        limit: usize,
        now: Instant,
    ) {
        let Some(install) = state.installs.get_mut(connector) else {
            return;
        };
        let targets = install.begin_individual_reads(limit, now);
        self.budget -= targets.len();
        for target in targets {
            self.reads.start_single(connector, target, install.joined());
        }
    }

    /// Takes a completed read.
    pub(super) fn receive(&mut self, state: &mut BulkWaitState, read: CompletedRead, now: Instant) {
        match read {
            CompletedRead::Page {
                listing,
                pages_before,
                page: Some(Ok(page)),
                rest,
            } => self.receive_page(state, listing, pages_before, page, rest, now),
            CompletedRead::Page {
                page: Some(Err(error)),
                ..
            } => self.receive_list_error(state, error, now),
            CompletedRead::Page {
                listing,
                pages_before,
                page: None,
                ..
            } => {
                if matches!(*listing, Listing::All(_)) {
                    self.lists.note_pages(pages_before);
                }
                self.end_listing(state, now);
            }
            CompletedRead::Single {
                connector,
                result,
                time,
            } => self.receive_single(state, connector, *result, time, now),
        }
    }

    fn receive_page(
        &mut self,
        state: &mut BulkWaitState,
        listing: Arc<Listing>,
        pages_before: usize,
        page: Vec<Channel>,
        rest: RemainingPages,
        now: Instant,
    ) {
        self.count_list_request(state);
        for channel in page {
            if let Listing::Ids(_, ids) = &*listing
                && !ids.contains(&channel.id)
            {
                self.lists.note_ignored_ids();
            }
            state.receive_listed(listing.lookup(), channel, now);
        }
        self.reads.start_page(listing, pages_before + 1, rest);
    }

    fn receive_list_error(&mut self, state: &mut BulkWaitState, error: Error, now: Instant) {
        self.count_list_request(state);
        postpone(state, &error, now);
        if error.kind() == ErrorKind::PermissionDenied {
            self.lists.note_denied();
        }
        if let Some(round) = &mut self.current {
            round.failure = Some(Arc::new(error));
        }
        self.end_listing(state, now);
    }

    fn count_list_request(&mut self, state: &BulkWaitState) {
        state.count(|totals| totals.gets += 1);
        if let Some(round) = &mut self.current {
            round.requests += 1;
        }
    }

    fn receive_single(
        &mut self,
        state: &mut BulkWaitState,
        connector: ConnectorId,
        result: ReadResult,
        time: ReadTime,
        now: Instant,
    ) {
        state.count(|totals| totals.gets += 1);
        state
            .agenda
            .note_duration(time.received.saturating_sub(time.sent));
        if let Some(error) = result.error() {
            postpone(state, error, now);
        }
        state.receive(connector, result, time, now);
        let Some(install) = state.installs.get(connector) else {
            return;
        };
        let is_decided = install.is_decided();
        if !install.has_running_reads() && !is_decided && self.budget > 0 {
            // A result may lead to further reads.
            self.start_reads_of(state, connector, self.budget, now);
        }
        let is_idle = state
            .installs
            .get(connector)
            .is_some_and(|install| !install.has_running_reads() && !install.is_in_round());
        if is_decided || is_idle {
            state.evaluate(connector, now);
        }
    }

    fn end_listing(&mut self, state: &mut BulkWaitState, now: Instant) {
        if let Some(round) = &mut self.current {
            round.listings = round.listings.saturating_sub(1);
            if round.listings == 0 {
                self.end(state, now);
            }
        }
    }

    fn end(&mut self, state: &mut BulkWaitState, now: Instant) {
        let Some(round) = self.current.take() else {
            return;
        };
        state.agenda.note_duration(now - round.began);
        let shown = state.end_round(round.began, round.failure.as_ref(), now);
        if round.failure.is_none() {
            let shown_by = |lookup| shown[lookup as usize];
            self.kinds.note(round.members, shown_by, round.both_kinds);
        }
        if round.full {
            let random = fastrand::f64();
            state
                .agenda
                .end_full_round(round.began, round.requests, random, now);
        }
    }
}

/// Postpones all rounds if the server asks for a pause.
fn postpone(state: &mut BulkWaitState, error: &Error, now: Instant) {
    if let Some(pause) = error.retry_after() {
        state.agenda.postpone(pause, now);
    }
}
