//! Row 18: a receiver of webhooks in axum that verifies deliveries, drops duplicates and passes the events on, compared with
//! the same handler that does so by hand. The client sends prepared requests over several connections, so that the receiver
//! takes most of the time.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use axum::body::Bytes;
use axum::extract::{FromRef, State};
use axum::http::{HeaderMap, StatusCode};
use axum::{Router, routing::post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bird_connectors::webhook::{Deduplicator, Event, Verifier, WorkOutcome, sign};
use futures_util::future::try_join_all;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::measure::print;
use crate::models::WebhookDelivery;

const KEY: &str = "a-signing-key-for-benchmarks";
const URL: &str = "https://hooks.example.com/bird";
const CONNECTIONS: usize = 8;

/// How old a delivery may be, and how long its key is remembered.
const MAX_AGE: Duration = Duration::from_secs(24 * 3600);

pub(crate) async fn run(quick: bool) -> Result<()> {
    let (rounds, requests) = if quick { (2, 50) } else { (41, 4_000) };
    let (events, mut received) = mpsc::unbounded_channel();
    // The dispatch ends here: both sides pass the event to another task.
    let consumer = tokio::spawn(async move {
        let mut count = 0_usize;
        while received.recv().await.is_some() {
            count += 1;
        }
        count
    });
    let sdk = serve(
        Router::new()
            .route("/bird", post(with_sdk))
            .with_state(SdkReceiver {
                verifier: Verifier::new([KEY], [URL])?,
                deduplicator: Deduplicator::default(),
                events: events.clone(),
            }),
    )
    .await?;
    let hand = serve(
        Router::new()
            .route("/bird", post(by_hand))
            .with_state(HandReceiver {
                seen: Arc::default(),
                events,
            }),
    )
    .await?;
    let variants = [("bird-connectors", sdk), ("hmac by hand", hand)];
    let mut seconds = [Vec::new(), Vec::new()];
    let mut serial = 0;
    for round in 0..=rounds {
        for offset in 0..variants.len() {
            let index = (round + offset) % variants.len();
            let batches = deliveries(&mut serial, requests)?;
            let start = Instant::now();
            let sent = batches
                .into_iter()
                .map(|batch| send(variants[index].1, batch));
            try_join_all(sent).await?;
            // The first round opens connections and fills caches.
            if round > 0 {
                seconds[index].push(start.elapsed().as_secs_f64() / requests as f64);
            }
        }
    }
    for ((variant, _), seconds) in variants.iter().zip(&seconds) {
        print("webhook receiver", variant, "s", seconds);
    }
    // It ends with the process, because the servers keep their senders.
    consumer.abort();
    Ok(())
}

#[derive(Clone)]
struct SdkReceiver {
    verifier: Verifier,
    deduplicator: Deduplicator,
    events: mpsc::UnboundedSender<String>,
}

impl FromRef<SdkReceiver> for Verifier {
    fn from_ref(receiver: &SdkReceiver) -> Self {
        receiver.verifier.clone()
    }
}

async fn with_sdk(State(receiver): State<SdkReceiver>, event: Event) -> StatusCode {
    let dispatch = async { receiver.events.send(event.event.clone()) };
    match receiver.deduplicator.work(&event, dispatch).await {
        Ok(WorkOutcome::Completed(()) | WorkOutcome::AlreadyDone) => StatusCode::NO_CONTENT,
        Ok(WorkOutcome::InFlight) => StatusCode::SERVICE_UNAVAILABLE,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[derive(Clone)]
struct HandReceiver {
    /// The deliveries that were received, and when.
    seen: Arc<Mutex<HashMap<[u8; 32], Instant>>>,
    events: mpsc::UnboundedSender<String>,
}

async fn by_hand(
    State(receiver): State<HandReceiver>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let Some((key, delivery)) = verify_by_hand(&headers, &body) else {
        return StatusCode::UNAUTHORIZED;
    };
    {
        let mut seen = receiver.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if let Some(at) = seen.get(&key)
            && now - *at < MAX_AGE
        {
            return StatusCode::NO_CONTENT;
        }
        seen.insert(key, now);
    }
    match receiver.events.send(delivery.event) {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Verifies the signature and the age, and decodes the body. Returns the key of the delivery.
fn verify_by_hand(headers: &HeaderMap, body: &[u8]) -> Option<([u8; 32], WebhookDelivery)> {
    let header = |name: &str| headers.get(name)?.to_str().ok();
    let signature = STANDARD.decode(header("messagebird-signature")?).ok()?;
    let timestamp = header("messagebird-request-timestamp")?;
    let mut message = Vec::new();
    message.extend_from_slice(timestamp.as_bytes());
    message.push(b'\n');
    message.extend_from_slice(URL.as_bytes());
    message.push(b'\n');
    message.extend_from_slice(&Sha256::digest(body));
    let mut mac: Hmac<Sha256> = Hmac::new_from_slice(KEY.as_bytes()).ok()?;
    mac.update(&message);
    // Compares in constant time.
    mac.verify_slice(&signature).ok()?;
    let sent = UNIX_EPOCH + Duration::from_secs(timestamp.parse().ok()?);
    let is_recent = match SystemTime::now().duration_since(sent) {
        Ok(age) => age <= MAX_AGE,
        Err(ahead) => ahead.duration() <= Duration::from_secs(300),
    };
    let delivery = serde_json::from_slice(body).ok()?;
    is_recent.then(|| (Sha256::digest(&message).into(), delivery))
}

async fn serve(app: Router) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async { axum::serve(listener, app).await });
    Ok(address)
}

/// Signed requests that differ from all earlier ones, for each connection.
fn deliveries(serial: &mut u64, count: usize) -> Result<Vec<Vec<String>>> {
    let now = UNIX_EPOCH.elapsed()?.as_secs();
    let now = i64::try_from(now)?;
    let mut batches = vec![Vec::new(); CONNECTIONS];
    for number in 0..count {
        *serial += 1;
        let body = serde_json::json!({
            "service": "channels",
            "event": "channel.updated",
            "payload": {
                "id": "8362fa40-9ff1-5430-a3ab-79ecc61b96b1",
                "connectorId": "2f2f9d3a-2f9b-4c55-9d52-2f5b6f0b1c3d",
                "identifier": format!("+316{serial:08}"),
                "platformId": "sms-messagebird",
                "status": "active",
                "name": "Support NL",
            },
        })
        .to_string();
        let signature = sign(KEY, now, URL, body.as_bytes())?;
        batches[number % CONNECTIONS].push(format!(
            "POST /bird HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             messagebird-signature: {signature}\r\nmessagebird-request-timestamp: {now}\r\n\
             messagebird-request-id: {serial}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ));
    }
    Ok(batches)
}

/// Sends requests one after the other over one connection. The responses have no body.
async fn send(address: SocketAddr, requests: Vec<String>) -> Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut response = [0; 1024];
    for request in requests {
        stream.write_all(request.as_bytes()).await?;
        let mut length = 0;
        while !response[..length].ends_with(b"\r\n\r\n") {
            let read = stream.read(&mut response[length..]).await?;
            ensure!(read > 0, "the receiver closed the connection");
            length += read;
        }
        let head = std::str::from_utf8(&response[..length]).context("an invalid response")?;
        ensure!(
            head.starts_with("HTTP/1.1 204"),
            "unexpected response: {head}"
        );
    }
    Ok(())
}
