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
