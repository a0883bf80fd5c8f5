//! Invariants of every bulk wait, for random installs: each install gets one result, the same as in a wait for it alone,
//! in time and within the rate limit.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::wait::until_ready::WaitSettings;

/// How the state of an install changes: the time of each change in seconds, and the change.
type Timeline = Vec<(u64, StateChange)>;

#[derive(Clone, Copy, Debug)]
enum StateChange {
    WithoutChannel,
    Status(&'static str),
    NumberStatus(&'static str),
    Deleted,
    Unlisted(&'static str),
}

fn state(timeline: &Timeline, readiness: bool, now: Duration) -> InstallState {
    let mut state = InstallState::WITHOUT_CHANNEL;
    for (_, change) in timeline
        .iter()
        .filter(|(at, _)| Duration::from_secs(*at) <= now)
    {
        state = match change {
            StateChange::WithoutChannel => InstallState::WITHOUT_CHANNEL,
            StateChange::Status(status) => InstallState::with_status(status),
            StateChange::NumberStatus(status) => InstallState {
                number_status: status,
                ..state
            },
            StateChange::Deleted => InstallState::DELETED,
            StateChange::Unlisted(status) => InstallState {
                listed: false,
                ..InstallState::with_status(status)
            },
        };
    }
    match (readiness, state.number_status) {
        (false, _) => InstallState {
            number_status: "",
            ..state
        },
        (true, "") => InstallState {
            number_status: "pending",
            ..state
        },
        (true, _) => state,
    }
}

/// The last state lasts until the end, so that every kind of read can observe it.
fn timelines() -> impl Strategy<Value = Timeline> {
    let first = prop_oneof![
        Just(StateChange::WithoutChannel),
        Just(StateChange::Status("pending")),
        Just(StateChange::Unlisted("pending")),
    ];
    let last = prop_oneof![
        4 => Just(StateChange::Status("active")),
        1 => Just(StateChange::Unlisted("active")),
        2 => Just(StateChange::Status("failed")),
        1 => Just(StateChange::NumberStatus("rejected")),
        1 => Just(StateChange::Deleted),
        1 => Just(StateChange::Status("pending")),
    ];
    (first, 1..40_u64, last).prop_map(|(first, at, last)| vec![(0, first), (at, last)])
}

fn run<T>(future: impl Future<Output = T>) -> T {
    paused_runtime().block_on(future)
}

/// The outcome, without the duration.
fn outcome(result: &Result<Ready, WaitError>) -> String {
    match result {
        Ok(ready) => format!("{} is ready", ready.channel_id),
        Err(WaitError::Failed { status, .. }) => format!("failed: {status}"),
        Err(WaitError::TimedOut(_)) => "timed out".to_owned(),
        Err(WaitError::Vanished(_)) => "vanished".to_owned(),
        Err(error) => error.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn bulk_wait_has_the_outcomes_of_single_waits(
        timelines in vec(timelines(), 1..30),
        readiness in any::<bool>(),
        latency in 0_u64..800,
        others in prop_oneof![Just(0_usize), Just(0), Just(2500)],
    ) {
        let timeout = seconds(600.0);
        let fake = || {
            let timelines = timelines.clone();
            Fake::new(timelines.len(), move |number, now| state(&timelines[number], readiness, now)).with(|workspace| {
                workspace.latency = Duration::from_millis(latency);
                workspace.other_channels = others;
            })
        };
        let (all, peak) = run(async {
            let fake = fake();
            let all = fake.wait(|wait| wait.options.timeout = Some(timeout)).await;
            (all, fake.peak_per_second())
        });
        prop_assert_eq!(all.len(), timelines.len());
        prop_assert!(peak <= 50, "{peak} requests in a second");
        for (number, (at, result)) in &all {
            prop_assert!(*at <= timeout + seconds(0.002));
            let alone = run(async {
                let token = WaitToken::new(WORKSPACE, connector_id(*number), crate::clock::now(), false);
                let mut one = WaitSettings::new(token, None);
                one.options.timeout = Some(timeout);
                one.run(fake()).await
            });
            prop_assert_eq!(outcome(result), outcome(&alone), "{:?}", &timelines[*number]);
        }
    }
}
