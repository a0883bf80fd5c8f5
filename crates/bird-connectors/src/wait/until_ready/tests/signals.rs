//! Events that trigger polls: which events do, how often, and that they change only the duration of a wait.

use futures_util::stream;
use futures_util::{Stream, StreamExt as _};
use tokio::time::sleep;

use super::*;
use crate::wait::signal::tests::new_delivery_key;
use crate::webhook::{EventSubject, Signals};

/// An interval so long that only events and the deadline cause polls.
const RARELY: Option<(Duration, Duration)> = Some((HOUR, HOUR));

/// A verified event with this payload, in a delivery of its own.
fn event(payload: serde_json::Value) -> Event {
    serde_json::from_value(json!({
        "service": "channels", "event": "channel.updated", "payload": payload, "request_id": null,
        "timestamp": "2026-01-01T00:00:00Z", "delivery_key": new_delivery_key(),
    }))
    .unwrap()
}

pub(super) fn of_connector(id: ConnectorId) -> Event {
    event(json!({ "connectorId": id }))
}

/// One event after each pause.
pub(super) fn after<E: Send + 'static>(
    events: impl IntoIterator<Item = (Duration, E), IntoIter: Send + 'static> + 'static,
) -> impl Stream<Item = E> + Send + 'static {
    stream::iter(events).then(|(pause, event)| async move {
        sleep(pause).await;
        event
    })
}

fn listen<S>(events: S) -> impl FnOnce(&mut WaitSettings)
where
    S: Stream<Item: Into<EventSubject>> + Send + 'static,
{
    move |wait| {
        wait.options.interval = RARELY;
        wait.options.events = Some(EventStream::new(events));
    }
}

fn polls(fake: &Fake) -> Vec<f64> {
    let mut times = fake.times(|_| true);
    times.dedup();
    times.iter().map(Duration::as_secs_f64).collect()
}

/// Compares times with a tolerance of 3 ms; the resolution of tokio's timer is 1 ms.
#[track_caller]
fn assert_near(times: &[f64], expected: &[f64]) {
    assert_eq!(times.len(), expected.len(), "{times:?}");
    for (time, expected) in times.iter().zip(expected) {
        assert!((time - expected).abs() < 0.003, "{times:?}");
    }
}

fn pending_then_active(pending: usize) -> Fake {
    let pending = (0..pending).map(|_| with_status("pending"));
    Fake::new().channel(pending.chain([with_status("active")]))
}

#[tokio::test(start_paused = true)]
async fn connector_event_triggers_a_poll_at_once() {
    let fake = pending_then_active(1);
    let events = after([(seconds(7.0), of_connector(CONNECTOR))]);
    let ready = fake.wait_with(listen(events)).await.unwrap();
    assert_near(&[ready.elapsed.as_secs_f64()], &[7.0]);
    assert_eq!(ready.polls, 2);
}

#[tokio::test(start_paused = true)]
async fn channel_event_triggers_a_poll_once_the_channel_is_known() {
    let by_channel = || event(json!({ "id": A }));
    let fake = pending_then_active(1).connector([without_channel(), with_channel(A)]);
    let events = after([
        (seconds(1.0), by_channel()),
        (seconds(1.0), of_connector(CONNECTOR)),
        (seconds(1.0), by_channel()),
    ]);
    fake.wait_with(listen(events)).await.unwrap();
    assert_near(&polls(&fake), &[0.0, 2.0, 3.0]);
}

#[tokio::test(start_paused = true)]
async fn events_about_other_connectors_trigger_no_poll() {
    let other_connector = ConnectorId::from_u128(3);
    let mut other = of_connector(other_connector);
    other.event = "sms.inbound".to_owned();
    let events = [
        other,
        of_connector(other_connector),
        event(json!({ "id": B, "channelId": B })),
        event(json!({ "id": A, "connectorId": "", "channelId": null })),
        event(json!({})),
    ];
    let fake = Fake::new().connector([without_channel()]);
    let error = fake
        .wait_with(listen(stream::iter(events)))
        .await
        .unwrap_err();
    assert!(matches!(error, WaitError::TimedOut(_)));
    assert_near(&polls(&fake), &[0.0, 299.75]);
}

