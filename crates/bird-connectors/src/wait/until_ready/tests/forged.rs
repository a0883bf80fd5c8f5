//! Forged events: they can trigger polls in quick succession, and must not change the outcome of a wait.

use futures_util::stream;
use proptest::collection::vec;
use proptest::prelude::*;

use super::signals::{after, of_connector};
use super::*;

/// Triggers three polls in quick succession, one second after the first poll.
fn burst(wait: &mut WaitSettings) {
    let three = [1.0, 0.001, 0.001].map(|pause| (seconds(pause), of_connector(CONNECTOR)));
    wait.options.events = Some(EventStream::new(after(three)));
    wait.options.interval = Some((seconds(10.0), seconds(10.0)));
}

#[tokio::test(start_paused = true)]
async fn failure_status_in_a_burst_of_polls_counts_once() {
    let moment = [
        with_status("pending"),
        with_status("failed"),
        with_status("failed"),
        with_status("failed"),
    ];
    let fake = Fake::new().channel(moment.into_iter().chain([with_status("active")]));
    let ready = fake.wait_with(burst).await.unwrap();
    assert_eq!(ready.polls, 5);
    assert!(ready.elapsed > seconds(5.0), "{:?}", ready.elapsed);

    // It counts once a later poll confirms it.
    let fake = Fake::new().channel([with_status("pending"), with_status("failed")]);
    let error = fake.wait_with(burst).await.unwrap_err();
    assert!(matches!(error, WaitError::Failed { .. }), "{error}");
    assert_eq!(error.report().unwrap().polls, 5);
}

#[tokio::test(start_paused = true)]
async fn readiness_failures_in_a_burst_of_polls_count_once() {
    for failing in [
        readiness_statuses("failed", ""),
        readiness_statuses("", "failed"),
    ] {
        let moment = [
            readiness_statuses("pending", ""),
            failing.clone(),
            failing.clone(),
            failing,
        ];
        let pending = (0..4).map(|_| with_status("pending"));
        let fake = Fake::new()
            .readiness(
                moment
                    .into_iter()
                    .chain([readiness_statuses("pending", "")]),
            )
            .channel(pending.chain([with_status("active")]));
        assert_eq!(fake.wait_with(burst).await.unwrap().polls, 5);
    }
}

#[tokio::test(start_paused = true)]
async fn connector_404_in_a_burst_of_polls_counts_once() {
    let moment = [
        without_channel(),
        http_error(404),
        http_error(404),
        http_error(404),
    ];
    let fake = Fake::new().connector(moment.into_iter().chain([with_channel(A)]));
    assert_eq!(fake.wait_with(burst).await.unwrap().polls, 5);

    let fake = Fake::new().connector([without_channel(), http_error(404)]);
    let error = fake.wait_with(burst).await.unwrap_err();
    assert!(matches!(error, WaitError::Vanished(_)), "{error}");
    assert_eq!(error.report().unwrap().polls, 5);
}

/// Otherwise the wait would stop reading readiness, the only source that it can read here.
#[tokio::test(start_paused = true)]
async fn readiness_404_in_a_burst_of_polls_counts_once() {
    let moment = [
        readiness_statuses("a", ""),
        http_error(404),
        http_error(404),
        http_error(404),
    ];
    let fake = Fake::new()
        .channel([http_error(403)])
        .list([http_error(403)])
        .readiness(moment.into_iter().chain([readiness_statuses("active", "")]));
    let ready = fake.wait_with(burst).await.unwrap();
    assert_eq!(ready.confirmed_by, StatusSource::ReadinessChannel);
}

/// The time between two observations counts from the response of the first, not from its request.
#[tokio::test(start_paused = true)]
async fn spacing_counts_from_the_response_of_the_previous_read() {
    let slow = with_status("failed").after(seconds(20.0));
    let fake = Fake::new().channel([slow, with_status("failed"), with_status("active")]);
    let events = after([(seconds(1.0), of_connector(CONNECTOR))]);
    let settings = |wait: &mut WaitSettings| {
        wait.options.events = Some(EventStream::new(events));
        wait.options.interval = Some((seconds(10.0), seconds(10.0)));
    };
    assert_eq!(fake.wait_with(settings).await.unwrap().polls, 3);
}

/// The state of an install at a given time.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Status(&'static str),
    /// Connector and channel return 404.
    Deleted,
}

/// An API whose responses depend only on the time, and not on the number of requests.
#[derive(Clone, Debug)]
struct Timeline {
    start: Instant,
    /// The states, and when each begins, in milliseconds.
    states: Vec<(u64, State)>,
    /// Whether readiness returns the status of the channel, too.
    readiness: bool,
}

