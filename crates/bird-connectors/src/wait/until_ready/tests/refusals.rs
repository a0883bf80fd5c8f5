//! 401 and 403: each source is judged on its own, and the wait goes on with what is left.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_refused_connector_is_found_by_its_channel_in_the_list() {
    let fake = Fake::new()
        .connector([http(403)])
        .list([ok(None), ok(None), lists(A, "pending")])
        .channel([says("pending"), says("active")]);
    let ready = fake.wait().await.unwrap();
    assert_eq!((ready.channel_id, ready.polls), (A, 4));
    assert_eq!(
        (ready.confirmed_by, ready.connector),
        (StatusSource::Channel, None)
    );
    // Refused once, never asked again; the two kinds of list take turns.
    assert_eq!(fake.count(|ask| ask == ReadTarget::Connector), 1);
    let lists: Vec<_> = fake
        .asked()
        .into_iter()
        .filter(|ask| is_list(*ask))
        .collect();
    let turns = [Lookup::Unfiltered, Lookup::ByStatus, Lookup::Unfiltered];
    assert_eq!(lists, turns.map(ReadTarget::List));
}

#[tokio::test(start_paused = true)]
async fn the_channel_in_the_list_is_read_in_the_same_poll() {
    let fake = Fake::new()
        .connector([http(403)])
        .list([lists(A, "active")]);
    let ready = fake.wait().await.unwrap();
    assert_eq!(ready.polls, 1);
    assert_eq!(fake.asked().last(), Some(&ReadTarget::Channel(A)));
}

#[tokio::test(start_paused = true)]
async fn readiness_that_is_refused_or_absent_is_done_without() {
    for status in [403, 404] {
        let fake = Fake::new().readiness([http(status)]).channel([
            says("pending"),
            says("pending"),
            says("pending"),
            says("active"),
        ]);
        let ready = fake.wait().await.unwrap();
        assert_eq!(
            (ready.polls, ready.confirmed_by),
            (4, StatusSource::Channel)
        );
        // 404 must come twice: it might be the connector that is not there yet.
        let asked = fake.count(|ask| ask == ReadTarget::Readiness);
        assert_eq!(asked, if status == 403 { 1 } else { 2 });
    }
}

#[tokio::test(start_paused = true)]
async fn readiness_stands_in_for_a_channel_that_may_not_be_read_and_says_so() {
    let fake = Fake::new().channel([http(403)]).readiness([
        tells("pending", ""),
        tells("ACTIVE", ""),
        tells("active", ""),
    ]);
    let ready = fake.wait().await.unwrap();
    assert_eq!((ready.channel_id, ready.polls), (A, 3));
    assert_eq!(ready.confirmed_by, StatusSource::ReadinessChannel);
    assert_eq!(ready.channel, None);
    assert_eq!(fake.count(is_channel), 1);
    assert_eq!(fake.count(is_list), 0);
}

#[tokio::test(start_paused = true)]
async fn readiness_stands_in_only_for_the_channel_that_the_connector_names_now() {
    let fake = Fake::new()
        .connector([names(A), http(503), names(B)])
        .channel([http(403)])
        .readiness([tells("pending", ""), tells("active", "")]);
    let ready = fake.wait().await.unwrap();
    assert_eq!((ready.channel_id, ready.polls), (B, 3));
}

#[tokio::test(start_paused = true)]
async fn the_list_stands_in_where_channel_and_readiness_may_not_be_read() {
    for readiness in [http(403), http(404), tells("", "active"), http(503)] {
        let fake = Fake::new()
            .channel([http(403)])
            .readiness([readiness])
            .list([lists(A, "pending"), lists(A, "active")]);
        let ready = fake.wait().await.unwrap();
        assert_eq!((ready.channel_id, ready.polls), (A, 2));
        assert_eq!(ready.confirmed_by, StatusSource::Channel);
        assert_eq!(ready.channel, Some(channel(A, "active")));
    }
}

#[tokio::test(start_paused = true)]
async fn the_list_alone_is_enough() {
    let fake = Fake::new()
        .connector([http(403)])
        .channel([http(403)])
        .readiness([http(403)])
        .list([
            ok(None),
            lists(A, "failed"),
            lists(B, "pending"),
            lists(B, "active"),
        ]);
    let ready = fake.wait().await.unwrap();
    assert_eq!((ready.channel_id, ready.polls), (B, 4));
}

