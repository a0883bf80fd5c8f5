//! 404: a connector that is not there yet, one that is gone, and a channel that was replaced.

use super::*;

fn polled(fake: &Fake) -> Vec<Duration> {
    fake.times(|ask| ask == ReadTarget::Connector)
}

#[tokio::test(start_paused = true)]
async fn a_connector_may_take_a_moment_to_appear() {
    let missing = (0..6).map(|_| http(404));
    let fake = Fake::new().connector(missing.chain([names(A)]));
    assert_eq!(fake.wait().await.unwrap().polls, 7);
    assert!(polled(&fake)[6] < seconds(30.0));
}

#[tokio::test(start_paused = true)]
async fn a_connector_that_never_appears_is_given_up_after_its_time_to_settle() {
    let fake = Fake::new().connector([http(404)]);
    let error = fake.wait().await.unwrap_err();
    assert!(matches!(error, WaitError::Vanished(_)), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("it never appeared (404 twice running), no status seen"),
        "{text}"
    );
    // Two polls behind the 30 s, and no more.
    let late = polled(&fake)
        .iter()
        .filter(|at| **at >= seconds(30.0))
        .count();
    assert_eq!(late, 2);
    assert!(!error.token().unwrap().observed());
}

#[tokio::test(start_paused = true)]
async fn the_time_to_settle_is_counted_from_the_create() {
    let fake = Fake::new().connector([http(404)]);
    let created_at = crate::clock::now() - chrono::TimeDelta::seconds(3600);
    let error = fake
        .wait_with(|wait| wait.token = WaitToken::new(WORKSPACE, CONNECTOR, created_at, false))
        .await
        .unwrap_err();
    assert!(matches!(error, WaitError::Vanished(_)), "{error}");
    assert_eq!(polled(&fake).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn after_the_first_sight_two_404_running_mean_that_it_is_gone() {
    let fake = Fake::new().connector([unnamed(), http(404), unnamed(), http(404)]);
    let error = fake.wait().await.unwrap_err();
    assert!(matches!(error, WaitError::Vanished(_)), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("it does not exist any more (404 twice running)"),
        "{text}"
    );
    assert_eq!(error.report().unwrap().polls, 5);
    assert_eq!(error.report().unwrap().connector, Some(connector(None)));
    assert!(error.token().unwrap().observed());
}

#[tokio::test(start_paused = true)]
async fn an_error_between_two_404_proves_nothing_either_way() {
    let fake = Fake::new().connector([unnamed(), http(404), http(503), http(404), names(A)]);
    let error = fake.wait().await.unwrap_err();
    assert!(matches!(error, WaitError::Vanished(_)), "{error}");
    assert_eq!(error.report().unwrap().polls, 4);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_goes_on_knows_what_the_first_one_saw() {
    let fake = Fake::new().connector([http(404)]);
    let error = fake
        .wait_with(|wait| {
            wait.token = WaitToken::new(WORKSPACE, CONNECTOR, crate::clock::now(), true)
        })
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("does not exist any more"),
        "{error}"
    );
    assert_eq!(error.report().unwrap().polls, 2);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_connector_is_noticed_while_its_channel_is_being_watched() {
    let fake = Fake::new().connector([names(A), http(404)]).channel([
        says("pending"),
        says("pending"),
        http(404),
    ]);
    let error = fake.wait().await.unwrap_err();
    assert!(matches!(error, WaitError::Vanished(_)), "{error}");
    let report = error.report().unwrap();
    assert_eq!(
        (report.polls, report.status.as_deref()),
        (4, Some("pending"))
    );
    assert!(
        error.to_string().contains("it does not exist any more"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_was_seen_makes_its_connector_seen() {
    // The create named the channel: the connector itself is read only when it is gone.
    let fake = Fake::new()
        .connector([http(404)])
        .channel([says("pending"), http(404)]);
    let error = fake
        .wait_with(|wait| wait.connector = Some(connector(Some(A))))
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("it does not exist any more"),
        "{error}"
    );
    assert_eq!(error.report().unwrap().polls, 3);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_connector_is_noticed_where_its_channel_may_not_be_read() {
    let fake = Fake::new()
        .connector([names(A), names(A), http(404)])
        .channel([http(403)])
        .readiness([tells("pending", ""), tells("pending", ""), http(404)]);
    let error = fake.wait().await.unwrap_err();
    assert!(matches!(error, WaitError::Vanished(_)), "{error}");
    assert_eq!(error.report().unwrap().polls, 4);
}

#[tokio::test(start_paused = true)]
async fn a_replaced_channel_is_followed_within_the_same_poll() {
    let fake = Fake::new().connector([names(A), names(B)]).channel([
        says("pending"),
        http(404),
        says("active"),
    ]);
    let ready = fake.wait().await.unwrap();
    assert_eq!((ready.channel_id, ready.polls), (B, 2));
    assert_eq!(ready.channel, Some(channel(B, "active")));
    let channels: Vec<_> = fake
        .asked()
        .into_iter()
        .filter(|ask| is_channel(*ask))
        .collect();
    assert_eq!(channels, [A, A, B].map(ReadTarget::Channel));
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_404s_while_its_connector_still_names_it_is_asked_again_next_time() {
    let fake = Fake::new().channel([http(404), http(404), says("active")]);
    let ready = fake.wait().await.unwrap();
    assert_eq!((ready.channel_id, ready.polls), (A, 3));
    assert_eq!(fake.count(is_channel), 3);
}

#[tokio::test(start_paused = true)]
async fn a_connector_can_lose_its_channel_and_get_another() {
    let fake = Fake::new()
        .connector([names(A), unnamed(), unnamed(), names(B)])
        .channel([http(404), says("active")]);
    let (steps, error) = fake.steps(|_| {}).await;
    assert!(error.is_none());
    let ids: Vec<_> = steps.iter().map(|step| step.channel_id).collect();
    assert_eq!(ids, [None, None, None, Some(B)]);
}

#[tokio::test(start_paused = true)]
async fn an_old_channel_in_the_list_is_not_believed() {
    // The connector may not be read; the list still shows the channel that the API says is gone.
    let fake = Fake::new()
        .connector([http(403)])
        .list([lists(A, "active"), lists(A, "active"), lists(B, "active")])
        .channel([http(404), http(404), says("active")]);
    let ready = fake.wait().await.unwrap();
    assert_eq!(ready.channel_id, B);
}

#[tokio::test(start_paused = true)]
async fn absence_from_the_list_proves_nothing() {
    let fake = Fake::new().connector([http(403)]);
    let error = fake.wait().await.unwrap_err();
    assert!(matches!(error, WaitError::TimedOut(_)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn readiness_that_404s_with_its_connector_is_not_given_up() {
    let fake = Fake::new()
        .connector([http(404), http(404), http(404), names(A)])
        .readiness([http(404), http(404), http(404), tells("pending", "")])
        .channel([says("pending"), says("active")]);
    let (steps, _) = fake.steps(|_| {}).await;
    assert!(steps.last().unwrap().ready);
    assert!(steps.last().unwrap().readiness.is_some());
}

#[tokio::test(start_paused = true)]
async fn readiness_that_is_missing_now_and_then_is_not_given_up() {
    let fake = Fake::new()
        .readiness([
            http(404),
            tells("a", ""),
            http(404),
            tells("b", ""),
            http(404),
            tells("c", ""),
        ])
        .channel((0..6).map(|_| says("pending")).chain([says("active")]));
    let (steps, _) = fake.steps(|_| {}).await;
    let readiness = steps.last().unwrap().readiness.clone().unwrap();
    assert_eq!(readiness.channel.unwrap().status.as_deref(), Some("c"));
}

#[tokio::test(start_paused = true)]
async fn a_connector_whose_channel_is_listed_has_been_seen() {
    let fake = Fake::new()
        .connector([http(403)])
        .list([lists(A, "pending")])
        .channel([http(503)]);
    let error = fake.wait().await.unwrap_err();
    assert!(error.token().unwrap().observed());
}
