//! Statuses: what counts as ready, what as failed, and what as neither; and the conditions of a caller's own.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_install_is_followed_until_the_channel_is_active() {
    let fake = Fake::new()
        .connector([unnamed(), unnamed(), names(A)])
        .channel([says("pending"), says("pending"), says("active")]);
    let ready = fake.wait().await.unwrap();
    assert_eq!(ready.channel_id, A);
    assert_eq!(ready.polls, 5);
    assert_eq!(ready.confirmed_by, StatusSource::Channel);
    assert_eq!(ready.channel, Some(channel(A, "active")));
    assert_eq!(ready.connector, Some(connector(Some(A))));
    assert_eq!(ready.elapsed, fake.times(is_channel)[2]);
    // The connector is not read any more once it has named its channel.
    assert_eq!(fake.count(|ask| ask == ReadTarget::Connector), 3);
}

#[tokio::test(start_paused = true)]
async fn a_connector_that_the_create_answered_with_its_channel_is_not_read_again() {
    let fake = Fake::new();
    let known = Some(connector(Some(A)));
    let ready = fake
        .wait_with(|wait| wait.connector.clone_from(&known))
        .await
        .unwrap();
    assert_eq!((ready.channel_id, ready.connector), (A, known));
    assert_eq!(fake.count(|ask| ask == ReadTarget::Connector), 0);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_word_means_not_finished() {
    let words = [
        "Active",
        "ACTIVE",
        "activated",
        "ready",
        "inactive",
        "preview",
        "zzz",
        "",
    ];
    let fake = Fake::new().channel(words.map(says).into_iter().chain([says("active")]));
    assert_eq!(fake.wait().await.unwrap().polls, 9);
}

#[tokio::test(start_paused = true)]
async fn readiness_alone_does_not_make_a_channel_ready() {
    let fake = Fake::new().readiness([tells("active", "active")]).channel([
        says("pending"),
        http(503),
        says("active"),
    ]);
    let ready = fake.wait().await.unwrap();
    assert_eq!(
        (ready.polls, ready.confirmed_by),
        (3, StatusSource::Channel)
    );
}

#[tokio::test(start_paused = true)]
async fn an_older_sight_of_the_channel_proves_nothing() {
    // A test that would be passed at the second time: it is put once to what a poll has read, and to nothing older.
    let times = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&times);
    let second = move |_: &Channel| {
        *counter.lock().unwrap() += 1;
        *counter.lock().unwrap() == 2
    };
    let fake = Fake::new().channel([says("pending"), http(503), http(503), says("pending")]);
    let ready = fake
        .wait_with(|wait| wait.options.rules.condition = Condition::matches(second))
        .await
        .unwrap();
    assert_eq!((ready.polls, *times.lock().unwrap()), (4, 2));
}