/// The `id` of an event is a channel id only if the event is about a channel.
#[tokio::test(start_paused = true)]
async fn id_in_an_event_of_another_kind_is_not_a_channel_id() {
    let mut message = event(json!({ "id": A }));
    message.event = "sms.inbound".to_owned();
    let fake = pending_then_active(9);
    let events = after([(seconds(1.0), message)]);
    fake.wait_with(listen(events)).await.unwrap_err();
    assert_near(&polls(&fake), &[0.0, 299.75]);
}

/// An event that another process has verified arrives as its subject only.
#[tokio::test(start_paused = true)]
async fn subject_of_an_event_triggers_a_poll() {
    let key = || new_delivery_key().parse().unwrap();
    for (subject, expected) in [
        (EventSubject::new(key(), Some(CONNECTOR), None), 1.0),
        (EventSubject::new(key(), None, Some(A)), 1.0),
        (EventSubject::new(key(), None, None), 299.75),
    ] {
        let fake = pending_then_active(1);
        let _ = fake
            .wait_with(listen(after([(seconds(1.0), subject)])))
            .await;
        assert_near(&polls(&fake), &[0.0, expected]);
    }
}

#[tokio::test(start_paused = true)]
async fn event_during_a_poll_triggers_a_poll_after_it() {
    let slow = with_status("pending").after(seconds(2.0));
    let fake = Fake::new().channel([slow, with_status("active")]);
    let events = after([(seconds(1.0), of_connector(CONNECTOR))]);
    let ready = fake.wait_with(listen(events)).await.unwrap();
    assert_near(&[ready.elapsed.as_secs_f64()], &[2.0]);
}

#[tokio::test(start_paused = true)]
async fn burst_of_events_triggers_one_poll() {
    let fake = pending_then_active(1);
    let signals = Signals::new();
    let settings = listen(signals.events());
    let push = async {
        sleep(seconds(1.0)).await;
        for _ in 0..1000 {
            signals.push(of_connector(CONNECTOR));
        }
        sleep(HOUR).await;
    };
    tokio::select! {
        ready = fake.wait_with(settings) => assert_eq!(ready.unwrap().polls, 2),
        () = push => panic!("the wait did not end"),
    }
}

#[tokio::test(start_paused = true)]
async fn duplicate_events_leave_the_bucket_to_new_events() {
    let fake = pending_then_active(3);
    let named = |_| {
        let event = of_connector(CONNECTOR);
        (0..4).map(move |copy| (seconds(if copy == 0 { 1.0 } else { 0.1 }), event.clone()))
    };
    let ready = fake
        .wait_with(listen(after((0..3).flat_map(named))))
        .await
        .unwrap();
    assert_eq!(ready.polls, 4);
    assert_near(&polls(&fake), &[0.0, 1.0, 2.3, 3.6]);
}

