//! Creates whose result is visible only later, or whose response is lost.

use std::time::Duration;

use bird_connectors_sandbox::behavior::{Duplicates, UncommittedCreates};
use bird_connectors_sandbox::{Fault, Operation, Rule, Sandbox, Script};
use serde_json::json;

use crate::client::{Client, sms_install};
use crate::clock::ManualClock;
use crate::raw_connection::{ConnectionEnd, send_raw};

const COMMIT: Duration = Duration::from_secs(5);

fn slow_create() -> Rule {
    Rule::on(Operation::CreateConnector).fault(Fault::SlowCommit(COMMIT))
}

#[tokio::test(start_paused = true)]
async fn slow_commit_is_answered_immediately_and_visible_later() {
    let clock = ManualClock::hold();
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::new(&sandbox);
    sandbox.rule(slow_create());
    let created = client
        .post("/connectors", sms_install("a"))
        .await
        .json_with_status(201);
    let path = format!("/connectors/{}", created["id"].as_str().unwrap());
    for (wait, status, listed) in [(0, 404, 0), (4, 404, 0), (1, 200, 1)] {
        clock.advance(Duration::from_secs(wait)).await;
        assert_eq!(client.get(&path).await.status, status, "after {wait} s");
        assert_eq!(client.get("/connectors").await.results().len(), listed);
        assert_eq!(client.get(&format!("{path}/status")).await.status, status);
    }
    // The rule applied to one create only.
    client.connector(&client.install("b").await).await;
}

#[tokio::test(start_paused = true)]
async fn duplicate_of_an_uncommitted_create_follows_behavior() {
    let clock = ManualClock::hold();
    for (duplicates, uncommitted, early, late) in [
        (Duplicates::Identity, UncommittedCreates::Detected, 409, 409),
        (Duplicates::Identity, UncommittedCreates::Missed, 201, 409),
        (Duplicates::Allowed, UncommittedCreates::Detected, 201, 201),
    ] {
        let sandbox = Sandbox::builder()
            .behavior(|behavior| {
                behavior.duplicates = duplicates;
                behavior.uncommitted_creates = uncommitted;
            })
            .rule(slow_create().always())
            .start()
            .await
            .unwrap();
        let client = Client::new(&sandbox);
        let body = sms_install("a");
        let first = client
            .post("/connectors", body.clone())
            .await
            .json_with_status(201);
        let second = client.post("/connectors", body.clone()).await;
        assert_eq!(second.status, early, "{duplicates:?} {uncommitted:?}");
        if early == 409 {
            assert_eq!(second.json()["details"]["id"], first["id"]);
        }
        clock.advance(COMMIT).await;
        assert_eq!(client.post("/connectors", body).await.status, late);
        let expected = 1 + usize::from(early == 201);
        assert_eq!(sandbox.connectors().len(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn script_with_commit_after_is_visible_later() {
    let clock = ManualClock::hold();
    let sandbox = Sandbox::builder()
        .default_script(Script::instant().commit_after(COMMIT))
        .start()
        .await
        .unwrap();
    let client = Client::new(&sandbox);
    client
        .post("/connectors", sms_install("a"))
        .await
        .json_with_status(201);
    assert_eq!(client.get("/connectors").await.results().len(), 0);
    clock.advance(COMMIT).await;
    assert_eq!(client.get("/connectors").await.results().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn slow_commit_of_a_subscription_is_visible_later() {
    let clock = ManualClock::hold();
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::new(&sandbox);
    sandbox.rule(Rule::on(Operation::CreateWebhookSubscription).fault(Fault::SlowCommit(COMMIT)));
    let body = json!({ "service": "channels", "event": "channel.created", "url": "https://example.com/hook" });
    let created = client
        .post("/webhook-subscriptions", body)
        .await
        .json_with_status(201);
    let path = format!("/webhook-subscriptions/{}", created["id"].as_str().unwrap());
    assert_eq!(client.get(&path).await.status, 404);
    assert_eq!(client.delete(&path).await.status, 404);
    assert_eq!(
        client.get("/webhook-subscriptions").await.results().len(),
        0
    );
    clock.advance(COMMIT).await;
    assert_eq!(
        client.get("/webhook-subscriptions").await.results().len(),
        1
    );
    client.delete(&path).await.json_with_status(204);
}

#[tokio::test]
async fn lost_response_fault_processes_the_call() {
    let sandbox = Sandbox::builder()
        .rule(
            Rule::on(Operation::CreateConnector)
                .always()
                .fault(Fault::LostResponse),
        )
        .start()
        .await
        .unwrap();
    for name in ["a", "b"] {
        let response = send_raw(
            &sandbox,
            "POST",
            "/connectors",
            &sms_install(name).to_string(),
        )
        .await;
        assert_eq!(
            (response.bytes.as_slice(), response.end),
            (&b""[..], ConnectionEnd::Closed)
        );
    }
    assert_eq!(sandbox.connectors().len(), 2);
    let requests = sandbox.requests_to(Operation::CreateConnector);
    assert_eq!(requests[0].status, None, "the lost response has no status");
}
