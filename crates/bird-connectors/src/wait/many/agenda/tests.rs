//! The agenda alone, with arbitrary times.

use proptest::prelude::*;

use super::*;

const A: ConnectorId = ConnectorId::from_u128(1);
const B: ConnectorId = ConnectorId::from_u128(2);

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn agenda() -> (Agenda, Instant) {
    let start = Instant::now();
    (Agenda::new(PollPacing::default(), start), start)
}

/// An agenda after its first round, which took no time. The next one is due after 1.8 s.
fn after_first_round() -> (Agenda, Instant) {
    let (mut agenda, start) = agenda();
    assert_eq!(agenda.take_round(start), Some(RoundScope::All));
    agenda.begin_full_round();
    agenda.end_full_round(start, 1, 1.0, start);
    (agenda, start)
}

fn only(connectors: &[ConnectorId]) -> Option<RoundScope> {
    Some(RoundScope::Only(connectors.iter().copied().collect()))
}

#[test]
fn first_round_is_due_at_once_and_the_next_after_the_interval() {
    let (agenda, start) = agenda();
    assert_eq!(agenda.due(false), Some(start));
    let (mut agenda, start) = after_first_round();
    let next = start + seconds(1.8);
    assert_eq!(agenda.due(false), Some(next));
    assert_eq!(agenda.take_round(next - seconds(0.001)), None);
    assert_eq!(agenda.take_round(next), Some(RoundScope::All));
}

#[test]
fn next_round_waits_for_half_an_interval_after_a_slow_one() {
    let (mut agenda, start) = agenda();
    let end = start + seconds(5.0);
    agenda.end_full_round(start, 1, 1.0, end);
    assert_eq!(agenda.due(false), Some(end + seconds(0.9)));
}

#[test]
fn rounds_slow_down_without_changes_and_speed_up_for_a_joining_install() {
    let (mut agenda, start) = agenda();
    let now = start + seconds(100.0);
    agenda.end_full_round(now, 1, 1.0, now);
    assert_eq!(agenda.due(false), Some(now + seconds(5.0)));
    agenda.follow(A, None, now);
    assert_eq!(agenda.due(false), Some(now + seconds(1.8)));
    agenda.end_full_round(now, 1, 1.0, now);
    assert_eq!(agenda.due(false), Some(now + seconds(1.8)));
    let now = start + seconds(200.0);
    agenda.note_change(now);
    agenda.end_full_round(now, 1, 1.0, now);
    assert_eq!(agenda.due(false), Some(now + seconds(1.8)));
}

#[test]
fn postpone_delays_rounds_and_events_but_not_last_polls() {
    let (mut agenda, start) = after_first_round();
    agenda.postpone(seconds(30.0), start);
    // A shorter pause does not replace a longer one.
    agenda.postpone(seconds(1.0), start);
    agenda.wake(A, start);
    assert_eq!(agenda.due(false), Some(start + seconds(30.0)));
    assert_eq!(agenda.take_round(start + seconds(29.0)), None);
    agenda.follow(B, Some(start + seconds(10.0)), start);
    assert_eq!(agenda.due(false), Some(start + seconds(10.0)));
    assert_eq!(agenda.take_round(start + seconds(10.0)), only(&[B]));
    assert_eq!(
        agenda.take_round(start + seconds(30.0)),
        Some(RoundScope::All)
    );
}

#[test]
fn deadlines_that_are_close_together_share_a_round() {
    let (mut agenda, start) = after_first_round();
    agenda.follow(A, Some(start + seconds(0.1)), start);
    agenda.follow(B, Some(start + seconds(0.2)), start);
    let first = start + seconds(0.1);
    assert_eq!(agenda.due(false), Some(first));
    assert_eq!(agenda.take_round(first), only(&[A]));
    assert!(agenda.begin_last_poll(A, first, first).is_some());
    // The cut of A is later; B waits for a quarter of an interval.
    let second = first + seconds(0.45);
    assert_eq!(agenda.due(false), Some(second));
    assert_eq!(agenda.take_round(start + seconds(0.2)), None);
    assert_eq!(agenda.take_round(second), only(&[B]));
}

