use proptest::prelude::*;

use super::*;

fn context(outcome: RequestOutcome, idempotent: bool) -> RetryContext {
    RetryContext {
        idempotent,
        outcome,
        permanent: false,
        attempts: 1,
        max_attempts: 3,
        backoff: Backoff::DEFAULT,
        retry_after: None,
        remaining: Duration::from_secs(60),
        random: 0.5,
    }
}

#[test]
fn retry_happens_only_if_safe() {
    for (outcome, read, write) in [
        (RequestOutcome::NotSent, true, true),
        (RequestOutcome::Rejected, true, true),
        (RequestOutcome::Unknown, true, false),
        (RequestOutcome::Answered, false, false),
    ] {
        assert_eq!(
            pause(&context(outcome, true)).is_some(),
            read,
            "{outcome} read"
        );
        assert_eq!(
            pause(&context(outcome, false)).is_some(),
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
fn permanent_failure_or_last_attempt_ends_retries() {
    assert_eq!(
        pause(&RetryContext {
            permanent: true,
            ..context(RequestOutcome::NotSent, true)
        }),
        None
    );
    assert_eq!(
        pause(&RetryContext {
            attempts: 3,
            ..context(RequestOutcome::NotSent, true)
        }),
        None
    );
    assert_eq!(
        pause(&RetryContext {
            max_attempts: 1,
            ..context(RequestOutcome::Rejected, true)
        }),
        None
    );
}

#[test]
fn pause_stays_within_configured_backoff() {
    let backoff = Backoff {
        initial: Duration::from_millis(10),
        max: Duration::from_millis(35),
    };
    let pauses = (1..=40).map(|attempts| full_jitter(backoff, attempts, 1.0));
    let mut expected = vec![35; 40];
    expected[..2].copy_from_slice(&[10, 20]);
    assert_eq!(
        pauses.collect::<Vec<_>>(),
        expected
            .into_iter()
            .map(Duration::from_millis)
            .collect::<Vec<_>>()
    );
    assert_eq!(
        class_pause(backoff, None, 9, 0.0),
        Duration::from_micros(17_500)
    );
}

#[test]
fn default_pause_doubles_up_to_eight_seconds() {
    let pauses: Vec<f64> = (1..=7)
        .map(|attempts| RetryContext {
            attempts,
            max_attempts: 99,
            random: 1.0,
            ..context(RequestOutcome::NotSent, true)
        })
        .map(|context| pause(&context).unwrap().as_secs_f64())
        .collect();
    assert_eq!(pauses, [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]);
}

#[test]
fn pause_after_429_follows_the_server_or_grows_with_attempts() {
    let asked = Some(Duration::from_secs(20));
    assert_eq!(
        class_pause(Backoff::DEFAULT, asked, 1, 0.0),
        Duration::from_secs(20)
    );
    assert_eq!(
        class_pause(Backoff::DEFAULT, None, 1, 0.0),
        Duration::from_millis(250)
    );
    assert_eq!(
        class_pause(Backoff::DEFAULT, None, 1, 1.0),
        Duration::from_millis(500)
    );
    assert_eq!(
        class_pause(Backoff::DEFAULT, None, 2, 1.0),
        Duration::from_secs(1)
    );
    assert_eq!(
        class_pause(Backoff::DEFAULT, None, 99, 1.0),
        Backoff::DEFAULT.max
    );
}

#[test]
fn retry_after_is_honoured_in_full_or_retries_end() {
    let asked = |seconds, remaining| {
        pause(&RetryContext {
            retry_after: Some(Duration::from_secs(seconds)),
            remaining: Duration::from_secs(remaining),
            ..context(RequestOutcome::Rejected, false)
        })
    };
    assert_eq!(asked(20, 60), Some(Duration::from_secs(20)));
    assert_eq!(asked(60, 60), None);
    assert_eq!(asked(61, 60), None);
}

proptest! {
    #[test]
    fn pause_is_bounded_and_fits_the_remaining_time(
        attempts in 0u32..40, max_attempts in 0u32..40, random in 0.0f64..1.0, remaining in 0u64..100_000,
        retry_after in proptest::option::of(0u64..200_000), idempotent: bool, permanent: bool,
    ) {
        let context = RetryContext {
            idempotent, outcome: RequestOutcome::Rejected, permanent, attempts, max_attempts, backoff: Backoff::DEFAULT,
            retry_after: retry_after.map(Duration::from_millis), remaining: Duration::from_millis(remaining), random,
        };
        if let Some(pause) = pause(&context) {
            prop_assert!(attempts < max_attempts && !permanent);
            prop_assert!(pause < context.remaining);
            prop_assert!(pause >= context.retry_after.unwrap_or_default());
            prop_assert!(pause <= Backoff::DEFAULT.max.max(context.retry_after.unwrap_or_default()));
        }
    }
}
