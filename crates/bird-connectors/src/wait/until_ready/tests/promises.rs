//! What holds for every wait, whatever the API answers: random answers, delays, deadlines and intervals. What the wait
//! did is compared with the answers that it got.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use super::*;

/// When a wait began and ended a poll.
#[derive(Debug)]
struct Polled {
    began: Duration,
    ended: Duration,
    progress: Progress,
}

#[derive(Debug)]
struct Outcome {
    polls: Vec<Polled>,
    result: Result<Ready, WaitError>,
    answers: Vec<Delivered>,
}

impl Outcome {
    /// The answers that the poll with this index got.
    fn of_poll(&self, index: usize) -> impl Iterator<Item = &Delivered> {
        let Polled { began, ended, .. } = self.polls[index];
        let within = move |answer: &&Delivered| answer.at >= began && answer.at <= ended;
        self.answers.iter().filter(within)
    }

    fn of_last_poll(&self) -> impl Iterator<Item = &Delivered> {
        self.of_poll(self.polls.len() - 1)
    }

    fn answered(&self, status: u16, of: impl Fn(ReadTarget) -> bool) -> bool {
        let hit = |answer: &Delivered| answer.error == Some(status) && of(answer.ask);
        self.answers.iter().any(hit)
    }

    /// The last status seen: the channel's where it may be read, else the list's, else what readiness tells.
    fn last_status(&self) -> Option<String> {
        let (mut status, mut sighted, mut refused) = (None, false, false);
        for index in 0..self.polls.len() {
            let mut listed = None;
            for answer in self.of_poll(index) {
                let word = answer.word.clone();
                let seen = match answer.ask {
                    ReadTarget::Connector => None,
                    ReadTarget::Readiness if sighted && !refused => None,
                    ReadTarget::Readiness => word,
                    ReadTarget::Channel(_) if answer.error == Some(403) => {
                        refused = true;
                        listed.take()
                    }
                    ReadTarget::Channel(_) => word,
                    ReadTarget::List(_) if refused => word,
                    ReadTarget::List(_) => {
                        listed = word;
                        None
                    }
                };
                sighted |= seen.is_some() && answer.ask != ReadTarget::Readiness;
                status = seen.or(status);
            }
        }
        status
    }
}

fn run(case: Case) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let fake = Fake::new()
            .connector(case.connector)
            .readiness(case.readiness)
            .channel(case.channel)
            .list(case.list);
        let age = chrono::TimeDelta::seconds(case.age);
        let settings = fake.settings(|wait| {
            wait.token = WaitToken::new(WORKSPACE, CONNECTOR, crate::clock::now() - age, case.seen);
            wait.connector = case.created;
            wait.options.timeout = Some(case.deadline);
            wait.options.interval = Some(case.interval);
            if case.matches {
                let active = |channel: &Channel| channel.status == Some("active".into());
                wait.options.rules.condition = Condition::matches(active);
            }
        });
        let start = Instant::now();
        let mut driver = settings.driver(fake.clone()).unwrap();
        let mut polls = Vec::new();
        loop {
            let asked = fake.asked().len();
            let step = driver.step().await;
            let began = fake.times(|_| true)[asked];
            let ended = start.elapsed();
            let (progress, result) = match step {
                PollStep::Pending(progress) => (progress, None),
                PollStep::Ready(progress, ready) => (progress, Some(Ok(*ready))),
                PollStep::Ended(progress, error) => (progress, Some(Err(error))),
            };
            polls.push(Polled {
                began,
                ended,
                progress,
            });
            if let Some(result) = result {
                return Outcome {
                    polls,
                    result,
                    answers: fake.delivered(),
                };
            }
        }
    })
}

#[derive(Clone, Debug)]
struct Case {
    connector: Vec<Reply<Connector>>,
    readiness: Vec<Reply<ConnectorReadiness>>,
    channel: Vec<Reply<Channel>>,
    list: Vec<Reply<Option<Channel>>>,
    created: Option<Connector>,
    age: i64,
    seen: bool,
    matches: bool,
    deadline: Duration,
    interval: (Duration, Duration),
}

