//! What holds for every wait for many: whatever becomes of the installs, it comes to what a wait for each of them alone
//! does, in time, once each, and within the limits.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::wait::until_ready::WaitSettings;

/// What becomes of an install: from when on, in seconds.
type Life = Vec<(u64, Fate)>;

#[derive(Clone, Copy, Debug)]
enum Fate {
    Begun,
    Says(&'static str),
    Number(&'static str),
    Gone,
    Unlisted(&'static str),
}

fn truth(life: &Life, readiness: bool, now: Duration) -> Truth {
    let mut truth = Truth::BEGUN;
    for (_, fate) in life
        .iter()
        .filter(|(at, _)| Duration::from_secs(*at) <= now)
    {
        truth = match fate {
            Fate::Begun => Truth::BEGUN,
            Fate::Says(word) => Truth::says(word),
            Fate::Number(word) => Truth {
                number: word,
                ..truth
            },
            Fate::Gone => Truth::GONE,
            Fate::Unlisted(word) => Truth {
                listed: false,
                ..Truth::says(word)
            },
        };
    }
    match (readiness, truth.number) {
        (false, _) => Truth {
            number: "",
            ..truth
        },
        (true, "") => Truth {
            number: "pending",
            ..truth
        },
        (true, _) => truth,
    }
}

/// The last thing that becomes of it lasts long enough for every way of looking.
fn lives() -> impl Strategy<Value = Life> {
    let begin = prop_oneof![
        Just(Fate::Begun),
        Just(Fate::Says("pending")),
        Just(Fate::Unlisted("pending")),
    ];
    let end = prop_oneof![
        4 => Just(Fate::Says("active")),
        1 => Just(Fate::Unlisted("active")),
        2 => Just(Fate::Says("failed")),
        1 => Just(Fate::Number("rejected")),
        1 => Just(Fate::Gone),
        1 => Just(Fate::Says("pending")),
    ];
    (begin, 1..40_u64, end).prop_map(|(begin, at, end)| vec![(0, begin), (at, end)])
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(future)
}

/// What it came to, without the time it took.
fn end(result: &Result<Ready, WaitError>) -> String {
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
    fn many_come_to_what_each_alone_does(
        lives in vec(lives(), 1..30),
        readiness in any::<bool>(),
        latency in 0_u64..800,
        others in prop_oneof![Just(0_usize), Just(0), Just(2500)],
    ) {
        let deadline = seconds(600.0);
        let fake = || {
            let lives = lives.clone();
            Fake::new(lives.len(), move |number, now| truth(&lives[number], readiness, now)).with(|world| {
                world.latency = Duration::from_millis(latency);
                world.others = others;
            })
        };
        let (all, most) = run(async {
            let fake = fake();
            let all = fake.wait(|wait| wait.options.timeout = Some(deadline)).await;
            (all, fake.most_in_a_second())
        });
        prop_assert_eq!(all.len(), lives.len());
        prop_assert!(most <= 50, "{most} requests in a second");
        for (number, (at, result)) in &all {
            prop_assert!(*at <= deadline + seconds(2.0));
            let alone = run(async {
                let token = WaitToken::new(WORKSPACE, connector_id(*number), crate::clock::now(), false);
                let mut one = WaitSettings::new(token, None);
                one.options.timeout = Some(deadline);
                one.run(fake()).await
            });
            prop_assert_eq!(end(result), end(&alone), "{:?}", &lives[*number]);
        }
    }
}
