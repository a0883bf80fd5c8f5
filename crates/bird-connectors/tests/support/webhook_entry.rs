//! The entry point of the fuzz target and of the property test: makes a delivery of arbitrary bytes and passes it to everything
//! that reads deliveries.

use bird_connectors::webhook::{Event, Verifier, WebhookError, sign};

const KEY: &str = "a signing key";
const URL: &str = "https://example.com/webhooks/bird?tenant=42";
const NOW: i64 = 1_767_225_600;

/// The first byte selects whether the signature is valid, which is necessary for the body to be read. The next three lines are
/// header values, and the rest is the body.
pub(crate) fn deliver(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else {
        return;
    };
    let mut parts = rest.splitn(4, |byte| *byte == b'\n');
    let mut part = || parts.next().unwrap_or_default();
    let (signature, timestamp, id, body) = (part(), part(), part(), part());
    let signed = kind % 2 == 1;
    let valid = sign(KEY, NOW, URL, body).expect("the key is valid");
    let now = NOW.to_string();
    let headers = [
        (
            &b"MessageBird-Signature"[..],
            if signed { valid.as_bytes() } else { signature },
        ),
        (
            b"MESSAGEBIRD-REQUEST-TIMESTAMP",
            if signed { now.as_bytes() } else { timestamp },
        ),
        (b"messagebird-request-id", id),
        // A header with an arbitrary name.
        (id, signature),
    ];
    let verifier = Verifier::new([KEY, "another"], ["https://example.com/", URL])
        .expect("the keys and URLs are valid");
    let received = chrono::DateTime::from_timestamp(NOW, 0).expect("the time is valid");
    let result = verifier.verify_at((&headers, body), received);
    match result {
        Ok(event) => {
            assert!(signed || signature.trim_ascii() == valid.as_bytes());
            let _ = (event.kind(), event.channel_id(), event.connector_id());
            let json = serde_json::to_string(&event).expect("an event serializes");
            let decoded: Event = serde_json::from_str(&json).expect("an event deserializes");
            assert_eq!(decoded, event);
            // The bytes are kept exactly if the body had to be repaired.
            let is_repaired = serde_json::from_slice::<serde_json::Value>(body).is_err();
            assert!(!is_repaired || event.raw_body() == Some(body));
            assert!(event.raw_body().is_none_or(|raw| raw == body));
        }
        Err(error) => {
            let text = error.to_string();
            assert!(!text.contains(KEY) && !text.contains('\n'), "{text}");
            if signed {
                // Only what the signature does not cover can be invalid.
                let unsigned = matches!(error, WebhookError::MalformedHeader { .. });
                assert!(unsigned || error.reason() == "invalid_body", "{text}");
                // Only the service and the name of the event must be readable.
                let json: Option<serde_json::Value> = serde_json::from_slice(body).ok();
                let identifies = |name: &str| {
                    let value = json.as_ref().and_then(|json| json.get(name)?.as_str());
                    value.is_some_and(|value| !value.is_empty())
                };
                assert!(
                    unsigned || !identifies("service") || !identifies("event"),
                    "{text}"
                );
            }
        }
    }
    // The headers that are valid in a `HeaderMap`.
    let mut map = http::HeaderMap::new();
    for (name, value) in headers {
        let name = http::HeaderName::from_bytes(name);
        if let (Ok(name), Ok(value)) = (name, http::HeaderValue::from_bytes(value)) {
            map.append(name, value);
        }
    }
    if map.len() == headers.len() {
        let again = verifier.verify_at((&map, body), received);
        let first = verifier.verify_at((&headers, body), received);
        assert_eq!(again, first);
    }
}
