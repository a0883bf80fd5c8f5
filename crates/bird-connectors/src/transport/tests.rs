//! The retry loop with scripted attempts in paused time: which attempts are retried, for how long, and which outcome is
//! reported.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use http::{Method, StatusCode};
use proptest::prelude::*;

use super::*;
use crate::clock::tests::paused_runtime;
use crate::error::ErrorKind;

/// The result of an attempt.
#[derive(Clone, Debug)]
enum Step {
    Fails(Failure),
    Answers(u16, Option<&'static str>),
    /// The result after a delay.
    After(Duration, Box<Step>),
    Hangs,
}

use Step::{Answers, Fails, Hangs};

fn not_sent() -> Step {
    failure(RequestOutcome::NotSent, false)
}

fn unknown() -> Step {
    failure(RequestOutcome::Unknown, false)
}

fn failure(outcome: RequestOutcome, permanent: bool) -> Step {
    Fails(Failure {
        kind: ErrorKind::Transport,
        outcome,
        permanent,
        message: "scripted".to_owned(),
        status: None,
        retry_after: None,
        connection: None,
    })
}

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

impl Step {
    fn after(self, delay: Duration) -> Self {
        Self::After(delay, Box::new(self))
    }

    async fn play(self) -> Result<Reply, Failure> {
        match self {
            Self::Fails(failure) => Err(failure),
            Self::Answers(status, retry_after) => {
                let mut headers = HeaderMap::new();
                if let Some(value) = retry_after {
                    headers.insert("retry-after", HeaderValue::from_static(value));
                }
                Ok(Reply {
                    status: StatusCode::from_u16(status).unwrap(),
                    version: None,
                    headers,
                    body: Bytes::new(),
                })
            }
            Self::After(delay, step) => {
                tokio::time::sleep(delay).await;
                Box::pin(step.play()).await
            }
            Self::Hangs => pending().await,
        }
    }
}

const BOUNDS: Bounds = Bounds {
    total: Duration::from_secs(60),
    attempt: Duration::from_secs(30),
    max_attempts: 3,
    backoff: Backoff::DEFAULT,
    retried: false,
};

/// How a call ended, how often it was sent, and how long it took.
struct Played {
    end: End,
    sent: usize,
    took: Duration,
}

impl Played {
    fn status(&self) -> u16 {
        self.end.result.as_ref().unwrap().status.as_u16()
    }

