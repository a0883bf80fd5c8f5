//! When a bulk wait acts next: the next round, the last polls of installs whose timeout expires, and the rounds that
//! webhook events trigger. Pure: the caller passes the time.

use std::collections::BTreeSet;
use std::time::Duration;

use bird_connectors_api::types::ConnectorId;
use tokio::time::Instant;

use super::pacing::PollPacing;
use crate::wait::limits::{GRACE, LONGEST_PAUSE};
use crate::wait::signal::TokenBucket;

pub(super) struct Agenda {
    pacing: PollPacing,
    /// When the next full round is due.
    next: Instant,
    /// The earliest time of the next round, from the last `Retry-After`. Last polls do not wait for it.
    floor: Instant,
    /// When an install last changed, joined or ended.
    last_change: Instant,
    /// The deadline of each install whose last poll has not begun.
    ends: BTreeSet<(Instant, ConnectorId)>,
    /// The time at which each started last poll is cut off.
    cuts: BTreeSet<(Instant, ConnectorId)>,
    /// The earliest time of the next round of last polls. Deadlines that are close together share one round.
    next_last_polls: Instant,
    /// The installs that events have named since the last round.
    named: BTreeSet<ConnectorId>,
    /// When the round for these installs is due.
    wake: Option<Instant>,
    bucket: TokenBucket,
}

/// The installs that a round includes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RoundScope {
    All,
    Only(BTreeSet<ConnectorId>),
}

impl RoundScope {
    pub(super) fn includes(&self, connector: ConnectorId) -> bool {
        match self {
            Self::All => true,
            Self::Only(connectors) => connectors.contains(&connector),
        }
    }
}

impl Agenda {
    /// The first round is due at once.
    pub(super) fn new(pacing: PollPacing, now: Instant) -> Self {
        Self {
            pacing,
            next: now,
            floor: now,
            last_change: now,
            ends: BTreeSet::new(),
            cuts: BTreeSet::new(),
            next_last_polls: now,
            named: BTreeSet::new(),
            wake: None,
            bucket: TokenBucket::new(pacing.first(), now),
        }
    }

    pub(super) fn pacing(&self) -> PollPacing {
        self.pacing
    }

    /// When the next action is due. During a round, the only action is to cut off last polls.
    pub(super) fn due(&self, round_running: bool) -> Option<Instant> {
        let cut = first(&self.cuts);
        if round_running {
            // An install whose deadline passes during a round gets no further poll.
            let end = first(&self.ends).and_then(|end| end.checked_add(GRACE));
            return earliest([cut, end]);
        }
        let end = first(&self.ends).map(|end| end.max(self.next_last_polls));
        let wake = self.wake.map(|wake| wake.max(self.floor));
        earliest([cut, end, wake, Some(self.next.max(self.floor))])
    }

    /// Removes and returns an install whose last poll is to be cut off now.
    pub(super) fn take_cut(&mut self, now: Instant, round_running: bool) -> Option<ConnectorId> {
        if let Some(&(cut, connector)) = self.cuts.first()
            && cut <= now
        {
            self.cuts.pop_first();
            return Some(connector);
        }
        if round_running
            && let Some(&(end, connector)) = self.ends.first()
            && end.checked_add(GRACE).is_some_and(|cut| cut <= now)
        {
            self.ends.pop_first();
            return Some(connector);
        }
        None
    }

    /// The round that is to begin now, if one is due.
    pub(super) fn take_round(&mut self, now: Instant) -> Option<RoundScope> {
        if self.next.max(self.floor) <= now {
            self.spend_wake(now);
            return Some(RoundScope::All);
        }
        let mut scope = BTreeSet::new();
        if self.next_last_polls <= now {
            let ended = self.ends.iter().take_while(|(end, _)| *end <= now);
            scope.extend(ended.map(|(_, connector)| *connector));
            if !scope.is_empty() {
                self.next_last_polls = now + self.pacing.min_spacing() / 2;
            }
        }
        if self.wake.is_some_and(|wake| wake.max(self.floor) <= now) {
            self.spend_wake(now);
            scope.append(&mut self.named);
        }
        (!scope.is_empty()).then_some(RoundScope::Only(scope))
    }

    /// Begins a round of all installs, including those that events have named.
    pub(super) fn begin_full_round(&mut self) {
        self.named.clear();
    }

    /// Schedules the next full round after one that sent this many requests. `random` is in `0..=1`.
    pub(super) fn end_full_round(
        &mut self,
        began: Instant,
        requests: u32,
        random: f64,
        now: Instant,
    ) {
        let unchanged = now.saturating_duration_since(self.last_change);
        let pause = self.pacing.pause(unchanged, requests, random);
        let due = began + pause.min(LONGEST_PAUSE);
        self.next = due.max(now + self.pacing.min_spacing().min(LONGEST_PAUSE));
    }

    /// Makes a round for this install due as soon as the bucket allows it, because an event has named it.
    pub(super) fn wake(&mut self, connector: ConnectorId, now: Instant) {
        self.named.insert(connector);
        if self.wake.is_none() {
            self.wake = Some(self.bucket.next(now).max(now));
        }
    }

    fn spend_wake(&mut self, now: Instant) {
        if self.wake.take().is_some_and(|wake| wake <= now) {
            self.bucket.spend(now);
        }
    }

    /// Postpones all rounds, because the server sent a `Retry-After`.
    pub(super) fn postpone(&mut self, pause: Duration, now: Instant) {
        self.floor = self.floor.max(now + pause.min(LONGEST_PAUSE));
    }

    pub(super) fn note_change(&mut self, now: Instant) {
        self.last_change = now;
    }

    /// Adds an install. A wait that has slowed down speeds up again.
    pub(super) fn follow(
        &mut self,
        connector: ConnectorId,
        deadline: Option<Instant>,
        now: Instant,
    ) {
        if let Some(end) = deadline {
            self.ends.insert((end, connector));
        }
        self.last_change = now;
        let soon = now + self.pacing.first().min(LONGEST_PAUSE);
        self.next = self.next.min(soon.max(self.floor));
    }

    /// Records that the last poll of an install with this deadline has started. Returns the time at which it is cut off.
    pub(super) fn begin_last_poll(
        &mut self,
        connector: ConnectorId,
        deadline: Instant,
        began: Instant,
    ) -> Option<Instant> {
        let cut = deadline.max(began).checked_add(GRACE)?;
        self.ends.remove(&(deadline, connector));
        self.cuts.insert((cut, connector));
        Some(cut)
    }

    /// Removes an install with this deadline, and this time at which its last poll is cut off.
    pub(super) fn unfollow(
        &mut self,
        connector: ConnectorId,
        deadline: Option<Instant>,
        cut: Option<Instant>,
    ) {
        if let Some(end) = deadline {
            self.ends.remove(&(end, connector));
        }
        if let Some(cut) = cut {
            self.cuts.remove(&(cut, connector));
        }
        self.named.remove(&connector);
    }
}

fn first(times: &BTreeSet<(Instant, ConnectorId)>) -> Option<Instant> {
    times.first().map(|(time, _)| *time)
}

fn earliest<const N: usize>(times: [Option<Instant>; N]) -> Option<Instant> {
    times.into_iter().flatten().min()
}

#[cfg(test)]
mod tests;
