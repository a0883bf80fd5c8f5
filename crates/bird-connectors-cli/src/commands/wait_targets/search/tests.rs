use std::time::Duration;

use super::pause_before_second_read;

#[test]
fn second_read_is_within_the_time_that_is_left() {
    for (left, pause) in [(0, 0), (1000, 500), (2000, 1000), (300_000, 1000)] {
        let left = Duration::from_millis(left);
        let pause = Duration::from_millis(pause);
        assert_eq!(pause_before_second_read(left), pause, "{left:?}");
    }
}
