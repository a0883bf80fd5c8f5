//! Invariants of every wait, for random responses, delays, timeouts and intervals. The tests compare what the wait did
//! with the responses that it received.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use super::*;
use crate::wait::last_poll::LONGEST_LEAD;

/// The beginning and the end of a poll, and its progress.
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
    responses: Vec<Delivered>,
}

impl Outcome {
    /// The responses that the poll with this index received.
    fn of_poll(&self, index: usize) -> impl Iterator<Item = &Delivered> {
        let Polled { began, ended, .. } = self.polls[index];
        let within = move |response: &&Delivered| response.at >= began && response.at <= ended;
        self.responses.iter().filter(within)
    }

    fn of_last_poll(&self) -> impl Iterator<Item = &Delivered> {
        self.of_poll(self.polls.len() - 1)
    }

    fn received(&self, status: u16, of: impl Fn(ReadTarget) -> bool) -> bool {
        let hit = |response: &Delivered| response.error == Some(status) && of(response.target);
        self.responses.iter().any(hit)
    }

    /// The last observed status: of the channel if it can be read, else of the list, else of readiness.
    fn last_status(&self) -> Option<String> {
        let (mut status, mut observed, mut denied) = (None, false, false);
        for index in 0..self.polls.len() {
            let mut listed = None;
            for response in self.of_poll(index) {
                let reported = response.status.clone();
                let current = match response.target {
                    ReadTarget::Connector => None,
                    ReadTarget::Readiness if observed && !denied => None,
                    ReadTarget::Readiness => reported,
                    ReadTarget::Channel(_) if response.error == Some(403) => {
                        denied = true;
                        listed.take()
                    }
                    ReadTarget::Channel(_) => reported,
                    ReadTarget::List(_) if denied => reported,
                    ReadTarget::List(_) => {
                        listed = reported;
                        None
                    }
                };
                observed |= current.is_some() && response.target != ReadTarget::Readiness;
                status = current.or(status);
            }
        }
        // A channel with an empty status has none.
        status.filter(|status| !status.is_empty())
    }
}

fn run(case: Case) -> Outcome {
    paused_runtime().block_on(async {
        let fake = Fake::new()
            .connector(case.connector)
            .readiness(case.readiness)
            .channel(case.channel)
            .list(case.list);
        let age = chrono::TimeDelta::seconds(case.age);
        let settings = fake.settings(|wait| {
            wait.token = WaitToken::new(
                WORKSPACE,
                CONNECTOR,
                crate::clock::now() - age,
                case.observed,
            );
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
            let requested = fake.targets().len();
            let step = driver.step().await;
            let began = fake.times(|_| true)[requested];
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
                    responses: fake.delivered(),
                };
            }
        }
    })
}

#[derive(Clone, Debug)]
struct Case {
    connector: Vec<Response<Connector>>,
    readiness: Vec<Response<ConnectorReadiness>>,
    channel: Vec<Response<Channel>>,
    list: Vec<Response<Option<Channel>>>,
    created: Option<Connector>,
    age: i64,
    observed: bool,
    matches: bool,
    deadline: Duration,
    interval: (Duration, Duration),
}

fn statuses() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        4 => Just("pending"),
        2 => Just("active"),
        1 => Just("Failed"),
        1 => Just("unknown"),
        1 => Just(""),
    ]
}

fn failing(status: &str) -> bool {
    status == "Failed"
}

fn millis(range: std::ops::Range<u64>) -> impl Strategy<Value = Duration> {
    range.prop_map(Duration::from_millis)
}

/// The responses of a source: mostly successful, with errors of every kind, and some that are slow or hang.
fn responses<T: Clone + std::fmt::Debug + 'static>(
    successful: impl Strategy<Value = Response<T>> + 'static,
) -> impl Strategy<Value = Vec<Response<T>>> {
    let errors = prop_oneof![
        4 => Just(http_error(404)),
        3 => prop_oneof![Just(408), Just(500), Just(503)].prop_map(http_error),
        2 => millis(0..60_000).prop_map(|pause| retry_after(429, pause)),
        2 => Just(http_error(403)),
        1 => Just(http_error(401)),
    ];
    let response = prop_oneof![4 => successful.boxed(), 1 => errors.boxed()];
    let delay = prop_oneof![
        12 => Just(Duration::ZERO),
        4 => millis(0..3_000),
        1 => millis(0..120_000),
    ];
    let mixed = vec(
        (response, delay).prop_map(|(response, delay)| response.after(delay)),
        1..10,
    );
    prop_oneof![3 => mixed, 1 => Just(vec![http_error(403)])]
}

