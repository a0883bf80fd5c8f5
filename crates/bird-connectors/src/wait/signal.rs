//! Webhook events that trigger polls: which events do, and how often. An event only makes a poll earlier and never
//! decides anything, so that a lost, late, forged or duplicate event changes only how long a wait takes.

use std::collections::{HashSet, VecDeque};
use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bird_connectors_api::types::{ChannelId, ConnectorId};
use futures_core::Stream;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::time::{Instant, sleep_until};

use super::limits::LONGEST_PAUSE;
use crate::future::SyncStream;
use crate::webhook::{DeliveryKey, EventSubject};

/// How many polls events can trigger in a row.
const BURST: u32 = 3;

/// How many queued events are dropped before a poll, which answers them all.
const DRAIN: usize = 1024;

/// How many deliveries a wait remembers to recognize duplicates.
const REMEMBERED: usize = 1024;

/// A token bucket for the polls that events trigger: three tokens, and a new one per interval. Pure: the caller passes
/// the time.
#[derive(Debug)]
pub(crate) struct TokenBucket {
    tokens: u32,
    interval: Duration,
    /// The time from which the next token accrues. Unused while the bucket is full.
    accruing_since: Instant,
}

impl TokenBucket {
    pub(crate) fn new(interval: Duration, now: Instant) -> Self {
        Self {
            tokens: BURST,
            interval,
            accruing_since: now,
        }
    }

    /// The earliest time of the next poll.
    pub(crate) fn next(&mut self, now: Instant) -> Instant {
        self.refill(now);
        if self.tokens > 0 {
            return now;
        }
        // A time outside the range of the clock is never reached.
        let next = self.accruing_since.checked_add(self.interval);
        next.unwrap_or(now + LONGEST_PAUSE)
    }

    pub(crate) fn spend(&mut self, now: Instant) {
        self.refill(now);
        if self.tokens == BURST {
            self.accruing_since = now;
        }
        self.tokens = self.tokens.saturating_sub(1);
    }

    fn refill(&mut self, now: Instant) {
        while self.tokens < BURST && now.duration_since(self.accruing_since) >= self.interval {
            self.tokens += 1;
            self.accruing_since += self.interval;
        }
    }
}

/// The last deliveries about the installs of a wait. A poll that follows a delivery also answers its duplicates, so
/// these must not spend tokens of the bucket.
#[derive(Debug, Default)]
pub(crate) struct RecentDeliveries {
    keys: HashSet<DeliveryKey>,
    oldest_first: VecDeque<DeliveryKey>,
}

impl RecentDeliveries {
    /// Records a delivery. Returns whether it is new.
    pub(crate) fn insert(&mut self, delivery: DeliveryKey) -> bool {
        if !self.keys.insert(delivery) {
            return false;
        }
        self.oldest_first.push_back(delivery);
        if self.oldest_first.len() > REMEMBERED
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.keys.remove(&oldest);
        }
        true
    }
}

/// The events of a wait.
#[derive(Debug)]
pub(crate) struct EventStream(SyncStream<EventSubject>);

impl EventStream {
    pub(crate) fn new<S>(events: S) -> Self
    where
        S: Stream<Item: Into<EventSubject>> + Send + 'static,
    {
        Self(SyncStream::new(Box::pin(events.map(Into::into))))
    }

    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<EventSubject>> {
        self.0.poll_next_unpin(cx)
    }
}

/// Sleeps until the next poll, which events can make earlier.
#[derive(Debug)]
pub(crate) struct EventTrigger {
    /// `None` after the end of the stream.
    events: Option<EventStream>,
    recent: RecentDeliveries,
    bucket: TokenBucket,
}

impl EventTrigger {
    pub(crate) fn new(events: EventStream, interval: Duration) -> Self {
        Self {
            events: Some(events),
            recent: RecentDeliveries::default(),
            bucket: TokenBucket::new(interval, Instant::now()),
        }
    }

    /// Sleeps until the next poll is due. An event about the connector or its channel makes that earlier, but not earlier
    /// than `floor`, and no more often than the bucket allows. A duplicate of an earlier event does not.
    pub(crate) async fn sleep(
        &mut self,
        due: Instant,
        floor: Instant,
        connector: ConnectorId,
        channel: Option<ChannelId>,
    ) {
        let mut sleep = pin!(sleep_until(due));
        let mut woken = false;
        while let Some(event) = poll_fn(|cx| match sleep.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => self.poll_event(cx).map(Some),
        })
        .await
        {
            match event {
                None => self.events = None,
                Some(subject) => {
                    let is_new = subject.includes(connector, channel)
                        && self.recent.insert(subject.delivery_key);
                    if is_new && !woken {
                        let wake = self.bucket.next(Instant::now()).max(floor);
                        if wake < due {
                            woken = true;
                            sleep.as_mut().reset(wake);
                        }
                    }
                    // A stream that is always ready must not block the timer.
                    tokio::task::consume_budget().await;
                }
            }
        }
        if woken {
            self.bucket.spend(Instant::now());
        }
        // The poll that follows answers all events up to now.
        for _ in 0..DRAIN {
            match poll_fn(|cx| self.poll_event(cx)).now_or_never() {
                Some(Some(subject)) => {
                    if subject.includes(connector, channel) {
                        self.recent.insert(subject.delivery_key);
                    }
                }
                Some(None) => self.events = None,
                None => break,
            }
        }
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<EventSubject>> {
        match &mut self.events {
            Some(events) => events.poll_next(cx),
            None => Poll::Pending,
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
