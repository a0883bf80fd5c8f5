use super::*;

#[test]
fn pauses_start_at_half_a_second_and_grow_up_to_a_limit() {
    let mut schedule = LookupSchedule::within(Duration::from_secs(30));
    let pauses: Vec<_> = (0..9).map(|_| schedule.next_pause()).collect();
    assert_eq!(pauses[..3], [500, 750, 1125].map(Duration::from_millis));
    assert_eq!(pauses[8], LONGEST_PAUSE);
    let mut short = LookupSchedule::within(Duration::from_millis(20));
    assert_eq!(short.next_pause(), Duration::from_millis(2));
}

#[test]
fn two_lookups_span_one_pause() {
    let mut twice = LookupSchedule::twice(Duration::from_secs(30));
    assert_eq!(twice.span, Duration::from_millis(500));
    assert_eq!(twice.next_pause(), twice.span);
}