fn cases() -> impl Strategy<Value = Case> {
    let name = || prop_oneof![Just(None), Just(Some(A)), Just(Some(A)), Just(Some(B))];
    let connectors = responses(name().prop_map(|id| ok(connector(id))));
    let readiness = responses(
        (statuses(), statuses()).prop_map(|(channel, number)| readiness_statuses(channel, number)),
    );
    let channels = responses(statuses().prop_map(with_status));
    let listed = (name(), statuses()).prop_map(|(id, status)| ok(id.map(|id| channel(id, status))));
    let created = prop_oneof![Just(None), name().prop_map(|id| Some(connector(id)))];
    let deadline = prop_oneof![1 => Just(Duration::ZERO), 9 => millis(0..100_000)];
    let interval = (millis(200..3_000), millis(0..10_000));
    let age = prop_oneof![Just(0), Just(20), Just(3600)];
    let sources = (connectors, readiness, channels, responses(listed));
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
                observed,
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
                    observed,
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
    fn wait_keeps_its_invariants(case in cases()) {
        let outcome = run(case.clone());
        ends_in_time(&case, &outcome)?;
        polls_at_the_scheduled_rate(&case, &outcome)?;
        ends_with_the_first_active_channel(&outcome)?;
        match &outcome.result {
            Ok(ready) => ready_has_evidence(&case, &outcome, ready)?,
            Err(error) => error_has_evidence(&case, &outcome, error)?,
        }
    }
}

/// A wait ends at its deadline at the latest, or after one poll if the deadline is zero. Its last poll starts before.
fn ends_in_time(case: &Case, outcome: &Outcome) -> Result<(), TestCaseError> {
    let last = outcome.polls.last().unwrap();
    let end = if case.deadline.is_zero() {
        seconds(2.0)
    } else {
        case.deadline
    };
    prop_assert!(last.ended <= end, "{:?}", last.ended);
    prop_assert!(last.began <= case.deadline, "{:?}", last.began);
    if matches!(outcome.result, Err(WaitError::TimedOut(_))) {
        prop_assert!(last.ended >= case.deadline, "{:?}", last.ended);
    }
    Ok(())
}

