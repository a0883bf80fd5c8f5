//! The agenda alone, with arbitrary times.

use proptest::prelude::*;

use super::*;
use crate::wait::last_poll::SHORTEST_LEAD;

const A: ConnectorId = ConnectorId::from_u128(1);
const B: ConnectorId = ConnectorId::from_u128(2);
const C: ConnectorId = ConnectorId::from_u128(3);

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

fn ends_at(deadline: Instant) -> Option<InstallEnd> {
    let end = deadline;
    Some(InstallEnd { deadline, end })
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
    agenda.follow(B, ends_at(start + seconds(10.0)), start);
    let last_poll = start + seconds(10.0) - SHORTEST_LEAD;
    assert_eq!(agenda.due(false), Some(last_poll));
    assert_eq!(agenda.take_round(last_poll), only(&[B]));
    assert_eq!(
        agenda.take_round(start + seconds(30.0)),
        Some(RoundScope::All)
    );
}

#[test]
fn deadlines_that_are_close_together_share_a_round() {
    let (mut agenda, start) = after_first_round();
    let at = |time: f64| start + seconds(time);
    agenda.follow(A, ends_at(at(1.0)), start);
    agenda.follow(B, ends_at(at(1.4)), start);
    agenda.follow(C, ends_at(at(1.6)), start);
    assert_eq!(agenda.due(false), Some(at(0.75)));
    assert_eq!(agenda.take_round(at(0.74)), None);
    // B shares the round, because its own one would follow within a quarter of an interval.
    assert_eq!(agenda.take_round(at(0.75)), only(&[A, B]));
    assert!(agenda.is_last_poll(at(1.4), at(0.75)) && !agenda.is_last_poll(at(1.6), at(0.75)));
    agenda.begin_last_poll(A, at(1.0));
    agenda.begin_last_poll(B, at(1.4));
    assert_eq!(agenda.due(true), Some(at(1.0)));
    assert_eq!(agenda.take_ended(at(1.0), false), Some(A));
    assert_eq!(agenda.due(false), Some(at(1.35)));
    assert_eq!(agenda.take_round(at(1.35)), only(&[C]));
}

#[test]
fn wait_ends_at_its_deadline_whether_or_not_a_round_is_running() {
    for round_running in [false, true] {
        let (mut agenda, start) = after_first_round();
        let deadline = start + seconds(1.0);
        agenda.follow(A, ends_at(deadline), start);
        agenda.begin_last_poll(A, deadline);
        assert_eq!(agenda.due(round_running), Some(deadline));
        let before = deadline - seconds(0.001);
        assert_eq!(agenda.take_ended(before, round_running), None);
        assert_eq!(agenda.take_ended(deadline, round_running), Some(A));
        assert_eq!(agenda.take_ended(deadline, round_running), None);
    }
}

#[test]
fn deadline_during_a_round_ends_the_wait_without_a_further_poll() {
    let (mut agenda, start) = after_first_round();
    let deadline = start + seconds(1.0);
    agenda.follow(A, ends_at(deadline), start);
    assert_eq!(agenda.due(true), Some(deadline));
    assert_eq!(agenda.take_ended(deadline, true), Some(A));
}

#[test]
fn last_poll_that_has_not_begun_at_the_deadline_begins_then() {
    let (mut agenda, start) = after_first_round();
    let (deadline, now) = (start + seconds(1.0), start + seconds(1.5));
    agenda.follow(A, ends_at(deadline), start);
    assert_eq!(agenda.take_ended(now, false), None);
    assert_eq!(agenda.take_round(now), only(&[A]));
    agenda.begin_last_poll(A, deadline);
    agenda.move_end(A, deadline, now + seconds(2.0));
    assert_eq!(agenda.due(true), Some(now + seconds(2.0)));
    assert_eq!(agenda.take_ended(now, true), None);
    assert_eq!(agenda.take_ended(now + seconds(2.0), true), Some(A));
}

#[test]
fn last_poll_begins_earlier_after_slow_rounds() {
    let (mut agenda, start) = after_first_round();
    agenda.follow(A, ends_at(start + seconds(1.7)), start);
    agenda.note_duration(seconds(0.5));
    assert_eq!(agenda.due(false), Some(start + seconds(0.7)));
}

#[test]
fn unfollow_removes_the_deadline_the_end_and_the_event() {
    let (mut agenda, start) = after_first_round();
    let end = ends_at(start + seconds(1.0));
    agenda.follow(A, end, start);
    agenda.follow(B, end, start);
    agenda.begin_last_poll(B, start + seconds(1.0));
    agenda.wake(A, start);
    agenda.unfollow(A, end);
    agenda.unfollow(B, end);
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
    agenda.follow(A, ends_at(now), now);
    agenda.note_duration(Duration::MAX);
    agenda.wake(A, now);
    agenda.postpone(Duration::MAX, now);
    agenda.end_full_round(now, u32::MAX, 1.0, now);
    assert_eq!(agenda.take_round(now), only(&[A]));
    assert_eq!(agenda.due(true), Some(now));
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
            let deadline = start + Duration::from_millis(deadline);
            agenda.follow(ConnectorId::from_u128(number), ends_at(deadline), start);
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
