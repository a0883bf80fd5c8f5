//! Events that trigger rounds of a bulk wait.

use super::*;
use crate::wait::last_poll::SHORTEST_LEAD;
use crate::wait::signal::tests::new_delivery_key;

fn event(connector: Option<ConnectorId>, channel: Option<ChannelId>) -> Event {
    serde_json::from_value(json!({
        "service": "channels", "event": "channel.updated",
        "payload": { "connectorId": connector, "id": channel }, "request_id": null,
        "timestamp": "2026-01-01T00:00:00Z", "delivery_key": new_delivery_key(),
    }))
    .unwrap()
}

/// An event at each of these times.
fn at(times: impl IntoIterator<Item = (f64, Event)>) -> Option<EventStream> {
    let start = Instant::now();
    let times: Vec<_> = times.into_iter().collect();
    let events = stream::iter(times).then(move |(at, event)| async move {
        tokio::time::sleep_until(start + seconds(at)).await;
        event
    });
    Some(EventStream::new(events))
}

fn rarely(wait: &mut BulkWaitSettings) {
    wait.options.interval = Some((HOUR, HOUR));
}

#[tokio::test(start_paused = true)]
async fn event_triggers_a_round_for_its_install() {
    let fake = Fake::new(300, |_, now| pending_until(seconds(5.0), "active")(now));
    let named = [
        (6.0, event(Some(connector_id(3)), None)),
        (7.0, event(None, Some(channel_id(4)))),
    ];
    let mut results = fake.results_with(|wait| {
        rarely(wait);
        wait.options.events = at(named);
    });
    for (number, time) in [(3, 6.0), (4, 7.0)] {
        let WaitResult {
            connector_id: id,
            result,
        } = results.next().await.unwrap();
        assert!(result.is_ok());
        assert_eq!(
            (number_of(id), fake.0.start.elapsed()),
            (number, seconds(time))
        );
    }
    let gets: Vec<_> = fake.requests().into_iter().map(|(_, get)| get).collect();
    assert_eq!(
        gets[1..],
        [
            Get::Ids(Lookup::Unfiltered, 1),
            Get::Ids(Lookup::Unfiltered, 1)
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn events_about_other_connectors_trigger_no_round() {
    let fake = Fake::new(2, |_, _| InstallState::with_status("pending"));
    let others = (1..50).map(|second| {
        (
            f64::from(second),
            event(Some(connector_id(77)), Some(channel_id(78))),
        )
    });
    let events = at(others);
    fake.wait(|wait| {
        rarely(wait);
        wait.options.events = events;
    })
    .await;
    // The first round, and the last poll before the deadline.
    let gets = fake.requests();
    let rounds = gets.iter().filter(|(_, get)| !is_individual(get));
    let times: Vec<_> = rounds.map(|(at, _)| *at).collect();
    assert_eq!(times, [Duration::ZERO, seconds(300.0) - SHORTEST_LEAD]);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_events_cause_no_more_rounds_than_the_bucket_allows() {
    let count = async |events: Option<EventStream>| {
        let fake = Fake::new(20, |_, _| InstallState::with_status("pending"));
        let mut results = fake.results_with(|wait| {
            wait.options.timeout = Some(seconds(60.0));
            wait.options.events = events;
        });
        while results.next().await.is_some() {}
        results.totals().rounds
    };
    let without = count(None).await;
    let flood = (0..10_000).map(|n| {
        (
            f64::from(n) * 0.006,
            event(Some(connector_id(n as usize % 20)), None),
        )
    });
    let with = count(at(flood)).await;
    println!("rounds in 60 s: {without} without events, {with} with 10000");
    assert!(with <= without + 3 + 60 * 10 / 18 + 1, "{with}");
    assert!(with > without);
}

/// Rounds in quick succession count as one observation.
#[tokio::test(start_paused = true)]
async fn failure_status_in_a_burst_of_rounds_counts_once() {
    let fake = Fake::new(5, |_, now| match now.as_millis() {
        5_000..5_100 => InstallState::with_status("failed"),
        0..9_000 => InstallState::with_status("pending"),
        _ => InstallState::with_status("active"),
    });
    let burst = (0..3).map(|n| {
        (
            5.0 + 0.01 * f64::from(n),
            event(Some(connector_id(2)), None),
        )
    });
    let events = at(burst);
    let all = fake.wait(|wait| wait.options.events = events).await;
    assert!(all.values().all(|(_, result)| result.is_ok()), "{all:?}");
    let triggered = fake
        .requests()
        .iter()
        .filter(|(at, _)| *at >= seconds(5.0) && *at < seconds(5.1))
        .count();
    // One more round may have been due.
    assert!((3..=4).contains(&triggered), "{triggered}");
}

/// In real time, because a paused clock advances only while all tasks are idle.
#[tokio::test]
async fn always_ready_stream_does_not_block_the_timer() {
    let fake = Fake::new(2, |_, _| InstallState::with_status("pending"));
    let flood = stream::repeat_with(|| event(Some(connector_id(1)), None));
    let all = fake
        .wait(|wait| {
            wait.options.events = Some(EventStream::new(flood));
            wait.options.interval = Some((seconds(0.1), seconds(0.1)));
            wait.options.timeout = Some(seconds(0.3));
        })
        .await;
    assert_eq!(all.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn duplicate_events_leave_the_bucket_to_new_events() {
    let fake = Fake::new(1, |_, now| pending_until(seconds(5.0), "active")(now));
    let named = |at: f64| {
        let event = event(Some(connector_id(0)), None);
        (0..4).map(move |copy| (at + f64::from(copy) * 0.1, event.clone()))
    };
    let events: Vec<_> = [1.0, 2.0, 6.0].into_iter().flat_map(named).collect();
    let mut results = fake.results_with(|wait| {
        rarely(wait);
        wait.options.events = at(events);
    });
    assert!(results.next().await.unwrap().result.is_ok());
    assert_eq!(fake.0.start.elapsed(), seconds(6.0));
}
