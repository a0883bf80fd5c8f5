//! The bucket by itself.

use proptest::prelude::*;

use super::*;

#[test]
fn three_at_once_then_one_each_interval() {
    let start = Instant::now();
    let second = Duration::from_secs(1);
    let mut bucket = TokenBucket::new(second, start);
    // A long rest does not make it fuller.
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
    /// Whoever polls whenever it is allowed gets three, and one more for each interval, whatever the times.
    #[test]
    fn no_stretch_of_time_has_more_than_its_share(
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
                // The last one may have grown by a part of an interval that began before.
                let allowed = u128::from(BURST) + intervals + 1;
                prop_assert!(polls <= allowed, "{polls} polls in {intervals} intervals");
            }
        }
    }
}
