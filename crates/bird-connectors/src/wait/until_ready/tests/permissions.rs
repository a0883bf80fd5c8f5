//! Responses with 401 and 403: a wait stops reading a denied source and continues with the others.

use super::*;

#[tokio::test(start_paused = true)]
async fn denied_connector_is_followed_by_its_listed_channel() {
    let fake = Fake::new()
        .connector([http_error(403)])
        .list([ok(None), ok(None), listed(A, "pending")])
        .channel([with_status("pending"), with_status("active")]);
    let ready = fake.wait().await.unwrap();
    assert_eq!((ready.channel_id, ready.polls), (A, 4));
    assert_eq!(
        (ready.confirmed_by, ready.connector),
        (StatusSource::Channel, None)
    );
    // Denied once and then not read again. The two kinds of list alternate.
    assert_eq!(fake.count(|target| target == ReadTarget::Connector), 1);
    let lists: Vec<_> = fake
        .targets()
        .into_iter()
        .filter(|target| is_list(*target))
        .collect();
    let lookups = [Lookup::Unfiltered, Lookup::ByStatus, Lookup::Unfiltered];
    assert_eq!(lists, lookups.map(ReadTarget::List));
}

#[tokio::test(start_paused = true)]
async fn listed_channel_is_read_in_the_same_poll() {
    let fake = Fake::new()
        .connector([http_error(403)])
        .list([listed(A, "active")]);
    let ready = fake.wait().await.unwrap();
    assert_eq!(ready.polls, 1);
    assert_eq!(fake.targets().last(), Some(&ReadTarget::Channel(A)));
}

#[tokio::test(start_paused = true)]
async fn wait_works_without_denied_or_absent_readiness() {
    for status in [403, 404] {
        let fake = Fake::new().readiness([http_error(status)]).channel([
            with_status("pending"),
            with_status("pending"),
            with_status("pending"),
            with_status("active"),
        ]);
        let ready = fake.wait().await.unwrap();
        assert_eq!(
            (ready.polls, ready.confirmed_by),
            (4, StatusSource::Channel)
        );
        // One 404 is not enough, because the connector may not be visible yet.
        let requested = fake.count(|target| target == ReadTarget::Readiness);
        assert_eq!(requested, if status == 403 { 1 } else { 2 });
    }
}

#[tokio::test(start_paused = true)]
async fn readiness_confirms_a_channel_that_is_denied() {
    let fake = Fake::new().channel([http_error(403)]).readiness([
        readiness_statuses("pending", ""),
        readiness_statuses("activating", ""),
        readiness_statuses("active", ""),
    ]);
    let ready = fake.wait().await.unwrap();
    assert_eq!((ready.channel_id, ready.polls), (A, 3));
    assert_eq!(ready.confirmed_by, StatusSource::ReadinessChannel);
    assert_eq!(ready.channel, None);
    assert_eq!(fake.count(is_channel), 1);
    assert_eq!(fake.count(is_list), 0);
}

#[tokio::test(start_paused = true)]
async fn readiness_confirms_only_the_current_channel_of_the_connector() {
    let fake = Fake::new()
        .connector([with_channel(A), http_error(503), with_channel(B)])
        .channel([http_error(403)])
        .readiness([
            readiness_statuses("pending", ""),
            readiness_statuses("active", ""),
        ]);
    let ready = fake.wait().await.unwrap();
    assert_eq!((ready.channel_id, ready.polls), (B, 3));
}

#[tokio::test(start_paused = true)]
async fn list_confirms_when_channel_and_readiness_are_unavailable() {
    for readiness in [
        http_error(403),
        http_error(404),
        readiness_statuses("", "active"),
        http_error(503),
    ] {
        let fake = Fake::new()
            .channel([http_error(403)])
            .readiness([readiness])
            .list([listed(A, "pending"), listed(A, "active")]);
        let ready = fake.wait().await.unwrap();
        assert_eq!((ready.channel_id, ready.polls), (A, 2));
        assert_eq!(ready.confirmed_by, StatusSource::Channel);
        assert_eq!(ready.channel, Some(channel(A, "active")));
    }
}

#[tokio::test(start_paused = true)]
async fn list_is_sufficient_when_all_other_sources_are_denied() {
    let fake = Fake::new()
        .connector([http_error(403)])
        .channel([http_error(403)])
        .readiness([http_error(403)])
        .list([
            ok(None),
            listed(A, "failed"),
            listed(B, "pending"),
            listed(B, "active"),
        ]);
    let ready = fake.wait().await.unwrap();
    assert_eq!((ready.channel_id, ready.polls), (B, 4));
}

#[tokio::test(start_paused = true)]
async fn custom_condition_applies_to_the_listed_channel() {
    let fake = Fake::new()
        .channel([http_error(403)])
        .readiness([readiness_statuses("active", "")])
        .list([listed(A, "pending"), listed(A, "active")]);
    let until = |channel: &Channel| channel.status == Some("active".into());
    let ready = fake
        .wait_with(|wait| wait.options.rules.condition = Condition::matches(until))
        .await
        .unwrap();
    assert_eq!(
        (ready.polls, ready.confirmed_by),
        (2, StatusSource::Channel)
    );
}

#[tokio::test(start_paused = true)]
async fn has_channel_is_met_by_a_listed_channel() {
    let fake = Fake::new()
        .connector([http_error(403)])
        .list([listed(A, "pending")]);
    let ready = fake
        .wait_with(|wait| wait.options.rules.condition = Condition::has_channel())
        .await
        .unwrap();
    assert_eq!(
        (ready.channel_id, ready.confirmed_by),
        (A, StatusSource::Channel)
    );
}

