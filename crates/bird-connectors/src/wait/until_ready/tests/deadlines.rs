//! When polls are made and when a wait ends.

use super::*;

/// A wait that never comes out, with this deadline.
async fn until(fake: &Fake, deadline: Duration) -> WaitError {
    let error = fake
        .wait_with(|wait| wait.options.timeout = Some(deadline))
        .await
        .unwrap_err();
    assert!(matches!(error, WaitError::TimedOut(_)), "{error}");
    error
}

#[tokio::test(start_paused = true)]
async fn the_last_poll_starts_at_the_deadline() {
    let fake = Fake::new().channel([says("pending")]);
    let error = until(&fake, seconds(60.0)).await;
    let report = error.report().unwrap();
    assert_eq!(report.elapsed, seconds(60.0));
    let polls = fake.times(is_channel);
    assert_eq!(polls.last(), Some(&seconds(60.0)));
    assert_eq!(report.polls as usize, polls.len());
}

#[tokio::test(start_paused = true)]
async fn what_the_last_poll_sees_counts() {
    let fake = Fake::new();
    let calls = Arc::clone(&fake.0);
    let until = move |_: &Channel| calls.lock().unwrap().start.elapsed() >= seconds(60.0);
    let ready = fake
        .wait_with(|wait| {
            wait.options.rules.condition = Condition::matches(until);
            wait.options.timeout = Some(seconds(60.0));
        })
        .await
        .unwrap();
    assert_eq!(ready.elapsed, seconds(60.0));
}

