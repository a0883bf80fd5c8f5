//! How many requests may leave, and when: the arithmetic of a token bucket. No clock and no waiting of its own.

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::Instant;

/// A limit as a stream of turns: a tenth of it at once, then four fifths of it a second, evenly.
///
/// Together that is nine tenths in any second. The last tenth is for the network: a server counts requests when they
/// arrive, and those that leave on a fresh connection arrive later than those that follow on an open one. Up to an
/// eighth of a second of that costs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace {
    pub(super) interval: Duration,
    /// How far ahead of the even stream requests may be.
    tolerance: Duration,
}

impl Pace {
    pub(super) fn of(limit: NonZeroU32) -> Self {
        let burst = (limit.get() / 10).max(1);
        let interval = Duration::from_millis(1250) / limit.get();
        Self {
            interval,
            tolerance: interval * (burst - 1),
        }
    }
}

/// What has been taken so far: the moment up to which the even stream is used up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket(Instant);

impl Bucket {
    pub(super) fn full(now: Instant) -> Self {
        Self(now)
    }

    /// How long until the next turn; zero is now.
    pub(super) fn wait(self, now: Instant, pace: Pace) -> Duration {
        self.0
            .saturating_duration_since(now)
            .saturating_sub(pace.tolerance)
    }

    /// Takes a turn. It is the caller's to have waited for it.
    pub(super) fn take(&mut self, now: Instant, pace: Pace) {
        self.0 = self.0.max(now) + pace.interval;
    }

    /// Nothing is left of what was taken: it is as good as new.
    pub(super) fn is_full(self, now: Instant) -> bool {
        self.0 <= now
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pace(limit: u32) -> Pace {
        Pace::of(NonZeroU32::new(limit).unwrap())
    }

    /// When the turns come, for callers that ask after these pauses.
    fn turns(pace: Pace, gaps: &[u64]) -> Vec<Duration> {
        let start = Instant::now();
        let (mut now, mut bucket) = (start, Bucket::full(start));
        gaps.iter()
            .map(|gap| {
                now += Duration::from_micros(*gap);
                now += bucket.wait(now, pace);
                bucket.take(now, pace);
                now - start
            })
            .collect()
    }

    /// The most turns in any second, both of its ends included.
    fn fullest(turns: &[Duration], second: Duration) -> usize {
        turns
            .iter()
            .map(|from| {
                let within = |at: &&Duration| **at >= *from && **at <= *from + second;
                turns.iter().filter(within).count()
            })
            .max()
            .unwrap_or_default()
    }

    #[test]
    fn the_documented_limits_leave_a_tenth_to_the_network() {
        let second = Duration::from_secs(1);
        for (limit, burst, interval) in [(50, 5, 25_000), (500, 50, 2_500)] {
            let turns = turns(pace(limit), &[0; 1200]);
            let at_once = turns.iter().filter(|at| at.is_zero()).count();
            assert_eq!(at_once, burst);
            assert_eq!(turns[burst], Duration::from_micros(interval));
            assert_eq!(fullest(&turns, second), limit as usize * 9 / 10);
            // An eighth of a second of delay, and still nothing over the limit.
            assert_eq!(fullest(&turns, second.mul_f64(1.125)), limit as usize);
        }
    }

    #[test]
    fn a_rest_fills_the_bucket_again_and_no_further() {
        let turns = turns(
            pace(50),
            &[[0; 40].as_slice(), &[3_600_000_000], &[0; 9]].concat(),
        );
        let after: Vec<_> = turns[40..].iter().map(|at| *at - turns[40]).collect();
        assert_eq!(after.iter().filter(|at| at.is_zero()).count(), 5);
    }

    proptest! {
        #[test]
        fn no_second_has_more_than_the_limit(
            limit in 1u32..700, gaps in prop::collection::vec(prop_oneof![Just(0u64), 0u64..3_000_000], 1..300),
        ) {
            let turns = turns(pace(limit), &gaps);
            prop_assert!(fullest(&turns, Duration::from_secs(1)) <= limit as usize);
        }

        #[test]
        fn who_keeps_to_the_pace_never_waits(limit in 1u32..100_000, count in 1usize..50) {
            let pace = pace(limit);
            let gap = u64::try_from(pace.interval.as_micros()).unwrap() + 1;
            let gaps = vec![gap; count];
            let turns = turns(pace, &gaps);
            prop_assert_eq!(turns[count - 1], Duration::from_micros(gap * count as u64));
        }
    }
}
