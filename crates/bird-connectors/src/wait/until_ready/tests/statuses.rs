//! Statuses: which ones are ready, failed or neither, and custom conditions.

use super::*;

#[tokio::test(start_paused = true)]
async fn wait_ends_when_the_channel_is_active() {
    let fake = Fake::new()
        .connector([without_channel(), without_channel(), with_channel(A)])
        .channel([
            with_status("pending"),
            with_status("pending"),
            with_status("active"),
        ]);
    let ready = fake.wait().await.unwrap();
    assert_eq!(ready.channel_id, A);
    assert_eq!(ready.polls, 5);
    assert_eq!(ready.confirmed_by, StatusSource::Channel);
    assert_eq!(ready.channel, Some(channel(A, "active")));
    assert_eq!(ready.connector, Some(connector(Some(A))));
    assert_eq!(ready.elapsed, fake.times(is_channel)[2]);
    // The connector is not read again once its channel is known.
    assert_eq!(fake.count(|target| target == ReadTarget::Connector), 3);
}

#[tokio::test(start_paused = true)]
async fn connector_with_a_known_channel_is_not_read_again() {
    let fake = Fake::new();
    let known = Some(connector(Some(A)));
    let ready = fake
        .wait_with(|wait| wait.connector.clone_from(&known))
        .await
        .unwrap();
    assert_eq!((ready.channel_id, ready.connector), (A, known));
    assert_eq!(fake.count(|target| target == ReadTarget::Connector), 0);
}

#[tokio::test(start_paused = true)]
async fn unknown_status_means_not_finished() {
    let statuses = ["activated", "ready", "inactive", "preview", "zzz", ""];
    let fake = Fake::new().channel(
        statuses
            .map(with_status)
            .into_iter()
            .chain([with_status("active")]),
    );
    assert_eq!(fake.wait().await.unwrap().polls, 7);
}

#[tokio::test(start_paused = true)]
async fn status_in_any_case_satisfies_the_condition() {
    for status in ["ACTIVE", "Active", "active"] {
        let fake = Fake::new().channel([with_status("pending"), with_status(status)]);
        assert_eq!(fake.wait().await.unwrap().polls, 2, "{status}");
        // Only the readiness can be read.
        let fake = Fake::new()
            .channel([http_error(403)])
            .readiness([readiness_statuses(status, "")]);
        let ready = fake.wait().await.unwrap();
        assert_eq!(ready.confirmed_by, StatusSource::ReadinessChannel);
    }
}

