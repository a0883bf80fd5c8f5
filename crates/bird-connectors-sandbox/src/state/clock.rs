//! The clock of the sandbox. Elapsed time is tokio's, so that a test can pause it. Dates are the real start time plus the
//! elapsed time.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use tokio::time::Instant;

use crate::scenario::behavior::DatePrecision;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    started: Instant,
    started_at: DateTime<Utc>,
    /// How far the clock is ahead of real time, because it was stepped.
    ahead: Duration,
    /// How far it is behind, because it stood still.
    behind: Duration,
    /// The elapsed time at which the clock stands still.
    held: Option<Duration>,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self {
            started: Instant::now(),
            started_at: std::time::SystemTime::now().into(),
            ahead: Duration::ZERO,
            behind: Duration::ZERO,
            held: None,
        }
    }

    /// The time since the sandbox started, as installs, dates and timestamps count it.
    pub(crate) fn elapsed(&self) -> Duration {
        let running = || {
            let stepped = self.real_elapsed().saturating_add(self.ahead);
            stepped.saturating_sub(self.behind)
        };
        self.held.unwrap_or_else(running)
    }

    /// The time since the sandbox started, even while the clock stands still. Rate limits count it.
    pub(crate) fn real_elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Whether the clock stands still until it is stepped.
    pub(crate) const fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// Stops the clock at the current time.
    #[cfg(feature = "ui")]
    pub(crate) fn hold(&mut self) {
        self.held = Some(self.elapsed());
    }

    /// Moves the clock forward, whether it stands still or not.
    #[cfg(feature = "ui")]
    pub(crate) fn step(&mut self, by: Duration) {
        match &mut self.held {
            Some(held) => *held = held.saturating_add(by),
            None => self.ahead = self.ahead.saturating_add(by),
        }
    }

    /// Lets the clock run again, from the time at which it stands.
    #[cfg(feature = "ui")]
    pub(crate) fn run(&mut self) {
        if let Some(held) = self.held.take() {
            let real = self.real_elapsed();
            self.ahead = held.saturating_sub(real);
            self.behind = real.saturating_sub(held);
        }
    }

    /// How far the clock is ahead of real time, and how far it is behind.
    #[cfg(feature = "ui")]
    pub(crate) const fn offset(&self) -> (Duration, Duration) {
        (self.ahead, self.behind)
    }

    #[cfg(feature = "ui")]
    pub(crate) fn started_unix_milliseconds(&self) -> i64 {
        self.started_at.timestamp_millis()
    }

    /// The date at this elapsed time, in the API's format.
    pub(crate) fn date(&self, elapsed: Duration, precision: DatePrecision) -> String {
        let format = match precision {
            DatePrecision::Milliseconds => SecondsFormat::Millis,
            DatePrecision::Nanoseconds => SecondsFormat::Nanos,
            DatePrecision::Seconds => SecondsFormat::Secs,
        };
        self.at(elapsed).to_rfc3339_opts(format, true)
    }

    /// The date at this elapsed time as an HTTP date: whole seconds, rounded down.
    pub(crate) fn http_date(&self, elapsed: Duration) -> String {
        self.at(elapsed)
            .format("%a, %d %b %Y %H:%M:%S GMT")
            .to_string()
    }

    /// The date at this elapsed time as a Unix timestamp in seconds.
    pub(crate) fn unix_seconds(&self, elapsed: Duration) -> i64 {
        self.at(elapsed).timestamp()
    }

    fn at(&self, elapsed: Duration) -> DateTime<Utc> {
        chrono::Duration::from_std(elapsed)
            .ok()
            .and_then(|elapsed| self.started_at.checked_add_signed(elapsed))
            .unwrap_or(self.started_at)
    }
}
