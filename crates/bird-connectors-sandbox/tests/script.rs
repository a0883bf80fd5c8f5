//! Scripts without a server: the state of an install is a pure function of its script and the time.

use std::time::Duration;

use bird_connectors_sandbox::{ChannelField, InstallSnapshot, Script, Step};
use proptest::prelude::*;

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn status() -> impl Strategy<Value = String> {
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
        status().prop_map(Step::Channel),
        status().prop_map(Step::Status),
        status().prop_map(Step::ReadinessStatus),
        status().prop_map(Step::Stage),
        status().prop_map(Step::NumberStatus),
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

/// The fields of a snapshot: visible, channel field, channel (index and status), readiness status, stage and number status.
type SnapshotFields = (
    bool,
    ChannelField,
    Option<(usize, String)>,
    String,
    String,
    String,
);

/// A second implementation of snapshots, which follows the documentation of each step.
fn expected(steps: &[(u64, Step)], commit: u64, now: u64) -> SnapshotFields {
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
    let last_channel = past
        .iter()
        .rposition(|step| matches!(step, Step::Channel(_)));
    let last_no_channel = past
        .iter()
        .rposition(|step| matches!(step, Step::NoChannel(_)));
    let channels = past
        .iter()
        .filter(|step| matches!(step, Step::Channel(_)))
        .count();
    let channel_status = last(|step| {
        if let Step::Channel(status) | Step::Status(status) = step {
            Some(status)
        } else {
            None
        }
    });
    let channel = if last_channel > last_no_channel && !vanished {
        channel_status.clone().map(|status| (channels - 1, status))
    } else {
        None
    };

    let readiness_override = last(|step| {
        if let Step::ReadinessStatus(status) = step {
            Some(status)
        } else {
            None
        }
    });
    let stage = last(|step| {
        if let Step::Stage(status) = step {
            Some(status)
        } else {
            None
        }
    });
    let number = last(|step| {
        if let Step::NumberStatus(status) = step {
            Some(status)
        } else {
            None
        }
    });
    (
        now >= commit && !vanished,
        field.unwrap_or(ChannelField::Missing),
        channel,
        readiness_override
            .or(channel_status)
            .unwrap_or_else(|| "pending".to_owned()),
        stage.unwrap_or_else(|| "accepted".to_owned()),
        number.unwrap_or_else(|| "pending".to_owned()),
    )
}

fn fields(snapshot: &InstallSnapshot<'_>) -> SnapshotFields {
    (
        snapshot.visible,
        snapshot.channel_field,
        snapshot
            .channel
            .map(|channel| (channel.ordinal, channel.status.to_owned())),
        snapshot.readiness_status.to_owned(),
        snapshot.stage.to_owned(),
        snapshot.number_status.to_owned(),
    )
}

proptest! {
    #[test]
    fn snapshot_follows_the_past_steps(steps in steps(), commit in 0_u64..12, now in 0_u64..14) {
        prop_assert_eq!(fields(&script(&steps, commit).snapshot(ms(now))), expected(&steps, commit, now));
    }

    #[test]
    fn snapshot_ignores_future_steps(steps in steps(), later in steps(), now in 0_u64..12) {
        let short = script(&steps, 0);
        let long = later.into_iter().fold(short.clone(), |script, (after, step)| script.step(ms(now + 1 + after), step));
        prop_assert_eq!(short.snapshot(ms(now)), long.snapshot(ms(now)));
    }

    #[test]
    fn snapshot_is_constant_between_steps(steps in steps(), now in 0_u64..12) {
        let script = script(&steps, 3);
        prop_assert_eq!(script.snapshot(ms(now)), script.snapshot(ms(now) + Duration::from_nanos(999_999)));
    }

    #[test]
    fn steps_at_different_times_can_be_added_in_any_order(steps in steps().prop_shuffle(), now in 0_u64..14) {
        let mut sorted = steps.clone();
        sorted.sort_by_key(|(at, _)| *at);
        let (shuffled, sorted) = (script(&steps, 0), script(&sorted, 0));
        prop_assert_eq!(&shuffled, &sorted);
        prop_assert_eq!(shuffled.snapshot(ms(now)), sorted.snapshot(ms(now)));
    }

    #[test]
    fn scaled_script_reaches_the_same_states_later(steps in steps(), now in 0_u64..14, factor in 1_u32..20) {
        let (plain, scaled) = (script(&steps, 5), script(&steps, 5).scaled(f64::from(factor)));
        prop_assert_eq!(fields(&plain.snapshot(ms(now))), fields(&scaled.snapshot(ms(now) * factor)));
    }

    #[test]
    fn channel_ordinals_increase_and_changes_are_in_the_past(steps in steps()) {
        let script = script(&steps, 0);
        let mut last = None;
        for now in 0..14 {
            let snapshot = script.snapshot(ms(now));
            prop_assert!(snapshot.changed_after <= ms(now));
            if let Some(channel) = snapshot.channel {
                prop_assert!(last.is_none_or(|last| channel.ordinal >= last));
                prop_assert!(channel.created_after <= channel.changed_after && channel.changed_after <= ms(now));
                last = Some(channel.ordinal);
            }
        }
    }

    #[test]
    fn timed_install_is_active_after_its_time(channel in 0_u64..5000, more in 0_u64..5000, now in 0_u64..12_000) {
        let script = Script::timed(ms(channel), ms(channel + more));
        let status = script.snapshot(ms(now)).channel.map(|channel| channel.status);
        let expected = if now < channel { None } else if now < channel + more { Some("pending") } else { Some("active") };
        prop_assert_eq!(status, expected);
    }
}

#[test]
fn instant_install_is_active_immediately() {
    let script = Script::instant();
    let snapshot = script.snapshot(Duration::ZERO);
    assert_eq!(
        fields(&snapshot),
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
fn timed_install_is_never_active_before_its_channel() {
    assert_eq!(Script::timed(ms(10), ms(5)), Script::timed(ms(10), ms(10)));
}

#[test]
fn scaled_with_an_invalid_factor_is_instant() {
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
fn script_with_extreme_times_does_not_overflow() {
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
