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
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self {
            started: Instant::now(),
            started_at: std::time::SystemTime::now().into(),
        }
    }

    /// The time since the sandbox started.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
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
