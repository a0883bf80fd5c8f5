//! What rounds read, and when they start.

use super::super::followed::FollowedInstall;
use super::*;

fn rounds(fake: &Fake) -> Vec<f64> {
    let mut times: Vec<_> = fake
        .requests()
        .iter()
        .map(|(at, _)| at.as_secs_f64())
        .collect();
    times.dedup();
    times
}

#[tokio::test(start_paused = true)]
async fn rounds_slow_down_without_changes_and_speed_up_after_one() {
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
async fn few_known_channels_are_listed_by_id() {
    let fake = Fake::new(150, |number, now| {
        let at = if number < 60 { 10.0 } else { 3.0 };
        pending_until(seconds(at), "active")(now)
    });
    fake.wait(|_| {}).await;
    let gets = fake.requests();
    assert_eq!(gets[0].1, Get::Page(Lookup::Unfiltered));
    assert_eq!(gets.last().unwrap().1, Get::Ids(Lookup::Unfiltered, 60));
    assert_eq!(fake.count(is_individual), 0);
}

#[tokio::test(start_paused = true)]
async fn channels_of_a_large_workspace_are_listed_by_id_in_hundreds() {
    let fake = Fake::new(250, |_, now| pending_until(seconds(10.0), "active")(now))
        .with(|workspace| workspace.other_channels = 50_000);
    let all = fake.wait(|_| {}).await;
    assert!(all.values().all(|(_, result)| result.is_ok()));
    // The whole list is read once, to find the channels.
    assert_eq!(fake.count(|get| matches!(get, Get::Page(_))), 51);
    let sizes: Vec<_> = fake
        .requests()
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
async fn ignored_id_filter_is_not_used_again() {
    let fake =
        Fake::new(5, |_, now| pending_until(seconds(20.0), "active")(now)).with(|workspace| {
            workspace.other_channels = 30;
            workspace.filters_by_id = false;
        });
    let all = fake.wait(|_| {}).await;
    assert!(all.values().all(|(_, result)| result.is_ok()));
    assert_eq!(fake.count(|get| matches!(get, Get::Ids(..))), 1);
}

/// The unfiltered list contains only previews, or the list by status leaves out undocumented statuses.
#[tokio::test(start_paused = true)]
async fn wait_finds_the_kind_of_list_that_shows_the_channels() {
    let previews: fn(Lookup, &str) -> bool =
        |kind, status| kind == Lookup::ByStatus || status == "preview";
    let documented: fn(Lookup, &str) -> bool =
        |kind, status| kind == Lookup::Unfiltered || status != "wired";
    for (is_listed, status) in [(previews, "active"), (documented, "wired")] {
        let fake = Fake::new(200, move |number, now| {
            pending_until(seconds(3.0 + number as f64 / 10.0), status)(now)
        })
        .with(|workspace| workspace.is_listed = is_listed);
        let all = fake
            .wait(|wait| wait.options.rules.condition = Condition::status(status))
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
async fn individual_reads_are_at_most_five_per_round() {
    let fake = Fake::new(40, |_, _| InstallState {
        number_status: "pending",
        ..InstallState::WITHOUT_CHANNEL
    });
    fake.wait(|wait| wait.options.timeout = Some(seconds(100.0)))
        .await;
    let mut rounds = BTreeMap::<Duration, usize>::new();
    for (at, _) in fake.requests().iter().filter(|(_, get)| is_individual(get)) {
        *rounds.entry(*at).or_default() += 1;
    }
    assert!(rounds.values().all(|reads| *reads <= 5), "{rounds:?}");
    // Individual reads start after three rounds, and reach every install.
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
async fn retry_after_delays_the_next_round() {
    let errors = [http_error(429, Some(seconds(20.0)))].into();
    let fake = Fake::new(5, |_, now| pending_until(seconds(3.0), "active")(now))
        .with(|workspace| workspace.list_errors = Mutex::new(errors));
    let all = fake.wait(|_| {}).await;
    assert_eq!(rounds(&fake), [0.0, 20.0]);
    assert!(all.values().all(|(at, _)| *at == seconds(20.0)));
}

#[tokio::test(start_paused = true)]
async fn slow_individual_read_does_not_delay_others() {
    let fake = Fake::new(10, |number, now| InstallState {
        listed: number != 0,
        ..pending_until(seconds(20.0), "active")(now)
    })
    .with(|workspace| workspace.latency = seconds(0.4));
    let all = fake.wait(|_| {}).await;
    for number in 1..10 {
        assert!(all[&number].0 < seconds(23.0), "{:?}", all[&number].0);
    }
}

/// A replaced channel may still be listed, before or after the new one.
#[tokio::test(start_paused = true)]
async fn newest_listed_channel_of_a_connector_counts() {
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
        let now = Instant::now();
        for channel in channels {
            one.show(Lookup::Unfiltered, channel.clone(), now);
        }
        assert!(one.end_round(now, None, &tracing::Span::none(), now));
        assert_eq!(one.channel_id(), Some(channel_id(2)));
        assert!(one.outcome(now).is_none());
    }
}

/// Pending channels are kept without the fields that no decision needs, but the result of the wait has all of them.
#[tokio::test(start_paused = true)]
async fn channel_that_can_end_the_wait_is_kept_with_all_its_fields() {
    let rules = Arc::new(WaitRules::default());
    let named = |status| {
        let mut channel = channel(channel_id(1), Some(connector_id(0)), status);
        channel.name = Some("Support".to_owned());
        channel
    };
    let follow = |timeout| {
        let known = InstallRef::from(connector_id(0)).0;
        let rules = Arc::clone(&rules);
        FollowedInstall::new(known, WORKSPACE, rules, timeout, Duration::ZERO).unwrap()
    };
    let name = |channel: &Channel| channel.name.clone();

    let mut one = follow(Some(seconds(600.0)));
    let now = Instant::now();
    for status in ["pending", "active"] {
        one.begin_round();
        one.show(Lookup::Unfiltered, named(status), now);
        one.end_round(now, None, &tracing::Span::none(), now);
        let outcome = one.outcome(now);
        assert_eq!(outcome.is_some(), status == "active");
        if let Some(ready) = outcome {
            let channel = ready.unwrap().into_ready().channel;
            assert_eq!(channel.as_ref().and_then(name).as_deref(), Some("Support"));
        }
    }

    // The timeout expires soon, so the report of this poll can be the last one.
    let mut one = follow(Some(seconds(5.0)));
    one.begin_round();
    one.show(Lookup::Unfiltered, named("pending"), now);
    let outcome = one.cut_off(&tracing::Span::none(), now + seconds(5.0));
    let Err(WaitError::TimedOut(report)) = outcome else {
        panic!("an unexpected outcome")
    };
    assert_eq!(
        report.channel.as_ref().and_then(name).as_deref(),
        Some("Support")
    );
}
