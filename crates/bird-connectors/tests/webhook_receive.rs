//! An axum server receives the webhooks of the sandbox. They are signed for a public URL that the server never sees.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::{Router, routing::post};
use bird_connectors::models::{ChannelId, WorkspaceId};
use bird_connectors::wait::WaitOptions;
use bird_connectors::webhook::{
    Deduplicator, DeliveryKey, Event, EventKind, EventRejection, Signals, Verifier, WorkOutcome,
};
use bird_connectors::{ChannelMessageType, Client, Workspace, templates::Sms};
use bird_connectors_sandbox::{
    DeliveryAttempt, LostDeliveries, Operation, Sandbox, Script, WebhookSettings,
};
use chrono::{DateTime, Utc};
use support::until;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

mod support;

const URL: &str = "https://hooks.example.com/bird?tenant=42";
const KEY: &str = "a signing key";

/// A receiver that records the events it has processed or rejected.
#[derive(Clone)]
struct Receiver {
    verifier: Verifier,
    deduplicator: Deduplicator,
    signals: Signals,
    /// How often processing each event has failed.
    failed: Arc<Mutex<HashMap<DeliveryKey, u32>>>,
    done: Arc<Mutex<Vec<Event>>>,
    rejected: Arc<Mutex<Vec<&'static str>>>,
    /// How often processing each event fails before it succeeds.
    failures: u32,
}

impl FromRef<Receiver> for Verifier {
    fn from_ref(receiver: &Receiver) -> Self {
        receiver.verifier.clone()
    }
}

impl Receiver {
    async fn start(failures: u32) -> (Self, SocketAddr) {
        let receiver = Self {
            // During a key rotation: the old key and the current one.
            verifier: Verifier::new(["an older key", KEY], [URL]).unwrap(),
            deduplicator: Deduplicator::default(),
            signals: Signals::new(),
            failed: Arc::default(),
            done: Arc::default(),
            rejected: Arc::default(),
            failures,
        };
        let app = Router::new()
            .route("/bird", post(receive))
            .with_state(receiver.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async { axum::serve(listener, app).await });
        (receiver, address)
    }

    async fn process(&self, event: &Event) -> Result<(), ()> {
        let mut failed = self.failed.lock().unwrap();
        let failed = failed.entry(event.delivery_key).or_default();
        if *failed < self.failures {
            *failed += 1;
            return Err(());
        }
        self.done.lock().unwrap().push(event.clone());
        Ok(())
    }

    fn done(&self) -> Vec<Event> {
        self.done.lock().unwrap().clone()
    }
}

async fn receive(
    State(receiver): State<Receiver>,
    event: Result<Event, EventRejection>,
) -> Result<StatusCode, EventRejection> {
    let event = event.inspect_err(|rejection| {
        if let EventRejection::Webhook(error) = rejection {
            receiver.rejected.lock().unwrap().push(error.reason());
        }
    })?;
    receiver.signals.push(&event);
    let work = receiver.process(&event);
    Ok(match receiver.deduplicator.work(&event, work).await {
        Ok(WorkOutcome::Completed(())) => StatusCode::NO_CONTENT,
        Ok(WorkOutcome::AlreadyDone) => StatusCode::OK,
        Ok(WorkOutcome::InFlight) => StatusCode::SERVICE_UNAVAILABLE,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    })
}

async fn sandbox(
    address: SocketAddr,
    script: Script,
    configure: impl FnOnce(&mut WebhookSettings),
) -> (Sandbox, Workspace) {
    let sandbox = Sandbox::builder()
        .default_script(script)
        .behavior(|behavior| {
            behavior.duplicates = bird_connectors_sandbox::behavior::Duplicates::Allowed;
        })
        .webhooks(|webhooks| {
            webhooks.route("https://hooks.example.com", address);
            webhooks.retry_delays = [50, 100, 200].map(Duration::from_millis).to_vec();
            configure(webhooks);
        })
        .start()
        .await
        .unwrap();
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .rate_limit(None)
        .build()
        .unwrap();
    let workspace = client.workspace(WorkspaceId::from(sandbox.workspace_id()));
    let subscribed = workspace
        .webhook_subscriptions()
        .subscribe_to_channels(URL, KEY)
        .await
        .unwrap();
    assert!(!subscribed.created.adopted && subscribed.updated.signing_key_applied);
    (sandbox, workspace)
}

fn sms(sandbox: &Sandbox) -> Sms {
    Sms::new(
        "Shop",
        sandbox.numbers()[0].id(),
        ChannelMessageType::Conversational,
    )
}

fn now() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}

const FOUR_HOURS: i64 = 4 * 3600;

