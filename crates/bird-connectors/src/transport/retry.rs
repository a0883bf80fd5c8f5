//! Whether to try again, and when: pure decisions, no clock, no I/O, no randomness of its own.

use std::time::Duration;

use http::Method;

use crate::error::Outcome;

/// The upper bound of the pause before the second attempt; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// All that the decision depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Situation {
    /// Doing it twice is the same as doing it once.
    pub(crate) idempotent: bool,
    pub(crate) outcome: Outcome,
    /// A later try cannot come out otherwise: 501, 505, a refused certificate, a reply over the cap.
    pub(crate) permanent: bool,
    /// Attempts made so far, this one included.
    pub(crate) attempts: u32,
    pub(crate) max_attempts: u32,
    pub(crate) retry_after: Option<Duration>,
    /// What is left of the call's total time.
    pub(crate) remaining: Duration,
    /// A number from 0 up to, but not including, 1.
    pub(crate) dice: f64,
}

/// The pause before the next attempt, or `None` to give up now.
///
/// The server's `Retry-After` is obeyed in full. Where the pause does not fit the remaining time there is nothing to
/// gain by waiting, so the error returns at once and the caller can schedule.
pub(crate) fn pause(situation: &Situation) -> Option<Duration> {
    let Situation {
        idempotent,
        outcome,
        permanent,
        attempts,
        max_attempts,
        retry_after,
        remaining,
        dice,
    } = *situation;
    let safe = match outcome {
        Outcome::NotSent | Outcome::Rejected => true,
        Outcome::Unknown => idempotent,
        Outcome::Answered => false,
    };
    if !safe || permanent || attempts >= max_attempts {
        return None;
    }
    let pause = full_jitter(attempts, dice).max(retry_after.unwrap_or_default());
    (pause < remaining).then_some(pause)
}

/// How long all requests of the same limit pause after a 429: as long as the server asks, or half to all of what would
/// be the longest pause of this call.
pub(crate) fn class_pause(retry_after: Option<Duration>, attempts: u32, dice: f64) -> Duration {
    retry_after.unwrap_or_else(|| full_jitter(attempts, 0.5 + dice / 2.0))
}

/// A DELETE that finds nothing has done its work, so it may be repeated like a GET. A PATCH is only sent here with
/// absolute values, but what it means is the server's to say.
pub(crate) fn is_idempotent(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::DELETE)
}

fn full_jitter(attempts: u32, dice: f64) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    FIRST_PAUSE
        .saturating_mul(1 << doublings)
        .min(LONGEST_PAUSE)
        .mul_f64(dice.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn situation(outcome: Outcome, idempotent: bool) -> Situation {
        Situation {
            idempotent,
            outcome,
            permanent: false,
            attempts: 1,
            max_attempts: 3,
            retry_after: None,
            remaining: Duration::from_secs(60),
            dice: 0.5,
        }
    }

    #[test]
    fn only_what_is_safe_is_repeated() {
        for (outcome, read, write) in [
            (Outcome::NotSent, true, true),
            (Outcome::Rejected, true, true),
            (Outcome::Unknown, true, false),
            (Outcome::Answered, false, false),
        ] {
            assert_eq!(
                pause(&situation(outcome, true)).is_some(),
                read,
                "{outcome} read"
            );
            assert_eq!(
                pause(&situation(outcome, false)).is_some(),
                write,
                "{outcome} write"
            );
        }
        assert!(is_idempotent(&Method::GET) && is_idempotent(&Method::DELETE));
        assert!(
            !is_idempotent(&Method::POST)
                && !is_idempotent(&Method::PATCH)
                && !is_idempotent(&Method::PUT)
        );
    }

    #[test]
    fn permanent_failures_and_spent_attempts_end_it() {
        assert_eq!(
            pause(&Situation {
                permanent: true,
                ..situation(Outcome::NotSent, true)
            }),
            None
        );
        assert_eq!(
            pause(&Situation {
                attempts: 3,
                ..situation(Outcome::NotSent, true)
            }),
            None
        );
        assert_eq!(
            pause(&Situation {
                max_attempts: 1,
                ..situation(Outcome::Rejected, true)
            }),
            None
        );
    }

    #[test]
    fn the_pause_doubles_up_to_eight_seconds() {
        let pauses: Vec<f64> = (1..=7)
            .map(|attempts| Situation {
                attempts,
                max_attempts: 99,
                dice: 1.0,
                ..situation(Outcome::NotSent, true)
            })
            .map(|situation| pause(&situation).unwrap().as_secs_f64())
            .collect();
        assert_eq!(pauses, [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]);
    }

    #[test]
    fn a_refusal_for_the_rate_pauses_all_who_share_it() {
        let asked = Some(Duration::from_secs(20));
        assert_eq!(class_pause(asked, 1, 0.0), Duration::from_secs(20));
        assert_eq!(class_pause(None, 1, 0.0), Duration::from_millis(250));
        assert_eq!(class_pause(None, 1, 1.0), Duration::from_millis(500));
        assert_eq!(class_pause(None, 2, 1.0), Duration::from_secs(1));
        assert_eq!(class_pause(None, 99, 1.0), LONGEST_PAUSE);
    }

    #[test]
    fn the_servers_word_is_obeyed_in_full_or_not_at_all() {
        let asked = |seconds, remaining| {
            pause(&Situation {
                retry_after: Some(Duration::from_secs(seconds)),
                remaining: Duration::from_secs(remaining),
                ..situation(Outcome::Rejected, false)
            })
        };
        assert_eq!(asked(20, 60), Some(Duration::from_secs(20)));
        assert_eq!(asked(60, 60), None);
        assert_eq!(asked(61, 60), None);
    }

    proptest! {
        #[test]
        fn a_pause_is_bounded_and_fits(
            attempts in 0u32..40, max_attempts in 0u32..40, dice in 0.0f64..1.0, remaining in 0u64..100_000,
            retry_after in proptest::option::of(0u64..200_000), idempotent: bool, permanent: bool,
        ) {
            let situation = Situation {
                idempotent, outcome: Outcome::Rejected, permanent, attempts, max_attempts,
                retry_after: retry_after.map(Duration::from_millis), remaining: Duration::from_millis(remaining), dice,
            };
            if let Some(pause) = pause(&situation) {
                prop_assert!(attempts < max_attempts && !permanent);
                prop_assert!(pause < situation.remaining);
                prop_assert!(pause >= situation.retry_after.unwrap_or_default());
                prop_assert!(pause <= LONGEST_PAUSE.max(situation.retry_after.unwrap_or_default()));
            }
        }
    }
}
