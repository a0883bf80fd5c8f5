//! The stream of steps: what each one says, when it comes, and how the stream ends.

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
async fn each_poll_is_a_step_and_the_last_is_the_ready_one() {
    let fake = Fake::new()
        .connector([http(404), unnamed(), names(A)])
        .readiness([readiness(
            json!({ "channel": { "status": "new", "stage": "checks" } }),
        )])
        .channel([says("pending"), http(502), says("active")]);
    let (steps, error) = fake.steps(|_| {}).await;
    assert!(error.is_none());
    let seen: Vec<_> = steps
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
        seen,
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
async fn a_step_comes_before_the_pause_that_follows_it() {
    let fake = Fake::new().channel([says("pending"), says("active")]);
    let mut steps = fake.settings(|_| {}).steps(fake.clone());
    let first = poll_of(steps.next().now_or_never().flatten());
    assert_eq!(first.elapsed, Duration::ZERO);
    let pause = first.next_poll_in.unwrap();
    assert!(pause >= seconds(0.25) && pause <= seconds(0.5));
    // The next one does not come before.
    assert!(steps.next().now_or_never().is_none());
}

#[tokio::test(start_paused = true)]
async fn the_pause_is_the_one_that_is_made() {
    let fake = Fake::new().channel([says("pending"), says("pending"), says("active")]);
    let (steps, _) = fake.steps(|_| {}).await;
    for pair in steps.windows(2) {
        let due = pair[0].elapsed + pair[0].next_poll_in.unwrap();
        // tokio's timer has a grain of a millisecond.
        assert!(pair[1].elapsed >= due && pair[1].elapsed - due <= Duration::from_millis(1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_fails_ends_with_the_last_step_and_then_the_error() {
    let fake = Fake::new().channel([says("pending"), says("failed")]);
    let (steps, error) = fake.steps(|_| {}).await;
    let last = steps.last().unwrap();
    assert_eq!((last.poll, last.status.as_deref()), (3, Some("failed")));
    assert_eq!((last.next_poll_in, last.ready), (None, false));
    assert!(matches!(error, Some(WaitError::Failed { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_wait_begins_when_its_stream_is_first_polled() {
    let fake = Fake::new().channel([says("pending")]);
    let settings = fake.settings(|wait| wait.options.timeout = Some(seconds(10.0)));
    let mut steps = settings.steps(fake.clone());
    tokio::time::advance(HOUR).await;
    assert_eq!(fake.asked(), []);
    let first = poll_of(steps.next().await);
    assert_eq!(first.elapsed, Duration::ZERO);
    assert!(first.next_poll_in.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_still_gets_its_last_poll() {
    let fake = Fake::new().channel([says("pending"), says("active").after(seconds(1.0))]);
    let settings = fake.settings(|wait| wait.options.timeout = Some(seconds(10.0)));
    let mut steps = settings.steps(fake.clone());
    assert!(!poll_of(steps.next().await).ready);
    tokio::time::advance(HOUR).await;
    assert!(poll_of(steps.next().await).ready);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_future_ends_the_wait() {
    let fake = Fake::new().channel([says("pending").after(seconds(1.0))]);
    let wait = fake.wait();
    assert!(tokio::time::timeout(seconds(0.5), wait).await.is_err());
    let asked = fake.asked();
    assert_eq!(asked.last(), Some(&ReadTarget::Channel(A)));
    tokio::time::advance(HOUR).await;
    tokio::task::yield_now().await;
    assert_eq!(fake.asked(), asked);
    let answered = |answer: &Delivered| is_channel(answer.ask);
    assert!(!fake.delivered().iter().any(answered));
    // Nothing holds on to the source: no task was left behind.
    assert_eq!(Arc::strong_count(&fake.0), 1);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_stream_ends_the_wait() {
    let fake = Fake::new().channel([says("pending")]);
    let mut steps = fake.settings(|_| {}).steps(fake.clone());
    poll_of(steps.next().await);
    drop(steps);
    let asked = fake.asked();
    tokio::time::advance(HOUR).await;
    assert_eq!(fake.asked(), asked);
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
