use super::*;

fn arrive(traffic: &mut Traffic, start: Instant, milliseconds: u64, limit: usize) -> bool {
    traffic.arrive(start + Duration::from_millis(milliseconds), limit)
}

#[test]
fn peak_is_the_most_arrivals_in_any_second() {
    let (mut traffic, start) = (Traffic::default(), Instant::now());
    for milliseconds in [0, 900, 1000, 1100, 1899, 3000] {
        assert!(arrive(&mut traffic, start, milliseconds, 50));
    }
    // 900 to 1899 ms: no whole second of the clock contains all four.
    assert_eq!((traffic.peak, traffic.total, traffic.rejected), (4, 6, 0));
}

#[test]
fn request_over_the_limit_is_rejected_and_counted() {
    let (mut traffic, start) = (Traffic::default(), Instant::now());
    assert!(arrive(&mut traffic, start, 0, 2));
    assert!(arrive(&mut traffic, start, 1, 2));
    assert!(!arrive(&mut traffic, start, 2, 2));
    // A rejected request takes no place.
    assert!(arrive(&mut traffic, start, 1000, 2));
    assert_eq!((traffic.peak, traffic.total, traffic.rejected), (3, 4, 1));
}