/// Denies every subset of the four sources.
#[tokio::test(start_paused = true)]
async fn wait_is_denied_only_without_usable_sources() {
    for bits in 0..16_u8 {
        let is_denied = |bit: u8| bits & (1 << bit) != 0;
        let mut fake = Fake::new()
            .readiness([readiness_statuses("active", "")])
            .list([listed(A, "active")]);
        if is_denied(0) {
            fake = fake.connector([http_error(403)]);
        }
        if is_denied(1) {
            fake = fake.readiness([http_error(403)]);
        }
        if is_denied(2) {
            fake = fake.channel([http_error(403)]);
        }
        if is_denied(3) {
            fake = fake.list([http_error(403)]);
        }
        // The list is denied, and so are the sources of the channel's id or the sources of its status.
        let denied = is_denied(3) && (is_denied(0) || (is_denied(1) && is_denied(2)));
        match fake.wait().await {
            Ok(ready) => {
                assert!(!denied, "{bits:04b}");
                assert_eq!((ready.channel_id, ready.polls), (A, 1), "{bits:04b}");
            }
            Err(WaitError::Denied { error, report, .. }) => {
                assert!(denied, "{bits:04b}: {error}");
                assert_eq!(
                    (error.kind(), report.polls),
                    (ErrorKind::PermissionDenied, 1)
                );
            }
            Err(error) => panic!("{bits:04b}: {error}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn permission_lost_during_a_wait_does_not_stall_it() {
    // The create returned the channel, so the connector is read only after the channel is gone.
    let fake = Fake::new()
        .connector([http_error(403)])
        .channel([http_error(404), with_status("active")])
        .list([listed(B, "pending")]);
    let ready = fake
        .wait_with(|wait| wait.connector = Some(connector(Some(A))))
        .await
        .unwrap();
    assert_eq!((ready.channel_id, ready.polls), (B, 1));
}

#[tokio::test(start_paused = true)]
async fn invalid_key_ends_the_wait_at_once() {
    let hang = || http_error(503).after(HOUR);
    let fakes = [
        Fake::new()
            .connector([http_error(401)])
            .readiness([http_error(503).after(HOUR)]),
        Fake::new().readiness([http_error(401)]).connector([hang()]),
        Fake::new()
            .channel([http_error(401)])
            .readiness([http_error(503).after(HOUR)]),
        Fake::new()
            .connector([http_error(403)])
            .list([http_error(401)]),
    ];
    for fake in fakes {
        let start = Instant::now();
        let error = fake.wait().await.unwrap_err();
        let message = error.to_string();
        assert!(message.ends_with(" [errors#wait_denied]"), "{message}");
        assert_eq!(message.matches("[errors#").count(), 1, "{message}");
        let WaitError::Denied { error, report, .. } = error else {
            panic!("{error}");
        };
        assert_eq!((error.kind(), report.polls), (ErrorKind::Authentication, 1));
        assert!(start.elapsed() < Duration::from_secs(1));
    }
}

#[tokio::test(start_paused = true)]
async fn readiness_status_is_reported_after_the_channel_is_denied() {
    let fake = Fake::new()
        .channel([with_status("pending"), http_error(403)])
        .readiness([
            readiness_statuses("checking", ""),
            readiness_statuses("verifying", ""),
        ]);
    let error = fake.wait().await.unwrap_err();
    assert_eq!(error.report().unwrap().status.as_deref(), Some("verifying"));
}

#[tokio::test(start_paused = true)]
async fn readiness_confirms_a_channel_whose_permission_was_lost() {
    let fake = Fake::new()
        .channel([with_status("pending"), http_error(403)])
        .readiness([
            readiness_statuses("pending", ""),
            readiness_statuses("pending", ""),
            readiness_statuses("active", ""),
        ]);
    let ready = fake.wait().await.unwrap();
    assert_eq!((ready.channel_id, ready.polls), (A, 3));
    assert_eq!(ready.confirmed_by, StatusSource::ReadinessChannel);
    // The channel as last read is still reported.
    assert_eq!(ready.channel, Some(channel(A, "pending")));
}

#[tokio::test(start_paused = true)]
async fn denied_list_does_not_end_the_wait_while_other_sources_work() {
    // Readiness fails once, so the list is read; then the connector has no channel for one poll.
    let fake = Fake::new()
        .connector([with_channel(A), without_channel(), with_channel(A)])
        .channel([http_error(403)])
        .readiness([
            http_error(503),
            readiness_statuses("pending", ""),
            readiness_statuses("active", ""),
        ])
        .list([http_error(403)]);
    let ready = fake.wait().await.unwrap();
    assert_eq!((ready.channel_id, ready.polls), (A, 3));
    assert_eq!(fake.count(is_list), 1);
}

#[tokio::test(start_paused = true)]
async fn ready_never_combines_two_channels() {
    // The list already has the new channel when the connector still has the old one.
    let late = with_channel(A).after(seconds(0.1));
    let fake = Fake::new()
        .connector([with_channel(A), late.clone(), late, with_channel(B)])
        .channel([http_error(403)])
        .readiness([http_error(403)])
        .list([ok(None), listed(B, "active")]);
    let ready = fake.wait().await.unwrap();
    assert_eq!(
        (ready.channel_id, ready.channel),
        (B, Some(channel(B, "active")))
    );
}