#[tokio::test(start_paused = true)]
async fn every_failure_word_counts_in_any_case_when_seen_in_two_polls_running() {
    for word in [
        "failed",
        "ERROR",
        "Rejected",
        "suspended",
        "deleted",
        "cancelled",
    ] {
        let fake = Fake::new().channel([
            says(word),
            says("pending"),
            says(word),
            says(word),
            says("active"),
        ]);
        let error = fake.wait().await.unwrap_err();
        let WaitError::Failed {
            status,
            source,
            report,
        } = &error
        else {
            panic!("{word}: {error}");
        };
        assert_eq!((status.as_str(), *source), (word, StatusSource::Channel));
        assert_eq!((report.polls, report.status.as_deref()), (4, Some(word)));
        let text = error.to_string();
        assert!(
            text.starts_with(&format!("wait for connector {CONNECTOR}: the install failed: the channel says `{word}`; delete the connector, then install again")),
            "{text}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_passes_is_none() {
    let fake = Fake::new().channel([says("failed"), says("active")]);
    assert_eq!(fake.wait().await.unwrap().polls, 2);
}

#[tokio::test(start_paused = true)]
async fn different_failure_words_running_are_a_failure() {
    let fake = Fake::new().channel([says("error"), says("failed")]);
    let error = fake.wait().await.unwrap_err();
    assert!(
        matches!(&error, WaitError::Failed { status, .. } if status == "failed"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_poll_without_an_answer_does_not_interrupt_a_failure() {
    let fake = Fake::new().channel([says("failed"), http(503), says("failed"), says("active")]);
    let error = fake.wait().await.unwrap_err();
    assert!(matches!(error, WaitError::Failed { .. }), "{error}");
    assert_eq!(error.report().unwrap().polls, 3);
}

#[tokio::test(start_paused = true)]
async fn readiness_tells_failures_of_channel_and_number_even_before_there_is_a_channel() {
    for (reply, source) in [
        (tells("rejected", "pending"), StatusSource::ReadinessChannel),
        (tells("pending", "rejected"), StatusSource::ReadinessNumber),
    ] {
        let fake = Fake::new()
            .connector([unnamed()])
            .readiness([tells("pending", "pending"), reply]);
        let error = fake.wait().await.unwrap_err();
        assert!(
            matches!(&error, WaitError::Failed { status, source: found, report, .. }
                if status == "rejected" && *found == source && report.polls == 3),
            "{error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn each_source_counts_for_itself() {
    // Never twice running in the same place.
    let fake = Fake::new()
        .readiness([
            tells("failed", "active"),
            tells("active", "failed"),
            tells("active", "active"),
        ])
        .channel([
            says("pending"),
            says("pending"),
            says("failed"),
            says("active"),
        ]);
    assert_eq!(fake.wait().await.unwrap().polls, 4);
}

#[tokio::test(start_paused = true)]
async fn inactive_preview_and_the_stage_are_no_failures() {
    let stage = json!({ "channel": { "status": "inactive", "stage": "failed" }, "number": { "status": "preview" } });
    let fake = Fake::new().readiness([readiness(stage)]).channel([
        says("inactive"),
        says("inactive"),
        says("preview"),
        says("preview"),
        says("active"),
    ]);
    assert_eq!(fake.wait().await.unwrap().polls, 5);
}

#[tokio::test(start_paused = true)]
async fn an_active_channel_is_ready_whatever_readiness_says() {
    let fake = Fake::new()
        .readiness([tells("failed", "failed")])
        .channel([says("pending"), says("active")]);
    assert_eq!(fake.wait().await.unwrap().polls, 2);
}

#[tokio::test(start_paused = true)]
async fn a_new_channel_does_not_inherit_the_failure_of_the_old_one() {
    let fake = Fake::new().connector([names(A), names(B)]).channel([
        says("failed"),
        http(404),
        says("failed"),
        says("active"),
    ]);
    let ready = fake.wait().await.unwrap();
    assert_eq!((ready.channel_id, ready.polls), (B, 3));
}

#[tokio::test(start_paused = true)]
async fn failure_words_of_the_callers_own_replace_the_default_ones() {
    let own =
        |wait: &mut WaitSettings| wait.options.rules.failure_statuses = vec!["ÉCHEC".to_owned()];
    let fake = Fake::new().channel([says("failed"), says("failed"), says("échec"), says("échec")]);
    let error = fake.wait_with(own).await.unwrap_err();
    assert!(
        matches!(&error, WaitError::Failed { status, report, .. } if status == "échec" && report.polls == 4),
        "{error}"
    );

    let none = |wait: &mut WaitSettings| wait.options.rules.failure_statuses.clear();
    let fake = Fake::new().channel([says("failed"), says("failed"), says("active")]);
    assert!(fake.wait_with(none).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_a_word_of_the_callers_own() {
    let until =
        |wait: &mut WaitSettings| wait.options.rules.condition = Condition::status("failed");
    let fake = Fake::new().channel([says("active"), says("failed")]);
    let ready = fake.wait_with(until).await.unwrap();
    assert_eq!(ready.polls, 2);
    assert_eq!(
        format!("{:?}", Condition::status("failed")),
        r#"status == "failed""#
    );
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_a_channel_asks_nothing_of_it() {
    let until = |wait: &mut WaitSettings| wait.options.rules.condition = Condition::has_channel();
    let fake = Fake::new()
        .connector([unnamed(), names(A)])
        .channel([says("failed")]);
    let ready = fake.wait_with(until).await.unwrap();
    assert_eq!((ready.channel_id, ready.polls), (A, 2));
    assert_eq!(
        (ready.confirmed_by, ready.channel),
        (StatusSource::Connector, None)
    );
    assert_eq!(fake.count(is_channel), 0);

    // What the create answered is enough.
    let fake = Fake::new();
    let ready = fake
        .wait_with(|wait| {
            until(wait);
            wait.connector = Some(connector(Some(B)));
        })
        .await
        .unwrap();
    assert_eq!(ready.channel_id, B);
    assert_eq!(fake.asked(), []);
}

#[tokio::test(start_paused = true)]
async fn a_test_of_the_callers_own_sees_the_whole_channel() {
    let until = |wait: &mut WaitSettings| {
        wait.options.rules.condition =
            Condition::matches(|channel| channel.identifier.as_deref() == Some("+31"));
    };
    let mut with_number = channel(A, "pending");
    with_number.identifier = Some("+31".to_owned());
    let fake = Fake::new().channel([says("active"), ok(with_number)]);
    let ready = fake.wait_with(until).await.unwrap();
    assert_eq!(ready.polls, 2);
    assert_eq!(ready.channel.unwrap().status.unwrap().as_str(), "pending");
}
