//! Rate limits, when they are on.

use std::time::Duration;

use bird_connectors_sandbox::behavior::RetryAfter;
use bird_connectors_sandbox::{Operation, RateLimits, Rule, Sandbox};
use tokio::time::advance;
use uuid::Uuid;

use crate::client::{Client, sms};

#[tokio::test(start_paused = true)]
async fn without_being_asked_there_are_none() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::of(&sandbox);
    for _ in 0..200 {
        assert_eq!(client.get("/connectors").await.status, 200);
    }
}

#[tokio::test(start_paused = true)]
async fn the_documented_limits_hold_per_workspace_and_class() {
    let other = Uuid::new_v4();
    let sandbox = Sandbox::builder()
        .rate_limits(RateLimits::documented())
        .add_workspace(other, Uuid::new_v4())
        .start()
        .await
        .unwrap();
    let client = Client::of(&sandbox);
    for _ in 0..50 {
        assert_eq!(client.get("/connectors").await.status, 200);
    }
    let seen = client.get("/channels").await;
    assert_eq!(
        (
            seen.status,
            seen.code().as_str(),
            seen.header("retry-after")
        ),
        (429, "TooManyRequests", None)
    );
    assert_eq!(
        client.post("/connectors", sms("a")).await.status,
        201,
        "POST has its own"
    );
    assert_eq!(
        Client::of(&sandbox)
            .at(format!("/workspaces/{other}"))
            .get("/connectors")
            .await
            .status,
        200,
        "another workspace"
    );
    assert_eq!(
        client.authorization(None).get("/connectors").await.status,
        401,
        "nobody's request does not count"
    );
    advance(Duration::from_secs(1)).await;
    let client = Client::of(&sandbox);
    assert_eq!(client.get("/connectors").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn an_excess_create_is_not_processed() {
    let limits = RateLimits {
        post: Some(2),
        other: Some(1),
        ..RateLimits::default()
    };
    let sandbox = Sandbox::builder()
        .rate_limits(limits)
        .start()
        .await
        .unwrap();
    let client = Client::of(&sandbox);
    let mut ids = Vec::new();
    for (name, status) in [("a", 201), ("b", 201), ("c", 429)] {
        let seen = client.post("/connectors", sms(name)).await;
        assert_eq!(seen.status, status);
        ids.push(seen.json()["id"].as_str().map(str::to_owned));
    }
    assert_eq!(sandbox.connectors().len(), 2);
    assert_eq!(
        client
            .delete(&format!("/connectors/{}", ids[0].as_ref().unwrap()))
            .await
            .status,
        204
    );
    assert_eq!(
        client
            .delete(&format!("/connectors/{}", ids[1].as_ref().unwrap()))
            .await
            .status,
        429
    );
    assert_eq!(sandbox.connectors().len(), 1);
    assert_eq!(sandbox.count(Operation::DeleteConnector), 2, "both came");
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_absent_seconds_or_a_date() {
    let limits = RateLimits {
        get: Some(1),
        ..RateLimits::default()
    };
    let sandbox = Sandbox::builder()
        .rate_limits(limits)
        .start()
        .await
        .unwrap();
    let client = Client::of(&sandbox);
    client.get("/connectors").await.expect(200);
    advance(Duration::from_millis(300)).await;
    sandbox.behavior(|behavior| behavior.retry_after = RetryAfter::Seconds);
    assert_eq!(
        client.get("/connectors").await.header("retry-after"),
        Some("1"),
        "0.7 s, rounded up"
    );
    sandbox.behavior(|behavior| behavior.retry_after = RetryAfter::Date);
    let seen = client.get("/connectors").await;
    let date =
        |name: &str| chrono::DateTime::parse_from_rfc2822(seen.header(name).unwrap()).unwrap();
    assert_eq!((date("retry-after") - date("date")).num_seconds(), 1);
    // Also when the reply is on its way for a while, and the second turns.
    sandbox.rule(Rule::on(Operation::ListConnectors).delay_response(Duration::from_millis(1500)));
    let seen = client.get("/connectors").await;
    let date =
        |name: &str| chrono::DateTime::parse_from_rfc2822(seen.header(name).unwrap()).unwrap();
    assert_eq!((date("retry-after") - date("date")).num_seconds(), 1);
    client.get("/connectors").await.expect(200);
    sandbox.behavior(|behavior| behavior.retry_after = RetryAfter::Absent);
    assert_eq!(client.get("/connectors").await.header("retry-after"), None);
}
