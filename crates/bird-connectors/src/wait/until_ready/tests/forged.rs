//! EventStream that someone made up: they may make polls follow each other at once, and change nothing but the time it takes.

use futures_util::stream;
use proptest::collection::vec;
use proptest::prelude::*;

use super::signals::{after, of_connector};
use super::*;

/// Three polls at once, one second after the first.
fn burst(wait: &mut WaitSettings) {
    let three = [1.0, 0.001, 0.001].map(|pause| (seconds(pause), of_connector(CONNECTOR)));
    wait.options.events = Some(EventStream::new(after(three)));
    wait.options.interval = Some((seconds(10.0), seconds(10.0)));
}

#[tokio::test(start_paused = true)]
async fn a_failure_word_that_three_polls_at_once_see_is_seen_once() {
    let moment = [
        says("pending"),
        says("failed"),
        says("failed"),
        says("failed"),
    ];
    let fake = Fake::new().channel(moment.into_iter().chain([says("active")]));
    let ready = fake.wait_with(burst).await.unwrap();
    assert_eq!(ready.polls, 5);
    assert!(ready.elapsed > seconds(5.0), "{:?}", ready.elapsed);

    // It is believed as soon as a later poll sees it, too.
    let fake = Fake::new().channel([says("pending"), says("failed")]);
    let error = fake.wait_with(burst).await.unwrap_err();
    assert!(matches!(error, WaitError::Failed { .. }), "{error}");
    assert_eq!(error.report().unwrap().polls, 5);
}

#[tokio::test(start_paused = true)]
async fn so_are_those_of_readiness() {
    for failing in [tells("failed", ""), tells("", "failed")] {
        let moment = [
            tells("pending", ""),
            failing.clone(),
            failing.clone(),
            failing,
        ];
        let pending = (0..4).map(|_| says("pending"));
        let fake = Fake::new()
            .readiness(moment.into_iter().chain([tells("pending", "")]))
            .channel(pending.chain([says("active")]));
        assert_eq!(fake.wait_with(burst).await.unwrap().polls, 5);
    }
}

#[tokio::test(start_paused = true)]
async fn a_404_that_three_polls_at_once_see_is_seen_once() {
    let moment = [unnamed(), http(404), http(404), http(404)];
    let fake = Fake::new().connector(moment.into_iter().chain([names(A)]));
    assert_eq!(fake.wait_with(burst).await.unwrap().polls, 5);

    let fake = Fake::new().connector([unnamed(), http(404)]);
    let error = fake.wait_with(burst).await.unwrap_err();
    assert!(matches!(error, WaitError::Vanished(_)), "{error}");
    assert_eq!(error.report().unwrap().polls, 5);
}

/// Readiness that is absent for a moment would be given up, and nothing else could tell of this channel.
#[tokio::test(start_paused = true)]
async fn so_is_one_of_readiness() {
    let moment = [tells("a", ""), http(404), http(404), http(404)];
    let fake = Fake::new()
        .channel([http(403)])
        .list([http(403)])
        .readiness(moment.into_iter().chain([tells("active", "")]));
    let ready = fake.wait_with(burst).await.unwrap();
    assert_eq!(ready.confirmed_by, StatusSource::ReadinessChannel);
}

/// A sight is as old as its answer, and not as its question.
#[tokio::test(start_paused = true)]
async fn a_slow_answer_and_a_quick_one_behind_it_are_seen_at_once() {
    let slow = says("failed").after(seconds(20.0));
    let fake = Fake::new().channel([slow, says("failed"), says("active")]);
    let events = after([(seconds(1.0), of_connector(CONNECTOR))]);
    let settings = |wait: &mut WaitSettings| {
        wait.options.events = Some(EventStream::new(events));
        wait.options.interval = Some((seconds(10.0), seconds(10.0)));
    };
    assert_eq!(fake.wait_with(settings).await.unwrap().polls, 3);
}

