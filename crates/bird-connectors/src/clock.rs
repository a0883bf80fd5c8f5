//! The wall clock. Signatures, HTTP dates and wait tokens read it; everything else measures time with tokio's clock.

use chrono::{DateTime, Utc};

/// The current time of the wall clock.
pub(crate) fn now() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}

#[cfg(test)]
pub(crate) mod tests;
