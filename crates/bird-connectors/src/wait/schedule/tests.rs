use proptest::prelude::*;

use super::*;

#[test]
fn pauses_grow_by_half_up_to_the_longest() {
    let mut schedule = PollSchedule::default();
    let pauses: Vec<f64> = (0..10).map(|_| schedule.next(1.0).as_secs_f64()).collect();
    assert_eq!(pauses[..4], [0.5, 0.75, 1.125, 1.6875]);
    assert_eq!(pauses[8..], [10.0, 10.0]);
    assert_eq!(
        PollSchedule::default().next(0.0),
        Duration::from_millis(250)
    );
}

#[test]
fn new_refuses_too_short_and_reversed_intervals() {
    let second = Duration::from_secs(1);
    assert!(
        PollSchedule::new(Duration::ZERO, second)
            .unwrap_err()
            .to_string()
            .contains("below 10 ms")
    );
    assert!(
        PollSchedule::new(second, second / 2)
            .unwrap_err()
            .to_string()
            .contains("shorter")
    );
    assert!(PollSchedule::new(second, Duration::MAX).is_ok());
}

proptest! {
    #[test]
    fn pause_is_between_half_of_the_first_and_the_longest(first in 10u64..100_000, more in 0u64..1_000_000, random in 0.0f64..1.0, n in 0usize..60) {
        let (first, longest) = (Duration::from_millis(first), Duration::from_millis(first + more));
        let mut schedule = PollSchedule::new(first, longest).unwrap();
        let pause = (0..=n).map(|_| schedule.next(random)).last().unwrap();
        prop_assert!(pause >= first / 2 && pause <= longest);
    }
}