/// The pauses between polls are those of the schedule and of the server. Only a pause shortly before the deadline may be
/// shorter.
fn polls_at_the_scheduled_rate(case: &Case, outcome: &Outcome) -> Result<(), TestCaseError> {
    let resolution = Duration::from_millis(1);
    let (mut pause, longest) = case.interval;
    for (index, pair) in outcome.polls.windows(2).enumerate() {
        let (poll, next) = (&pair[0], &pair[1]);
        let requested = outcome
            .of_poll(index)
            .filter_map(|response| response.retry_after);
        let requested = requested.max().unwrap_or_default();
        let gap = next.began - poll.ended;
        // The last poll comes earlier, so that its response arrives before the deadline.
        if next.began + LONGEST_LEAD < case.deadline {
            prop_assert!(
                gap >= (pause / 2).max(requested),
                "poll {index}: {gap:?} of {pause:?}, {requested:?}"
            );
        }
        prop_assert!(
            gap <= pause.max(requested) + resolution,
            "poll {index}: {gap:?} of {pause:?}, {requested:?}"
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

/// The first response with an active channel ends the wait at once.
fn ends_with_the_first_active_channel(outcome: &Outcome) -> Result<(), TestCaseError> {
    let active = |response: &&Delivered| {
        matches!(response.target, ReadTarget::Channel(_))
            && response.status.as_deref() == Some("active")
    };
    if let Some(response) = outcome.responses.iter().find(active) {
        let end = outcome.polls.last().unwrap().ended;
        prop_assert!(outcome.result.is_ok());
        prop_assert!(end <= response.at + seconds(0.25), "{end:?}");
    }
    Ok(())
}

/// A wait ends ready only if its last poll has read that the channel is active.
fn ready_has_evidence(case: &Case, outcome: &Outcome, ready: &Ready) -> Result<(), TestCaseError> {
    let active: Vec<_> = outcome
        .of_last_poll()
        .filter(|response| response.status.as_deref() == Some("active"))
        .collect();
    let denied = outcome.received(403, is_channel);
    match ready.confirmed_by {
        StatusSource::Channel => {
            let own = |response: &&&Delivered| response.channel_id == Some(ready.channel_id);
            let read = active
                .iter()
                .filter(own)
                .any(|response| match response.target {
                    ReadTarget::Channel(_) => true,
                    ReadTarget::List(_) => denied,
                    _ => false,
                });
            prop_assert!(read, "{ready:?}");
            prop_assert_eq!(
                ready.channel.as_ref().map(|channel| channel.id),
                Some(ready.channel_id)
            );
        }
        StatusSource::ReadinessChannel => {
            prop_assert!(denied && !case.matches);
            prop_assert!(
                active
                    .iter()
                    .any(|response| response.target == ReadTarget::Readiness)
            );
            // The last poll has read that this is the channel of the connector, unless no source of that can be read.
            let names_channel =
                |response: &Delivered| response.channel_id == Some(ready.channel_id);
            let no_source = outcome.received(403, |target| target == ReadTarget::Connector)
                && outcome.received(403, is_list);
            prop_assert!(no_source || outcome.of_last_poll().any(names_channel));
        }
        source => prop_assert!(false, "{source}"),
    }
    prop_assert_eq!(ready.polls as usize, outcome.polls.len());
    prop_assert_eq!(ready.elapsed, outcome.polls.last().unwrap().ended);
    Ok(())
}

/// Every error has a reason in the responses.
fn error_has_evidence(
    case: &Case,
    outcome: &Outcome,
    error: &WaitError,
) -> Result<(), TestCaseError> {
    let report = error.report().unwrap();
    prop_assert_eq!(report.polls as usize, outcome.polls.len());
    prop_assert_eq!(report.elapsed, outcome.polls.last().unwrap().ended);
    prop_assert_eq!(&report.status, &outcome.last_status());
    let unauthorized = outcome.received(401, |_| true);
    match error {
        WaitError::TimedOut(_) => {
            prop_assert!(!unauthorized);
            let message = error.to_string();
            let last = match &report.status {
                Some(status) => format!("last status `{status}`"),
                None => "no status observed".to_owned(),
            };
            prop_assert!(message.contains(&last), "{message}");
            prop_assert!(
                message.contains(&format!(", {} poll", report.polls)),
                "{message}"
            );
        }
        WaitError::Failed {
            status,
            reported_by,
            ..
        } => {
            prop_assert!(failing(status));
            // The last two statuses of this resource failed. The list counts as the channel only if the channel is denied:
            // from the denial on, and in the poll of the denial.
            let denial = outcome.responses.iter().position(|response| {
                matches!(response.target, ReadTarget::Channel(_)) && response.error == Some(403)
            });
            let same_poll = denial.and_then(|denial| {
                let before = &outcome.responses[..denial];
                before
                    .iter()
                    .rposition(|response| matches!(response.target, ReadTarget::List(_)))
            });
            let both_fail = |first_listed: Option<usize>| {
                let statuses =
                    outcome
                        .responses
                        .iter()
                        .enumerate()
                        .rev()
                        .filter_map(|(at, response)| match (reported_by, response.target) {
                            _ if response.error.is_some() => None,
                            (StatusSource::Channel, ReadTarget::List(_))
                                if first_listed.is_none_or(|first| at < first) =>
                            {
                                None
                            }
                            (
                                StatusSource::Channel,
                                ReadTarget::Channel(_) | ReadTarget::List(_),
                            )
                            | (StatusSource::ReadinessChannel, ReadTarget::Readiness) => {
                                response.status.as_deref()
                            }
                            (StatusSource::ReadinessNumber, ReadTarget::Readiness) => {
                                response.number_status.as_deref()
                            }
                            _ => None,
                        });
                statuses.take(2).filter(|status| failing(status)).count() == 2
            };
            prop_assert!(both_fail(denial) || same_poll.is_some() && both_fail(same_poll));
        }
        WaitError::Vanished(_) => {
            let of_connector = outcome.responses.iter().rev().filter(|response| {
                response.target == ReadTarget::Connector
                    && matches!(response.error, None | Some(404))
            });
            prop_assert_eq!(
                of_connector
                    .take(2)
                    .filter(|response| response.error.is_some())
                    .count(),
                2
            );
            let observed = outcome
                .responses
                .iter()
                .any(|response| response.channel_id.is_some() || response.status.is_some());
            let last = outcome.polls.last().unwrap().ended;
            let age = seconds(case.age as f64) + last;
            prop_assert!(
                observed
                    || case.observed
                    || age >= seconds(30.0)
                    || case.connector.iter().any(|reply| reply.result.is_ok())
            );
        }
        WaitError::Denied { error, .. } => {
            prop_assert_eq!(error.kind() == ErrorKind::Authentication, unauthorized);
            prop_assert!(unauthorized || outcome.received(403, is_list));
        }
        WaitError::Invalid(error) => prop_assert!(false, "{error}"),
    }
    Ok(())
}

/// The invariants would mean little if the random cases did not reach every outcome.
#[test]
fn random_cases_reach_every_outcome() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut outcomes = std::collections::BTreeMap::<_, u32>::new();
    for _ in 0..512 {
        let case = cases().new_tree(&mut runner).unwrap().current();
        let outcome = match run(case).result {
            Ok(ready) if ready.confirmed_by == StatusSource::Channel => "ready",
            Ok(_) => "ready by readiness",
            Err(WaitError::TimedOut(_)) => "timed out",
            Err(WaitError::Failed { .. }) => "failed",
            Err(WaitError::Vanished(_)) => "vanished",
            Err(WaitError::Denied { error, .. }) if error.kind() == ErrorKind::Authentication => {
                "unauthorized"
            }
            Err(WaitError::Denied { .. }) => "denied",
            Err(error) => panic!("{error}"),
        };
        *outcomes.entry(outcome).or_default() += 1;
    }
    assert_eq!(outcomes.len(), 7, "{outcomes:?}");
}
