use proptest::prelude::*;

use super::*;

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn after(durations: &[u64]) -> LastPollLead {
    let mut lead = LastPollLead::default();
    for duration in durations {
        lead.note(millis(*duration));
    }
    lead
}

#[test]
fn lead_is_twice_the_duration_of_recent_polls_within_bounds() {
    for (durations, lead) in [
        (&[][..], 250),
        (&[10], 250),
        (&[400], 800),
        // The first poll opened the connection.
        (&[400, 50], 400),
        (&[400, 50, 50], 250),
        (&[60_000], 5_000),
    ] {
        assert_eq!(after(durations).get(), millis(lead), "{durations:?}");
    }
    let mut endless = LastPollLead::default();
    endless.note(Duration::MAX);
    assert_eq!(endless.get(), LONGEST_LEAD);
}

#[test]
fn last_poll_starts_before_the_deadline_and_none_follows_that_cannot_finish() {
    let start = Instant::now();
    let at = |time: u64| start + millis(time);
    let next = |lead: &LastPollLead, now, due| lead.next_poll(at(now), at(due), at(10_000));
    let quick = after(&[20]);
    assert_eq!(next(&quick, 1_000, 4_000), Some(at(4_000)));
    assert_eq!(next(&quick, 4_000, 14_000), Some(at(9_750)));
    // The last poll is over, and the usual pause allows another one.
    assert_eq!(next(&quick, 9_770, 9_900), Some(at(9_900)));
    assert_eq!(next(&quick, 9_770, 9_990), None);
    assert_eq!(next(&quick, 9_770, 10_000), None);
    let slow = after(&[1_500]);
    assert_eq!(next(&slow, 1_000, 9_000), Some(at(7_000)));
    // A slow server may have become quicker.
    assert_eq!(next(&slow, 8_500, 9_000), Some(at(9_000)));
    assert_eq!(next(&slow, 8_500, 9_800), None);
}

proptest! {
    #[test]
    fn next_poll_is_never_later_than_due_nor_at_the_deadline(
        durations in prop::collection::vec(0_u64..20_000, 0..4),
        now in 0_u64..20_000,
        pause in 0_u64..20_000,
        left in 0_u64..20_000,
    ) {
        let start = Instant::now() + millis(60_000);
        let now = start + millis(now);
        let (due, deadline) = (now + millis(pause), now + millis(left));
        let lead = after(&durations);
        match lead.next_poll(now, due, deadline) {
            Some(next) => prop_assert!(next >= now && next <= due && next < deadline),
            None => prop_assert!(left <= 5_000),
        }
    }
}
