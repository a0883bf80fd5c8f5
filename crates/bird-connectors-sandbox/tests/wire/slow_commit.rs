//! Creates whose outcome is hard to see: slow to commit, or answered by nobody.

use std::time::Duration;

use bird_connectors_sandbox::behavior::{Duplicates, UncommittedCreates};
use bird_connectors_sandbox::{Fault, Operation, Rule, Sandbox, Script};
use serde_json::json;
use tokio::time::advance;

use crate::client::{Client, sms};
use crate::raw::{End, ask};

const COMMIT: Duration = Duration::from_secs(5);

fn slow() -> Rule {
    Rule::on(Operation::CreateConnector).fault(Fault::SlowCommit(COMMIT))
}

#[tokio::test(start_paused = true)]
async fn what_commits_slowly_is_answered_at_once_and_seen_later() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::of(&sandbox);
    sandbox.rule(slow());
    let created = client.post("/connectors", sms("a")).await.expect(201);
    let path = format!("/connectors/{}", created["id"].as_str().unwrap());
    for (wait, status, listed) in [(0, 404, 0), (4, 404, 0), (1, 200, 1)] {
        advance(Duration::from_secs(wait)).await;
        assert_eq!(client.get(&path).await.status, status, "after {wait} s");
        assert_eq!(client.get("/connectors").await.results().len(), listed);
        assert_eq!(client.get(&format!("{path}/status")).await.status, status);
    }
    // The next create is a quick one again.
    client.connector(&client.install("b").await).await;
}

#[tokio::test(start_paused = true)]
async fn a_repetition_meanwhile_is_a_reading() {
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
            .rule(slow().always())
            .start()
            .await
            .unwrap();
        let client = Client::of(&sandbox);
        let body = sms("a");
        let first = client.post("/connectors", body.clone()).await.expect(201);
        let second = client.post("/connectors", body.clone()).await;
        assert_eq!(second.status, early, "{duplicates:?} {uncommitted:?}");
        if early == 409 {
            assert_eq!(second.json()["details"]["id"], first["id"]);
        }
        advance(COMMIT).await;
        assert_eq!(client.post("/connectors", body).await.status, late);
        let expected = 1 + usize::from(early == 201);
        assert_eq!(sandbox.connectors().len(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_script_can_commit_slowly_too() {
    let sandbox = Sandbox::builder()
        .default_script(Script::instant().commit_after(COMMIT))
        .start()
        .await
        .unwrap();
    let client = Client::of(&sandbox);
    client.post("/connectors", sms("a")).await.expect(201);
    assert_eq!(client.get("/connectors").await.results().len(), 0);
    advance(COMMIT).await;
    assert_eq!(client.get("/connectors").await.results().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_webhook_subscription_commits_slowly_too() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::of(&sandbox);
    sandbox.rule(Rule::on(Operation::CreateWebhookSubscription).fault(Fault::SlowCommit(COMMIT)));
    let body = json!({ "service": "channels", "event": "channel.created", "url": "https://example.com/hook" });
    let created = client
        .post("/webhook-subscriptions", body)
        .await
        .expect(201);
    let path = format!("/webhook-subscriptions/{}", created["id"].as_str().unwrap());
    assert_eq!(client.get(&path).await.status, 404);
    assert_eq!(client.delete(&path).await.status, 404);
    assert_eq!(
        client.get("/webhook-subscriptions").await.results().len(),
        0
    );
    advance(COMMIT).await;
    assert_eq!(
        client.get("/webhook-subscriptions").await.results().len(),
        1
    );
    client.delete(&path).await.expect(204);
}

#[tokio::test]
async fn a_lost_answer_is_of_a_call_that_was_done() {
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
        let heard = ask(&sandbox, "POST", "/connectors", &sms(name).to_string()).await;
        assert_eq!((heard.bytes.as_slice(), heard.end), (&b""[..], End::Closed));
    }
    assert_eq!(sandbox.connectors().len(), 2);
    let requests = sandbox.requests_to(Operation::CreateConnector);
    assert_eq!(requests[0].status, None, "never answered");
}
