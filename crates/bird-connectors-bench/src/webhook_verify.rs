//! The cost of verifying a webhook, compared with its indispensable parts: SHA-256 of the body, one HMAC, and parsing the
//! JSON.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, Result};
use bird_connectors::webhook::{Verifier, sign};
use chrono::DateTime;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::models::WebhookDelivery;

const KEY: &str = "test-signing-key";
const URL: &str = "https://example.com/webhooks/bird?tenant=42";
const NOW: i64 = 1_767_225_600;

pub(crate) fn run(quick: bool) -> Result<()> {
    let rounds = if quick { 3 } else { 41 };
    println!("body        verify   parts    verify/parts (medians of {rounds} alternating rounds)");
    for notes in [0, 1, 16, 128] {
        let body = body(notes);
        let headers = [
            ("messagebird-signature", sign(KEY, NOW, URL, &body)?),
            ("messagebird-request-timestamp", NOW.to_string()),
            ("messagebird-request-id", "8e1b7a3e".to_owned()),
        ];
        let verifier = Verifier::new([KEY], [URL])?;
        let now = DateTime::from_timestamp(NOW, 0).context("the time is out of range")?;
        let calls = if quick {
            10
        } else {
            400_000 / (body.len() + 800)
        };
        let (mut verify, mut parts) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            verify.push(microseconds(calls, || {
                verifier.verify_at((black_box(&headers), black_box(&body)), now)
            }));
            parts.push(microseconds(calls, || {
                indispensable_parts(black_box(&body))
            }));
        }
        let (verify, parts) = (median(verify), median(parts));
        println!(
            "{:6} B  {verify:6.2} µs  {parts:6.2} µs  {:.2}",
            body.len(),
            verify / parts
        );
    }
    Ok(())
}

/// What every verification has to do.
fn indispensable_parts(body: &[u8]) -> Option<([u8; 32], WebhookDelivery)> {
    let mut mac: Hmac<Sha256> = KeyInit::new_from_slice(KEY.as_bytes()).ok()?;
    mac.update(NOW.to_string().as_bytes());
    mac.update(b"\n");
    mac.update(URL.as_bytes());
    mac.update(b"\n");
    mac.update(&Sha256::digest(body));
    let signature = mac.finalize().into_bytes().into();
    Some((signature, serde_json::from_slice(body).ok()?))
}

/// A typical body, with additional notes that make it larger.
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

/// Microseconds per call.
fn microseconds<T>(calls: usize, mut call: impl FnMut() -> T) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        black_box(call());
    }
    start.elapsed().as_secs_f64() * 1e6 / calls as f64
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