fn words() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        4 => Just("pending"),
        2 => Just("active"),
        1 => Just("Failed"),
        1 => Just("unheard of"),
        1 => Just(""),
    ]
}

fn failing(word: &str) -> bool {
    word == "Failed"
}

fn millis(range: std::ops::Range<u64>) -> impl Strategy<Value = Duration> {
    range.prop_map(Duration::from_millis)
}

/// A source's answers: mostly good ones, errors of every kind, now and then slow or hanging.
fn answers<T: Clone + std::fmt::Debug + 'static>(
    good: impl Strategy<Value = Reply<T>> + 'static,
) -> impl Strategy<Value = Vec<Reply<T>>> {
    let errors = prop_oneof![
        4 => Just(http(404)),
        3 => prop_oneof![Just(408), Just(500), Just(503)].prop_map(http),
        2 => millis(0..60_000).prop_map(|pause| retry_after(429, pause)),
        2 => Just(http(403)),
        1 => Just(http(401)),
    ];
    let answer = prop_oneof![4 => good.boxed(), 1 => errors.boxed()];
    let delay = prop_oneof![
        12 => Just(Duration::ZERO),
        4 => millis(0..3_000),
        1 => millis(0..120_000),
    ];
    let mixed = vec(
        (answer, delay).prop_map(|(answer, delay)| answer.after(delay)),
        1..10,
    );
    prop_oneof![3 => mixed, 1 => Just(vec![http(403)])]
}

