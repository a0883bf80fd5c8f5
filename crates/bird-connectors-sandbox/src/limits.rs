//! Rate limits: how many requests of a class a workspace takes within any second. Excess is refused before it is processed.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use uuid::Uuid;

/// Requests a second that one workspace takes; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimits {
    /// GET.
    pub get: Option<u32>,
    /// POST.
    pub post: Option<u32>,
    /// PATCH and DELETE, for which no figure is documented.
    pub other: Option<u32>,
}

impl RateLimits {
    /// The documented limits: 50 GET and 500 POST a second.
    #[must_use]
    pub const fn documented() -> Self {
        Self {
            get: Some(50),
            post: Some(500),
            other: None,
        }
    }
}

const WINDOW: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Class {
    Get,
    Post,
    Other,
}

/// Remembers when each request of the last second was admitted.
pub(crate) struct Limiter {
    limits: RateLimits,
    admitted: HashMap<(Uuid, Class), VecDeque<Duration>>,
}

impl Limiter {
    pub(crate) fn new(limits: RateLimits) -> Self {
        Self {
            limits,
            admitted: HashMap::new(),
        }
    }

    /// Admits a request, or says how long until the next one would be.
    pub(crate) fn admit(
        &mut self,
        workspace: Uuid,
        method: &str,
        now: Duration,
    ) -> Result<(), Duration> {
        let (class, limit) = match method {
            "GET" => (Class::Get, self.limits.get),
            "POST" => (Class::Post, self.limits.post),
            _ => (Class::Other, self.limits.other),
        };
        let Some(limit) = limit else { return Ok(()) };
        let admitted = self.admitted.entry((workspace, class)).or_default();
        while admitted.front().is_some_and(|at| *at + WINDOW <= now) {
            admitted.pop_front();
        }
        if admitted.len() < limit as usize {
            admitted.push_back(now);
            return Ok(());
        }
        Err(admitted
            .front()
            .map_or(WINDOW, |oldest| *oldest + WINDOW - now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_second_holds_more_than_the_limit(gaps in prop::collection::vec(0_u64..400, 1..200), limit in 1_u32..8) {
            let mut limiter = Limiter::new(RateLimits { get: Some(limit), ..RateLimits::default() });
            let mut now = Duration::ZERO;
            let mut admitted = Vec::new();
            for gap in gaps {
                now += Duration::from_millis(gap);
                match limiter.admit(Uuid::nil(), "GET", now) {
                    Ok(()) => admitted.push(now),
                    Err(wait) => {
                        prop_assert!(wait > Duration::ZERO && wait <= WINDOW);
                        let full = admitted.iter().filter(|at| **at + WINDOW > now).count();
                        prop_assert_eq!(full, limit as usize, "refused only when the second is full");
                        prop_assert!(admitted.iter().filter(|at| **at + WINDOW > now + wait).count() < limit as usize);
                    }
                }
            }
            for start in &admitted {
                let within = admitted.iter().filter(|at| **at >= *start && **at < *start + WINDOW).count();
                prop_assert!(within <= limit as usize);
            }
        }
    }

    #[test]
    fn classes_and_workspaces_do_not_share() {
        let mut limiter = Limiter::new(RateLimits {
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
}
