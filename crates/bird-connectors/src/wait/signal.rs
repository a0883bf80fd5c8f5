//! Webhook events that wake a wait: which ones do, and how often. They only say when to look; the poll decides, so that
//! an event that is lost, late, forged or a duplicate changes nothing but the time it takes.

use std::borrow::Borrow;
use std::fmt;
use std::future::pending;
use std::pin::{Pin, pin};
use std::time::Duration;

use futures_core::Stream;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use crate::webhook::Event;

/// How many polls events can cause in a row.
const BURST: u32 = 3;

/// How many events are taken in at once before a poll.
const DRAIN: usize = 1024;

/// What an event names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mention {
    connector: Option<Uuid>,
    channel: Option<Uuid>,
}

impl Mention {
    fn of(event: &Event) -> Self {
        Self {
            connector: event.connector_id(),
            channel: event.channel_id(),
        }
    }

    fn names(self, connector: Uuid, channel: Option<Uuid>) -> bool {
        self.connector == Some(connector) || (channel.is_some() && self.channel == channel)
    }
}

/// The polls that events may cause: three, and one more for each interval that has passed. Pure: the time is given.
#[derive(Debug)]
struct Bucket {
    left: u32,
    interval: Duration,
    /// From when on the next one grows. Without meaning while the bucket is full.
    growing_since: Instant,
}

impl Bucket {
    fn new(interval: Duration, now: Instant) -> Self {
        Self {
            left: BURST,
            interval,
            growing_since: now,
        }
    }

    /// When the next poll is allowed.
    fn next(&mut self, now: Instant) -> Instant {
        self.refill(now);
        if self.left > 0 {
            return now;
        }
        // Beyond what a clock can hold is never; a wait has ended before.
        let next = self.growing_since.checked_add(self.interval);
        next.unwrap_or(now + super::driver::LONGEST_PAUSE)
    }

    fn spend(&mut self, now: Instant) {
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

/// The events of one wait.
pub(super) struct Signal {
    events: Option<Pin<Box<dyn Stream<Item = Mention> + Send>>>,
    bucket: Option<Bucket>,
}

impl Signal {
    pub(super) fn new<S>(events: S) -> Self
    where
        S: Stream<Item: Borrow<Event>> + Send + 'static,
    {
        Self {
            events: Some(Box::pin(events.map(|event| Mention::of(event.borrow())))),
            bucket: None,
        }
    }

    /// Sleeps until the next poll is due. An event that names the connector or the channel makes that earlier, but not
    /// earlier than `floor`, and no more often than the bucket allows.
    pub(super) async fn sleep(
        &mut self,
        due: Instant,
        floor: Instant,
        interval: Duration,
        connector: Uuid,
        channel: Option<Uuid>,
    ) {
        let bucket = self
            .bucket
            .get_or_insert_with(|| Bucket::new(interval, Instant::now()));
        let mut sleep = pin!(sleep_until(due));
        let mut woken = false;
        loop {
            tokio::select! {
                biased;
                () = sleep.as_mut() => break,
                mention = next(&mut self.events) => match mention {
                    None => self.events = None,
                    Some(mention) if !woken && mention.names(connector, channel) => {
                        let wake = bucket.next(Instant::now()).max(floor);
                        if wake < due {
                            woken = true;
                            sleep.as_mut().reset(wake);
                        }
                    }
                    // A stream that never rests must not hold the clock up.
                    Some(_) => tokio::task::consume_budget().await,
                },
            }
        }
        if woken {
            bucket.spend(Instant::now());
        }
        // Whatever has come until now is answered by the poll that follows.
        for _ in 0..DRAIN {
            match next(&mut self.events).now_or_never() {
                Some(Some(_)) => {}
                Some(None) => self.events = None,
                None => break,
            }
        }
    }
}

/// Never, where there are no more events.
async fn next(
    events: &mut Option<Pin<Box<dyn Stream<Item = Mention> + Send>>>,
) -> Option<Mention> {
    match events {
        Some(events) => events.next().await,
        None => pending().await,
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signal")
            .field("bucket", &self.bucket)
            .finish_non_exhaustive()
    }
}
