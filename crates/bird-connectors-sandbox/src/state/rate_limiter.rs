//! Enforces the rate limits: a sliding window of one second for each workspace and class of methods.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use uuid::Uuid;

use crate::scenario::rate_limits::RateLimits;

#[cfg(test)]
mod tests;

const WINDOW: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum MethodClass {
    Get,
    Post,
    Other,
}

/// Remembers when each request of the last second was admitted.
pub(crate) struct RateLimiter {
    limits: RateLimits,
    admitted: HashMap<(Uuid, MethodClass), VecDeque<Duration>>,
}

impl RateLimiter {
    pub(crate) fn new(limits: RateLimits) -> Self {
        Self {
            limits,
            admitted: HashMap::new(),
        }
    }

    pub(crate) const fn limits(&self) -> RateLimits {
        self.limits
    }

    #[cfg(feature = "ui")]
    pub(crate) const fn set_limits(&mut self, limits: RateLimits) {
        self.limits = limits;
    }

    /// Admits a request, or returns the time until the next request can be admitted.
    pub(crate) fn admit(
        &mut self,
        workspace: Uuid,
        method: &str,
        now: Duration,
    ) -> Result<(), Duration> {
        let (class, limit) = match method {
            "GET" => (MethodClass::Get, self.limits.get),
            "POST" => (MethodClass::Post, self.limits.post),
            _ => (MethodClass::Other, self.limits.other),
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
