//! The wall clock. Signatures, HTTP dates and wait tokens read it; everything else measures time with tokio's clock.

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

/// The current time of the wall clock.
pub(crate) fn now() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}

/// The current time of tokio's clock and of the wall clock. In the paused time of a simulation, the wall clock follows tokio's
/// clock, so that a run does not depend on the speed of the machine.
pub(crate) fn moment() -> (Instant, DateTime<Utc>) {
    let tokio = Instant::now();
    let real = std::time::Instant::now();
    (tokio, wall_at(tokio.into_std(), real, now()))
}

/// The wall clock at this time of tokio's clock, given both real clocks at one moment.
fn wall_at(
    tokio: std::time::Instant,
    real: std::time::Instant,
    wall: DateTime<Utc>,
) -> DateTime<Utc> {
    let ahead = TimeDelta::from_std(tokio.saturating_duration_since(real));
    let behind = TimeDelta::from_std(real.saturating_duration_since(tokio));
    let difference = ahead.and_then(|ahead| behind.map(|behind| ahead - behind));
    difference
        .ok()
        .and_then(|difference| wall.checked_add_signed(difference))
        .unwrap_or(wall)
}

#[cfg(test)]
pub(crate) mod tests;
