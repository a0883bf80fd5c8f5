use proptest::prelude::*;

use super::*;

#[test]
fn pause_grows_without_changes_and_with_requests() {
    let pacing = PollPacing::default();
    let pause = |seconds: u64| {
        pacing
            .pause(Duration::from_secs(seconds), 1, 1.0)
            .as_millis()
    };
    assert_eq!(
        [0, 30, 36, 60, 200, 999].map(pause),
        [1800, 1800, 1800, 3000, 10_000, 10_000]
    );
    assert_eq!(pacing.pause(Duration::ZERO, 1, 0.0).as_millis(), 1620);
    // More requests per round lengthen the pause.
    assert_eq!(pacing.pause(Duration::ZERO, 100, 1.0).as_millis(), 5000);
}

#[test]
fn new_refuses_too_short_and_reversed_intervals() {
    let second = Duration::from_secs(1);
    let refused = |first, longest| PollPacing::new(first, longest).unwrap_err().to_string();
    assert!(refused(Duration::from_millis(9), second).contains("below 10 ms"));
    assert!(refused(second, second / 2).contains("shorter than the first"));
    assert!(PollPacing::new(second, second).is_ok());
}

proptest! {
    #[test]
    fn pause_is_within_its_bounds(
        first in 10_u64..u64::MAX,
        more in any::<u64>(),
        unchanged in any::<u64>(),
        requests in any::<u32>(),
        random in 0.0_f64..1.0,
    ) {
        let first = Duration::from_millis(first);
        let longest = first.saturating_add(Duration::from_millis(more));
        let pacing = PollPacing::new(first, longest).unwrap();
        let pause = pacing.pause(Duration::from_millis(unchanged), requests, random);
        prop_assert!(pause >= first - first / 10 && pause <= longest.max(PER_REQUEST.saturating_mul(requests)));
    }
}