#[tokio::test]
async fn receiver_processes_each_event_once_despite_duplicates_reordering_forgeries_and_failures() {
    let (receiver, address) = Receiver::start(1).await;
    let script = Script::timed(Duration::from_millis(20), Duration::from_millis(40));
    let (sandbox, workspace) = sandbox(address, script, |webhooks| {
        webhooks.copies = 2;
        webhooks.forged = 2;
        // Long enough for the second delivery to be processed before the first one is sent.
        webhooks.reorder = Duration::from_secs(4);
        // The age of a delivery that is retried in the fourth hour.
        webhooks.timestamp_age = Duration::from_secs(4 * 3600);
    })
    .await;
    let install = workspace.connectors().install(sms(&sandbox)).await.unwrap();
    // For each of two deliveries: two forgeries, an attempt that fails, one that succeeds, two copies.
    until("all attempts", || sandbox.delivery_attempts().len() >= 12).await;

    let done = receiver.done();
    let kinds: Vec<_> = done.iter().map(Event::kind).collect();
    let statuses: Vec<_> = kinds
        .iter()
        .map(|kind| match kind {
            EventKind::ChannelCreated(channel) => ("created", channel.status.clone().unwrap()),
            EventKind::ChannelUpdated(channel) => ("updated", channel.status.clone().unwrap()),
            _ => panic!("{kind:?}"),
        })
        .collect();
    assert_eq!(
        statuses,
        [("updated", "active".into()), ("created", "pending".into())],
        "each event is processed once, the second one first"
    );
    for event in &done {
        assert_eq!(event.connector_id(), Some(install.id()));
        let age = (now() - event.timestamp).num_seconds();
        assert!((FOUR_HOURS..FOUR_HOURS + 60).contains(&age), "{age}");
    }
    let failed = receiver.failed.lock().unwrap().clone();
    assert_eq!(failed.values().copied().collect::<Vec<_>>(), [1, 1]);
    let attempts = sandbox.delivery_attempts();
    let status = |of: fn(&DeliveryAttempt) -> bool| {
        let of = attempts.iter().filter(move |attempt| of(attempt));
        of.map(|attempt| attempt.status.unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(status(|attempt| attempt.number == 1), [500, 500]);
    assert_eq!(status(|attempt| attempt.forged), [401; 4]);
    assert_eq!(
        *receiver.rejected.lock().unwrap(),
        ["signature_mismatch"; 4]
    );

    let subscription = workspace
        .webhook_subscriptions()
        .list()
        .collect_up_to(9)
        .await;
    for subscription in subscription.unwrap().items {
        let log = workspace.webhook_subscriptions().logs(subscription.id);
        let log = log.collect_up_to(9).await.unwrap().items;
        assert_eq!(log.len(), 1);
        assert_eq!(log[0].http_status_code, Some(200));
        assert_eq!(log[0].attempt_count, Some(2));
    }
}

#[tokio::test]
async fn rejected_delivery_gets_a_status_and_a_short_reason() {
    let (_, address) = Receiver::start(0).await;
    let http = reqwest::Client::builder()
        .tls_backend_preconfigured(tls())
        .build()
        .unwrap();
    let url = format!("http://{address}/bird");
    let sent = now().timestamp();
    let post = async |signature: &str, body: Vec<u8>| {
        let request = http.post(&url).body(body);
        let request = request.header("messagebird-signature", signature);
        let request = request.header("messagebird-request-timestamp", sent);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    let sign = |body: &[u8]| bird_connectors::webhook::sign(KEY, sent, URL, body).unwrap();
    assert_eq!(
        post("", b"{}".to_vec()).await,
        (401, "malformed_header".to_owned())
    );
    assert_eq!(
        post(&sign(b"[]"), b"{}".to_vec()).await,
        (401, "signature_mismatch".to_owned())
    );
    let (status, text) = post(&sign(b"{}"), b"{}".to_vec()).await;
    assert_eq!(status, 400);
    assert!(text.starts_with("missing field"), "{text}");
    let long = vec![b' '; 3 << 20];
    assert_eq!(post(&sign(&long), long).await.0, 413);
    let good = br#"{"service":"moon","event":"full","payload":{}}"#.to_vec();
    assert_eq!(post(&sign(&good), good).await.0, 204);
}

fn tls() -> rustls::ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}

struct Measured {
    channel: ChannelId,
    /// From the change to `active` in the sandbox to the end of the wait.
    latency: Duration,
    polls: u32,
}

/// Starts an install after each interval and waits for all of them.
async fn installs(count: usize, interval: Duration, lost: LostDeliveries) -> Vec<Measured> {
    let (receiver, address) = Receiver::start(0).await;
    let (sandbox, workspace) = sandbox(address, Script::standard(), |webhooks| {
        webhooks.lost = lost;
    })
    .await;
    let sandbox = Arc::new(sandbox);
    let mut waits = Vec::new();
    let start = Instant::now();
    for number in 0..count {
        tokio::time::sleep_until(start + interval * u32::try_from(number).unwrap()).await;
        let install = workspace.connectors().install(sms(&sandbox)).await.unwrap();
        let options = WaitOptions::new().signal(receiver.signals.events());
        let wait = install.until_ready().options(options);
        let sandbox = Arc::clone(&sandbox);
        waits.push(tokio::spawn(async move {
            let ready = wait.await.unwrap();
            (install.id(), ready, sandbox.elapsed())
        }));
    }
    let mut measured = Vec::new();
    for wait in waits {
        let (connector, ready, returned) = wait.await.unwrap();
        let events = sandbox.events();
        let active = events
            .iter()
            .find(|event| event.connector_id == *connector.as_uuid() && event.status == "active")
            .unwrap();
        assert_eq!(ready.channel_id, active.channel_id.into());
        measured.push(Measured {
            channel: ready.channel_id,
            latency: returned - active.at,
            polls: ready.polls,
        });
    }
    measured
}

fn print_figures(label: &str, measured: &[Measured]) {
    let mut latencies: Vec<_> = measured.iter().map(|one| one.latency).collect();
    latencies.sort_unstable();
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize];
    let mut polls = std::collections::BTreeMap::<u32, usize>::new();
    for one in measured {
        *polls.entry(one.polls).or_default() += 1;
    }
    let fast = latencies.iter().filter(|one| one.as_millis() < 50).count();
    println!(
        "{label}: {} installs, active to return p50 {:?}, p99 {:?}, max {:?}, {fast} under 50 ms; polls: {polls:?}",
        measured.len(),
        at(0.5),
        at(0.99),
        at(1.0),
    );
}

/// Prints the latencies without asserting them, because they depend on the machine.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundred_installs_become_ready_with_and_without_events() {
    let with_events = installs(100, Duration::from_millis(100), LostDeliveries::None).await;
    print_figures("with events", &with_events);
    let without_events = installs(20, Duration::from_millis(40), LostDeliveries::All).await;
    print_figures("all events lost", &without_events);
    assert_eq!((with_events.len(), without_events.len()), (100, 20));
    let channels: std::collections::HashSet<_> =
        with_events.iter().map(|one| one.channel).collect();
    assert_eq!(channels.len(), 100);
}

