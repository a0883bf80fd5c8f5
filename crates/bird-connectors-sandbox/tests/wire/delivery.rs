//! Webhook deliveries as a receiver gets them: signatures, retries, and failures on request.

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

use crate::client::Client;
use crate::clock::{ManualClock, alive_tasks, run_other_tasks, wait_until};

pub(crate) const URL: &str = "https://hooks.example.com/bird/?tenant=42";
pub(crate) const KEY: &str = "a2V5IHRoYXQgbG9va3MgbGlrZSBiYXNlNjQ=";

#[derive(Clone, Debug)]
pub(crate) struct Received {
    uri: Uri,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub(crate) fn is_signed_with(&self, key: &str) -> bool {
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).unwrap();
        mac.update(self.header("messagebird-request-timestamp").as_bytes());
        mac.update(format!("\n{URL}\n").as_bytes());
        mac.update(&sha2::Sha256::digest(&self.body));
        let signature =
            base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
        self.header("messagebird-signature") == signature
    }

    pub(crate) fn status(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap();
        body["payload"]["status"].as_str().unwrap().to_owned()
    }
}

/// Starts a receiver that answers with these statuses in order, and then with 200.
pub(crate) async fn start_receiver(
    mut answers: Vec<u16>,
) -> (SocketAddr, Arc<Mutex<Vec<Received>>>) {
    answers.reverse();
    let received = Arc::new(Mutex::new(Vec::new()));
    let (log, answers) = (Arc::clone(&received), Arc::new(Mutex::new(answers)));
    let app = Router::new().fallback(post(move |uri: Uri, headers: HeaderMap, body: Bytes| {
        let status = answers.lock().unwrap().pop().unwrap_or(200);
        let body = body.to_vec();
        log.lock().unwrap().push(Received { uri, headers, body });
        async move { StatusCode::from_u16(status).unwrap() }
    }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, app).await });
    (address, received)
}

/// The tasks of the sandbox and of the receiver.
pub(crate) const IDLE_TASKS: usize = 2;

/// A sandbox that delivers to a receiver, with one subscription for each event.
struct Setup {
    clock: ManualClock,
    sandbox: Sandbox,
    client: Client,
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Setup {
    /// The receiver answers with these statuses in order, and then with 200.
    async fn start(
        statuses: Vec<u16>,
        script: Script,
        change: impl FnOnce(&mut WebhookSettings),
    ) -> Self {
        let clock = ManualClock::hold();
        let (address, received) = start_receiver(statuses).await;
        let sandbox = Sandbox::builder()
            .default_script(script)
            .webhooks(|webhooks| {
                webhooks.route("https://hooks.example.com", address);
                webhooks.retry_delays = [10, 20, 40].map(Duration::from_millis).to_vec();
                // No attempt times out because the test has moved the clock.
                webhooks.timeout = Duration::from_secs(3600);
                change(webhooks);
            })
            .start()
            .await
            .unwrap();
        let client = Client::new(&sandbox);
        for event in ["channel.created", "channel.updated"] {
            subscribe(
                &client,
                json!({ "service": "channels", "event": event, "url": URL, "signingKey": KEY }),
            )
            .await;
        }
        Self {
            clock,
            sandbox,
            client,
            address,
            received,
        }
    }

    fn attempts(&self) -> usize {
        self.sandbox.delivery_attempts().len()
    }

    fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Lets all deliveries end, including their retries.
    async fn finish_deliveries(&self) {
        run_other_tasks().await;
        self.clock
            .advance_until(|| alive_tasks() == IDLE_TASKS)
            .await;
    }
}

pub(crate) async fn subscribe(client: &Client, body: Value) -> String {
    let made = client
        .post("/webhook-subscriptions", body)
        .await
        .json_with_status(201);
    made["id"].as_str().unwrap().to_owned()
}

const CHANNEL_AFTER: Duration = Duration::from_millis(5);
const ACTIVE_AFTER: Duration = Duration::from_millis(10);

fn quick_install() -> Script {
    Script::timed(CHANNEL_AFTER, ACTIVE_AFTER)
}

#[tokio::test(start_paused = true)]
async fn delivery_is_signed_for_the_registered_url() {
    let setup = Setup::start(Vec::new(), quick_install(), |_| {}).await;
    let id = setup.client.install("a").await;
    setup.clock.advance(CHANNEL_AFTER).await;
    setup.finish_deliveries().await;
    assert_eq!(setup.attempts(), 1);
    setup.clock.advance(ACTIVE_AFTER - CHANNEL_AFTER).await;
    setup.finish_deliveries().await;
    assert_eq!(setup.attempts(), 2);
    let received = setup.received();
    assert_eq!(
        received.iter().map(Received::status).collect::<Vec<_>>(),
        ["pending", "active"]
    );
    for delivery in &received {
        assert_eq!(delivery.uri, "/bird/?tenant=42");
        assert_eq!(
            delivery.header("host"),
            setup.address.to_string(),
            "the host header is the local address, as with a reverse proxy"
        );
        assert!(delivery.is_signed_with(KEY));
        let body: Value = serde_json::from_slice(&delivery.body).unwrap();
        assert_eq!(body["service"], "channels");
        assert_eq!(body["payload"]["connectorId"], *id);
    }
    assert_ne!(
        received[0].header("messagebird-request-id"),
        received[1].header("messagebird-request-id")
    );
}

#[tokio::test(start_paused = true)]
async fn retry_keeps_timestamp_and_id_and_updates_the_delivery_log() {
    let setup = Setup::start(vec![500, 302], Script::never(), |webhooks| {
        webhooks.timestamp_age = Duration::from_secs(4 * 3600);
    })
    .await;
    let id = setup.client.install("a").await;
    let channel = Step::Channel("pending".into());
    setup.sandbox.apply_step(id.parse().unwrap(), channel);
    setup.finish_deliveries().await;
    assert_eq!(setup.attempts(), 3);
    let received = setup.received();
    for name in [
        "messagebird-request-id",
        "messagebird-request-timestamp",
        "messagebird-signature",
    ] {
        let values: HashSet<_> = received
            .iter()
            .map(|delivery| delivery.header(name))
            .collect();
        assert_eq!(values.len(), 1, "{name}");
    }
    let sent: i64 = received[0]
        .header("messagebird-request-timestamp")
        .parse()
        .unwrap();
    let age =
        chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()).timestamp() - sent;
    assert!((14_400..14_430).contains(&age), "{age}");

