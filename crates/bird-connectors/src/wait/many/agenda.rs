//! When a bulk wait acts next: the next round, the last polls of installs whose timeout expires, the end of their waits, and
//! the rounds that webhook events trigger. Pure: the caller passes the time.

use std::collections::BTreeSet;
use std::time::Duration;

use bird_connectors_api::types::ConnectorId;
use tokio::time::Instant;

use super::pacing::PollPacing;
use crate::wait::last_poll::LastPollLead;
use crate::wait::limits::LONGEST_PAUSE;
use crate::wait::signal::TokenBucket;

/// Last polls that are due within this time share a round, even if the interval is longer.
const LONGEST_SHARE: Duration = Duration::from_millis(500);

pub(super) struct Agenda {
    pacing: PollPacing,
    /// When the next full round is due.
    next: Instant,
    /// The earliest time of the next round, from the last `Retry-After`. Last polls do not wait for it.
    floor: Instant,
    /// When an install last changed, joined or ended.
    last_change: Instant,
    /// When the wait for each install ends, whatever is running.
    ends: BTreeSet<(Instant, ConnectorId)>,
    /// The deadline of each install whose last poll has not begun.
    last_polls: BTreeSet<(Instant, ConnectorId)>,
    /// How long before a deadline the last poll begins.
    lead: LastPollLead,
    /// The earliest time of the next round of last polls. Deadlines that are close together share one round.
    next_last_polls: Instant,
    /// The installs that events have named since the last round.
    named: BTreeSet<ConnectorId>,
    /// When the round for these installs is due.
    wake: Option<Instant>,
    bucket: TokenBucket,
}

/// The times at which the wait for an install ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InstallEnd {
    /// When the timeout expires.
    pub(super) deadline: Instant,
    /// When the wait ends at the latest: the deadline, or later if the last poll begins after the deadline.
    pub(super) end: Instant,
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
            last_polls: BTreeSet::new(),
            lead: LastPollLead::default(),
            next_last_polls: now,
            named: BTreeSet::new(),
            wake: None,
            bucket: TokenBucket::new(pacing.first(), now),
        }
    }

    pub(super) fn pacing(&self) -> PollPacing {
        self.pacing
    }

    /// When the next action is due. During a round, the only action is to end waits.
    pub(super) fn due(&self, round_running: bool) -> Option<Instant> {
        let end = first(&self.ends);
        if round_running {
            return end;
        }
        let last_poll = first(&self.last_polls)
            .map(|deadline| self.last_poll_time(deadline).max(self.next_last_polls));
        let wake = self.wake.map(|wake| wake.max(self.floor));
        earliest([end, last_poll, wake, Some(self.next.max(self.floor))])
    }

    /// Removes and returns an install whose wait ends now.
    pub(super) fn take_ended(&mut self, now: Instant, round_running: bool) -> Option<ConnectorId> {
        let can_poll = !round_running && self.next_last_polls <= now;
        let ended = self.ends.iter().take_while(|(end, _)| *end <= now);
        // If the results are read so late that the last poll has not begun, it begins now instead.
        let ended = ended
            .copied()
            .find(|entry| !can_poll || !self.last_polls.contains(entry))?;
        self.ends.remove(&ended);
        Some(ended.1)
    }

    /// The round that is to begin now, if one is due.
    pub(super) fn take_round(&mut self, now: Instant) -> Option<RoundScope> {
        if self.next.max(self.floor) <= now {
            self.spend_wake(now);
            return Some(RoundScope::All);
        }
        let mut scope = BTreeSet::new();
        if self.next_last_polls <= now
            && first(&self.last_polls).is_some_and(|deadline| self.last_poll_time(deadline) <= now)
        {
            let due = self.last_polls.iter();
            let due = due.take_while(|(deadline, _)| self.is_last_poll(*deadline, now));
            scope.extend(due.map(|(_, connector)| *connector));
            self.next_last_polls = now + self.shared_by();
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
    pub(super) fn follow(&mut self, connector: ConnectorId, end: Option<InstallEnd>, now: Instant) {
        if let Some(InstallEnd { deadline, end }) = end {
            self.ends.insert((end, connector));
            self.last_polls.insert((deadline, connector));
        }
        self.last_change = now;
        let soon = now + self.pacing.first().min(LONGEST_PAUSE);
        self.next = self.next.min(soon.max(self.floor));
    }

    /// Records that the last poll of an install has begun.
    pub(super) fn begin_last_poll(&mut self, connector: ConnectorId, deadline: Instant) {
        self.last_polls.remove(&(deadline, connector));
    }

    /// Moves the end of the wait for an install.
    pub(super) fn move_end(&mut self, connector: ConnectorId, from: Instant, to: Instant) {
        self.ends.remove(&(from, connector));
        self.ends.insert((to, connector));
    }

    /// Whether a poll that begins now is the last one of an install with this deadline.
    pub(super) fn is_last_poll(&self, deadline: Instant, now: Instant) -> bool {
        self.last_poll_time(deadline) <= now + self.shared_by()
    }

    /// Takes the duration of a round or a read, which determines how long before a deadline the last poll begins.
    pub(super) fn note_duration(&mut self, duration: Duration) {
        self.lead.note(duration);
    }

    /// When the last poll of an install with this deadline begins at the latest.
    fn last_poll_time(&self, deadline: Instant) -> Instant {
        // A time before the range of the clock is in the past.
        deadline.checked_sub(self.lead.get()).unwrap_or(deadline)
    }

    /// Last polls that are due within this time share a round: a quarter of the first interval.
    fn shared_by(&self) -> Duration {
        (self.pacing.min_spacing() / 2).min(LONGEST_SHARE)
    }

    /// Removes an install whose wait ends at these times.
    pub(super) fn unfollow(&mut self, connector: ConnectorId, end: Option<InstallEnd>) {
        if let Some(InstallEnd { deadline, end }) = end {
            self.ends.remove(&(end, connector));
            self.last_polls.remove(&(deadline, connector));
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
