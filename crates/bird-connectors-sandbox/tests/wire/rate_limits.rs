//! Rate limits.

use std::time::Duration;

use bird_connectors_sandbox::behavior::RetryAfter;
use bird_connectors_sandbox::{Operation, RateLimits, Rule, Sandbox};
use uuid::Uuid;

use crate::client::{Client, sms_install};
use crate::clock::{ManualClock, wait_until};

#[tokio::test(start_paused = true)]
async fn rate_limits_are_off_by_default() {
    let _clock = ManualClock::hold();
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::new(&sandbox);
    for _ in 0..200 {
        assert_eq!(client.get("/connectors").await.status, 200);
    }
}

#[tokio::test(start_paused = true)]
async fn documented_rate_limits_apply_per_workspace_and_method_class() {
    let clock = ManualClock::hold();
    let other = Uuid::new_v4();
    let sandbox = Sandbox::builder()
        .rate_limits(RateLimits::documented())
        .add_workspace(other, Uuid::new_v4())
        .start()
        .await
        .unwrap();
    let client = Client::new(&sandbox);
    for _ in 0..50 {
        assert_eq!(client.get("/connectors").await.status, 200);
    }
    let response = client.get("/channels").await;
    assert_eq!(
        (
            response.status,
            response.code().as_str(),
            response.header("retry-after")
        ),
        (429, "TooManyRequests", None)
    );
    assert_eq!(
        client.post("/connectors", sms_install("a")).await.status,
        201,
        "POST has its own limit"
    );
    assert_eq!(
        Client::new(&sandbox)
            .with_base_path(format!("/workspaces/{other}"))
            .get("/connectors")
            .await
            .status,
        200,
        "another workspace has its own limit"
    );
    assert_eq!(
        client.authorization(None).get("/connectors").await.status,
        401,
        "a request without a key does not count"
    );
    clock.advance(Duration::from_secs(1)).await;
    let client = Client::new(&sandbox);
    assert_eq!(client.get("/connectors").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn create_above_the_rate_limit_is_not_processed() {
    let _clock = ManualClock::hold();
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
    let client = Client::new(&sandbox);
    let mut ids = Vec::new();
    for (name, status) in [("a", 201), ("b", 201), ("c", 429)] {
        let response = client.post("/connectors", sms_install(name)).await;
        assert_eq!(response.status, status);
        ids.push(response.json()["id"].as_str().map(str::to_owned));
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
    assert_eq!(
        sandbox.count(Operation::DeleteConnector),
        2,
        "both requests were recorded"
    );
}

#[tokio::test(start_paused = true)]
async fn retry_after_header_follows_behavior() {
    let clock = ManualClock::hold();
    let limits = RateLimits {
        get: Some(1),
        ..RateLimits::default()
    };
    let sandbox = Sandbox::builder()
        .rate_limits(limits)
        .start()
        .await
        .unwrap();
    let client = Client::new(&sandbox);
    client.get("/connectors").await.json_with_status(200);
    clock.advance(Duration::from_millis(300)).await;
    sandbox.behavior(|behavior| behavior.retry_after = RetryAfter::Seconds);
    assert_eq!(
        client.get("/connectors").await.header("retry-after"),
        Some("1"),
        "0.7 s is rounded up"
    );
    sandbox.behavior(|behavior| behavior.retry_after = RetryAfter::Date);
    let response = client.get("/connectors").await;
    let date =
        |name: &str| chrono::DateTime::parse_from_rfc2822(response.header(name).unwrap()).unwrap();
    assert_eq!((date("retry-after") - date("date")).num_seconds(), 1);
    // The difference stays the same if the response is sent in a later second.
    sandbox.rule(Rule::on(Operation::ListConnectors).delay_response(Duration::from_millis(1500)));
    let calls = sandbox.count(Operation::ListConnectors);
    let pass_the_delay = async {
        wait_until(|| sandbox.count(Operation::ListConnectors) > calls).await;
        clock.advance(Duration::from_millis(1500)).await;
    };
    let (response, ()) = tokio::join!(client.get("/connectors"), pass_the_delay);
    let date =
        |name: &str| chrono::DateTime::parse_from_rfc2822(response.header(name).unwrap()).unwrap();
    assert_eq!((date("retry-after") - date("date")).num_seconds(), 1);
    client.get("/connectors").await.json_with_status(200);
    sandbox.behavior(|behavior| behavior.retry_after = RetryAfter::Absent);
    assert_eq!(client.get("/connectors").await.header("retry-after"), None);
}
