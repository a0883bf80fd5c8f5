//! Deliveries and the expected result of verifying them. The Python tests read the same file.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bird_connectors::models::{ChannelId, ConnectorId};
use bird_connectors::webhook::{ChannelEvent, Event, EventKind, Verifier, WebhookError, sign};
use chrono::DateTime;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "about")]
    _about: String,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    expect: String,
    keys: Vec<String>,
    urls: Vec<String>,
    headers: Vec<(String, String)>,
    body: Option<String>,
    body_base64: Option<String>,
    now: i64,
    max_age: Option<u64>,
    tolerance: Option<u64>,
    /// By how many seconds the timestamp is too old or in the future.
    by: Option<u64>,
    /// The header that the error names.
    header: Option<String>,
    /// Whether the event has the request id of its header.
    has_request_id: Option<bool>,
    event: Option<Expected>,
    delivery_key: Option<String>,
}

/// The expected fields of the event. A missing field must be absent from the event.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    kind: String,
    service: Option<String>,
    name: Option<String>,
    channel_id: Option<String>,
    connector_id: Option<String>,
    identifier: Option<String>,
    platform_id: Option<String>,
    status: Option<String>,
}

impl Vector {
    fn all() -> Vec<Self> {
        let file: File = serde_json::from_str(include_str!("vectors/webhooks.json")).unwrap();
        file.vectors
    }

    fn verify(&self) -> Result<Event, WebhookError> {
        let mut verifier = Verifier::new(self.keys.clone(), self.urls.clone()).unwrap();
        if let Some(seconds) = self.max_age {
            verifier = verifier.max_age(Duration::from_secs(seconds));
        }
        if let Some(seconds) = self.tolerance {
            verifier = verifier.tolerance(Duration::from_secs(seconds));
        }
        let now = DateTime::from_timestamp(self.now, 0).unwrap();
        verifier.verify_at((&self.headers, &self.body()), now)
    }

    fn body(&self) -> Vec<u8> {
        match (&self.body, &self.body_base64) {
            (Some(text), None) => text.clone().into_bytes(),
            (None, Some(text)) => STANDARD.decode(text).unwrap(),
            _ => panic!("{}: needs `body` or `body_base64`", self.name),
        }
    }
}

#[test]
fn every_vector_has_the_expected_result() {
    let vectors = Vector::all();
    for vector in &vectors {
        let name = &vector.name;
        match vector.verify() {
            Ok(event) => {
                assert_eq!(vector.expect, "valid", "{name}");
                if let Some(expected) = &vector.event {
                    expected.compare(&event, name);
                }
                if let Some(expected) = vector.has_request_id {
                    assert_eq!(event.request_id.is_some(), expected, "{name}");
                }
                if let Some(key) = &vector.delivery_key {
                    assert_eq!(event.delivery_key.to_string(), *key, "{name}");
                }
            }
            Err(error) => {
                assert_eq!(vector.expect, error.reason(), "{name}: {error}");
                let (header, by) = match &error {
                    WebhookError::MissingHeader { header, .. }
                    | WebhookError::MalformedHeader { header, .. } => (Some(*header), None),
                    WebhookError::TimestampTooOld { by, .. }
                    | WebhookError::TimestampInFuture { by, .. } => (None, Some(by.as_secs())),
                    _ => (None, None),
                };
                assert_eq!(vector.header.as_deref(), header, "{name}");
                assert_eq!(vector.by, by, "{name}");
            }
        }
    }
    let invalid = vectors
        .iter()
        .filter(|vector| vector.expect != "valid")
        .count();
    assert!(invalid >= 40, "{invalid}");
}

#[test]
fn errors_show_no_key_and_no_body() {
    for vector in Vector::all() {
        let Err(error) = vector.verify() else {
            continue;
        };
        let text = format!("{error} {error:?}");
        for key in vector.keys.iter().filter(|key| key.len() > 3) {
            assert!(!text.contains(key.as_str()), "{}: {text}", vector.name);
        }
        assert!(!text.contains("8362fa40"), "{}: {text}", vector.name);
        assert!(!error.to_string().contains('\n'), "{}", vector.name);
    }
    let verifier = Verifier::new(["hush-hush"], ["https://example.com/?token=hush-hush"]).unwrap();
    assert!(!format!("{verifier:?}").contains("hush"));
}