impl Timeline {
    fn status(&self) -> Result<&'static str, Error> {
        let now = self.start.elapsed();
        let is_past = |(from, _): &&(u64, State)| Duration::from_millis(*from) <= now;
        match self.states.iter().rev().find(is_past) {
            Some((_, State::Deleted)) => http_error::<()>(404).result.map(|()| ""),
            Some((_, State::Status(status))) => Ok(status),
            None => Ok("pending"),
        }
    }
}

impl Source for Timeline {
    async fn connector(&self, _: ConnectorId) -> Result<Connector, Error> {
        self.status().map(|_| connector(Some(A)))
    }

    async fn readiness(&self, _: ConnectorId) -> Result<ConnectorReadiness, Error> {
        if self.readiness {
            readiness_statuses(self.status()?, "").result
        } else {
            http_error(404).result
        }
    }

    async fn channel(&self, id: ChannelId) -> Result<Channel, Error> {
        self.status().map(|status| channel(id, status))
    }

    async fn find_channel(&self, _: ConnectorId, _: Lookup) -> Result<Option<Channel>, Error> {
        self.status().map(|status| Some(channel(A, status)))
    }
}

/// The outcome of a wait, without its duration.
fn outcome(timeline: &Timeline, events: Option<EventStream>) -> String {
    paused_runtime().block_on(async {
        let timeline = Timeline {
            start: Instant::now(),
            ..timeline.clone()
        };
        let token = WaitToken::new(WORKSPACE, CONNECTOR, crate::clock::now(), true);
        let mut settings = WaitSettings::new(token, None);
        settings.options.events = events;
        match settings.run(timeline).await {
            Ok(ready) => format!("{} by {}", ready.channel_id, ready.confirmed_by),
            Err(WaitError::Failed {
                status,
                reported_by,
                ..
            }) => format!("{status} by {reported_by}"),
            Err(error @ WaitError::TimedOut(_)) => {
                format!(
                    "timed out, {:?}",
                    error.report().map(|report| &report.status)
                )
            }
            Err(WaitError::Vanished(_)) => "vanished".to_owned(),
            Err(error) => error.to_string(),
        }
    })
}

fn timelines() -> impl Strategy<Value = Timeline> {
    let last = prop_oneof![
        Just(State::Status("active")),
        Just(State::Status("pending")),
        Just(State::Status("failed")),
        Just(State::Deleted),
    ];
    // Shorter than the shortest scheduled pause, so that two scheduled polls cannot both observe it.
    let moment = (0..50_000_u64, 1..250_u64);
    (
        moment.clone(),
        moment,
        20_000..100_000_u64,
        last,
        any::<bool>(),
    )
        .prop_map(
            |((failing, failing_for), (gone, gone_for), end, last, readiness)| {
                // The two periods do not overlap.
                let gone = failing + failing_for + 1_000 + gone;
                let states = vec![
                    (0, State::Status("pending")),
                    (failing, State::Status("failed")),
                    (failing + failing_for, State::Status("pending")),
                    (gone, State::Deleted),
                    (gone + gone_for, State::Status("pending")),
                    (gone + end, last),
                ];
                Timeline {
                    start: Instant::now(),
                    states,
                    readiness,
                }
            },
        )
}

/// Bursts of events: the pause before each, its number of events, and the time between them.
fn bursts() -> impl Strategy<Value = Vec<(u64, usize, u64)>> {
    vec((0..30_000_u64, 1..6_usize, 0..300_u64), 1..8)
}

proptest! {
    /// A failure status and a 404 are visible only for a moment. No events make the wait end because of them.
    #[test]
    fn bursts_of_events_do_not_change_the_outcome(timeline in timelines(), bursts in bursts(), aimed in any::<bool>()) {
        let alone = outcome(&timeline, None);
        let mut pauses: Vec<_> = bursts
            .iter()
            .flat_map(|&(pause, events, apart)| [vec![pause], vec![apart; events - 1]].concat())
            .collect();
        if aimed {
            // Exactly while the failure status is visible, as an attacker would.
            pauses.splice(0..0, [timeline.states[1].0 + 2, 1, 1]);
        }
        let events = pauses
            .into_iter()
            .map(|pause| (Duration::from_millis(pause), of_connector(CONNECTOR)));
        let triggered = outcome(&timeline, Some(EventStream::new(after(events))));
        prop_assert_eq!(&alone, &triggered);
        let silent = outcome(&timeline, Some(EventStream::new(stream::pending::<Event>())));
        prop_assert_eq!(&alone, &silent);
    }
}
