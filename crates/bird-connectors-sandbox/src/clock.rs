//! The sandbox's time: elapsed time is tokio's, so that it can be paused; dates are the start plus what has elapsed.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use tokio::time::Instant;

use crate::behavior::DatePrecision;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    started: Instant,
    started_at: DateTime<Utc>,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self {
            started: Instant::now(),
            started_at: std::time::SystemTime::now().into(),
        }
    }

    /// Time since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The date at which this much had elapsed, as the API writes dates.
    pub(crate) fn date(&self, elapsed: Duration, dates: DatePrecision) -> String {
        let format = match dates {
            DatePrecision::Milliseconds => SecondsFormat::Millis,
            DatePrecision::Nanoseconds => SecondsFormat::Nanos,
            DatePrecision::Seconds => SecondsFormat::Secs,
        };
        self.at(elapsed).to_rfc3339_opts(format, true)
    }

    /// The date at which this much had elapsed, as HTTP writes dates: whole seconds, rounded down.
    pub(crate) fn http_date(&self, elapsed: Duration) -> String {
        self.at(elapsed)
            .format("%a, %d %b %Y %H:%M:%S GMT")
            .to_string()
    }

    /// The same in whole seconds since 1970.
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
