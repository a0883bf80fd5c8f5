//! The control API: rules and webhooks that another process asks for.

use std::sync::{Arc, Mutex};

use bird_connectors_sandbox::{Operation, Sandbox, Script};
use serde_json::{Value, json};

use crate::client::{Client, ClientResponse, UNKNOWN_ID};
use crate::clock::{alive_tasks, wait_until};
use crate::delivery::{IDLE_TASKS, KEY, Received, URL, start_receiver, subscribe};

/// A sandbox with an active channel, and one subscription for each event.
struct Setup {
    sandbox: Sandbox,
    client: Client,
    channel: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Setup {
    /// The receiver answers with these statuses in order, and then with 200.
    async fn start(answers: Vec<u16>) -> Self {
        let (address, received) = start_receiver(answers).await;
        let sandbox = Sandbox::builder()
            .default_script(Script::instant())
            .webhooks(|webhooks| webhooks.route("https://hooks.example.com", address))
            .start()
            .await
            .unwrap();
        let client = Client::new(&sandbox);
        client.install("Shop").await;
        let channel = sandbox.channels()[0]["id"].as_str().unwrap().to_owned();
        for event in ["channel.created", "channel.updated"] {
            let body =
                json!({ "service": "channels", "event": event, "url": URL, "signingKey": KEY });
            subscribe(&client, body).await;
        }
        Self {
            sandbox,
            client,
            channel,
            received,
        }
    }

    async fn control(&self, method: &str, path: &str, body: &Value) -> ClientResponse {
        let client = Client::with_key(&self.sandbox, self.sandbox.access_key());
        client.send(method, path, &[], &body.to_string()).await
    }

    /// Triggers `channel.updated`, with these fields in addition. Returns the report of its only delivery.
    async fn trigger(&self, more: Value) -> Value {
        let mut body = json!({ "event": "channel.updated", "channelId": self.channel });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        let response = self.control("POST", "/_sandbox/events", &body).await;
        let deliveries = response.json_with_status(200)["deliveries"].clone();
        assert_eq!(deliveries.as_array().unwrap().len(), 1, "{deliveries}");
        deliveries[0].clone()
    }

    fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn triggered_event_changes_the_channel_and_is_delivered_once() {
    let setup = Setup::start(Vec::new()).await;
    let delivery = setup.trigger(json!({ "status": "inactive" })).await;
    assert_eq!(delivery["httpStatusCode"], 200);
    assert_eq!(delivery["url"], URL);
    assert_eq!(setup.sandbox.channels()[0]["status"], "inactive");
    // All deliveries that the change has caused, if there are others, end before this.
    wait_until(|| alive_tasks() == IDLE_TASKS).await;
    let received = setup.received();
    assert_eq!(received.len(), 1);
    assert!(received[0].is_signed_with(KEY));
    assert_eq!(received[0].status(), "inactive");
    assert_eq!(
        received[0].header("messagebird-request-id"),
        delivery["requestId"]
    );
}

#[tokio::test]
async fn triggered_event_can_be_late_duplicated_or_forged() {
    let setup = Setup::start(Vec::new()).await;
    let now = chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()).timestamp();
    let late = setup.trigger(json!({ "ageSeconds": 14_400 })).await;
    let age = now - late["timestamp"].as_i64().unwrap();
    assert!((14_340..=14_400).contains(&age), "{age}");
    assert!(setup.received()[0].is_signed_with(KEY));

    setup.trigger(json!({ "copies": 1 })).await;
    let received = setup.received();
    assert_eq!(received.len(), 3);
    let id = |index: usize| received[index].header("messagebird-request-id").to_owned();
    assert_eq!(id(1), id(2));

    let forged = setup.trigger(json!({ "forged": true })).await;
    assert_eq!(forged["forged"], true);
    let received = setup.received();
    assert_eq!(received.len(), 4);
    assert!(!received[3].is_signed_with(KEY));
}

#[tokio::test]
async fn triggered_event_is_retried_after_its_report() {
    let setup = Setup::start(vec![503]).await;
    let delivery = setup.trigger(json!({})).await;
    assert_eq!(delivery["httpStatusCode"], 503);
    while setup.received().len() < 2 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let received = setup.received();
    assert_eq!(
        received[1].header("messagebird-request-id"),
        delivery["requestId"]
    );
}

#[tokio::test]
async fn triggered_event_without_subscription_or_route_is_reported() {
    let setup = Setup::start(Vec::new()).await;
    for subscription in setup.sandbox.webhook_subscriptions() {
        let path = format!(
            "/webhook-subscriptions/{}",
            subscription["id"].as_str().unwrap()
        );
        setup.client.delete(&path).await;
    }
    let body = json!({ "event": "channel.updated", "channelId": setup.channel });
    let response = setup.control("POST", "/_sandbox/events", &body).await;
    assert_eq!(response.json_with_status(200), json!({ "deliveries": [] }));
    let body = json!({ "service": "channels", "event": "channel.updated", "url": "https://other.example.com" });
    subscribe(&setup.client, body).await;
    let delivery = setup.trigger(json!({})).await;
    assert_eq!(delivery["hasRoute"], false);
    assert_eq!(delivery["httpStatusCode"], Value::Null);
}

#[tokio::test]
async fn rule_of_another_process_applies_until_it_is_cleared() {
    let setup = Setup::start(Vec::new()).await;
    let rule = json!({ "operation": "listConnectors", "fault": "html_503", "always": true });
    let added = setup.control("POST", "/_sandbox/rules", &rule).await;
    assert_eq!(added.status, 204);
    assert_eq!(setup.client.get("/connectors").await.status, 503);
    assert_eq!(setup.client.get("/channels").await.status, 200);
    let cleared = setup
        .control("DELETE", "/_sandbox/rules", &Value::Null)
        .await;
    assert_eq!(cleared.json_with_status(200)["removed"], 1);
    assert_eq!(setup.client.get("/connectors").await.status, 200);
    // Two calls with a fault that needs the response, and a delay.
    let rule = json!({ "fault": "truncated_json", "times": 2, "delayMilliseconds": 1 });
    setup.control("POST", "/_sandbox/rules", &rule).await;
    for _ in 0..2 {
        let cut = setup.client.get("/connectors").await;
        assert!(serde_json::from_str::<Value>(&cut.body).is_err());
    }
    setup.client.get("/connectors").await.results();
    assert_eq!(setup.sandbox.count(Operation::ListConnectors), 5);
}

#[tokio::test]
async fn invalid_control_request_changes_nothing() {
    let setup = Setup::start(Vec::new()).await;
    setup.sandbox.clear_requests();
    for (path, body, status, message) in [
        ("/_sandbox/rules", json!({}), 422, "one of fault"),
        (
            "/_sandbox/rules",
            json!({ "fault": "perhaps" }),
            422,
            "unknown fault",
        ),
        (
            "/_sandbox/rules",
            json!({ "fault": "empty", "operation": "listConnector" }),
            422,
            "unknown operation",
        ),
        (
            "/_sandbox/rules",
            json!({ "fault": "empty", "times": 1, "nth": 2 }),
            422,
            "only one of",
        ),
        (
            "/_sandbox/rules",
            json!({ "fault": "empty", "times": "1" }),
            422,
            "must be a whole number",
        ),
        (
            "/_sandbox/events",
            json!({ "event": "sms.inbound", "channelId": setup.channel }),
            422,
            "event must be",
        ),
        (
            "/_sandbox/events",
            json!({ "event": "channel.updated", "channelId": UNKNOWN_ID, "status": "active" }),
            404,
            "was not found",
        ),
        (
            "/_sandbox/events",
            json!({ "event": "channel.updated", "channelId": setup.channel, "state": "active" }),
            422,
            "not a known field",
        ),
    ] {
        let response = setup.control("POST", path, &body).await;
        assert_eq!(response.status, status, "{body}: {response:?}");
        assert!(response.message().contains(message), "{response:?}");
    }
    assert_eq!(setup.client.get("/connectors").await.status, 200);
    assert!(setup.received().is_empty());
    // Requests of the control API are not recorded.
    assert_eq!(setup.sandbox.requests().len(), 1);
}

#[tokio::test]
async fn control_api_needs_the_access_key() {
    let setup = Setup::start(Vec::new()).await;
    for (method, path) in [
        ("POST", "/_sandbox/rules"),
        ("DELETE", "/_sandbox/rules"),
        ("POST", "/_sandbox/events"),
    ] {
        let client = Client::with_key(&setup.sandbox, "another-key");
        assert_eq!(client.send(method, path, &[], "{}").await.status, 401);
        let client = client.authorization(None);
        assert_eq!(client.send(method, path, &[], "{}").await.status, 401);
    }
}