    fn error(self) -> Error {
        match self.end.result {
            Ok(reply) => answered("try", &reply),
            Err(failure) => unanswered("try", failure, None),
        }
    }
}

/// Plays one step per attempt; the last step repeats.
async fn play_within(
    method: &Method,
    bounds: Bounds,
    steps: &[Step],
    gate: Option<&RateGate>,
) -> Played {
    let sent = Cell::new(0);
    let start = Instant::now();
    let send = |_| {
        let step = steps[sent.get().min(steps.len() - 1)].clone();
        sent.set(sent.get() + 1);
        step.play()
    };
    let end = {
        let base_url = BaseUrl::parse("https://api.example", "base_url").unwrap();
        let telemetry = CallTelemetry::new(None, method, None, &base_url);
        repeat(
            send,
            retry::is_idempotent(method),
            bounds,
            gate,
            None,
            &telemetry,
        )
        .await
    };
    Played {
        end,
        sent: sent.get(),
        took: start.elapsed(),
    }
}

async fn play(method: &Method, steps: &[Step]) -> Played {
    play_within(method, BOUNDS, steps, None).await
}

const METHODS: [Method; 4] = [Method::GET, Method::DELETE, Method::POST, Method::PATCH];

#[tokio::test(start_paused = true)]
async fn unprocessed_request_is_retried_for_every_method() {
    for method in METHODS {
        for step in [not_sent(), Answers(429, None)] {
            let played = play(&method, &[step.clone(), step, Answers(200, None)]).await;
            assert_eq!((played.status(), played.sent), (200, 3), "{method}");
            assert_eq!(played.end.attempts, 3);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn unknown_outcome_is_retried_only_for_reads_and_deletes() {
    for step in [
        unknown(),
        Answers(408, None),
        Answers(500, None),
        Answers(502, None),
        Answers(503, None),
        Answers(504, None),
    ] {
        for method in METHODS {
            let retried = method == Method::GET || method == Method::DELETE;
            let played = play(&method, &[step.clone(), Answers(200, None)]).await;
            assert_eq!(
                played.sent,
                if retried { 2 } else { 1 },
                "{method} {step:?}"
            );
            assert_eq!(
                played.end.outcome,
                if retried {
                    RequestOutcome::Answered
                } else {
                    RequestOutcome::Unknown
                }
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn definitive_response_is_not_retried() {
    for method in METHODS {
        for step in [
            Answers(302, None),
            Answers(400, None),
            Answers(401, None),
            Answers(403, None),
            Answers(404, None),
            Answers(409, None),
            Answers(422, None),
            Answers(501, None),
            Answers(505, None),
            // An untrusted certificate.
            failure(RequestOutcome::NotSent, true),
        ] {
            let played = play(&method, &[step.clone(), Answers(200, None)]).await;
            assert_eq!((played.sent, played.end.attempts), (1, 1), "{step:?}");
            assert_eq!(played.took, Duration::ZERO);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_end_at_the_maximum() {
    for max_attempts in 1..6 {
        let bounds = Bounds {
            max_attempts,
            ..BOUNDS
        };
        let played = play_within(&Method::POST, bounds, &[not_sent()], None).await;
        assert_eq!(played.end.attempts, max_attempts);
        assert_eq!(played.sent, max_attempts as usize);
        assert_eq!(played.end.outcome, RequestOutcome::NotSent);
    }
}

#[tokio::test(start_paused = true)]
async fn permission_is_asked_before_each_attempt_and_its_refusal_is_not_sent() {
    let (asked, sent) = (Arc::<AtomicU32>::default(), Cell::new(0));
    let counter = Arc::clone(&asked);
    let permission = SendPermission::new(move || {
        let before = counter.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            match before {
                0 => Ok(()),
                _ => Err("another run has it".to_owned()),
            }
        })
    });
    let send = |_| {
        sent.set(sent.get() + 1);
        Answers(429, None).play()
    };
    let base_url = BaseUrl::parse("https://api.example", "base_url").unwrap();
    let telemetry = CallTelemetry::new(None, &Method::POST, None, &base_url);
    let end = repeat(send, false, BOUNDS, None, Some(&permission), &telemetry).await;
    assert_eq!((asked.load(Ordering::Relaxed), sent.get()), (2, 1));
    assert_eq!((end.attempts, end.outcome), (1, RequestOutcome::Rejected));
    let failure = end.result.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Journal);
    assert_eq!(
        failure.message,
        "the request was not sent: another run has it"
    );
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_within_the_backoff() {
    let (mut first, mut second) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..200 {
        let times = RefCell::new(Vec::new());
        let send = |_| {
            times.borrow_mut().push(Instant::now());
            not_sent().play()
        };
        let base_url = BaseUrl::parse("https://api.example", "base_url").unwrap();
        let telemetry = CallTelemetry::new(None, &Method::GET, None, &base_url);
        repeat(send, true, BOUNDS, None, None, &telemetry).await;
        let times = times.into_inner();
        first = first.max(times[1] - times[0]);
        second = second.max(times[2] - times[1]);
    }
    // Drawn 200 times from 0 to 0.5 s and from 0 to 1 s; tokio's clock counts whole milliseconds.
    let slack = Duration::from_millis(1);
    assert!(
        first <= seconds(0.5) + slack && first > seconds(0.4),
        "{first:?}"
    );
    assert!(
        second <= seconds(1.0) + slack && second > seconds(0.8),
        "{second:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_waited_for_in_full() {
    for status in [429, 503] {
        let played = play(
            &Method::GET,
            &[Answers(status, Some("20.5")), Answers(200, None)],
        )
        .await;
        assert_eq!(played.status(), 200);
        assert_eq!(played.took, seconds(20.5));
    }
}

#[tokio::test(start_paused = true)]
async fn pause_beyond_the_timeout_fails_at_once() {
    let played = play(&Method::POST, &[Answers(429, Some("3600"))]).await;
    assert_eq!((played.sent, played.took), (1, Duration::ZERO));
    assert_eq!(played.end.outcome, RequestOutcome::Rejected);
    let error = played.error();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
}

#[tokio::test(start_paused = true)]
async fn slow_attempt_times_out_and_is_retried_if_safe() {
    let played = play(&Method::GET, &[Hangs, Answers(200, None)]).await;
    assert_eq!((played.status(), played.sent), (200, 2));
    assert!(played.took >= seconds(30.0) && played.took < seconds(31.0));

    let played = play(&Method::POST, &[Hangs, Answers(200, None)]).await;
    assert_eq!((played.sent, played.took), (1, seconds(30.0)));
    assert_eq!(played.end.outcome, RequestOutcome::Unknown);
    let error = played.error();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(error.message(), "no complete response within 30s");
}

#[tokio::test(start_paused = true)]
async fn total_timeout_cuts_the_last_attempt_and_reports_the_previous_one() {
    let slow = Answers(503, None).after(seconds(25.0));
    let played = play(&Method::GET, &[slow.clone(), slow, Hangs]).await;
    assert_eq!((played.sent, played.took), (3, seconds(60.0)));
    let error = played.error();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(
        error.message(),
        "no complete response within 60s; the previous attempt returned 503 Service Unavailable"
    );
}

#[tokio::test(start_paused = true)]
async fn total_timeout_below_the_attempt_timeout_wins() {
    let bounds = Bounds {
        total: seconds(1.5),
        ..BOUNDS
    };
    let played = play_within(&Method::GET, bounds, &[Hangs], None).await;
    assert_eq!((played.sent, played.took), (1, seconds(1.5)));
    assert_eq!(played.error().message(), "no complete response within 1.5s");
}

fn gate(rate: RateLimits, method: &Method) -> RateGate {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let base_url = format!("https://{}.example", NEXT.fetch_add(1, Ordering::Relaxed));
    Limiter::new(rate, &base_url).unwrap().gate(method, None)
}

const SLOW: RateLimits = RateLimits { get: 1, post: 1 };

#[tokio::test(start_paused = true)]
async fn waiting_for_a_slot_counts_towards_the_total_timeout_only() {
    let bounds = Bounds {
        total: seconds(2.5),
        attempt: seconds(1.0),
        max_attempts: 3,
        backoff: Backoff::DEFAULT,
        retried: false,
    };
    let gate = gate(SLOW, &Method::GET);
    gate.acquire(None).await.unwrap();
    let steps = [Answers(200, None).after(seconds(0.9))];
    let played = play_within(&Method::GET, bounds, &steps, Some(&gate)).await;
    assert_eq!((played.status(), played.took), (200, seconds(2.15)));

    // The next slot is 0.35 s away, the one after that 1.6 s.
    let played = play_within(&Method::GET, bounds, &[Hangs], Some(&gate)).await;
    assert_eq!((played.sent, played.took), (2, bounds.total));
    assert_eq!(
        played.error().message(),
        "no complete response within 2.5s; the previous attempt failed: no complete response within 1s"
    );
}

#[tokio::test(start_paused = true)]
async fn call_without_a_slot_in_time_fails_at_once_and_sends_nothing() {
    let bounds = Bounds {
        total: seconds(1.0),
        ..BOUNDS
    };
    let gate = gate(SLOW, &Method::POST);
    gate.acquire(None).await.unwrap();
    let played = play_within(&Method::POST, bounds, &[Hangs], Some(&gate)).await;
    assert_eq!((played.sent, played.took), (0, Duration::ZERO));
    assert_eq!(
        (played.end.outcome, played.end.attempts),
        (RequestOutcome::NotSent, 0)
    );
    let error = played.error();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(error.retry_after(), Some(seconds(1.25)));
    assert_eq!(
        error.message(),
        "not sent because of the rate limit: too many requests of this process are waiting for this workspace; the next \
         rate-limit slot is in 1.25s, after the call's timeout of 1s"
    );
}

#[tokio::test(start_paused = true)]
async fn missing_slot_for_a_retry_reports_the_previous_attempt() {
    let bounds = Bounds {
        total: seconds(1.2),
        ..BOUNDS
    };
    let gate = gate(SLOW, &Method::GET);
    let played = play_within(&Method::GET, bounds, &[Answers(503, None)], Some(&gate)).await;
    assert_eq!((played.sent, played.status()), (1, 503));
    assert_eq!(played.end.outcome, RequestOutcome::Unknown);
}

#[tokio::test(start_paused = true)]
async fn a_429_pauses_other_calls_as_long_as_the_server_asks() {
    let gate = gate(RateLimits::default(), &Method::POST);
    let start = Instant::now();
    let steps = [Answers(429, Some("7")), Answers(200, None)];
    let rejected = async {
        let played = play_within(&Method::POST, BOUNDS, &steps, Some(&gate)).await;
        assert_eq!((played.status(), played.took), (200, seconds(7.0)));
    };
    let other = async {
        tokio::time::sleep(seconds(0.1)).await;
        let short = Bounds {
            total: seconds(5.0),
            ..BOUNDS
        };
        let played = play_within(&Method::POST, short, &[Answers(200, None)], Some(&gate)).await;
        assert!(played.error().message().contains("the API answered 429"));
        play_within(&Method::POST, BOUNDS, &[Answers(200, None)], Some(&gate)).await;
        assert_eq!(start.elapsed(), seconds(7.0));
    };
    tokio::join!(rejected, other);
}

#[tokio::test(start_paused = true)]
async fn a_429_without_retry_after_pauses_other_calls_briefly() {
    let gate = gate(RateLimits::default(), &Method::GET);
    let bounds = Bounds {
        max_attempts: 1,
        ..BOUNDS
    };
    play_within(&Method::GET, bounds, &[Answers(429, None)], Some(&gate)).await;
    let paused = gate.acquire(None).await.unwrap();
    assert!(
        paused >= seconds(0.25) && paused <= seconds(0.501),
        "{paused:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn outcome_covers_all_attempts() {
    let cases = [
        // A first attempt that may have been processed is not forgotten because a later one was not sent.
        (vec![unknown(), not_sent()], RequestOutcome::Unknown),
        (vec![unknown(), Answers(429, None)], RequestOutcome::Unknown),
        (vec![not_sent(), unknown()], RequestOutcome::Unknown),
        (
            vec![not_sent(), Answers(429, None)],
            RequestOutcome::Rejected,
        ),
        (
            vec![Answers(429, None), not_sent()],
            RequestOutcome::Rejected,
        ),
        (vec![not_sent(), not_sent()], RequestOutcome::NotSent),
        (
            vec![unknown(), Answers(403, None)],
            RequestOutcome::Answered,
        ),
    ];
    for (steps, outcome) in cases {
        let played = play(&Method::DELETE, &steps).await;
        assert_eq!(played.end.outcome, outcome, "{steps:?}");
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    let plain = prop_oneof![
        Just(not_sent()),
        Just(unknown()),
        Just(failure(RequestOutcome::NotSent, true)),
        Just(Hangs),
        (
            proptest::sample::select(vec![200, 204, 404, 408, 409, 429, 500, 501, 503]),
            proptest::option::of(proptest::sample::select(vec![
                "0", "0.2", "3", "40", "never"
            ])),
        )
            .prop_map(|(status, retry_after)| Answers(status, retry_after)),
    ];
    (plain, 0u64..40_000).prop_map(|(step, delay)| step.after(Duration::from_millis(delay)))
}

proptest! {
    #[test]
    fn any_script_stays_within_the_bounds(
        steps in proptest::collection::vec(any_step(), 1..8),
        method in proptest::sample::select(METHODS.to_vec()),
        total in 1u64..90_000, attempt in 1u64..40_000, max_attempts in 1u32..6,
    ) {
        let bounds = Bounds {
            total: Duration::from_millis(total),
            attempt: Duration::from_millis(attempt),
            max_attempts,
            backoff: Backoff::DEFAULT,            retried: false,
        };
        let played = paused_runtime().block_on(play_within(&method, bounds, &steps, None));
        // tokio's timers fire on whole milliseconds, rounded up.
        prop_assert!(played.took <= bounds.total + Duration::from_millis(1), "{:?}", played.took);
        prop_assert!(played.sent <= max_attempts as usize);
        prop_assert_eq!(played.sent, played.end.attempts as usize);
        let success = matches!(&played.end.result, Ok(reply) if reply.status.is_success());
        prop_assert!(!success || played.end.outcome == RequestOutcome::Answered);
        // A create is retried only if it was certainly not processed, so at most one attempt has an unknown outcome.
        if method == Method::POST {
            let before = &steps[..steps.len().min(played.sent - 1)];
            let safe = before.iter().all(|step| match step {
                Step::After(delay, step) => *delay < bounds.attempt && match &**step {
                    Fails(failure) => failure.outcome == RequestOutcome::NotSent,
                    Answers(status, _) => *status == 429,
                    _ => false,
                },
                _ => false,
            });
            prop_assert!(safe, "{:?}", before);
        }
    }
}
