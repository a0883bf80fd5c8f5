use std::time::Duration;

use super::{SECONDS, Second, Traffic};

#[test]
fn traffic_counts_each_second_and_forgets_what_is_older_than_a_minute() {
    let mut traffic = Traffic::default();
    for (method, milliseconds) in [("GET", 100), ("GET", 900), ("POST", 900), ("DELETE", 1_000)] {
        traffic.count(method, Duration::from_millis(milliseconds));
    }
    let minute = traffic.last_minute(Duration::from_millis(2_500));
    let first = Second {
        second: 0,
        get: 2,
        post: 1,
        other: 0,
    };
    assert_eq!(
        minute,
        [
            first,
            Second {
                second: 1,
                other: 1,
                ..Second::default()
            }
        ]
    );
    let later = traffic.last_minute(Duration::from_secs(60));
    assert_eq!(later.len() as u64, SECONDS);
    assert_eq!(later[0], first);
    assert_eq!(traffic.last_minute(Duration::from_secs(61))[0].get, 0);
    for second in 0..10_000 {
        traffic.count("GET", Duration::from_secs(second));
    }
    assert!(traffic.seconds.len() as u64 <= SECONDS);
}