#[tokio::test(start_paused = true)]
async fn a_test_of_the_callers_own_is_put_to_the_channel_in_the_list() {
    let fake = Fake::new()
        .channel([http(403)])
        .readiness([tells("active", "")])
        .list([lists(A, "pending"), lists(A, "active")]);
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
async fn a_channel_found_in_the_list_is_enough_for_a_wait_for_a_channel() {
    let fake = Fake::new()
        .connector([http(403)])
        .list([lists(A, "pending")]);
    let ready = fake
        .wait_with(|wait| wait.options.rules.condition = Condition::has_channel())
        .await
        .unwrap();
    assert_eq!(
        (ready.channel_id, ready.confirmed_by),
        (A, StatusSource::Channel)
    );
}

/// Which of the four sources are refused, and whether that leaves nothing.
#[tokio::test(start_paused = true)]
async fn denied_only_when_no_source_is_left() {
    for bits in 0..16_u8 {
        let refused = |bit: u8| bits & (1 << bit) != 0;
        let mut fake = Fake::new()
            .readiness([tells("active", "")])
            .list([lists(A, "active")]);
        if refused(0) {
            fake = fake.connector([http(403)]);
        }
        if refused(1) {
            fake = fake.readiness([http(403)]);
        }
        if refused(2) {
            fake = fake.channel([http(403)]);
        }
        if refused(3) {
            fake = fake.list([http(403)]);
        }
        // The list is refused, and either nobody names the channel or nobody tells its status.
        let denied = refused(3) && (refused(0) || (refused(1) && refused(2)));
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
async fn a_permission_lost_on_the_way_does_not_stall_the_wait() {
    // The create named the channel, so that the connector is read only once the channel is gone.
    let fake = Fake::new()
        .connector([http(403)])
        .channel([http(404), says("active")])
        .list([lists(B, "pending")]);
    let ready = fake
        .wait_with(|wait| wait.connector = Some(connector(Some(A))))
        .await
        .unwrap();
    assert_eq!((ready.channel_id, ready.polls), (B, 1));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_not_accepted_ends_the_wait_at_once() {
    let hang = || http(503).after(HOUR);
    let fakes = [
        Fake::new()
            .connector([http(401)])
            .readiness([http(503).after(HOUR)]),
        Fake::new().readiness([http(401)]).connector([hang()]),
        Fake::new()
            .channel([http(401)])
            .readiness([http(503).after(HOUR)]),
        Fake::new().connector([http(403)]).list([http(401)]),
    ];
    for fake in fakes {
        let start = Instant::now();
        let error = fake.wait().await.unwrap_err();
        let WaitError::Denied { error, report, .. } = error else {
            panic!("{error}");
        };
        assert_eq!((error.kind(), report.polls), (ErrorKind::Authentication, 1));
        assert!(start.elapsed() < Duration::from_secs(1));
    }
}

#[tokio::test(start_paused = true)]
async fn the_status_that_readiness_tells_is_the_last_one_seen_once_the_channel_is_refused() {
    let fake = Fake::new()
        .channel([says("pending"), http(403)])
        .readiness([tells("checking", ""), tells("verifying", "")]);
    let error = fake.wait().await.unwrap_err();
    assert_eq!(error.report().unwrap().status.as_deref(), Some("verifying"));
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_may_not_be_read_any_more_is_left_to_readiness() {
    let fake = Fake::new()
        .channel([says("pending"), http(403)])
        .readiness([
            tells("pending", ""),
            tells("pending", ""),
            tells("active", ""),
        ]);
    let ready = fake.wait().await.unwrap();
    assert_eq!((ready.channel_id, ready.polls), (A, 3));
    assert_eq!(ready.confirmed_by, StatusSource::ReadinessChannel);
    // What was known of the channel is still told.
    assert_eq!(ready.channel, Some(channel(A, "pending")));
}

#[tokio::test(start_paused = true)]
async fn a_refused_list_is_no_denial_while_the_others_may_still_tell() {
    // Readiness fails once, so that the list is asked; then the connector has no channel for a moment.
    let fake = Fake::new()
        .connector([names(A), unnamed(), names(A)])
        .channel([http(403)])
        .readiness([http(503), tells("pending", ""), tells("active", "")])
        .list([http(403)]);
    let ready = fake.wait().await.unwrap();
    assert_eq!((ready.channel_id, ready.polls), (A, 3));
    assert_eq!(fake.count(is_list), 1);
}

#[tokio::test(start_paused = true)]
async fn a_wait_never_mixes_two_channels() {
    // The list is ahead of the connector, whose word comes last.
    let late = names(A).after(seconds(0.1));
    let fake = Fake::new()
        .connector([names(A), late.clone(), late, names(B)])
        .channel([http(403)])
        .readiness([http(403)])
        .list([ok(None), lists(B, "active")]);
    let ready = fake.wait().await.unwrap();
    assert_eq!(
        (ready.channel_id, ready.channel),
        (B, Some(channel(B, "active")))
    );
}
