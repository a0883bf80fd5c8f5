//! Validation of timeouts.

use super::*;

#[test]
fn zero_timeout_is_rejected_by_name() {
    let timeouts = Timeouts {
        attempt: Duration::ZERO,
        ..Timeouts::default()
    };
    assert!(
        timeouts
            .check()
            .unwrap_err()
            .to_string()
            .contains("attempt_timeout is zero")
    );
}

#[test]
fn timeout_below_a_millisecond_is_rejected_with_the_minimum() {
    let timeouts = |total| Timeouts {
        total,
        ..Timeouts::default()
    };
    for total in [Duration::from_nanos(1), Duration::from_micros(999)] {
        let error = timeouts(total).check().unwrap_err().to_string();
        assert!(
            error.contains(&format!("timeout is {total:?}: ")),
            "{error}"
        );
        assert!(error.contains("expected at least 1 ms"), "{error}");
    }
    for total in [Duration::from_millis(1), Duration::MAX] {
        timeouts(total).check().unwrap();
    }
}
