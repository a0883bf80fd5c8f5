//! Responses with 404: connectors that are not visible yet, deleted connectors, and replaced channels.

use super::*;

fn polled(fake: &Fake) -> Vec<Duration> {
    fake.times(|target| target == ReadTarget::Connector)
}

#[tokio::test(start_paused = true)]
async fn wait_tolerates_404_before_the_connector_appears() {
    let missing = (0..6).map(|_| http_error(404));
    let fake = Fake::new().connector(missing.chain([with_channel(A)]));
    assert_eq!(fake.wait().await.unwrap().polls, 7);
    assert!(polled(&fake)[6] < seconds(30.0));
}

#[tokio::test(start_paused = true)]
async fn connector_that_never_appears_vanishes_after_the_settling_time() {
    let fake = Fake::new().connector([http_error(404)]);
    let error = fake.wait().await.unwrap_err();
    assert!(matches!(error, WaitError::Vanished(_)), "{error}");
    let message = error.to_string();
    assert!(
        message.contains(
            "the connector never appeared (404 in two consecutive polls), no status observed"
        ),
        "{message}"
    );
    // Exactly two polls after the 30 s.
    let late = polled(&fake)
        .iter()
        .filter(|at| **at >= seconds(30.0))
        .count();
    assert_eq!(late, 2);
    assert!(!error.token().unwrap().observed());
}

