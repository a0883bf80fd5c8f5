use proptest::prelude::*;

use super::*;

fn pace(limit: u32) -> RatePacing {
    RatePacing::of(NonZeroU32::new(limit).unwrap())
}

/// When slots are granted to callers that ask after these pauses.
fn slots(pace: RatePacing, gaps: &[u64]) -> Vec<Duration> {
    let start = Instant::now();
    let (mut now, mut bucket) = (start, TokenBucket::full(start));
    gaps.iter()
        .map(|gap| {
            now += Duration::from_micros(*gap);
            now += bucket.wait(now, pace);
            bucket.take(now, pace);
            now - start
        })
        .collect()
}

/// The largest number of slots in any second, both ends included.
fn fullest(slots: &[Duration], second: Duration) -> usize {
    slots
        .iter()
        .map(|from| {
            let within = |at: &&Duration| **at >= *from && **at <= *from + second;
            slots.iter().filter(within).count()
        })
        .max()
        .unwrap_or_default()
}

#[test]
fn pacing_of_documented_limits_leaves_a_tenth_for_the_network() {
    let second = Duration::from_secs(1);
    for (limit, burst, interval) in [(50, 5, 25_000), (500, 50, 2_500)] {
        let slots = slots(pace(limit), &[0; 1200]);
        let at_once = slots.iter().filter(|at| at.is_zero()).count();
        assert_eq!(at_once, burst);
        assert_eq!(slots[burst], Duration::from_micros(interval));
        assert_eq!(fullest(&slots, second), limit as usize * 9 / 10);
        // A delay of an eighth of a second does not exceed the limit either.
        assert_eq!(fullest(&slots, second.mul_f64(1.125)), limit as usize);
    }
}

#[test]
fn bucket_refills_after_idle_time_up_to_its_capacity() {
    let slots = slots(
        pace(50),
        &[[0; 40].as_slice(), &[3_600_000_000], &[0; 9]].concat(),
    );
    let after: Vec<_> = slots[40..].iter().map(|at| *at - slots[40]).collect();
    assert_eq!(after.iter().filter(|at| at.is_zero()).count(), 5);
}

proptest! {
    #[test]
    fn no_second_exceeds_the_limit(
        limit in 1u32..700, gaps in prop::collection::vec(prop_oneof![Just(0u64), 0u64..3_000_000], 1..300),
    ) {
        let slots = slots(pace(limit), &gaps);
        prop_assert!(fullest(&slots, Duration::from_secs(1)) <= limit as usize);
    }

    #[test]
    fn evenly_spaced_callers_never_wait(limit in 1u32..100_000, count in 1usize..50) {
        let pace = pace(limit);
        let gap = u64::try_from(pace.interval.as_micros()).unwrap() + 1;
        let gaps = vec![gap; count];
        let slots = slots(pace, &gaps);
        prop_assert_eq!(slots[count - 1], Duration::from_micros(gap * count as u64));
    }
}
