//! When polls start and when a wait ends.

use super::*;
use crate::wait::last_poll::SHORTEST_LEAD;

/// Waits until this timeout expires.
async fn until(fake: &Fake, deadline: Duration) -> WaitError {
    let error = fake
        .wait_with(|wait| wait.options.timeout = Some(deadline))
        .await
        .unwrap_err();
    assert!(matches!(error, WaitError::TimedOut(_)), "{error}");
    error
}

/// The time of the last poll of a wait with this timeout and quick responses.
fn last_poll(timeout: Duration) -> Duration {
    timeout - SHORTEST_LEAD
}

#[tokio::test(start_paused = true)]
async fn last_poll_starts_shortly_before_the_deadline() {
    let fake = Fake::new().channel([with_status("pending")]);
    let error = until(&fake, seconds(60.0)).await;
    let report = error.report().unwrap();
    assert_eq!(report.elapsed, seconds(60.0));
    let polls = fake.times(is_channel);
    assert_eq!(polls.last(), Some(&last_poll(seconds(60.0))));
    assert_eq!(report.polls as usize, polls.len());
}

#[tokio::test(start_paused = true)]
async fn last_poll_can_end_the_wait_ready() {
    let fake = Fake::new();
    let calls = Arc::clone(&fake.0);
    let until =
        move |_: &Channel| calls.lock().unwrap().start.elapsed() >= last_poll(seconds(60.0));
    let ready = fake
        .wait_with(|wait| {
            wait.options.rules.condition = Condition::matches(until);
            wait.options.timeout = Some(seconds(60.0));
        })
        .await
        .unwrap();
    assert_eq!(ready.elapsed, last_poll(seconds(60.0)));
}

#[tokio::test(start_paused = true)]
async fn last_poll_of_a_slow_server_starts_early_enough_for_its_response() {
    let slow = |status| with_status(status).after(seconds(2.0));
    let fake = Fake::new();
    let calls = Arc::clone(&fake.0);
    let fake = fake.channel([slow("active")]);
    // True for responses that arrive in the last four seconds.
    let until = move |_: &Channel| calls.lock().unwrap().start.elapsed() >= seconds(56.0);
    let ready = fake
        .wait_with(|wait| {
            wait.options.rules.condition = Condition::matches(until);
            wait.options.timeout = Some(seconds(60.0));
        })
        .await
        .unwrap();
    assert!(ready.elapsed <= seconds(60.0), "{:?}", ready.elapsed);
}

#[tokio::test(start_paused = true)]
async fn timeout_error_reports_the_last_state() {
    let fake = Fake::new()
        .channel([
            with_status("pending"),
            http_error(503),
            with_status("pending_review"),
        ])
        .readiness([readiness(
            json!({ "channel": { "status": "x", "stage": "carrier check" } }),
        )]);
    let error = until(&fake, seconds(60.0)).await;
    let report = error.report().unwrap();
    assert_eq!(report.connector, Some(connector(Some(A))));
    assert_eq!(report.channel, Some(channel(A, "pending_review")));
    assert_eq!(
        report
            .last_poll_error
            .as_ref()
            .unwrap()
            .status()
            .map(|status| status.as_u16()),
        Some(503)
    );
    assert_eq!(report.last_error_poll, Some(2));
    assert!(report.token.observed());
    assert_eq!(
        error.to_string(),
        format!(
            "wait for connector {CONNECTOR}: timed out after 60.0 s, last status `pending_review`, stage \
             `carrier check`, {} polls, last poll error (poll 2): read: 503 Service Unavailable \
             (outcome unknown, 1 attempt) [errors#wait_timed_out]",
            report.polls
        )
    );
}

#[tokio::test(start_paused = true)]
async fn message_about_a_long_status_is_short_and_has_one_line() {
    let long = format!("a\nb {}", "x".repeat(1_000_000));
    let fake = Fake::new()
        .channel([with_status(&long)])
        .readiness([readiness(json!({ "channel": { "stage": long } }))]);
    let error = until(&fake, seconds(60.0)).await;
    assert_eq!(error.report().unwrap().status.as_ref(), Some(&long));
    let message = error.to_string();
    assert!(message.len() < 2_000, "{}", message.len());
    assert!(message.contains("last status `a b xxx"), "{message}");
    assert!(!message.contains('\n'), "{message}");

    let failing = Fake::new().channel([with_status(&long)]);
    let error = failing
        .wait_with(|wait| wait.options = WaitOptions::new().failure_statuses([long]))
        .await
        .unwrap_err();
    assert!(matches!(error, WaitError::Failed { .. }));
    assert!(error.to_string().len() < 2_000);
}