#[tokio::test(start_paused = true)]
async fn settling_time_counts_from_the_create() {
    let fake = Fake::new().connector([http_error(404)]);
    let created_at = crate::clock::now() - chrono::TimeDelta::seconds(3600);
    let error = fake
        .wait_with(|wait| wait.token = WaitToken::new(WORKSPACE, CONNECTOR, created_at, false))
        .await
        .unwrap_err();
    assert!(matches!(error, WaitError::Vanished(_)), "{error}");
    assert_eq!(polled(&fake).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn observed_connector_vanishes_after_two_consecutive_404() {
    let fake = Fake::new().connector([
        without_channel(),
        http_error(404),
        without_channel(),
        http_error(404),
    ]);
    let error = fake.wait().await.unwrap_err();
    assert!(matches!(error, WaitError::Vanished(_)), "{error}");
    let message = error.to_string();
    assert!(
        message.contains("the connector no longer exists (404 in two consecutive polls)"),
        "{message}"
    );
    assert_eq!(error.report().unwrap().polls, 5);
    assert_eq!(error.report().unwrap().connector, Some(connector(None)));
    assert!(error.token().unwrap().observed());
}

#[tokio::test(start_paused = true)]
async fn error_between_two_404_does_not_reset_their_count() {
    let fake = Fake::new().connector([
        without_channel(),
        http_error(404),
        http_error(503),
        http_error(404),
        with_channel(A),
    ]);
    let error = fake.wait().await.unwrap_err();
    assert!(matches!(error, WaitError::Vanished(_)), "{error}");
    assert_eq!(error.report().unwrap().polls, 4);
}

#[tokio::test(start_paused = true)]
async fn resumed_wait_knows_that_the_connector_was_observed() {
    let fake = Fake::new().connector([http_error(404)]);
    let error = fake
        .wait_with(|wait| {
            wait.token = WaitToken::new(WORKSPACE, CONNECTOR, crate::clock::now(), true)
        })
        .await
        .unwrap_err();
    assert!(error.to_string().contains("no longer exists"), "{error}");
    assert!(
        error.to_string().ends_with(" [errors#wait_vanished]"),
        "{error}"
    );
    assert_eq!(error.report().unwrap().polls, 2);
}

#[tokio::test(start_paused = true)]
async fn deleted_connector_vanishes_when_its_channel_returns_404() {
    let fake = Fake::new()
        .connector([with_channel(A), http_error(404)])
        .channel([
            with_status("pending"),
            with_status("pending"),
            http_error(404),
        ]);
    let error = fake.wait().await.unwrap_err();
    assert!(matches!(error, WaitError::Vanished(_)), "{error}");
    let report = error.report().unwrap();
    assert_eq!(
        (report.polls, report.status.as_deref()),
        (4, Some("pending"))
    );
    assert!(
        error.to_string().contains("the connector no longer exists"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn observed_channel_counts_as_observed_connector() {
    // The create returned the channel, so the connector is read only after the channel is gone.
    let fake = Fake::new()
        .connector([http_error(404)])
        .channel([with_status("pending"), http_error(404)]);
    let error = fake
        .wait_with(|wait| wait.connector = Some(connector(Some(A))))
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("the connector no longer exists"),
        "{error}"
    );
    assert_eq!(error.report().unwrap().polls, 3);
}

#[tokio::test(start_paused = true)]
async fn deleted_connector_vanishes_when_its_channel_is_denied() {
    let fake = Fake::new()
        .connector([with_channel(A), with_channel(A), http_error(404)])
        .channel([http_error(403)])
        .readiness([
            readiness_statuses("pending", ""),
            readiness_statuses("pending", ""),
            http_error(404),
        ]);
    let error = fake.wait().await.unwrap_err();
    assert!(matches!(error, WaitError::Vanished(_)), "{error}");
    assert_eq!(error.report().unwrap().polls, 4);
}

#[tokio::test(start_paused = true)]
async fn replaced_channel_is_read_in_the_same_poll() {
    let fake = Fake::new()
        .connector([with_channel(A), with_channel(B)])
        .channel([
            with_status("pending"),
            http_error(404),
            with_status("active"),
        ]);
    let ready = fake.wait().await.unwrap();
    assert_eq!((ready.channel_id, ready.polls), (B, 2));
    assert_eq!(ready.channel, Some(channel(B, "active")));
    let channels: Vec<_> = fake
        .targets()
        .into_iter()
        .filter(|target| is_channel(*target))
        .collect();
    assert_eq!(channels, [A, A, B].map(ReadTarget::Channel));
}

#[tokio::test(start_paused = true)]
async fn missing_channel_is_read_again_in_the_next_poll() {
    let fake = Fake::new().channel([http_error(404), http_error(404), with_status("active")]);
    let ready = fake.wait().await.unwrap();
    assert_eq!((ready.channel_id, ready.polls), (A, 3));
    assert_eq!(fake.count(is_channel), 3);
}

#[tokio::test(start_paused = true)]
async fn wait_follows_a_connector_that_gets_another_channel() {
    let fake = Fake::new()
        .connector([
            with_channel(A),
            without_channel(),
            without_channel(),
            with_channel(B),
        ])
        .channel([http_error(404), with_status("active")]);
    let (steps, error) = fake.steps(|_| {}).await;
    assert!(error.is_none());
    let ids: Vec<_> = steps.iter().map(|step| step.channel_id).collect();
    assert_eq!(ids, [None, None, None, Some(B)]);
}

#[tokio::test(start_paused = true)]
async fn listed_channel_that_returns_404_is_not_ready() {
    // The connector cannot be read, and the list still contains a channel that returns 404.
    let fake = Fake::new()
        .connector([http_error(403)])
        .list([
            listed(A, "active"),
            listed(A, "active"),
            listed(B, "active"),
        ])
        .channel([http_error(404), http_error(404), with_status("active")]);
    let ready = fake.wait().await.unwrap();
    assert_eq!(ready.channel_id, B);
}

#[tokio::test(start_paused = true)]
async fn absence_from_the_list_does_not_end_the_wait() {
    let fake = Fake::new().connector([http_error(403)]);
    let error = fake.wait().await.unwrap_err();
    assert!(matches!(error, WaitError::TimedOut(_)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn readiness_is_read_again_after_404_with_a_missing_connector() {
    let fake = Fake::new()
        .connector([
            http_error(404),
            http_error(404),
            http_error(404),
            with_channel(A),
        ])
        .readiness([
            http_error(404),
            http_error(404),
            http_error(404),
            readiness_statuses("pending", ""),
        ])
        .channel([with_status("pending"), with_status("active")]);
    let (steps, _) = fake.steps(|_| {}).await;
    assert!(steps.last().unwrap().ready);
    assert!(steps.last().unwrap().readiness.is_some());
}

#[tokio::test(start_paused = true)]
async fn readiness_is_read_again_after_nonconsecutive_404() {
    let fake = Fake::new()
        .readiness([
            http_error(404),
            readiness_statuses("a", ""),
            http_error(404),
            readiness_statuses("b", ""),
            http_error(404),
            readiness_statuses("c", ""),
        ])
        .channel(
            (0..6)
                .map(|_| with_status("pending"))
                .chain([with_status("active")]),
        );
    let (steps, _) = fake.steps(|_| {}).await;
    let readiness = steps.last().unwrap().readiness.clone().unwrap();
    assert_eq!(readiness.channel.unwrap().status.as_deref(), Some("c"));
}

#[tokio::test(start_paused = true)]
async fn listed_channel_counts_as_observed_connector() {
    let fake = Fake::new()
        .connector([http_error(403)])
        .list([listed(A, "pending")])
        .channel([http_error(503)]);
    let error = fake.wait().await.unwrap_err();
    assert!(error.token().unwrap().observed());
}

#[tokio::test(start_paused = true)]
async fn channel_of_another_connector_does_not_end_the_wait() {
    let other = ConnectorId::from_u128(77);
    let mut foreign = channel(A, "active");
    foreign.connector_id = Some(other);
    let fake = Fake::new().channel([ok(foreign.clone())]);
    let error = fake
        .wait_with(|wait| wait.options.timeout = Some(seconds(10.0)))
        .await
        .unwrap_err();
    assert!(matches!(error, WaitError::TimedOut(_)), "{error}");
    assert!(
        error
            .to_string()
            .contains(&format!("channel {A} belongs to connector {other}")),
        "{error}"
    );
    let report = error.report().unwrap();
    assert!(report.channel.is_none() && report.status.is_none());

    // The connector names its own channel later.
    let fake = Fake::new()
        .connector([with_channel(A), with_channel(B)])
        .channel([ok(foreign), with_status("active")]);
    assert_eq!(fake.wait().await.unwrap().channel_id, B);
}

#[tokio::test(start_paused = true)]
async fn response_about_another_connector_does_not_end_the_wait() {
    for condition in [Condition::active(), Condition::has_channel()] {
        for id in [ConnectorId::from_u128(0), ConnectorId::from_u128(77)] {
            let mut other = connector(Some(A));
            other.id = id;
            let fake = Fake::new().connector([ok(other)]);
            let error = fake
                .wait_with(|wait| {
                    wait.options.timeout = Some(seconds(10.0));
                    wait.options.rules.condition = condition.clone();
                })
                .await
                .unwrap_err();
            assert!(matches!(error, WaitError::TimedOut(_)), "{error}");
            assert!(
                error
                    .to_string()
                    .contains(&format!("it is about connector {id}, not {CONNECTOR}")),
                "{error}"
            );
            assert_eq!(fake.count(is_channel), 0);
            let report = error.report().unwrap();
            assert!(report.connector.is_none() && !report.token.observed());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn zero_uuid_is_not_a_channel() {
    let zero = ChannelId::from_u128(0);
    let fake = Fake::new().connector([with_channel(zero), with_channel(A)]);
    let ready = fake
        .wait_with(|wait| wait.options.rules.condition = Condition::has_channel())
        .await
        .unwrap();
    assert_eq!((ready.channel_id, ready.polls), (A, 2));
    assert_eq!(fake.count(|target| target == ReadTarget::Channel(zero)), 0);

    // A zero connector id says nothing about whose channel it is.
    let mut unowned = channel(A, "active");
    unowned.connector_id = Some(ConnectorId::from_u128(0));
    let fake = Fake::new().channel([ok(unowned)]);
    assert_eq!(fake.wait().await.unwrap().channel_id, A);
}