    let subscription = &setup.sandbox.webhook_subscriptions()[0]["id"];
    let path = format!(
        "/webhook-subscriptions/{}/logs",
        subscription.as_str().unwrap()
    );
    let log = setup.client.get(&path).await.json_with_status(200);
    assert_eq!(log["results"].as_array().unwrap().len(), 1);
    let entry = &log["results"][0];
    assert_eq!(
        entry["requestId"],
        received[0].header("messagebird-request-id")
    );
    assert_eq!(
        (&entry["attemptCount"], &entry["httpStatusCode"]),
        (&json!(3), &json!(200))
    );
    assert_eq!(entry["executionStatus"], "succeeded");
}

#[tokio::test(start_paused = true)]
async fn delivery_fails_after_the_last_retry_or_at_once_without_a_route() {
    let setup = Setup::start(vec![500; 9], quick_install(), |_| {}).await;
    subscribe(&setup.client, json!({ "service": "channels", "event": "channel.created", "url": "https://nowhere.example.com/" })).await;
    setup.client.install("a").await;
    setup.clock.advance(ACTIVE_AFTER).await;
    setup.finish_deliveries().await;
    assert_eq!(setup.attempts(), 9);
    assert_eq!(setup.received().len(), 8);
    for subscription in setup.sandbox.webhook_subscriptions() {
        let path = format!(
            "/webhook-subscriptions/{}/logs",
            subscription["id"].as_str().unwrap()
        );
        let log = setup.client.get(&path).await.json_with_status(200);
        assert_eq!(log["results"][0]["executionStatus"], "failed");
        let has_route = subscription["url"] == URL;
        assert_eq!(
            log["results"][0]["attemptCount"],
            if has_route { 4 } else { 1 }
        );
        let has_status = log["results"][0].get("httpStatusCode").is_some();
        assert_eq!(has_status, has_route);
    }
}