#[test]
fn last_poll_is_cut_off_after_the_grace_period() {
    let (mut agenda, start) = after_first_round();
    let (end, began) = (start + seconds(1.0), start + seconds(1.3));
    agenda.follow(A, Some(end), start);
    assert_eq!(agenda.begin_last_poll(A, end, began), Some(began + GRACE));
    assert_eq!(agenda.due(true), Some(began + GRACE));
    assert_eq!(agenda.take_cut(began + GRACE - seconds(0.1), true), None);
    assert_eq!(agenda.take_cut(began + GRACE, true), Some(A));
    assert_eq!(agenda.take_cut(began + GRACE, true), None);
}

#[test]
fn deadline_during_a_round_is_cut_off_without_a_further_poll() {
    let (mut agenda, start) = after_first_round();
    let end = start + seconds(1.0);
    agenda.follow(A, Some(end), start);
    assert_eq!(agenda.due(true), Some(end + GRACE));
    assert_eq!(agenda.take_cut(end + GRACE, false), None);
    assert_eq!(agenda.take_cut(end + GRACE, true), Some(A));
}

#[test]
fn unfollow_removes_the_deadline_the_cut_and_the_event() {
    let (mut agenda, start) = after_first_round();
    let end = start + seconds(1.0);
    agenda.follow(A, Some(end), start);
    agenda.follow(B, Some(end), start);
    let cut = agenda.begin_last_poll(B, end, end);
    agenda.wake(A, start);
    agenda.unfollow(A, Some(end), None);
    agenda.unfollow(B, Some(end), cut);
    assert_eq!(agenda.due(true), None);
    // The token is spent, and no install is due.
    assert_eq!(agenda.take_round(start), None);
}

#[test]
fn events_trigger_three_rounds_in_a_row_and_then_one_per_interval() {
    let (mut agenda, start) = after_first_round();
    let mut now = start;
    for _ in 0..3 {
        agenda.wake(A, now);
        agenda.wake(B, now);
        assert_eq!(agenda.due(false), Some(now));
        assert_eq!(agenda.take_round(now), only(&[A, B]));
        now += seconds(0.01);
    }
    agenda.wake(A, now);
    assert_eq!(agenda.take_round(now), None);
    // The full round is due at the same time, and answers the event.
    assert_eq!(agenda.due(false), Some(start + seconds(1.8)));
    assert_eq!(
        agenda.take_round(start + seconds(1.8)),
        Some(RoundScope::All)
    );
}

#[test]
fn extreme_intervals_and_pauses_do_not_overflow() {
    let pacing = PollPacing::new(Duration::MAX, Duration::MAX).unwrap();
    let now = Instant::now();
    let mut agenda = Agenda::new(pacing, now);
    agenda.follow(A, Some(now), now);
    agenda.wake(A, now);
    agenda.postpone(Duration::MAX, now);
    agenda.end_full_round(now, u32::MAX, 1.0, now);
    assert_eq!(agenda.take_round(now), only(&[A]));
    assert_eq!(agenda.due(true), Some(now + GRACE));
}

proptest! {
    /// When nothing else is due, `due` and `take_round` agree.
    #[test]
    fn something_is_to_be_done_when_it_is_due(
        deadlines in prop::collection::vec(0_u64..20_000, 0..10),
        events in prop::collection::vec(0_u64..20_000, 0..10),
    ) {
        let (mut agenda, start) = after_first_round();
        for (number, deadline) in (10..).zip(deadlines) {
            let end = start + Duration::from_millis(deadline);
            agenda.follow(ConnectorId::from_u128(number), Some(end), start);
        }
        for (number, at) in (10..).zip(events) {
            agenda.wake(ConnectorId::from_u128(number), start + Duration::from_millis(at));
        }
        let due = agenda.due(false).unwrap();
        prop_assert!(due <= start + seconds(1.8));
        prop_assert_eq!(agenda.take_round(due - Duration::from_millis(1)), None);
        prop_assert!(agenda.take_round(due).is_some());
    }
}
