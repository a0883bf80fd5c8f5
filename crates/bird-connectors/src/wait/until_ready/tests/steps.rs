//! The stream of steps: its items, their times, and its end.

use futures_util::FutureExt as _;

use super::*;

/// The poll that this step reports.
fn poll_of(step: Option<Result<Step, WaitError>>) -> Progress {
    match step.unwrap().unwrap() {
        Step::Poll(progress) => progress,
        Step::Ready(ready) => panic!("{ready:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn each_poll_is_a_step_and_the_last_one_is_ready() {
    let fake = Fake::new()
        .connector([http_error(404), without_channel(), with_channel(A)])
        .readiness([readiness(
            json!({ "channel": { "status": "new", "stage": "checks" } }),
        )])
        .channel([
            with_status("pending"),
            http_error(502),
            with_status("active"),
        ]);
    let (steps, error) = fake.steps(|_| {}).await;
    assert!(error.is_none());
    let reported: Vec<_> = steps
        .iter()
        .map(|step| {
            let status = step.error.as_ref().and_then(Error::status);
            let error = status.map(|status| status.as_u16());
            (
                step.poll,
                step.channel_id,
                step.status.as_deref(),
                error,
                step.ready,
            )
        })
        .collect();
    assert_eq!(
        reported,
        [
            (1, None, Some("new"), Some(404), false),
            (2, None, Some("new"), None, false),
            (3, Some(A), Some("pending"), None, false),
            (4, Some(A), Some("pending"), Some(502), false),
            (5, Some(A), Some("active"), None, true),
        ]
    );
    for step in &steps {
        assert_eq!(
            (step.connector_id, step.stage.as_deref()),
            (CONNECTOR, Some("checks"))
        );
        assert_eq!(step.next_poll_in.is_none(), step.ready);
    }
    assert_eq!(steps[1].connector, Some(connector(None)));
    assert_eq!(steps[4].channel, Some(channel(A, "active")));
    assert!(steps[4].readiness.is_some());
}

#[tokio::test(start_paused = true)]
async fn step_is_yielded_before_the_following_pause() {
    let fake = Fake::new().channel([with_status("pending"), with_status("active")]);
    let mut steps = fake.settings(|_| {}).steps(fake.clone());
    let first = poll_of(steps.next().now_or_never().flatten());
    assert_eq!(first.elapsed, Duration::ZERO);
    let pause = first.next_poll_in.unwrap();
    assert!(pause >= seconds(0.25) && pause <= seconds(0.5));
    // The next step is not available before the pause is over.
    assert!(steps.next().now_or_never().is_none());
}

#[tokio::test(start_paused = true)]
async fn reported_pause_matches_the_actual_pause() {
    let fake = Fake::new().channel([
        with_status("pending"),
        with_status("pending"),
        with_status("active"),
    ]);
    let (steps, _) = fake.steps(|_| {}).await;
    for pair in steps.windows(2) {
        let due = pair[0].elapsed + pair[0].next_poll_in.unwrap();
        // tokio's timer has a resolution of one millisecond.
        assert!(pair[1].elapsed >= due && pair[1].elapsed - due <= Duration::from_millis(1));
    }
}

#[tokio::test(start_paused = true)]
async fn failed_wait_yields_the_last_poll_and_then_the_error() {
    let fake = Fake::new().channel([with_status("pending"), with_status("failed")]);
    let (steps, error) = fake.steps(|_| {}).await;
    let last = steps.last().unwrap();
    assert_eq!((last.poll, last.status.as_deref()), (3, Some("failed")));
    assert_eq!((last.next_poll_in, last.ready), (None, false));
    assert!(matches!(error, Some(WaitError::Failed { .. })));
}

#[tokio::test(start_paused = true)]
async fn wait_starts_when_its_stream_is_first_polled() {
    let fake = Fake::new().channel([with_status("pending")]);
    let settings = fake.settings(|wait| wait.options.timeout = Some(seconds(10.0)));
    let mut steps = settings.steps(fake.clone());
    tokio::time::advance(HOUR).await;
    assert_eq!(fake.targets(), []);
    let first = poll_of(steps.next().await);
    assert_eq!(first.elapsed, Duration::ZERO);
    assert!(first.next_poll_in.is_some());
}

#[tokio::test(start_paused = true)]
async fn slow_reader_gets_the_last_poll() {
    let fake = Fake::new().channel([
        with_status("pending"),
        with_status("active").after(seconds(1.0)),
    ]);
    let settings = fake.settings(|wait| wait.options.timeout = Some(seconds(10.0)));
    let mut steps = settings.steps(fake.clone());
    assert!(!poll_of(steps.next().await).ready);
    tokio::time::advance(HOUR).await;
    assert!(poll_of(steps.next().await).ready);
}

#[tokio::test(start_paused = true)]
async fn dropped_future_stops_the_wait() {
    let fake = Fake::new().channel([with_status("pending").after(seconds(1.0))]);
    let wait = fake.wait();
    assert!(tokio::time::timeout(seconds(0.5), wait).await.is_err());
    let requested = fake.targets();
    assert_eq!(requested.last(), Some(&ReadTarget::Channel(A)));
    tokio::time::advance(HOUR).await;
    tokio::task::yield_now().await;
    assert_eq!(fake.targets(), requested);
    let is_channel_response = |response: &Delivered| is_channel(response.target);
    assert!(!fake.delivered().iter().any(is_channel_response));
    // No task still owns the source.
    assert_eq!(Arc::strong_count(&fake.0), 1);
}

#[tokio::test(start_paused = true)]
async fn dropped_stream_stops_the_wait() {
    let fake = Fake::new().channel([with_status("pending")]);
    let mut steps = fake.settings(|_| {}).steps(fake.clone());
    poll_of(steps.next().await);
    drop(steps);
    let requested = fake.targets();
    tokio::time::advance(HOUR).await;
    assert_eq!(fake.targets(), requested);
    assert_eq!(Arc::strong_count(&fake.0), 1);
}

/// A wait can be moved to another task, and shared with one.
#[test]
fn waits_are_send_and_sync() {
    fn is_send<T: Send + 'static>(_: &T) {}
    fn is_send_and_sync<T: Send + Sync + 'static>() {}
    fn of(wait: UntilReady) {
        is_send(&wait.into_future());
    }
    let _ = of;
    is_send_and_sync::<UntilReady>();
    is_send_and_sync::<Steps>();
    is_send_and_sync::<WaitOptions>();
}