#[tokio::test(start_paused = true)]
async fn only_matching_active_subscriptions_receive_events() {
    let setup = Setup::start(Vec::new(), quick_install(), |_| {}).await;
    let client = &setup.client;
    for subscription in setup.sandbox.webhook_subscriptions() {
        let path = format!(
            "/webhook-subscriptions/{}",
            subscription["id"].as_str().unwrap()
        );
        client
            .patch(&path, json!({ "status": "inactive" }))
            .await
            .json_with_status(200);
    }
    let filtered = |key: &str, value: &str| {
        json!({
            "service": "channels", "event": "channel.updated", "url": URL, "signingKey": KEY,
            "eventFilters": [{ "key": "platformId", "value": "sms-messagebird" }, { "key": key, "value": value }],
        })
    };
    subscribe(client, filtered("channelStatus", "rejected")).await;
    subscribe(client, filtered("messageStatus", "delivered")).await;
    let matching = subscribe(client, filtered("channelStatus", "active")).await;
    client.install("a").await;
    setup.clock.advance(ACTIVE_AFTER).await;
    setup.finish_deliveries().await;
    assert_eq!(setup.attempts(), 1);
    let attempts = setup.sandbox.delivery_attempts();
    assert_eq!(attempts[0].subscription_id.to_string(), matching);
    assert_eq!(setup.received().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn reordered_copied_and_forged_deliveries_arrive_as_configured() {
    const REORDER: Duration = Duration::from_millis(60);
    let setup = Setup::start(Vec::new(), quick_install(), |webhooks| {
        webhooks.reorder = REORDER;
        webhooks.copies = 2;
        webhooks.forged = 3;
        webhooks.signing_key = Some("rotated".to_owned());
    })
    .await;
    setup.client.install("a").await;
    // The first delivery waits, and the second one overtakes it.
    setup.clock.advance(CHANNEL_AFTER).await;
    setup.clock.advance(ACTIVE_AFTER - CHANNEL_AFTER).await;
    wait_until(|| setup.attempts() == 6).await;
    setup.clock.advance(REORDER).await;
    setup.finish_deliveries().await;
    assert_eq!(setup.attempts(), 12);

    let received = setup.received();
    let (real, forged): (Vec<_>, Vec<_>) = received
        .iter()
        .partition(|delivery| delivery.is_signed_with("rotated"));
    let statuses: Vec<_> = real.iter().map(|delivery| delivery.status()).collect();
    assert_eq!(
        statuses,
        [
            "active", "active", "active", "pending", "pending", "pending"
        ]
    );
    let distinct_ids = |deliveries: &[&Received]| {
        let ids = deliveries
            .iter()
            .map(|delivery| delivery.header("messagebird-request-id").to_owned());
        ids.collect::<HashSet<_>>().len()
    };
    assert_eq!(
        (distinct_ids(&real), forged.len(), distinct_ids(&forged)),
        (2, 6, 6)
    );
    assert!(
        forged.iter().all(|delivery| !delivery.is_signed_with(KEY)),
        "forged deliveries are signed with an unknown key"
    );
}

#[tokio::test(start_paused = true)]
async fn lost_deliveries_are_never_sent() {
    let setup = Setup::start(Vec::new(), quick_install(), |_| {}).await;
    for (name, lost, attempts) in [
        ("a", LostDeliveries::None, 2),
        ("b", LostDeliveries::EverySecond, 3),
        ("c", LostDeliveries::All, 3),
    ] {
        setup.sandbox.webhooks(|webhooks| webhooks.lost = lost);
        setup.client.install(name).await;
        setup.clock.advance(ACTIVE_AFTER).await;
        setup.finish_deliveries().await;
        assert_eq!(setup.attempts(), attempts, "{lost:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn subscription_receives_no_events_from_before_its_creation() {
    let clock = ManualClock::hold();
    let (address, received) = start_receiver(Vec::new()).await;
    let sandbox = Sandbox::builder()
        .connectors(3)
        .webhooks(|webhooks| webhooks.route("https://hooks.example.com/", address))
        .start()
        .await
        .unwrap();
    clock.advance(Duration::from_millis(5)).await;
    let client = Client::new(&sandbox);
    let body = json!({ "service": "channels", "event": "channel.created", "url": URL });
    subscribe(&client, body).await;
    sandbox.default_script(Script::instant());
    client.install("a").await;
    wait_until(|| sandbox.delivery_attempts().len() == 1).await;
    wait_until(|| alive_tasks() == IDLE_TASKS).await;
    assert_eq!(sandbox.delivery_attempts().len(), 1);
    let received = received.lock().unwrap().clone();
    assert!(
        !received[0].headers.contains_key("messagebird-signature"),
        "the subscription has no signing key"
    );
}
