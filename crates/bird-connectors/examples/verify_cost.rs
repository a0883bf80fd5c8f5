//! What verifying a webhook costs, beside the three things that it cannot do without: SHA-256 of the body, one HMAC, and
//! reading the JSON.
//!
//! `cargo run --release -p bird-connectors --example verify_cost`

use std::hint::black_box;
use std::time::{Duration, Instant};

use bird_connectors::models::WebhookDelivery;
use bird_connectors::webhook::{Verifier, sign};
use chrono::DateTime;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

const KEY: &str = "test-signing-key";
const URL: &str = "https://example.com/webhooks/bird?tenant=42";
const NOW: i64 = 1_767_225_600;
const ROUNDS: usize = 41;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!(
        "body        verify   parts    verify/parts (medians of {ROUNDS} rounds, taking turns)"
    );
    for notes in [0, 1, 16, 128] {
        let body = body(notes);
        let headers = [
            ("messagebird-signature", sign(KEY, NOW, URL, &body)?),
            ("messagebird-request-timestamp", NOW.to_string()),
            ("messagebird-request-id", "8e1b7a3e".to_owned()),
        ];
        let verifier = Verifier::new([KEY], [URL])?;
        let now = DateTime::from_timestamp(NOW, 0);
        let calls = 400_000 / (body.len() + 800);
        let (mut whole, mut parts) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            whole.push(time(calls, || {
                verifier.verify(black_box(&headers), black_box(&body), now)
            }));
            parts.push(time(calls, || the_parts(black_box(&body))));
        }
        let (whole, parts) = (median(whole), median(parts));
        println!(
            "{:6} B  {whole:6.2} µs  {parts:6.2} µs  {:.2}",
            body.len(),
            whole / parts
        );
    }
    Ok(())
}

/// By hand, as far as it can be left out by nobody.
fn the_parts(body: &[u8]) -> Option<([u8; 32], WebhookDelivery)> {
    let mut mac: Hmac<Sha256> = KeyInit::new_from_slice(KEY.as_bytes()).ok()?;
    mac.update(NOW.to_string().as_bytes());
    mac.update(b"\n");
    mac.update(URL.as_bytes());
    mac.update(b"\n");
    mac.update(&Sha256::digest(body));
    let signature = mac.finalize().into_bytes().into();
    Some((signature, serde_json::from_slice(body).ok()?))
}

/// A body of the usual form, with so many notes beside it.
fn body(notes: usize) -> Vec<u8> {
    let notes: Vec<_> = (0..notes)
        .map(|number| format!("note {number}: what somebody wrote about this channel"))
        .collect();
    serde_json::json!({
        "service": "channels",
        "event": "channel.updated",
        "payload": {
            "id": "8362fa40-9ff1-5430-a3ab-79ecc61b96b1",
            "connectorId": "2f2f9d3a-2f9b-4c55-9d52-2f5b6f0b1c3d",
            "identifier": "+31612345678",
            "platformId": "sms-messagebird",
            "status": "active",
            "name": "Support NL",
            "notes": notes,
        },
    })
    .to_string()
    .into_bytes()
}

/// Microseconds for one call.
fn time<T>(calls: usize, mut call: impl FnMut() -> T) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        black_box(call());
    }
    let taken: Duration = start.elapsed();
    taken.as_secs_f64() * 1e6 / calls as f64
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
