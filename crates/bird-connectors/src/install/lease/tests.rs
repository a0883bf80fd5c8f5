use super::*;

const LEASE: Duration = Duration::from_secs(30);

fn later(start: Moment, monotonic: i64, wall: i64) -> Moment {
    let shift = Duration::from_secs(monotonic.unsigned_abs());
    Moment {
        monotonic: start.monotonic + shift,
        wall: start.wall + chrono::TimeDelta::seconds(wall),
    }
}

#[test]
fn lease_is_fresh_until_half_of_it_has_passed_on_either_clock() {
    let start = Moment::now();
    let lease = Lease::new(LEASE, start);
    for (monotonic, wall, fresh) in [
        (0, 0, true),
        (14, 14, true),
        (15, 15, false),
        // The machine slept, so that the monotonic clock stood still.
        (1, 15, false),
        // The wall clock was set back, or forward.
        (15, -3600, false),
        (14, -3600, true),
        (1, 3600, false),
    ] {
        let now = later(start, monotonic, wall);
        assert_eq!(lease.is_fresh(now), fresh, "{monotonic} {wall}");
    }
}

#[test]
fn lease_is_renewed_after_a_third_of_it() {
    let start = Moment::now();
    let mut lease = Lease::new(LEASE, start);
    let renew_in = |lease: Lease, seconds| lease.renew_in(later(start, seconds, seconds)).as_secs();
    assert_eq!(
        [0, 4, 10, 99].map(|now| renew_in(lease, now)),
        [10, 6, 0, 0]
    );
    // The wall clock was set forward.
    assert_eq!(lease.renew_in(later(start, 4, 3600)).as_secs(), 6);
    lease.restart(later(start, 10, 10));
    assert_eq!([10, 15].map(|now| renew_in(lease, now)), [10, 5]);
}