#[tokio::test(start_paused = true)]
async fn white_space_around_a_status_does_not_count() {
    for status in [" active ", "ACTIVE\n"] {
        let fake = Fake::new().channel([with_status("pending"), with_status(status)]);
        assert_eq!(fake.wait().await.unwrap().polls, 2, "{status}");
        let fake = Fake::new()
            .channel([http_error(403)])
            .readiness([readiness_statuses(status, "")]);
        assert!(fake.wait().await.is_ok());
    }
    let fake = Fake::new().channel([with_status("\tfailed ")]);
    let error = fake.wait().await.unwrap_err();
    assert!(matches!(error, WaitError::Failed { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn timeout_about_a_channel_without_a_status_names_the_readiness_status_separately() {
    for status in [json!(null), json!(""), json!("  ")] {
        let read: Channel =
            serde_json::from_value(json!({ "id": A, "connectorId": CONNECTOR, "status": status }))
                .unwrap();
        let fake = Fake::new()
            .channel([ok(read)])
            .readiness([readiness_statuses("active", "")]);
        let error = fake.wait().await.unwrap_err();
        let message = error.to_string();
        let expected = format!(
            "timed out after 300.0 s, channel {A} has no status, no status observed, but the readiness reply reports \
             `active`, "
        );
        assert!(message.contains(&expected), "{message}");
        let report = error.report().unwrap();
        assert_eq!((&report.status, report.channel.is_some()), (&None, true));
        assert!(report.readiness.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn timeout_about_a_channel_that_was_not_read_says_whose_status_it_names() {
    let fake = Fake::new()
        .connector([without_channel()])
        .readiness([readiness_statuses("pending", "")]);
    let message = fake.wait().await.unwrap_err().to_string();
    assert!(
        message.contains(
            "the connector names no channel yet, last status `pending` in the readiness reply, "
        ),
        "{message}"
    );
}

/// The error of the poll that is cut off does not hide it.
#[tokio::test(start_paused = true)]
async fn reason_for_the_missing_status_survives_a_later_error() {
    let fake = Fake::new().channel([
        ok(serde_json::from_value(json!({ "id": A, "status": 7 })).unwrap()),
        http_error(503),
    ]);
    let message = fake.wait().await.unwrap_err().to_string();
    assert!(message.contains("the status of channel"), "{message}");
    assert!(message.contains("503"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn readiness_alone_does_not_confirm_a_readable_channel() {
    let fake = Fake::new()
        .readiness([readiness_statuses("active", "active")])
        .channel([
            with_status("pending"),
            http_error(503),
            with_status("active"),
        ]);
    let ready = fake.wait().await.unwrap();
    assert_eq!(
        (ready.polls, ready.confirmed_by),
        (3, StatusSource::Channel)
    );
}

#[tokio::test(start_paused = true)]
async fn condition_is_tested_only_on_results_of_the_current_poll() {
    // The condition holds when it is tested for the second time. Each poll tests only the channel that it has read.
    let times = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&times);
    let second = move |_: &Channel| {
        *counter.lock().unwrap() += 1;
        *counter.lock().unwrap() == 2
    };
    let fake = Fake::new().channel([
        with_status("pending"),
        http_error(503),
        http_error(503),
        with_status("pending"),
    ]);
    let ready = fake
        .wait_with(|wait| wait.options.rules.condition = Condition::matches(second))
        .await
        .unwrap();
    assert_eq!((ready.polls, *times.lock().unwrap()), (4, 2));
}

#[tokio::test(start_paused = true)]
async fn failure_status_in_any_case_fails_after_two_consecutive_polls() {
    for expected in [
        "failed",
        "ERROR",
        "Rejected",
        "suspended",
        "deleted",
        "cancelled",
    ] {
        let fake = Fake::new().channel([
            with_status(expected),
            with_status("pending"),
            with_status(expected),
            with_status(expected),
            with_status("active"),
        ]);
        let error = fake.wait().await.unwrap_err();
        let WaitError::Failed {
            status,
            reported_by,
            report,
        } = &error
        else {
            panic!("{expected}: {error}");
        };
        assert_eq!(
            (status.as_str(), *reported_by),
            (expected, StatusSource::Channel)
        );
        assert_eq!(
            (report.polls, report.status.as_deref()),
            (4, Some(expected))
        );
        let message = error.to_string();
        assert!(
            message.starts_with(&format!("wait for connector {CONNECTOR}: the install failed: the status of the channel is `{expected}`; delete the connector, then install or ensure again")),
            "{message}"
        );
        assert!(message.ends_with(" [errors#wait_failed]"), "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn single_failure_status_does_not_end_the_wait() {
    let fake = Fake::new().channel([with_status("failed"), with_status("active")]);
    assert_eq!(fake.wait().await.unwrap().polls, 2);
}

#[tokio::test(start_paused = true)]
async fn different_consecutive_failure_statuses_fail() {
    let fake = Fake::new().channel([with_status("error"), with_status("failed")]);
    let error = fake.wait().await.unwrap_err();
    assert!(
        matches!(&error, WaitError::Failed { status, .. } if status == "failed"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn poll_without_a_response_does_not_reset_a_failure() {
    let fake = Fake::new().channel([
        with_status("failed"),
        http_error(503),
        with_status("failed"),
        with_status("active"),
    ]);
    let error = fake.wait().await.unwrap_err();
    assert!(matches!(error, WaitError::Failed { .. }), "{error}");
    assert_eq!(error.report().unwrap().polls, 3);
}

#[tokio::test(start_paused = true)]
async fn readiness_failures_end_the_wait_before_a_channel_exists() {
    for (reply, source) in [
        (
            readiness_statuses("rejected", "pending"),
            StatusSource::ReadinessChannel,
        ),
        (
            readiness_statuses("pending", "rejected"),
            StatusSource::ReadinessNumber,
        ),
    ] {
        let fake = Fake::new()
            .connector([without_channel()])
            .readiness([readiness_statuses("pending", "pending"), reply]);
        let error = fake.wait().await.unwrap_err();
        assert!(
            matches!(&error, WaitError::Failed { status, reported_by: found, report, .. }
                if status == "rejected" && *found == source && report.polls == 3),
            "{error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn failures_are_counted_per_source() {
    // No source fails in two consecutive polls.
    let fake = Fake::new()
        .readiness([
            readiness_statuses("failed", "active"),
            readiness_statuses("active", "failed"),
            readiness_statuses("active", "active"),
        ])
        .channel([
            with_status("pending"),
            with_status("pending"),
            with_status("failed"),
            with_status("active"),
        ]);
    assert_eq!(fake.wait().await.unwrap().polls, 4);
}

#[tokio::test(start_paused = true)]
async fn inactive_preview_and_stage_are_not_failures() {
    let stage = json!({ "channel": { "status": "inactive", "stage": "failed" }, "number": { "status": "preview" } });
    let fake = Fake::new().readiness([readiness(stage)]).channel([
        with_status("inactive"),
        with_status("inactive"),
        with_status("preview"),
        with_status("preview"),
        with_status("active"),
    ]);
    assert_eq!(fake.wait().await.unwrap().polls, 5);
}

#[tokio::test(start_paused = true)]
async fn active_channel_is_ready_despite_failing_readiness() {
    let fake = Fake::new()
        .readiness([readiness_statuses("failed", "failed")])
        .channel([with_status("pending"), with_status("active")]);
    assert_eq!(fake.wait().await.unwrap().polls, 2);
}

#[tokio::test(start_paused = true)]
async fn new_channel_does_not_inherit_the_failure_of_the_old_one() {
    let fake = Fake::new()
        .connector([with_channel(A), with_channel(B)])
        .channel([
            with_status("failed"),
            http_error(404),
            with_status("failed"),
            with_status("active"),
        ]);
    let ready = fake.wait().await.unwrap();
    assert_eq!((ready.channel_id, ready.polls), (B, 3));
}

#[tokio::test(start_paused = true)]
async fn custom_failure_statuses_replace_the_defaults() {
    let own =
        |wait: &mut WaitSettings| wait.options.rules.failure_statuses = vec!["ÉCHEC".to_owned()];
    let fake = Fake::new().channel([
        with_status("failed"),
        with_status("failed"),
        with_status("échec"),
        with_status("échec"),
    ]);
    let error = fake.wait_with(own).await.unwrap_err();
    assert!(
        matches!(&error, WaitError::Failed { status, report, .. } if status == "échec" && report.polls == 4),
        "{error}"
    );

    let none = |wait: &mut WaitSettings| wait.options.rules.failure_statuses.clear();
    let fake = Fake::new().channel([
        with_status("failed"),
        with_status("failed"),
        with_status("active"),
    ]);
    assert!(fake.wait_with(none).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn custom_status_ends_the_wait() {
    let until =
        |wait: &mut WaitSettings| wait.options.rules.condition = Condition::status("failed");
    let fake = Fake::new().channel([with_status("active"), with_status("failed")]);
    let ready = fake.wait_with(until).await.unwrap();
    assert_eq!(ready.polls, 2);
    assert_eq!(
        format!("{:?}", Condition::status("failed")),
        r#"status == "failed""#
    );
}

#[tokio::test(start_paused = true)]
async fn has_channel_does_not_read_the_channel() {
    let until = |wait: &mut WaitSettings| wait.options.rules.condition = Condition::has_channel();
    let fake = Fake::new()
        .connector([without_channel(), with_channel(A)])
        .channel([with_status("failed")]);
    let ready = fake.wait_with(until).await.unwrap();
    assert_eq!((ready.channel_id, ready.polls), (A, 2));
    assert_eq!(
        (ready.confirmed_by, ready.channel),
        (StatusSource::Connector, None)
    );
    assert_eq!(fake.count(is_channel), 0);

    // The connector that the create returned is sufficient.
    let fake = Fake::new();
    let ready = fake
        .wait_with(|wait| {
            until(wait);
            wait.connector = Some(connector(Some(B)));
        })
        .await
        .unwrap();
    assert_eq!(ready.channel_id, B);
    assert_eq!(fake.targets(), []);
}

#[tokio::test(start_paused = true)]
async fn custom_condition_receives_the_whole_channel() {
    let until = |wait: &mut WaitSettings| {
        wait.options.rules.condition =
            Condition::matches(|channel| channel.identifier.as_deref() == Some("+31"));
    };
    let mut with_number = channel(A, "pending");
    with_number.identifier = Some("+31".to_owned());
    let fake = Fake::new().channel([with_status("active"), ok(with_number)]);
    let ready = fake.wait_with(until).await.unwrap();
    assert_eq!(ready.polls, 2);
    assert_eq!(ready.channel.unwrap().status.unwrap().as_str(), "pending");
}
