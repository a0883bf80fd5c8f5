//! Scripts without a server: what is true at a time is a pure function of script and time.

use std::time::Duration;

use bird_connectors_sandbox::{ChannelField, InstallSnapshot, Script, Step};
use proptest::prelude::*;

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["pending", "active", "failed", "odd", ""]).prop_map(str::to_owned)
}

fn step() -> impl Strategy<Value = Step> {
    let field = prop::sample::select(vec![
        ChannelField::Missing,
        ChannelField::Null,
        ChannelField::EmptyObject,
        ChannelField::EmptyId,
    ]);
    prop_oneof![
        field.prop_map(Step::NoChannel),
        word().prop_map(Step::Channel),
        word().prop_map(Step::Status),
        word().prop_map(Step::ReadinessStatus),
        word().prop_map(Step::Stage),
        word().prop_map(Step::NumberStatus),
        Just(Step::Vanish),
    ]
}

/// Steps at few different times, so that many coincide.
fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    prop::collection::vec((0_u64..12, step()), 0..14)
}

fn script(steps: &[(u64, Step)], commit: u64) -> Script {
    let start = Script::never().commit_after(ms(commit));
    steps.iter().fold(start, |script, (at, step)| {
        script.step(ms(*at), step.clone())
    })
}

/// What a snapshot says, told a second time: a plain reading of the documentation of each step.
fn expected(
    steps: &[(u64, Step)],
    commit: u64,
    now: u64,
) -> (
    bool,
    ChannelField,
    Option<(usize, String)>,
    String,
    String,
    String,
) {
    let mut past: Vec<_> = steps.iter().filter(|(at, _)| *at <= now).collect();
    past.sort_by_key(|(at, _)| *at);
    let past: Vec<_> = past.into_iter().map(|(_, step)| step).collect();
    let last =
        |pick: fn(&Step) -> Option<&String>| past.iter().rev().find_map(|step| pick(step).cloned());
    let vanished = past.iter().any(|step| **step == Step::Vanish);

    let field = past.iter().rev().find_map(|step| {
        if let Step::NoChannel(field) = step {
            Some(*field)
        } else {
            None
        }
    });
    let came = past
        .iter()
        .rposition(|step| matches!(step, Step::Channel(_)));
    let went = past
        .iter()
        .rposition(|step| matches!(step, Step::NoChannel(_)));
    let channels = past
        .iter()
        .filter(|step| matches!(step, Step::Channel(_)))
        .count();
    let channel_word = last(|step| {
        if let Step::Channel(word) | Step::Status(word) = step {
            Some(word)
        } else {
            None
        }
    });
    let channel = if came > went && !vanished {
        channel_word.clone().map(|word| (channels - 1, word))
    } else {
        None
    };

    let fixed = last(|step| {
        if let Step::ReadinessStatus(word) = step {
            Some(word)
        } else {
            None
        }
    });
    let stage = last(|step| {
        if let Step::Stage(word) = step {
            Some(word)
        } else {
            None
        }
    });
    let number = last(|step| {
        if let Step::NumberStatus(word) = step {
            Some(word)
        } else {
            None
        }
    });
    (
        now >= commit && !vanished,
        field.unwrap_or(ChannelField::Missing),
        channel,
        fixed
            .or(channel_word)
            .unwrap_or_else(|| "pending".to_owned()),
        stage.unwrap_or_else(|| "accepted".to_owned()),
        number.unwrap_or_else(|| "pending".to_owned()),
    )
}

fn told(
    seen: &InstallSnapshot<'_>,
) -> (
    bool,
    ChannelField,
    Option<(usize, String)>,
    String,
    String,
    String,
) {
    (
        seen.visible,
        seen.channel_field,
        seen.channel
            .map(|channel| (channel.ordinal, channel.status.to_owned())),
        seen.readiness_status.to_owned(),
        seen.stage.to_owned(),
        seen.number_status.to_owned(),
    )
}