#[tokio::test(start_paused = true)]
async fn bucket_allows_three_polls_and_one_more_per_interval() {
    let flood = after((0..10_000).map(|_| (seconds(0.001), of_connector(CONNECTOR))));
    let fake = pending_then_active(99);
    let settings = |wait: &mut WaitSettings| {
        listen(flood)(wait);
        wait.options.interval = Some((seconds(2.0), HOUR));
        wait.options.timeout = Some(seconds(9.0));
    };
    fake.wait_with(settings).await.unwrap_err();
    let polls = polls(&fake);
    assert_near(&polls[..4], &[0.0, 0.001, 0.002, 0.003]);
    // The tokens are spent at 1, 2 and 3 ms. Then there is one every 2 s, and the last poll at the deadline.
    let triggered: Vec<_> = polls[4..].iter().filter(|at| (*at % 2.0) < 0.01).collect();
    assert_eq!(triggered.len(), 4, "{polls:?}");
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_events_cause_no_more_polls_than_the_bucket_allows() {
    let deadline = 60.0;
    let count = async |events: Option<EventStream>| {
        let fake = pending_then_active(10_000);
        let settings = |wait: &mut WaitSettings| {
            wait.options.events = events;
            wait.options.timeout = Some(seconds(deadline));
        };
        fake.wait_with(settings).await.unwrap_err();
        polls(&fake).len()
    };
    let without = count(None).await;
    let all_at_once = stream::iter((0..10_000).map(|_| of_connector(CONNECTOR)));
    let spread = after((0..10_000).map(|_| (seconds(0.006), of_connector(CONNECTOR))));
    let (at_once, spread) = (
        count(Some(EventStream::new(all_at_once))).await,
        count(Some(EventStream::new(spread))).await,
    );
    println!(
        "polls in {deadline} s: {without} without events, {at_once} with 10000 at once, {spread} spread"
    );
    let allowed = 3 + (deadline / 0.5) as usize;
    for polls in [at_once, spread] {
        assert!(polls <= without + allowed, "{polls}");
    }
    assert!(at_once <= without + 3 + 10_000 / 1024 + 1, "{at_once}");
}

/// In real time, because a paused clock advances only while all tasks are idle.
#[tokio::test]
async fn always_ready_stream_does_not_block_the_timer() {
    for id in [CONNECTOR, ConnectorId::from_u128(3)] {
        let fake = pending_then_active(9_999);
        let flood = stream::repeat_with(move || of_connector(id));
        let settings = |wait: &mut WaitSettings| {
            wait.options.events = Some(EventStream::new(flood));
            wait.options.interval = Some((seconds(0.1), seconds(0.1)));
            wait.options.timeout = Some(seconds(0.3));
        };
        let error = fake.wait_with(settings).await.unwrap_err();
        // The report counts polls. In real time, the reads of one poll have different times.
        let polls = error.report().unwrap().polls;
        assert!(polls <= 1 + 6 + 3 + 3 + 1, "{polls}");
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_applies_to_events() {
    let fake = pending_then_active(1).connector([retry_after(429, seconds(5.0)), with_channel(A)]);
    let events = after((0..100).map(|_| (seconds(0.1), of_connector(CONNECTOR))));
    fake.wait_with(listen(events)).await.unwrap();
    let polls = polls(&fake);
    assert_near(&polls[..2], &[0.0, 5.0]);
}

/// Lost, late, duplicate or absent events do not change the outcome.
#[tokio::test(start_paused = true)]
async fn wait_without_events_has_the_same_outcome_later() {
    let outcome = async |events: Option<EventStream>| {
        let fake = Fake::new()
            .connector([without_channel(), without_channel(), with_channel(A)])
            .channel([with_status("pending"), with_status("active")]);
        let wait = |wait: &mut WaitSettings| wait.options.events = events;
        fake.wait_with(wait).await.unwrap()
    };
    let alone = outcome(None).await;
    let ended = outcome(Some(EventStream::new(stream::empty::<Event>()))).await;
    let silent = outcome(Some(EventStream::new(stream::pending::<Event>()))).await;
    let nine = (0..9).map(|_| (seconds(0.01), of_connector(CONNECTOR)));
    let triggered = outcome(Some(EventStream::new(after(nine)))).await;
    for other in [&ended, &silent, &triggered] {
        assert_eq!(other.channel_id, alone.channel_id);
        assert_eq!(other.channel, alone.channel);
        assert_eq!(other.confirmed_by, alone.confirmed_by);
    }
    assert!(triggered.elapsed < seconds(0.1) && alone.elapsed >= seconds(0.25));
    assert!(silent.elapsed >= seconds(0.25));
}

#[tokio::test(start_paused = true)]
async fn dropped_signals_end_their_streams_and_slow_readers_lose_old_events() {
    let signals = Signals::new();
    signals.push(of_connector(CONNECTOR));
    let mut events = signals.events();
    for number in 0..2000_u128 {
        signals.push(of_connector(ConnectorId::from_u128(number)));
    }
    drop(signals);
    let mut received = Vec::new();
    while let Some(event) = events.next().await {
        received.extend(event.connector_id);
    }
    assert_eq!(received.len(), 1024);
    assert_eq!(received.last(), Some(&ConnectorId::from_u128(1999)));
}