#[tokio::test(start_paused = true)]
async fn the_time_out_says_what_was_known() {
    let fake = Fake::new()
        .channel([says("pending"), http(503), says("pending_review")])
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
             (outcome unknown, 1 attempt)",
            report.polls
        )
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_under_way_at_the_deadline_is_cut_two_seconds_later() {
    for (deadline, cut) in [(0.0, true), (7.0, true), (59.0, false)] {
        // The second read takes a minute.
        let slow = [says("pending"), says("active").after(seconds(60.0))];
        let slow = &slow[usize::from(deadline == 0.0)..];
        let fake = Fake::new().channel(slow.to_vec());
        let start = Instant::now();
        let outcome = fake
            .wait_with(|wait| wait.options.timeout = Some(seconds(deadline)))
            .await;
        if cut {
            let error = outcome.unwrap_err();
            let report = error.report().unwrap();
            assert_eq!(start.elapsed(), seconds(deadline + 2.0));
            assert_eq!(report.elapsed, start.elapsed());
            let last = report.last_poll_error.as_ref().unwrap();
            assert_eq!(last.kind(), ErrorKind::Timeout);
            assert!(
                error.to_string().ends_with(
                    "poll an install: still under way 2 s after the deadline, and cut off (outcome unknown, 1 attempt)"
                ),
                "{error}"
            );
        } else {
            assert!(start.elapsed() < seconds(61.0));
            assert_eq!(outcome.unwrap().polls, 2);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_within_the_two_seconds_counts() {
    let fake = Fake::new().channel([says("active").after(seconds(61.9))]);
    let ready = fake
        .wait_with(|wait| wait.options.timeout = Some(seconds(60.0)))
        .await
        .unwrap();
    assert_eq!(ready.elapsed, seconds(61.9));
}

#[tokio::test(start_paused = true)]
async fn what_a_cut_poll_has_read_is_not_lost() {
    // Readiness hangs; the channel says `pending`, and that is in the report.
    let fake = Fake::new()
        .readiness([tells("x", "").after(HOUR)])
        .channel([says("pending")]);
    let error = until(&fake, seconds(5.0)).await;
    assert_eq!(error.report().unwrap().status.as_deref(), Some("pending"));
}

#[tokio::test(start_paused = true)]
async fn readiness_that_hangs_does_not_hold_up_an_active_channel() {
    let fake = Fake::new().readiness([tells("x", "").after(HOUR)]);
    let ready = fake.wait().await.unwrap();
    assert!(ready.elapsed < seconds(1.0), "{:?}", ready.elapsed);
}

#[tokio::test(start_paused = true)]
async fn a_last_poll_that_knows_enough_is_not_told_as_cut() {
    let fake = Fake::new()
        .readiness([tells("x", "").after(HOUR)])
        .channel([says("active").after(seconds(61.9))]);
    let (steps, error) = fake
        .steps(|wait| wait.options.timeout = Some(seconds(60.0)))
        .await;
    assert!(error.is_none());
    let last = steps.last().unwrap();
    assert_eq!((last.elapsed, last.ready), (seconds(62.0), true));
    assert!(last.error.is_none());
}

#[tokio::test(start_paused = true)]
async fn readiness_that_is_a_little_late_completes_the_picture() {
    let stage = json!({ "channel": { "stage": "ready" } });
    let fake = Fake::new().readiness([readiness(stage).after(seconds(0.2))]);
    let (steps, error) = fake.steps(|_| {}).await;
    assert!(error.is_none());
    assert_eq!((steps.len(), steps[0].stage.as_deref()), (1, Some("ready")));
}

#[tokio::test(start_paused = true)]
async fn a_zero_deadline_is_one_poll() {
    let fake = Fake::new().channel([says("pending")]);
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
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_ever_outlasts_every_deadline() {
    for forever in [None, Some(Duration::MAX)] {
        let day = Duration::from_secs(24 * 3600);
        let fake = Fake::new();
        let world = Arc::clone(&fake.0);
        let until = move |_: &Channel| world.lock().unwrap().start.elapsed() > day;
        let ready = fake
            .wait_with(|wait| {
                wait.options.rules.condition = Condition::matches(until);
                wait.options.timeout = forever;
            })
            .await
            .unwrap();
        assert!(ready.elapsed > day);
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_near_the_end_of_time_does_no_harm() {
    // Seconds from the last moment that a clock can hold.
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
        let fake = Fake::new().channel([says("pending"), says("active")]);
        let ready = fake
            .wait_with(|wait| wait.options.timeout = Some(Duration::from_secs(deadline)))
            .await;
        assert!(ready.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn the_default_deadline_is_five_minutes() {
    let fake = Fake::new().channel([says("pending")]);
    let error = fake.wait().await.unwrap_err();
    assert_eq!(error.report().unwrap().elapsed, seconds(300.0));
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_by_half_and_are_shortened_at_random() {
    let fake = Fake::new().channel([says("pending")]);
    until(&fake, seconds(120.0)).await;
    let times = fake.times(is_channel);
    assert_eq!(times[0], Duration::ZERO);
    let mut step = 0.5;
    let mut shares = Vec::new();
    // The last one is cut short by the deadline.
    for pair in times[..times.len() - 1].windows(2) {
        let share = (pair[1] - pair[0]).as_secs_f64() / step;
        // tokio's timer has a grain of a millisecond.
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
async fn the_interval_can_be_set() {
    let fake = Fake::new().channel([says("pending")]);
    let settings = |wait: &mut WaitSettings| {
        wait.options.interval = Some((seconds(0.02), seconds(0.04)));
        wait.options.timeout = Some(seconds(2.0));
    };
    let error = fake.wait_with(settings).await.unwrap_err();
    let polls = error.report().unwrap().polls;
    assert!((50..=102).contains(&polls), "{polls}");
}

#[tokio::test(start_paused = true)]
async fn useless_intervals_are_refused_before_anything_is_sent() {
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
        assert_eq!(fake.asked(), []);
    }
    let fake = Fake::new();
    let widest =
        |wait: &mut WaitSettings| wait.options.interval = Some((Duration::MAX, Duration::MAX));
    assert!(fake.wait_with(widest).await.is_ok());
    let narrowest = |wait: &mut WaitSettings| wait.options.interval = Some((ten, ten));
    assert!(fake.wait_with(narrowest).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn retry_after_delays_the_next_poll_and_no_other() {
    let fake = Fake::new().channel([
        says("pending"),
        retry_after(429, seconds(20.0)),
        says("pending"),
        says("active"),
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
async fn every_source_can_ask_for_a_pause_and_the_longest_counts() {
    let long = seconds(30.0);
    let fakes = [
        Fake::new()
            .connector([retry_after(429, long), names(A)])
            .readiness([retry_after(503, seconds(1.0))]),
        Fake::new()
            .readiness([retry_after(503, long)])
            .channel([retry_after(429, seconds(1.0)), says("active")]),
        Fake::new()
            .connector([http(403)])
            .list([retry_after(429, long), lists(A, "active")]),
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
async fn a_shorter_retry_after_does_not_hasten_the_next_poll() {
    let fake = Fake::new().channel([retry_after(429, Duration::ZERO), says("active")]);
    let ready = fake.wait().await.unwrap();
    assert!(ready.elapsed >= seconds(0.25));
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_beyond_the_deadline_leaves_the_last_poll() {
    for pause in [HOUR, Duration::MAX] {
        let fake = Fake::new().channel([retry_after(429, pause), says("active")]);
        let ready = fake.wait().await.unwrap();
        assert_eq!((ready.polls, ready.elapsed), (2, seconds(300.0)));
    }
}

#[tokio::test(start_paused = true)]
async fn transient_errors_are_absorbed_and_remembered() {
    let fake = Fake::new()
        .connector([http(500), http(502), unnamed(), http(408), names(A)])
        .channel([http(503), says("pending"), http(429)]);
    let error = until(&fake, seconds(60.0)).await;
    let report = error.report().unwrap();
    assert_eq!(
        report.last_poll_error.as_ref().unwrap().kind(),
        ErrorKind::RateLimited
    );
    assert_eq!(report.last_error_poll, Some(report.polls));
    assert_eq!(report.status.as_deref(), Some("pending"));
}
