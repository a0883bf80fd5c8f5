//! Webhook events that wake a wait: which ones do, and how often. They only say when to look; the poll decides, so that
//! an event that is lost, late, forged or a duplicate changes nothing but the time it takes.

use std::borrow::Borrow;
use std::fmt;
use std::future::{Future as _, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use bird_connectors_api::types::{ChannelId, ConnectorId};
use futures_core::Stream;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::time::{Instant, sleep_until};

use super::schedule::LONGEST_PAUSE;
use crate::webhook::Event;

/// How many polls events can cause in a row.
const BURST: u32 = 3;

/// How many events are taken in at once before a poll.
const DRAIN: usize = 1024;

/// What an event names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mention {
    pub(crate) connector: Option<ConnectorId>,
    pub(crate) channel: Option<ChannelId>,
}

impl Mention {
    fn of(event: &Event) -> Self {
        Self {
            connector: event.connector_id(),
            channel: event.channel_id(),
        }
    }

    fn names(self, connector: ConnectorId, channel: Option<ChannelId>) -> bool {
        self.connector == Some(connector) || (channel.is_some() && self.channel == channel)
    }
}

/// The polls that events may cause: three, and one more for each interval that has passed. Pure: the time is given.
#[derive(Debug)]
pub(crate) struct Bucket {
    left: u32,
    interval: Duration,
    /// From when on the next one grows. Without meaning while the bucket is full.
    growing_since: Instant,
}

impl Bucket {
    pub(crate) fn new(interval: Duration, now: Instant) -> Self {
        Self {
            left: BURST,
            interval,
            growing_since: now,
        }
    }

    /// When the next poll is allowed.
    pub(crate) fn next(&mut self, now: Instant) -> Instant {
        self.refill(now);
        if self.left > 0 {
            return now;
        }
        // Beyond what a clock can hold is never; a wait has ended before.
        let next = self.growing_since.checked_add(self.interval);
        next.unwrap_or(now + LONGEST_PAUSE)
    }

    pub(crate) fn spend(&mut self, now: Instant) {
        self.refill(now);
        if self.left == BURST {
            self.growing_since = now;
        }
        self.left = self.left.saturating_sub(1);
    }

    fn refill(&mut self, now: Instant) {
        while self.left < BURST && now.duration_since(self.growing_since) >= self.interval {
            self.left += 1;
            self.growing_since += self.interval;
        }
    }
}

/// The events of a wait that has not begun.
pub(crate) struct Events(Pin<Box<dyn Stream<Item = Mention> + Send>>);

impl Events {
    pub(crate) fn new<S>(events: S) -> Self
    where
        S: Stream<Item: Borrow<Event>> + Send + 'static,
    {
        Self(Box::pin(events.map(|event| Mention::of(event.borrow()))))
    }

    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Mention>> {
        self.0.poll_next_unpin(cx)
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}

/// The events of a wait, and the polls that they may cause.
#[derive(Debug)]
pub(crate) struct Signal {
    /// `None` where there are no more.
    events: Option<Events>,
    bucket: Bucket,
}

impl Signal {
    pub(crate) fn new(events: Events, interval: Duration) -> Self {
        Self {
            events: Some(events),
            bucket: Bucket::new(interval, Instant::now()),
        }
    }

    /// Sleeps until the next poll is due. An event that names the connector or the channel makes that earlier, but not
    /// earlier than `floor`, and no more often than the bucket allows.
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
                Some(mention) => {
                    if !woken && mention.names(connector, channel) {
                        let wake = self.bucket.next(Instant::now()).max(floor);
                        if wake < due {
                            woken = true;
                            sleep.as_mut().reset(wake);
                        }
                    }
                    // A stream that never rests must not hold up the clock.
                    tokio::task::consume_budget().await;
                }
            }
        }
        if woken {
            self.bucket.spend(Instant::now());
        }
        // Whatever has come until now is answered by the poll that follows.
        for _ in 0..DRAIN {
            match poll_fn(|cx| self.poll_event(cx)).now_or_never() {
                Some(Some(_)) => {}
                Some(None) => self.events = None,
                None => break,
            }
        }
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Mention>> {
        match &mut self.events {
            Some(events) => events.poll_next(cx),
            None => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests;
