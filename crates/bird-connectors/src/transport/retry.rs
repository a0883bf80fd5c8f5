//! Whether and when to retry: pure decisions. The caller passes times and random values.

use std::time::Duration;

use http::Method;

use crate::config::Backoff;
use crate::error::RequestOutcome;

/// Everything that the decision depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryContext {
    /// True if repeating the request has no further effect.
    pub(crate) idempotent: bool,
    pub(crate) outcome: RequestOutcome,
    /// A retry cannot succeed: 501, 505, an untrusted certificate, a 407 of a proxy, a response over the size limit.
    pub(crate) permanent: bool,
    /// Attempts made so far, including the last one.
    pub(crate) attempts: u32,
    pub(crate) max_attempts: u32,
    pub(crate) backoff: Backoff,
    pub(crate) retry_after: Option<Duration>,
    /// The time until the call's deadline.
    pub(crate) remaining: Duration,
    /// A random value in `0.0..1.0`.
    pub(crate) random: f64,
}

/// The pause before the next attempt, or `None` to stop retrying.
///
/// The server's `Retry-After` is honoured in full. If the pause does not fit into the remaining time, waiting is pointless:
/// the call fails at once, and the caller can schedule a retry.
pub(crate) fn pause(context: &RetryContext) -> Option<Duration> {
    let RetryContext {
        idempotent,
        outcome,
        permanent,
        attempts,
        max_attempts,
        backoff,
        retry_after,
        remaining,
        random,
    } = *context;
    let safe = match outcome {
        RequestOutcome::NotSent | RequestOutcome::Rejected => true,
        RequestOutcome::Unknown => idempotent,
        RequestOutcome::Answered => false,
    };
    if !safe || permanent || attempts >= max_attempts {
        return None;
    }
    let pause = full_jitter(backoff, attempts, random).max(retry_after.unwrap_or_default());
    (pause < remaining).then_some(pause)
}

/// How long all requests under the same limit pause after a 429: as long as the server asks, or else between half and all
/// of the longest pause that this call could make.
pub(crate) fn class_pause(
    backoff: Backoff,
    retry_after: Option<Duration>,
    attempts: u32,
    random: f64,
) -> Duration {
    retry_after.unwrap_or_else(|| full_jitter(backoff, attempts, 0.5 + random / 2.0))
}

/// DELETE counts as idempotent, because a 404 means that the resource is gone. PATCH does not: the SDK sends absolute
/// values only, but the server may handle a repeated one differently.
pub(crate) fn is_idempotent(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::DELETE)
}

fn full_jitter(backoff: Backoff, attempts: u32, random: f64) -> Duration {
    backoff.limit(attempts).mul_f64(random.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests;
