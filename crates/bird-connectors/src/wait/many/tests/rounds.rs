//! What rounds read, and when they are made.

use super::super::followed::FollowedInstall;
use super::*;

fn rounds(fake: &Fake) -> Vec<f64> {
    let mut times: Vec<_> = fake.gets().iter().map(|(at, _)| at.as_secs_f64()).collect();
    times.dedup();
    times
}

#[tokio::test(start_paused = true)]
async fn rounds_slow_down_while_nothing_changes_and_hurry_when_something_does() {
    let fake = Fake::new(2, |number, now| match number {
        0 => pending_until(seconds(250.0), "active")(now),
        _ => pending_until(seconds(270.0), "active")(now),
    });
    fake.wait(|_| {}).await;
    let gaps: Vec<_> = rounds(&fake)
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .collect();
    assert!(
        gaps[..10].iter().all(|gap| (1.61..1.81).contains(gap)),
        "{gaps:?}"
    );
    assert!(gaps.iter().any(|gap| *gap > 8.9), "{gaps:?}");
    assert!(gaps.iter().all(|gap| *gap < 10.01), "{gaps:?}");
    assert!(
        gaps[gaps.len() - 2..].iter().all(|gap| *gap < 1.81),
        "{gaps:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn few_that_are_known_are_asked_for_by_their_ids() {
    let fake = Fake::new(150, |number, now| {
        let at = if number < 60 { 10.0 } else { 3.0 };
        pending_until(seconds(at), "active")(now)
    });
    fake.wait(|_| {}).await;
    let gets = fake.gets();
    assert_eq!(gets[0].1, Get::Page(Lookup::Unfiltered));
    assert_eq!(gets.last().unwrap().1, Get::Ids(Lookup::Unfiltered, 60));
    assert_eq!(fake.count(is_single), 0);
}

#[tokio::test(start_paused = true)]
async fn in_a_huge_workspace_they_are_asked_for_in_hundreds() {
    let fake = Fake::new(250, |_, now| pending_until(seconds(10.0), "active")(now))
        .with(|world| world.others = 50_000);
    let all = fake.wait(|_| {}).await;
    assert!(all.values().all(|(_, result)| result.is_ok()));
    // Once all of it, to know their channels.
    assert_eq!(fake.count(|get| matches!(get, Get::Page(_))), 51);
    let sizes: Vec<_> = fake
        .gets()
        .iter()
        .filter_map(|(_, get)| match get {
            Get::Ids(_, size) => Some(*size),
            _ => None,
        })
        .collect();
    assert!(
        sizes.chunks(3).all(|round| round == [100, 100, 50]),
        "{sizes:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_filter_by_ids_that_is_not_honoured_is_not_used_again() {
    let fake = Fake::new(5, |_, now| pending_until(seconds(20.0), "active")(now)).with(|world| {
        world.others = 30;
        world.by_ids = false;
    });
    let all = fake.wait(|_| {}).await;
    assert!(all.values().all(|(_, result)| result.is_ok()));
    assert_eq!(fake.count(|get| matches!(get, Get::Ids(..))), 1);
}

/// Lists without a filter show nothing but previews, or lists with one do not show what is not documented.
#[tokio::test(start_paused = true)]
async fn the_kind_of_list_that_shows_them_is_found() {
    let previews: fn(Lookup, &str) -> bool =
        |kind, word| kind == Lookup::ByStatus || word == "preview";
    let documented: fn(Lookup, &str) -> bool =
        |kind, word| kind == Lookup::Unfiltered || word != "wired";
    for (shows, word) in [(previews, "active"), (documented, "wired")] {
        let fake = Fake::new(200, move |number, now| {
            pending_until(seconds(3.0 + number as f64 / 10.0), word)(now)
        })
        .with(|world| world.shows = shows);
        let all = fake
            .wait(|wait| wait.options.rules.condition = Condition::status(word))
            .await;
        let mut late: Vec<_> = all
            .iter()
            .map(|(number, (at, result))| {
                assert!(result.is_ok(), "{result:?}");
                *at - seconds(3.0 + *number as f64 / 10.0)
            })
            .collect();
        late.sort_unstable();
        assert!(late[190] <= seconds(2.0), "{:?}", late[190]);
        assert!(late[199] <= seconds(4.0), "{:?}", late[199]);
    }
}

#[tokio::test(start_paused = true)]
async fn single_reads_are_five_a_round_at_the_most() {
    let fake = Fake::new(40, |_, _| Truth {
        number: "pending",
        ..Truth::BEGUN
    });
    fake.wait(|wait| wait.options.timeout = Some(seconds(100.0)))
        .await;
    let mut rounds = BTreeMap::<Duration, usize>::new();
    for (at, _) in fake.gets().iter().filter(|(_, get)| is_single(get)) {
        *rounds.entry(*at).or_default() += 1;
    }
    assert!(rounds.values().all(|reads| *reads <= 5), "{rounds:?}");
    // Three rounds have to pass first, and then nobody is forgotten.
    assert!(*rounds.keys().next().unwrap() > seconds(4.8));
    for number in 0..40 {
        assert!(
            fake.count(|get| *get == Get::Connector(number)) > 0,
            "{number}"
        );
        assert!(
            fake.count(|get| *get == Get::Readiness(number)) > 0,
            "{number}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_the_server_asks_for_is_kept() {
    let errors = [http(429, Some(seconds(20.0)))].into();
    let fake = Fake::new(5, |_, now| pending_until(seconds(3.0), "active")(now))
        .with(|world| world.list_errors = Mutex::new(errors));
    let all = fake.wait(|_| {}).await;
    assert_eq!(rounds(&fake), [0.0, 20.0]);
    assert!(all.values().all(|(at, _)| *at == seconds(20.0)));
}

#[tokio::test(start_paused = true)]
async fn a_slow_single_read_holds_up_nobody() {
    let fake = Fake::new(10, |number, now| Truth {
        listed: number != 0,
        ..pending_until(seconds(20.0), "active")(now)
    })
    .with(|world| world.latency = seconds(0.4));
    let all = fake.wait(|_| {}).await;
    for number in 1..10 {
        assert!(all[&number].0 < seconds(23.0), "{:?}", all[&number].0);
    }
}

/// A channel that was replaced may still be listed, before the new one or behind it.
#[tokio::test(start_paused = true)]
async fn the_newest_channel_of_a_connector_counts() {
    let dated = |number, status, date: &str| {
        let mut channel = channel(channel_id(number), Some(connector_id(0)), status);
        channel.created_at = Some(date.parse().unwrap());
        channel
    };
    let old = dated(1, "active", "2026-01-01T00:00:00Z");
    let new = dated(2, "pending", "2026-02-01T00:00:00Z");
    for channels in [[&old, &new], [&new, &old]] {
        let known = InstallRef::from(connector_id(0)).0;
        let rules = Arc::new(WaitRules::default());
        let mut one = FollowedInstall::new(known, WORKSPACE, rules, None, Duration::ZERO).unwrap();
        one.begin_round();
        for channel in channels {
            one.show(Lookup::Unfiltered, channel.clone());
        }
        let now = Instant::now();
        assert!(one.end_round(now, None, &tracing::Span::none(), now));
        assert_eq!(one.channel_id(), Some(channel_id(2)));
        assert!(one.outcome(now).is_none());
    }
}
