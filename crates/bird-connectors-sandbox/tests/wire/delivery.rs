//! WebhookSettings as a receiver sees them: signed, repeated, and with everything that can go wrong on the way.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::{Router, routing::post};
use base64::Engine as _;
use bird_connectors_sandbox::{LostDeliveries, Sandbox, Script, Step, WebhookSettings};
use hmac::{KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Digest as _;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

use crate::client::Client;

const URL: &str = "https://hooks.example.com/bird/?tenant=42";
const KEY: &str = "a2V5IHRoYXQgbG9va3MgbGlrZSBiYXNlNjQ=";

#[derive(Clone, Debug)]
struct Received {
    uri: Uri,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Received {
    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    fn is_signed_with(&self, key: &str) -> bool {
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).unwrap();
        mac.update(self.header("messagebird-request-timestamp").as_bytes());
        mac.update(format!("\n{URL}\n").as_bytes());
        mac.update(&sha2::Sha256::digest(&self.body));
        let signature =
            base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
        self.header("messagebird-signature") == signature
    }

    fn status(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap();
        body["payload"]["status"].as_str().unwrap().to_owned()
    }
}

/// Answers with these statuses, and 200 when there are no more.
async fn receiver(mut answers: Vec<u16>) -> (SocketAddr, Arc<Mutex<Vec<Received>>>) {
    answers.reverse();
    let received = Arc::new(Mutex::new(Vec::new()));
    let (kept, answers) = (Arc::clone(&received), Arc::new(Mutex::new(answers)));
    let app = Router::new().fallback(post(move |uri: Uri, headers: HeaderMap, body: Bytes| {
        let status = answers.lock().unwrap().pop().unwrap_or(200);
        let body = body.to_vec();
        kept.lock().unwrap().push(Received { uri, headers, body });
        async move { StatusCode::from_u16(status).unwrap() }
    }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, app).await });
    (address, received)
}

/// A sandbox that delivers to the receiver, with a subscription for each event.
async fn subscribed(
    address: SocketAddr,
    script: Script,
    choose: impl FnOnce(&mut WebhookSettings),
) -> (Sandbox, Client) {
    let sandbox = Sandbox::builder()
        .default_script(script)
        .webhooks(|webhooks| {
            webhooks.route("https://hooks.example.com", address);
            webhooks.retry_delays = [10, 20, 40].map(Duration::from_millis).to_vec();
            choose(webhooks);
        })
        .start()
        .await
        .unwrap();
    let client = Client::of(&sandbox);
    for event in ["channel.created", "channel.updated"] {
        subscribe(
            &client,
            json!({ "service": "channels", "event": event, "url": URL, "signingKey": KEY }),
        )
        .await;
    }
    (sandbox, client)
}

async fn subscribe(client: &Client, body: Value) -> String {
    let made = client
        .post("/webhook-subscriptions", body)
        .await
        .expect(201);
    made["id"].as_str().unwrap().to_owned()
}