proptest! {
    #[test]
    fn a_snapshot_is_what_its_past_steps_say(steps in steps(), commit in 0_u64..12, now in 0_u64..14) {
        prop_assert_eq!(told(&script(&steps, commit).snapshot(ms(now))), expected(&steps, commit, now));
    }

    #[test]
    fn the_future_makes_no_difference(steps in steps(), later in steps(), now in 0_u64..12) {
        let short = script(&steps, 0);
        let long = later.into_iter().fold(short.clone(), |script, (after, step)| script.step(ms(now + 1 + after), step));
        prop_assert_eq!(short.snapshot(ms(now)), long.snapshot(ms(now)));
    }

    #[test]
    fn nothing_changes_between_two_steps(steps in steps(), now in 0_u64..12) {
        let script = script(&steps, 3);
        prop_assert_eq!(script.snapshot(ms(now)), script.snapshot(ms(now) + Duration::from_nanos(999_999)));
    }

    #[test]
    fn steps_of_different_times_may_be_added_in_any_order(steps in steps().prop_shuffle(), now in 0_u64..14) {
        let mut sorted = steps.clone();
        sorted.sort_by_key(|(at, _)| *at);
        let (given, sorted) = (script(&steps, 0), script(&sorted, 0));
        prop_assert_eq!(&given, &sorted);
        prop_assert_eq!(given.snapshot(ms(now)), sorted.snapshot(ms(now)));
    }

    #[test]
    fn a_scaled_script_is_the_same_slower(steps in steps(), now in 0_u64..14, factor in 1_u32..20) {
        let (plain, scaled) = (script(&steps, 5), script(&steps, 5).scaled(f64::from(factor)));
        prop_assert_eq!(told(&plain.snapshot(ms(now))), told(&scaled.snapshot(ms(now) * factor)));
    }

    #[test]
    fn channels_are_numbered_upwards_and_changes_lie_in_the_past(steps in steps()) {
        let script = script(&steps, 0);
        let mut last = None;
        for now in 0..14 {
            let seen = script.snapshot(ms(now));
            prop_assert!(seen.changed_after <= ms(now));
            if let Some(channel) = seen.channel {
                prop_assert!(last.is_none_or(|last| channel.ordinal >= last));
                prop_assert!(channel.created_after <= channel.changed_after && channel.changed_after <= ms(now));
                last = Some(channel.ordinal);
            }
        }
    }

    #[test]
    fn a_timed_install_is_active_from_its_time_on(channel in 0_u64..5000, more in 0_u64..5000, now in 0_u64..12_000) {
        let script = Script::timed(ms(channel), ms(channel + more));
        let status = script.snapshot(ms(now)).channel.map(|channel| channel.status);
        let expected = if now < channel { None } else if now < channel + more { Some("pending") } else { Some("active") };
        prop_assert_eq!(status, expected);
    }
}

#[test]
fn an_instant_install_is_finished_at_once() {
    let script = Script::instant();
    let seen = script.snapshot(Duration::ZERO);
    assert_eq!(
        told(&seen),
        (
            true,
            ChannelField::EmptyId,
            Some((0, "active".into())),
            "active".into(),
            "ready".into(),
            "active".into()
        )
    );
}

#[test]
fn active_is_never_before_the_channel() {
    assert_eq!(Script::timed(ms(10), ms(5)), Script::timed(ms(10), ms(10)));
}

#[test]
fn factors_that_make_no_time_make_it_instant() {
    for factor in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let script = Script::standard().scaled(factor);
        assert_eq!(
            script
                .snapshot(Duration::ZERO)
                .channel
                .map(|channel| channel.status),
            Some("active"),
            "{factor}"
        );
    }
}

#[test]
fn unusual_times_do_no_harm() {
    let script = Script::statuses(Duration::MAX, ["a", "b", "c"]).step(Duration::MAX, Step::Vanish);
    assert_eq!(
        script
            .snapshot(Duration::ZERO)
            .channel
            .map(|channel| channel.status),
        Some("a")
    );
    assert!(!script.snapshot(Duration::MAX).visible);
    assert_eq!(Script::never().scaled(f64::MAX), Script::never());
}