fn cases() -> impl Strategy<Value = Case> {
    let name = || prop_oneof![Just(None), Just(Some(A)), Just(Some(A)), Just(Some(B))];
    let connectors = answers(name().prop_map(|id| ok(connector(id))));
    let readiness =
        answers((words(), words()).prop_map(|(channel, number)| tells(channel, number)));
    let channels = answers(words().prop_map(says));
    let listed = (name(), words()).prop_map(|(id, word)| ok(id.map(|id| channel(id, word))));
    let created = prop_oneof![Just(None), name().prop_map(|id| Some(connector(id)))];
    let deadline = prop_oneof![1 => Just(Duration::ZERO), 9 => millis(0..100_000)];
    let interval = (millis(200..3_000), millis(0..10_000));
    let age = prop_oneof![Just(0), Just(20), Just(3600)];
    let sources = (connectors, readiness, channels, answers(listed));
    (
        sources,
        created,
        age,
        any::<bool>(),
        any::<bool>(),
        deadline,
        interval,
    )
        .prop_map(
            |(
                (connector, readiness, channel, list),
                created,
                age,
                seen,
                matches,
                deadline,
                (first, more),
            )| {
                Case {
                    connector,
                    readiness,
                    channel,
                    list,
                    created,
                    age,
                    seen,
                    matches,
                    deadline,
                    interval: (first, first + more),
                }
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_wait_keeps_its_promises(case in cases()) {
        let outcome = run(case.clone());
        in_time(&case, &outcome)?;
        not_too_often(&case, &outcome)?;
        not_late(&outcome)?;
        match &outcome.result {
            Ok(ready) => not_early(&case, &outcome, ready)?,
            Err(error) => with_reason(&case, &outcome, error)?,
        }
    }
}

/// A wait is over two seconds after its deadline at the latest, and its last poll starts at the deadline at the latest.
fn in_time(case: &Case, outcome: &Outcome) -> Result<(), TestCaseError> {
    let last = outcome.polls.last().unwrap();
    prop_assert!(
        last.ended <= case.deadline + seconds(2.0),
        "{:?}",
        last.ended
    );
    prop_assert!(last.began <= case.deadline, "{:?}", last.began);
    if matches!(outcome.result, Err(WaitError::TimedOut(_))) {
        prop_assert!(last.ended >= case.deadline, "{:?}", last.ended);
    }
    Ok(())
}

/// Polls are as far apart as the schedule and the server say, but for the last one, and no further.
fn not_too_often(case: &Case, outcome: &Outcome) -> Result<(), TestCaseError> {
    let grain = Duration::from_millis(1);
    let (mut pause, longest) = case.interval;
    for (index, pair) in outcome.polls.windows(2).enumerate() {
        let (poll, next) = (&pair[0], &pair[1]);
        let asked = outcome
            .of_poll(index)
            .filter_map(|answer| answer.retry_after);
        // Readiness that is not there asks for nothing, and 404 carries no pause here anyway.
        let asked = asked.max().unwrap_or_default();
        let gap = next.began - poll.ended;
        if next.began < case.deadline {
            prop_assert!(
                gap >= (pause / 2).max(asked),
                "poll {index}: {gap:?} of {pause:?}, {asked:?}"
            );
        }
        prop_assert!(
            gap <= pause.max(asked) + grain,
            "poll {index}: {gap:?} of {pause:?}, {asked:?}"
        );
        prop_assert_eq!(poll.progress.poll as usize, index + 1);
        prop_assert!(!poll.progress.ready && poll.progress.next_poll_in.is_some());
        pause = (pause + pause / 2).min(longest);
    }
    let last = &outcome.polls.last().unwrap().progress;
    prop_assert_eq!(last.poll as usize, outcome.polls.len());
    prop_assert!(last.next_poll_in.is_none());
    prop_assert_eq!(last.ready, outcome.result.is_ok());
    Ok(())
}

/// The first time that the channel itself says `active` ends the wait, and nothing holds it up.
fn not_late(outcome: &Outcome) -> Result<(), TestCaseError> {
    let active = |answer: &&Delivered| {
        matches!(answer.ask, ReadTarget::Channel(_)) && answer.word.as_deref() == Some("active")
    };
    if let Some(answer) = outcome.answers.iter().find(active) {
        let end = outcome.polls.last().unwrap().ended;
        prop_assert!(outcome.result.is_ok());
        prop_assert!(end <= answer.at + seconds(0.25), "{end:?}");
    }
    Ok(())
}

/// A wait comes out well only where this very poll has read that the channel is active.
fn not_early(case: &Case, outcome: &Outcome, ready: &Ready) -> Result<(), TestCaseError> {
    let active: Vec<_> = outcome
        .of_last_poll()
        .filter(|answer| answer.word.as_deref() == Some("active"))
        .collect();
    let refused = outcome.answered(403, is_channel);
    match ready.confirmed_by {
        StatusSource::Channel => {
            let own = |answer: &&&Delivered| answer.channel_id == Some(ready.channel_id);
            let read = active.iter().filter(own).any(|answer| match answer.ask {
                ReadTarget::Channel(_) => true,
                ReadTarget::List(_) => refused,
                _ => false,
            });
            prop_assert!(read, "{ready:?}");
            prop_assert_eq!(
                ready.channel.as_ref().map(|channel| channel.id),
                Some(ready.channel_id)
            );
        }
        StatusSource::ReadinessChannel => {
            prop_assert!(refused && !case.matches);
            prop_assert!(
                active
                    .iter()
                    .any(|answer| answer.ask == ReadTarget::Readiness)
            );
            // Whoever names the channel has named this one in this poll, or nobody may be asked any more.
            let names = |answer: &Delivered| answer.channel_id == Some(ready.channel_id);
            let nobody = outcome.answered(403, |ask| ask == ReadTarget::Connector)
                && outcome.answered(403, is_list);
            prop_assert!(nobody || outcome.of_last_poll().any(names));
        }
        source => prop_assert!(false, "{source}"),
    }
    prop_assert_eq!(ready.polls as usize, outcome.polls.len());
    prop_assert_eq!(ready.elapsed, outcome.polls.last().unwrap().ended);
    Ok(())
}

/// Every other end has its reason in what was read.
fn with_reason(case: &Case, outcome: &Outcome, error: &WaitError) -> Result<(), TestCaseError> {
    let report = error.report().unwrap();
    prop_assert_eq!(report.polls as usize, outcome.polls.len());
    prop_assert_eq!(report.elapsed, outcome.polls.last().unwrap().ended);
    prop_assert_eq!(&report.status, &outcome.last_status());
    let unauthorized = outcome.answered(401, |_| true);
    match error {
        WaitError::TimedOut(_) => {
            prop_assert!(!unauthorized);
            let text = error.to_string();
            let last = match &report.status {
                Some(status) => format!("last status `{status}`"),
                None => "no status seen".to_owned(),
            };
            prop_assert!(text.contains(&last), "{text}");
            prop_assert!(text.contains(&format!(", {} poll", report.polls)), "{text}");
        }
        WaitError::Failed { status, source, .. } => {
            prop_assert!(failing(status));
            // The last two times that this source spoke. The list speaks for the channel only where that is refused: from
            // the refusal on, and in the poll that brought it.
            let refusal = outcome.answers.iter().position(|answer| {
                matches!(answer.ask, ReadTarget::Channel(_)) && answer.error == Some(403)
            });
            let same_poll = refusal.and_then(|refusal| {
                let before = &outcome.answers[..refusal];
                before
                    .iter()
                    .rposition(|answer| matches!(answer.ask, ReadTarget::List(_)))
            });
            let both_fail = |first_listed: Option<usize>| {
                let words = outcome
                    .answers
                    .iter()
                    .enumerate()
                    .rev()
                    .filter_map(|(at, answer)| match (source, answer.ask) {
                        _ if answer.error.is_some() => None,
                        (StatusSource::Channel, ReadTarget::List(_))
                            if first_listed.is_none_or(|first| at < first) =>
                        {
                            None
                        }
                        (StatusSource::Channel, ReadTarget::Channel(_) | ReadTarget::List(_))
                        | (StatusSource::ReadinessChannel, ReadTarget::Readiness) => {
                            answer.word.as_deref()
                        }
                        (StatusSource::ReadinessNumber, ReadTarget::Readiness) => {
                            answer.number.as_deref()
                        }
                        _ => None,
                    });
                words.take(2).filter(|word| failing(word)).count() == 2
            };
            prop_assert!(both_fail(refusal) || same_poll.is_some() && both_fail(same_poll));
        }
        WaitError::Vanished(_) => {
            let of_connector = outcome.answers.iter().rev().filter(|answer| {
                answer.ask == ReadTarget::Connector && matches!(answer.error, None | Some(404))
            });
            prop_assert_eq!(
                of_connector
                    .take(2)
                    .filter(|answer| answer.error.is_some())
                    .count(),
                2
            );
            let seen = outcome
                .answers
                .iter()
                .any(|answer| answer.channel_id.is_some() || answer.word.is_some());
            let last = outcome.polls.last().unwrap().ended;
            let age = seconds(case.age as f64) + last;
            prop_assert!(
                seen || case.seen
                    || age >= seconds(30.0)
                    || case.connector.iter().any(|reply| reply.result.is_ok())
            );
        }
        WaitError::Denied { error, .. } => {
            prop_assert_eq!(error.kind() == ErrorKind::Authentication, unauthorized);
            prop_assert!(unauthorized || outcome.answered(403, is_list));
        }
        WaitError::Invalid(error) => prop_assert!(false, "{error}"),
    }
    Ok(())
}

/// The promises would mean little if the random cases never came to them.
#[test]
fn the_random_cases_come_to_every_end() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut ends = std::collections::BTreeMap::<_, u32>::new();
    for _ in 0..512 {
        let case = cases().new_tree(&mut runner).unwrap().current();
        let end = match run(case).result {
            Ok(ready) if ready.confirmed_by == StatusSource::Channel => "ready",
            Ok(_) => "ready by readiness",
            Err(WaitError::TimedOut(_)) => "timed out",
            Err(WaitError::Failed { .. }) => "failed",
            Err(WaitError::Vanished(_)) => "vanished",
            Err(WaitError::Denied { error, .. }) if error.kind() == ErrorKind::Authentication => {
                "not accepted"
            }
            Err(WaitError::Denied { .. }) => "denied",
            Err(error) => panic!("{error}"),
        };
        *ends.entry(end).or_default() += 1;
    }
    assert_eq!(ends.len(), 7, "{ends:?}");
}