/// What is true of an install at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Says(&'static str),
    /// Connector and channel answer 404.
    Gone,
}

/// An API whose answers depend on the time alone, and not on how often it is asked.
#[derive(Clone, Debug)]
struct Timeline {
    start: Instant,
    /// From when on, in milliseconds.
    states: Vec<(u64, State)>,
    /// Whether readiness tells the same word.
    readiness: bool,
}

impl Timeline {
    fn word(&self) -> Result<&'static str, Error> {
        let now = self.start.elapsed();
        let is_past = |(from, _): &&(u64, State)| Duration::from_millis(*from) <= now;
        match self.states.iter().rev().find(is_past) {
            Some((_, State::Gone)) => http::<()>(404).result.map(|()| ""),
            Some((_, State::Says(word))) => Ok(word),
            None => Ok("pending"),
        }
    }
}

impl Source for Timeline {
    async fn connector(&self, _: ConnectorId) -> Result<Connector, Error> {
        self.word().map(|_| connector(Some(A)))
    }

    async fn readiness(&self, _: ConnectorId) -> Result<ConnectorReadiness, Error> {
        if self.readiness {
            tells(self.word()?, "").result
        } else {
            http(404).result
        }
    }

    async fn channel(&self, id: ChannelId) -> Result<Channel, Error> {
        self.word().map(|word| channel(id, word))
    }

    async fn find_channel(&self, _: ConnectorId, _: Lookup) -> Result<Option<Channel>, Error> {
        self.word().map(|word| Some(channel(A, word)))
    }
}

/// What a wait came to, without the time it took.
fn end(timeline: &Timeline, events: Option<EventStream>) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let timeline = Timeline {
            start: Instant::now(),
            ..timeline.clone()
        };
        let token = WaitToken::new(WORKSPACE, CONNECTOR, crate::clock::now(), true);
        let mut settings = WaitSettings::new(token, None);
        settings.options.events = events;
        match settings.run(timeline).await {
            Ok(ready) => format!("{} by {}", ready.channel_id, ready.confirmed_by),
            Err(WaitError::Failed { status, source, .. }) => format!("{status} by {source}"),
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
        Just(State::Says("active")),
        Just(State::Says("pending")),
        Just(State::Says("failed")),
        Just(State::Gone),
    ];
    // Shorter than the schedule's shortest pause: two polls that it causes cannot both see it.
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
                // The two do not overlap.
                let gone = failing + failing_for + 1_000 + gone;
                let states = vec![
                    (0, State::Says("pending")),
                    (failing, State::Says("failed")),
                    (failing + failing_for, State::Says("pending")),
                    (gone, State::Gone),
                    (gone + gone_for, State::Says("pending")),
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

/// Bursts of events: when they begin, counted from the last, how many there are, and how far apart.
fn bursts() -> impl Strategy<Value = Vec<(u64, usize, u64)>> {
    vec((0..30_000_u64, 1..6_usize, 0..300_u64), 1..8)
}

proptest! {
    /// A failure word and a 404 that last a moment, and then the truth: whatever events come, the end is the same.
    #[test]
    fn no_burst_of_events_changes_the_end(timeline in timelines(), bursts in bursts(), aimed in any::<bool>()) {
        let alone = end(&timeline, None);
        let mut pauses: Vec<_> = bursts
            .iter()
            .flat_map(|&(pause, events, apart)| [vec![pause], vec![apart; events - 1]].concat())
            .collect();
        if aimed {
            // Right into the failure word, as an attacker would.
            pauses.splice(0..0, [timeline.states[1].0 + 2, 1, 1]);
        }
        let events = pauses
            .into_iter()
            .map(|pause| (Duration::from_millis(pause), of_connector(CONNECTOR)));
        let told = end(&timeline, Some(EventStream::new(after(events))));
        prop_assert_eq!(&alone, &told);
        let silent = end(&timeline, Some(EventStream::new(stream::pending::<Event>())));
        prop_assert_eq!(&alone, &silent);
    }
}
