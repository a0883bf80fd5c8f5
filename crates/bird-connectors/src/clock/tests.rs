//! The clock of tests: tokio's clock, paused, so that sleeps take no real time.

use std::time::Duration;

use super::*;

/// A runtime with paused time, for tests that are not async themselves.
pub(crate) fn paused_runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap()
}

#[test]
fn wall_clock_follows_paused_clock_of_tokio() {
    let (real, wall) = (Instant::now().into_std(), super::now());
    let hour = Duration::from_secs(3600);
    for (tokio, seconds) in [(real, 0), (real + hour, 3600), (real, -3600)] {
        let real = if seconds < 0 { real + hour } else { real };
        let difference = wall_at(tokio, real, wall) - wall;
        assert_eq!(difference.num_seconds(), seconds);
    }
}

#[test]
fn moment_in_paused_time_contains_advanced_time_on_both_clocks() {
    paused_runtime().block_on(async {
        let (tokio, wall) = moment();
        let hour = Duration::from_secs(3600);
        tokio::time::advance(hour).await;
        let (later, later_wall) = moment();
        assert_eq!(later - tokio, hour);
        assert!((later_wall - wall).num_seconds() >= 3599);
    });
}