#[tokio::test(start_paused = true)]
async fn running_request_is_cut_off_at_the_deadline() {
    for (deadline, stalls_at_once) in [(0.05, true), (1.0, true), (7.0, false), (59.0, false)] {
        // The server stalls from the first or the second read on.
        let slow = [with_status("pending"), with_status("active").after(HOUR)];
        let slow = &slow[usize::from(stalls_at_once)..];
        let fake = Fake::new().channel(slow.to_vec());
        let start = Instant::now();
        let error = until(&fake, seconds(deadline)).await;
        let report = error.report().unwrap();
        assert_eq!(start.elapsed(), seconds(deadline));
        assert_eq!(report.elapsed, start.elapsed());
        let last = report.last_poll_error.as_ref().unwrap();
        assert_eq!(last.kind(), ErrorKind::Timeout);
        assert!(
            error.to_string().ends_with(
                "poll an install: cut off because it was still running when the timeout of the wait expired (outcome \
                 unknown, 1 attempt) [errors#wait_timed_out]"
            ),
            "{error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn response_before_the_deadline_counts() {
    let fake = Fake::new().channel([with_status("active").after(seconds(59.9))]);
    let ready = fake
        .wait_with(|wait| wait.options.timeout = Some(seconds(60.0)))
        .await
        .unwrap();
    assert_eq!(ready.elapsed, seconds(59.9));
}

#[tokio::test(start_paused = true)]
async fn report_keeps_the_results_of_a_cut_off_poll() {
    // Readiness hangs, and the report still has the status of the channel.
    let fake = Fake::new()
        .readiness([readiness_statuses("x", "").after(HOUR)])
        .channel([with_status("pending")]);
    let error = until(&fake, seconds(5.0)).await;
    assert_eq!(error.report().unwrap().status.as_deref(), Some("pending"));
}

#[tokio::test(start_paused = true)]
async fn report_keeps_the_error_of_the_poll_before_a_cut_off_poll() {
    let late = || without_channel().after(HOUR);
    for (connector, kind) in [
        (vec![http_error(404), late()], ErrorKind::NotFound),
        // Other polls have succeeded since.
        (
            vec![http_error(503), without_channel(), late()],
            ErrorKind::Timeout,
        ),
    ] {
        let error = until(&Fake::new().connector(connector), seconds(5.0)).await;
        let last = error.report().unwrap().last_poll_error.clone().unwrap();
        assert_eq!(last.kind(), kind);
    }
}

#[tokio::test(start_paused = true)]
async fn hanging_readiness_does_not_delay_an_active_channel() {
    let fake = Fake::new().readiness([readiness_statuses("x", "").after(HOUR)]);
    let ready = fake.wait().await.unwrap();
    assert!(ready.elapsed < seconds(1.0), "{:?}", ready.elapsed);
}

#[tokio::test(start_paused = true)]
async fn decided_last_poll_reports_no_cut_off_error() {
    let fake = Fake::new()
        .readiness([readiness_statuses("x", "").after(HOUR)])
        .channel([with_status("active").after(seconds(59.9))]);
    let (steps, error) = fake
        .steps(|wait| wait.options.timeout = Some(seconds(60.0)))
        .await;
    assert!(error.is_none());
    let last = steps.last().unwrap();
    assert_eq!((last.elapsed, last.ready), (seconds(60.0), true));
    assert!(last.error.is_none());
}

#[tokio::test(start_paused = true)]
async fn progress_includes_slightly_late_readiness() {
    let stage = json!({ "channel": { "stage": "ready" } });
    let fake = Fake::new().readiness([readiness(stage).after(seconds(0.2))]);
    let (steps, error) = fake.steps(|_| {}).await;
    assert!(error.is_none());
    assert_eq!((steps.len(), steps[0].stage.as_deref()), (1, Some("ready")));
}

#[test]
fn timeout_of_a_wait_keeps_the_other_options() {
    let client = crate::Client::builder().access_key("key").build().unwrap();
    let source = ApiSource::new(&client.workspace(WORKSPACE));
    let token = WaitToken::new(WORKSPACE, CONNECTOR, crate::clock::now(), false);
    let interval = (seconds(2.0), seconds(9.0));
    let options = WaitOptions::new().interval(interval.0, interval.1);
    let wait = UntilReady::new(source, token, None)
        .options(options)
        .timeout(seconds(5.0));
    assert_eq!(wait.settings.options.timeout, Some(seconds(5.0)));
    assert_eq!(wait.settings.options.interval, Some(interval));
}

#[tokio::test(start_paused = true)]
async fn zero_timeout_makes_one_poll() {
    let fake = Fake::new().channel([with_status("pending")]);
    let error = until(&fake, Duration::ZERO).await;
    assert_eq!(fake.count(is_channel), 1);
    assert!(
        error
            .to_string()
            .contains("timed out after 0.0 s, last status `pending`, 1 poll"),
        "{error}"
    );

    let fake = Fake::new();
    let ready = fake
        .wait_with(|wait| wait.options.timeout = Some(Duration::ZERO))
        .await;
    assert_eq!(ready.unwrap().polls, 1);

    // The poll gets time for its response, but not for ever.
    let fake = Fake::new().channel([with_status("active").after(seconds(1.9))]);
    let ready = fake
        .wait_with(|wait| wait.options.timeout = Some(Duration::ZERO))
        .await;
    assert_eq!(ready.unwrap().polls, 1);
    let fake = Fake::new().channel([with_status("active").after(HOUR)]);
    let start = Instant::now();
    until(&fake, Duration::ZERO).await;
    assert_eq!(start.elapsed(), seconds(2.0));
}

#[tokio::test(start_paused = true)]
async fn wait_without_timeout_outlasts_a_day() {
    for timeout in [None, Some(Duration::MAX)] {
        let day = Duration::from_secs(24 * 3600);
        let fake = Fake::new();
        let state = Arc::clone(&fake.0);
        let until = move |_: &Channel| state.lock().unwrap().start.elapsed() > day;
        let ready = fake
            .wait_with(|wait| {
                wait.options.rules.condition = Condition::matches(until);
                wait.options.timeout = timeout;
            })
            .await
            .unwrap();
        assert!(ready.elapsed > day);
    }
}

#[tokio::test(start_paused = true)]
async fn timeout_near_the_clock_limit_does_not_overflow() {
    // The number of seconds until the latest time that the clock can represent.
    let now = Instant::now();
    let (mut low, mut high) = (0_u64, u64::MAX);
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        match now.checked_add(Duration::from_secs(middle)) {
            Some(_) => low = middle,
            None => high = middle,
        }
    }
    for deadline in [low - 1, low, high] {
        let fake = Fake::new().channel([with_status("pending"), with_status("active")]);
        let ready = fake
            .wait_with(|wait| wait.options.timeout = Some(Duration::from_secs(deadline)))
            .await;
        assert!(ready.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn default_timeout_is_five_minutes() {
    let fake = Fake::new().channel([with_status("pending")]);
    let error = fake.wait().await.unwrap_err();
    assert_eq!(error.report().unwrap().elapsed, seconds(300.0));
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_by_half_and_are_shortened_at_random() {
    let fake = Fake::new().channel([with_status("pending")]);
    until(&fake, seconds(120.0)).await;
    let times = fake.times(is_channel);
    assert_eq!(times[0], Duration::ZERO);
    let mut step = 0.5;
    let mut shares = Vec::new();
    // The deadline shortens the pause before the last poll.
    let last = last_poll(seconds(120.0));
    let scheduled = times.iter().take_while(|time| **time < last).count();
    for pair in times[..scheduled].windows(2) {
        let share = (pair[1] - pair[0]).as_secs_f64() / step;
        // tokio's timer has a resolution of one millisecond.
        assert!((0.5..1.0 + 0.005).contains(&share), "{share} of {step} s");
        shares.push(share);
        step = f64::min(step * 1.5, 10.0);
    }
    let (low, high) = shares.iter().fold((1.0, 0.0), |(low, high), share| {
        (f64::min(low, *share), f64::max(high, *share))
    });
    assert!(high - low > 0.1, "no jitter: {shares:?}");
}

#[tokio::test(start_paused = true)]
async fn custom_interval_sets_the_poll_rate() {
    let fake = Fake::new().channel([with_status("pending")]);
    let settings = |wait: &mut WaitSettings| {
        wait.options.interval = Some((seconds(0.02), seconds(0.04)));
        wait.options.timeout = Some(seconds(2.0));
    };
    let error = fake.wait_with(settings).await.unwrap_err();
    let polls = error.report().unwrap().polls;
    assert!((50..=102).contains(&polls), "{polls}");
}

#[tokio::test(start_paused = true)]
async fn invalid_intervals_are_rejected_before_sending() {
    let ten = Duration::from_millis(10);
    for (first, longest, why) in [
        (Duration::ZERO, ten, "below 10 ms"),
        (ten - Duration::from_nanos(1), ten, "below 10 ms"),
        (2 * ten, ten, "shorter than the first"),
    ] {
        let fake = Fake::new();
        let settings = |wait: &mut WaitSettings| wait.options.interval = Some((first, longest));
        let error = fake.wait_with(settings).await.unwrap_err();
        assert!(matches!(error, WaitError::Invalid(_)));
        assert!(error.to_string().contains(why), "{error}");
        assert!(error.report().is_none() && error.token().is_none());

        let (steps, error) = fake.steps(settings).await;
        assert!(steps.is_empty() && matches!(error, Some(WaitError::Invalid(_))));
        assert_eq!(fake.targets(), []);
    }
    let fake = Fake::new();
    let widest =
        |wait: &mut WaitSettings| wait.options.interval = Some((Duration::MAX, Duration::MAX));
    assert!(fake.wait_with(widest).await.is_ok());
    let narrowest = |wait: &mut WaitSettings| wait.options.interval = Some((ten, ten));
    assert!(fake.wait_with(narrowest).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn retry_after_delays_only_the_next_poll() {
    let fake = Fake::new().channel([
        with_status("pending"),
        retry_after(429, seconds(20.0)),
        with_status("pending"),
        with_status("active"),
    ]);
    fake.wait().await.unwrap();
    let times = fake.times(is_channel);
    let gaps: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps[0] <= seconds(0.502), "{gaps:?}");
    assert!(
        gaps[1] >= seconds(20.0) && gaps[1] < seconds(20.1),
        "{gaps:?}"
    );
    assert!(gaps[2] <= seconds(1.127), "{gaps:?}");
}

#[tokio::test(start_paused = true)]
async fn longest_retry_after_of_all_sources_applies() {
    let long = seconds(30.0);
    let fakes = [
        Fake::new()
            .connector([retry_after(429, long), with_channel(A)])
            .readiness([retry_after(503, seconds(1.0))]),
        Fake::new()
            .readiness([retry_after(503, long)])
            .channel([retry_after(429, seconds(1.0)), with_status("active")]),
        Fake::new()
            .connector([http_error(403)])
            .list([retry_after(429, long), listed(A, "active")]),
    ];
    for fake in fakes {
        let ready = fake.wait().await.unwrap();
        assert_eq!(ready.polls, 2);
        assert!(
            ready.elapsed >= long && ready.elapsed < seconds(31.0),
            "{:?}",
            ready.elapsed
        );
    }
}

#[tokio::test(start_paused = true)]
async fn short_retry_after_does_not_shorten_the_pause() {
    let fake = Fake::new().channel([retry_after(429, Duration::ZERO), with_status("active")]);
    let ready = fake.wait().await.unwrap();
    assert!(ready.elapsed >= seconds(0.25));
}

#[tokio::test(start_paused = true)]
async fn retry_after_beyond_the_deadline_keeps_the_last_poll() {
    for pause in [HOUR, Duration::MAX] {
        let fake = Fake::new().channel([retry_after(429, pause), with_status("active")]);
        let ready = fake.wait().await.unwrap();
        assert_eq!((ready.polls, ready.elapsed), (2, last_poll(seconds(300.0))));
    }
}

#[tokio::test(start_paused = true)]
async fn transient_errors_do_not_end_the_wait_and_are_reported() {
    let fake = Fake::new()
        .connector([
            http_error(500),
            http_error(502),
            without_channel(),
            http_error(408),
            with_channel(A),
        ])
        .channel([http_error(503), with_status("pending"), http_error(429)]);
    let error = until(&fake, seconds(60.0)).await;
    let report = error.report().unwrap();
    assert_eq!(
        report.last_poll_error.as_ref().unwrap().kind(),
        ErrorKind::RateLimited
    );
    assert_eq!(report.last_error_poll, Some(report.polls));
    assert_eq!(report.status.as_deref(), Some("pending"));
}