/// Flips every bit of the body and of the signature.
#[test]
fn flipped_bit_is_a_signature_mismatch() {
    let key = "test-signing-key";
    let url = "https://example.com/webhooks/bird?tenant=42";
    let body = br#"{"service":"channels","event":"channel.created","payload":{}}"#.to_vec();
    let signature = sign(key, 1_767_225_600, url, &body).unwrap();
    let verifier = Verifier::new([key], [url]).unwrap();
    let now = DateTime::from_timestamp(1_767_225_601, 0).unwrap();
    let verify = |signature: &[u8], body: &[u8]| {
        let headers = [
            ("messagebird-signature", signature),
            ("messagebird-request-timestamp", b"1767225600".as_slice()),
        ];
        verifier.verify_at((&headers, body), now)
    };
    assert!(verify(signature.as_bytes(), &body).is_ok());
    let bits = |bytes: &[u8]| (0..bytes.len() * 8).collect::<Vec<_>>();
    let flip = |bytes: &[u8], bit: usize| {
        let mut bytes = bytes.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    };
    for bit in bits(&body) {
        let error = verify(signature.as_bytes(), &flip(&body, bit)).unwrap_err();
        assert_eq!(
            error,
            WebhookError::SignatureMismatch,
            "bit {bit} of the body"
        );
    }
    let raw = STANDARD.decode(&signature).unwrap();
    for bit in bits(&raw) {
        let error = verify(STANDARD.encode(flip(&raw, bit)).as_bytes(), &body).unwrap_err();
        assert_eq!(
            error,
            WebhookError::SignatureMismatch,
            "bit {bit} of the signature"
        );
    }
}

/// A verifier without keys or URLs would accept nothing, and one with empty ones could accept anything.
#[test]
fn verifier_without_keys_or_urls_is_rejected() {
    const NONE: [&str; 0] = [];
    for (keys, urls, why) in [
        (&NONE[..], &["https://example.com"][..], "no signing key"),
        (&["a", ""], &["https://example.com"], "is empty"),
        (&["a"], &[], "no URL"),
        (&["a", "\r\n"], &["https://example.com"], "is empty"),
        (&["a"], &[""], "a URL is empty"),
        (&["a"], &[" "], "a URL is empty"),
        (&["a"], &["planted.example.com/x"], "a URL is not complete"),
        (&["a"], &["/planted"], "a URL is not complete"),
        (&["a"], &["https:planted"], "a URL is not complete"),
        (
            &["a"],
            &["ftp://planted.example.com"],
            "a URL is not complete",
        ),
    ] {
        let error = Verifier::new(keys.iter().copied(), urls.iter().copied()).unwrap_err();
        assert_eq!(error.kind(), bird_connectors::ErrorKind::InvalidInput);
        let text = error.to_string();
        assert!(text.contains(why) && !text.contains("planted"), "{text}");
    }
    assert!(sign("", 0, "https://example.com", b"").is_err());
}

/// A key that was read from a file has a line break at its end, or is in quotes. It may be registered with or without them.
#[test]
fn signing_key_with_a_line_break_or_quotes_verifies_with_and_without_them() {
    let url = "https://example.com/hooks";
    let body = br#"{"service":"channels","event":"channel.created","payload":{}}"#;
    let now = DateTime::from_timestamp(1_767_225_601, 0).unwrap();
    let verify = |key: &str, signed_with: &str| {
        let headers = [
            (
                "messagebird-signature",
                sign(signed_with, 1_767_225_600, url, body).unwrap(),
            ),
            ("messagebird-request-timestamp", "1767225600".to_owned()),
        ];
        // White space around the URL cannot be a part of it.
        let verifier = Verifier::new([key], [format!(" {url}\n")]).unwrap();
        verifier.verify_at((&headers, body), now).map(drop)
    };
    for key in ["key\n", "key\r\n"] {
        verify(key, "key").unwrap();
        verify(key, key).unwrap();
        assert_eq!(verify(key, "other"), Err(WebhookError::SignatureMismatch));
    }
    for key in ["\"key\"", "'key'", "'key'\r\n"] {
        verify(key, "key").unwrap();
        verify(key, key.trim_end()).unwrap();
        verify(key, key).unwrap();
        assert_eq!(verify(key, "other"), Err(WebhookError::SignatureMismatch));
    }
    for key in ["\"key", "key'", "\"key'", "\""] {
        verify(key, key).unwrap();
        assert_eq!(verify(key, "key"), Err(WebhookError::SignatureMismatch));
    }
    // Other white space can be a part of a key.
    assert_eq!(verify("key ", "key"), Err(WebhookError::SignatureMismatch));
}