/// The verifier rejects forged events, and duplicates share the polls that the signal bucket allows.
#[tokio::test]
async fn ten_thousand_forged_and_duplicate_events_cause_few_polls() {
    let (receiver, address) = Receiver::start(0).await;
    let (sandbox, workspace) = sandbox(address, Script::never(), |_| {}).await;
    let install = workspace.connectors().install(sms(&sandbox)).await.unwrap();
    let timeout = Duration::from_secs(3);
    let longest = Duration::from_secs(60);
    let options = WaitOptions::new()
        .interval(Duration::from_secs(1), longest)
        .timeout(timeout)
        .signal(receiver.signals.events());
    let wait = install.until_ready().options(options);

    let body = format!(
        r#"{{"service":"channels","event":"channel.updated","payload":{{"connectorId":"{}"}}}}"#,
        install.id()
    );
    let flood = async {
        let sent = now().timestamp();
        let signed = |key: &str| bird_connectors::webhook::sign(key, sent, URL, body.as_bytes());
        let (genuine, forged) = (signed(KEY).unwrap(), signed("a guess").unwrap());
        let (mut accepted, mut rejected) = (0, 0);
        for number in 0..10_000 {
            let signature = if number % 2 == 0 { &genuine } else { &forged };
            let headers = [
                ("messagebird-signature", signature.clone()),
                ("messagebird-request-timestamp", sent.to_string()),
            ];
            match receiver.verifier.verify((&headers, &body)) {
                Ok(event) => {
                    receiver.signals.push(event);
                    accepted += 1;
                }
                Err(_) => rejected += 1,
            }
            if number % 20 == 0 {
                sleep(Duration::from_millis(2)).await;
            }
        }
        (accepted, rejected)
    };
    let (ended, (accepted, rejected)) = tokio::join!(wait.into_future(), flood);
    let polls = ended.unwrap_err().report().unwrap().polls;
    assert_eq!((accepted, rejected), (5_000, 5_000));
    // The first poll, the last one, three from the bucket and one more each second, and the wait's scheduled polls.
    assert!(polls <= 2 + 3 + 3 + 4, "{polls}");
    assert!(sandbox.count(Operation::GetConnector) <= polls.into());
}
