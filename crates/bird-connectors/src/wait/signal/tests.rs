//! The token bucket and the recent deliveries.

use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;

use super::*;

/// A delivery key that no other event of the test run has.
pub(in crate::wait) fn new_delivery_key() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("{:064x}", COUNT.fetch_add(1, Ordering::Relaxed))
}

#[test]
fn recent_deliveries_recognize_duplicates_and_forget_the_oldest() {
    let keys: Vec<DeliveryKey> = (0..=REMEMBERED)
        .map(|_| new_delivery_key().parse().unwrap())
        .collect();
    let mut recent = RecentDeliveries::default();
    for key in &keys[..REMEMBERED] {
        assert!(recent.insert(*key));
        assert!(!recent.insert(*key));
    }
    assert!(recent.insert(keys[REMEMBERED]));
    assert!(!recent.insert(keys[1]));
    assert!(recent.insert(keys[0]));
    assert_eq!(recent.keys.len(), REMEMBERED);
}

#[test]
fn bucket_allows_three_at_once_and_then_one_per_interval() {
    let start = Instant::now();
    let second = Duration::from_secs(1);
    let mut bucket = TokenBucket::new(second, start);
    // A long idle time adds no tokens.
    let now = start + 100 * second;
    for _ in 0..3 {
        assert_eq!(bucket.next(now), now);
        bucket.spend(now);
    }
    assert_eq!(bucket.next(now), now + second);
    assert_eq!(bucket.next(now + second), now + second);
    bucket.spend(now + second);
    assert_eq!(bucket.next(now + second), now + 2 * second);
    assert_eq!(bucket.next(now + 9 * second), now + 9 * second);
}

proptest! {
    /// A caller that polls whenever the bucket allows it gets three polls, and one more per interval.
    #[test]
    fn no_period_exceeds_the_bucket_rate(
        interval in 1u64..5_000,
        steps in prop::collection::vec(0u64..8_000, 1..200),
    ) {
        let interval = Duration::from_millis(interval);
        let mut now = Instant::now();
        let mut bucket = TokenBucket::new(interval, now);
        let mut polls: Vec<Instant> = Vec::new();
        for step in steps {
            now += Duration::from_millis(step);
            let next = bucket.next(now);
            prop_assert!(next >= now && next <= now + interval);
            if next == now {
                bucket.spend(now);
                polls.push(now);
            }
        }
        for (first, from) in polls.iter().enumerate() {
            for (count, to) in polls[first..].iter().enumerate() {
                let polls = count as u128 + 1;
                let intervals = to.duration_since(*from).as_millis() / interval.as_millis();
                // A token may have started to accrue before the first poll.
                let allowed = u128::from(BURST) + intervals + 1;
                prop_assert!(polls <= allowed, "{polls} polls in {intervals} intervals");
            }
        }
    }
}