#[test]
fn signed_body_of_a_wrong_form_is_described_without_its_content() {
    let (url, at) = ("https://example.com/hooks", 1_767_225_600);
    let now = DateTime::from_timestamp(at, 0).unwrap();
    for (body, what) in [
        (
            &b"\xff\xfe"[..],
            "it is not UTF-8; expected {…}, got 2 bytes",
        ),
        (
            b"",
            "it is empty (line 1, column 0); expected {…}, got 0 bytes",
        ),
        (
            b"{\"planted",
            "it is truncated JSON (line 1, column 9); expected {…}, got an object of 9 bytes",
        ),
        (
            b"[\"planted\"]",
            "it is JSON, but not of this form (line 1, column 0); expected {…}, got an array of 11 bytes",
        ),
        (
            b"\"planted\"",
            "it is JSON, but not of this form (line 1, column 9); expected {…}, got a string of 9 bytes",
        ),
        (
            b"<planted>",
            "it is not JSON (line 1, column 1); expected {…}, got a web page or XML of 9 bytes",
        ),
        (
            b"7",
            "it is JSON, but not of this form (line 1, column 1); expected {…}, got 1 byte",
        ),
    ] {
        let headers = [
            ("messagebird-signature", sign("key", at, url, body).unwrap()),
            ("messagebird-request-timestamp", at.to_string()),
        ];
        let verifier = Verifier::new(["key"], [url]).unwrap();
        let error = verifier.verify_at((&headers, body), now).unwrap_err();
        let what = what.replace("{…}", "an object {service, event, payload}");
        let expected =
            format!("the signature is valid, but the body is not: {what} [errors#invalid_body]");
        assert_eq!(error.to_string(), expected);
    }
}

/// An application may put events into a queue.
#[test]
fn event_round_trips_through_json() {
    for vector in Vector::all() {
        if let Ok(event) = vector.verify() {
            let json = serde_json::to_string(&event).unwrap();
            let decoded: Event = serde_json::from_str(&json).unwrap();
            assert_eq!(decoded, event, "{}", vector.name);
        }
    }
}

impl Expected {
    fn compare(&self, event: &Event, name: &str) {
        let (kind, channel) = match event.kind() {
            EventKind::ChannelCreated(channel) => ("channel_created", channel),
            EventKind::ChannelUpdated(channel) => ("channel_updated", channel),
            _ => ("other", ChannelEvent::default()),
        };
        assert_eq!(kind, self.kind, "{name}");
        let channel_id = |id: Option<ChannelId>| id.map(|id| id.to_string());
        let connector_id = |id: Option<ConnectorId>| id.map(|id| id.to_string());
        assert_eq!(channel_id(event.channel_id()), self.channel_id, "{name}");
        assert_eq!(
            connector_id(event.connector_id()),
            self.connector_id,
            "{name}"
        );
        if kind != "other" {
            assert_eq!(channel_id(channel.channel_id), self.channel_id, "{name}");
            assert_eq!(
                connector_id(channel.connector_id),
                self.connector_id,
                "{name}"
            );
        }
        assert_eq!(channel.identifier, self.identifier, "{name}");
        assert_eq!(channel.platform_id, self.platform_id, "{name}");
        let status = channel.status.as_ref().map(|status| status.as_str());
        assert_eq!(status, self.status.as_deref(), "{name}");
        if let Some(service) = &self.service {
            assert_eq!(event.service.as_str(), service, "{name}");
        }
        if let Some(expected) = &self.name {
            assert_eq!(event.event, *expected, "{name}");
        }
    }
}

#[test]
fn delivery_with_damaged_json_is_verified_and_keeps_its_bytes() {
    let (key, url, now) = ("key", "https://example.com/hook", 1_767_225_600);
    let verify = |body: &[u8]| {
        let headers = [
            ("MessageBird-Signature", sign(key, now, url, body).unwrap()),
            ("MessageBird-Request-Timestamp", now.to_string()),
        ];
        let verifier = Verifier::new([key], [url]).unwrap();
        let now = DateTime::from_timestamp(now, 0).unwrap();
        verifier.verify_at((&headers, body), now).unwrap()
    };
    let delivery = |mark: &[u8], name: &[u8], number: &str| {
        let head = br#"{"service":"channels","event":"channel.updated","payload":{"name":""#;
        let tail = format!(r#"","number":{number}}}}}"#);
        [mark, head, name, tail.as_bytes()].concat()
    };
    for (body, name, number) in [
        (delivery(b"\xef\xbb\xbf", b"a", "1"), "a", "1"),
        (delivery(b"", br"a\ud83d", "1"), "a\u{fffd}", "1"),
        (delivery(b"", b"a\xff", "1"), "a\u{fffd}", "1"),
        (
            delivery(b"", b"a", "18446744073709551616"),
            "a",
            "\"18446744073709551616\"",
        ),
        (delivery(b"", b"a", "1e999"), "a", "\"1e999\""),
    ] {
        let event = verify(&body);
        assert_eq!(event.raw_body(), Some(&body[..]));
        assert_eq!(event.payload["name"], name);
        assert_eq!(event.payload["number"].to_string(), number);
        assert!(!format!("{event:?}").contains(&format!("{body:?}")));
        let stored = serde_json::to_string(&event).unwrap();
        let read: Event = serde_json::from_str(&stored).unwrap();
        assert_eq!((read.raw_body(), &read), (None, &event));
    }
    assert_eq!(verify(&delivery(b"", b"a", "1")).raw_body(), None);
}
