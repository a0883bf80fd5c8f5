use std::time::Duration;

use proptest::prelude::*;
use uuid::Uuid;

use super::{RateLimiter, WINDOW};
use crate::scenario::rate_limits::RateLimits;

proptest! {
    #[test]
    fn admit_never_exceeds_the_limit_in_any_second(gaps in prop::collection::vec(0_u64..400, 1..200), limit in 1_u32..8) {
        let mut limiter = RateLimiter::new(RateLimits { get: Some(limit), ..RateLimits::default() });
        let mut now = Duration::ZERO;
        let mut admitted = Vec::new();
        for gap in gaps {
            now += Duration::from_millis(gap);
            match limiter.admit(Uuid::nil(), "GET", now) {
                Ok(()) => admitted.push(now),
                Err(wait) => {
                    prop_assert!(wait > Duration::ZERO && wait <= WINDOW);
                    let in_window = admitted.iter().filter(|at| **at + WINDOW > now).count();
                    prop_assert_eq!(in_window, limit as usize, "a request is rejected only when the window is full");
                    prop_assert!(admitted.iter().filter(|at| **at + WINDOW > now + wait).count() < limit as usize);
                }
            }
        }
        for start in &admitted {
            let in_window = admitted.iter().filter(|at| **at >= *start && **at < *start + WINDOW).count();
            prop_assert!(in_window <= limit as usize);
        }
    }
}

#[test]
fn admit_counts_method_classes_and_workspaces_separately() {
    let mut limiter = RateLimiter::new(RateLimits {
        get: Some(1),
        post: Some(1),
        other: None,
    });
    let now = Duration::ZERO;
    assert!(limiter.admit(Uuid::nil(), "GET", now).is_ok());
    assert!(limiter.admit(Uuid::nil(), "GET", now).is_err());
    assert!(limiter.admit(Uuid::max(), "GET", now).is_ok());
    assert!(limiter.admit(Uuid::nil(), "POST", now).is_ok());
    for _ in 0..3 {
        assert!(limiter.admit(Uuid::nil(), "DELETE", now).is_ok());
    }
}