/// Waits until so many attempts have ended, and for a moment longer, so that one too many would show.
async fn attempts(sandbox: &Sandbox, count: usize) {
    let enough = async {
        while sandbox.delivery_attempts().len() < count {
            sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(Duration::from_secs(10), enough).await.unwrap();
    sleep(Duration::from_millis(30)).await;
    assert_eq!(sandbox.delivery_attempts().len(), count);
}

fn soon() -> Script {
    Script::timed(Duration::from_millis(5), Duration::from_millis(10))
}

#[tokio::test]
async fn what_is_delivered_is_signed_for_the_registered_url() {
    let (address, received) = receiver(Vec::new()).await;
    let (sandbox, client) = subscribed(address, soon(), |_| {}).await;
    let id = client.install("a").await;
    attempts(&sandbox, 2).await;
    let received = received.lock().unwrap().clone();
    assert_eq!(
        received.iter().map(Received::status).collect::<Vec<_>>(),
        ["pending", "active"]
    );
    for one in &received {
        assert_eq!(one.uri, "/bird/?tenant=42");
        assert_eq!(one.header("host"), address.to_string(), "as behind a proxy");
        assert!(one.is_signed_with(KEY));
        let body: Value = serde_json::from_slice(&one.body).unwrap();
        assert_eq!(body["service"], "channels");
        assert_eq!(body["payload"]["connectorId"], *id);
    }
    assert_ne!(
        received[0].header("messagebird-request-id"),
        received[1].header("messagebird-request-id")
    );
}

#[tokio::test]
async fn a_retry_keeps_timestamp_and_id_and_the_log_counts_it() {
    let (address, received) = receiver(vec![500, 302]).await;
    let (sandbox, client) = subscribed(address, Script::never(), |webhooks| {
        webhooks.timestamp_age = Duration::from_secs(4 * 3600);
    })
    .await;
    let id = client.install("a").await;
    sandbox.apply_step(id.parse().unwrap(), Step::Channel("pending".into()));
    attempts(&sandbox, 3).await;
    let received = received.lock().unwrap().clone();
    for name in [
        "messagebird-request-id",
        "messagebird-request-timestamp",
        "messagebird-signature",
    ] {
        let values: HashSet<_> = received.iter().map(|one| one.header(name)).collect();
        assert_eq!(values.len(), 1, "{name}");
    }
    let sent: i64 = received[0]
        .header("messagebird-request-timestamp")
        .parse()
        .unwrap();
    let age =
        chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()).timestamp() - sent;
    assert!((14_400..14_430).contains(&age), "{age}");

    let subscription = &sandbox.webhook_subscriptions()[0]["id"];
    let path = format!(
        "/webhook-subscriptions/{}/logs",
        subscription.as_str().unwrap()
    );
    let log = client.get(&path).await.expect(200);
    assert_eq!(log["results"].as_array().unwrap().len(), 1);
    let line = &log["results"][0];
    assert_eq!(
        line["requestId"],
        received[0].header("messagebird-request-id")
    );
    assert_eq!(
        (&line["attemptCount"], &line["httpStatusCode"]),
        (&json!(3), &json!(200))
    );
    assert_eq!(line["executionStatus"], "success");
}

#[tokio::test]
async fn attempts_end_and_an_address_without_a_route_fails() {
    let (address, received) = receiver(vec![500; 9]).await;
    let (sandbox, client) = subscribed(address, soon(), |_| {}).await;
    subscribe(&client, json!({ "service": "channels", "event": "channel.created", "url": "https://nowhere.example.com/" })).await;
    client.install("a").await;
    attempts(&sandbox, 12).await;
    assert_eq!(received.lock().unwrap().len(), 8);
    for subscription in sandbox.webhook_subscriptions() {
        let path = format!(
            "/webhook-subscriptions/{}/logs",
            subscription["id"].as_str().unwrap()
        );
        let log = client.get(&path).await.expect(200);
        assert_eq!(log["results"][0]["executionStatus"], "failed");
        assert_eq!(log["results"][0]["attemptCount"], 4);
        let has_status = log["results"][0].get("httpStatusCode").is_some();
        assert_eq!(has_status, subscription["url"] == URL);
    }
}

#[tokio::test]
async fn only_what_a_subscription_asks_for_is_delivered() {
    let (address, received) = receiver(Vec::new()).await;
    let (sandbox, client) = subscribed(address, soon(), |_| {}).await;
    for subscription in sandbox.webhook_subscriptions() {
        let path = format!(
            "/webhook-subscriptions/{}",
            subscription["id"].as_str().unwrap()
        );
        client
            .patch(&path, json!({ "status": "inactive" }))
            .await
            .expect(200);
    }
    let filtered = |key: &str, value: &str| {
        json!({
            "service": "channels", "event": "channel.updated", "url": URL, "signingKey": KEY,
            "eventFilters": [{ "key": "platformId", "value": "sms-messagebird" }, { "key": key, "value": value }],
        })
    };
    subscribe(&client, filtered("channelStatus", "rejected")).await;
    subscribe(&client, filtered("messageStatus", "delivered")).await;
    let wanted = subscribe(&client, filtered("channelStatus", "active")).await;
    client.install("a").await;
    attempts(&sandbox, 1).await;
    assert_eq!(
        sandbox.delivery_attempts()[0].subscription_id.to_string(),
        wanted
    );
    assert_eq!(received.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn everything_that_can_go_wrong_goes_wrong_on_request() {
    let (address, received) = receiver(Vec::new()).await;
    let (sandbox, client) = subscribed(address, soon(), |webhooks| {
        webhooks.reorder = Duration::from_millis(60);
        webhooks.copies = 2;
        webhooks.forged = 3;
        webhooks.signing_key = Some("rotated".to_owned());
    })
    .await;
    client.install("a").await;
    attempts(&sandbox, 12).await;
    let seen = std::mem::take(&mut *received.lock().unwrap());
    let (real, forged): (Vec<_>, Vec<_>) =
        seen.iter().partition(|one| one.is_signed_with("rotated"));
    let statuses: Vec<_> = real.iter().map(|one| one.status()).collect();
    assert_eq!(
        statuses,
        [
            "active", "active", "active", "pending", "pending", "pending"
        ]
    );
    let ids = |of: &[&Received]| {
        of.iter()
            .map(|one| one.header("messagebird-request-id").to_owned())
            .collect::<HashSet<_>>()
            .len()
    };
    assert_eq!((ids(&real), forged.len(), ids(&forged)), (2, 6, 6));
    assert!(forged.iter().all(|one| !one.is_signed_with(KEY)));

    sandbox.webhooks(|webhooks| {
        (webhooks.reorder, webhooks.copies, webhooks.forged) = (Duration::ZERO, 0, 0);
        webhooks.lost = LostDeliveries::EverySecond;
    });
    client.install("b").await;
    attempts(&sandbox, 13).await;
    sandbox.webhooks(|webhooks| webhooks.lost = LostDeliveries::All);
    client.install("c").await;
    attempts(&sandbox, 13).await;
}

#[tokio::test]
async fn what_happened_before_a_subscription_is_not_for_it() {
    let (address, received) = receiver(Vec::new()).await;
    let sandbox = Sandbox::builder()
        .connectors(3)
        .webhooks(|webhooks| webhooks.route("https://hooks.example.com/", address))
        .start()
        .await
        .unwrap();
    sleep(Duration::from_millis(5)).await;
    let client = Client::of(&sandbox);
    let body = json!({ "service": "channels", "event": "channel.created", "url": URL });
    subscribe(&client, body).await;
    sandbox.default_script(Script::instant());
    client.install("a").await;
    attempts(&sandbox, 1).await;
    let received = received.lock().unwrap().clone();
    assert!(
        !received[0].headers.contains_key("messagebird-signature"),
        "it has no key"
    );
}
