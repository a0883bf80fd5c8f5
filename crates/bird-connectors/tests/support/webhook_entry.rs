//! One entry for the fuzz target and for the property test: bytes become headers and a body, and go through everything
//! that reads them.

use bird_connectors::webhook::{Event, Verifier, WebhookError, sign};

const KEY: &str = "a signing key";
const URL: &str = "https://example.com/webhooks/bird?tenant=42";
const NOW: i64 = 1_767_225_600;

/// The first byte decides whether the signature is a right one, so that the body is read, too. Then come three header
/// values, each with its line, and the body.
pub(crate) fn deliver(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else {
        return;
    };
    let mut parts = rest.splitn(4, |byte| *byte == b'\n');
    let mut part = || parts.next().unwrap_or_default();
    let (signature, timestamp, id, body) = (part(), part(), part(), part());
    let signed = kind % 2 == 1;
    let right = sign(KEY, NOW, URL, body).expect("the key is fine");
    let now = NOW.to_string();
    let headers = [
        (
            &b"MessageBird-Signature"[..],
            if signed { right.as_bytes() } else { signature },
        ),
        (
            b"MESSAGEBIRD-REQUEST-TIMESTAMP",
            if signed { now.as_bytes() } else { timestamp },
        ),
        (b"messagebird-request-id", id),
        // The value of a header whose name nobody chose.
        (id, signature),
    ];
    let verifier = Verifier::new([KEY, "another"], ["https://example.com/", URL]).expect("fine");
    let result = verifier.verify(&headers, body, chrono::DateTime::from_timestamp(NOW, 0));
    match result {
        Ok(event) => {
            assert!(signed || signature.trim_ascii() == right.as_bytes());
            let _ = (event.kind(), event.channel_id(), event.connector_id());
            let json = serde_json::to_string(&event).expect("an event can be written");
            let back: Event = serde_json::from_str(&json).expect("and read");
            assert_eq!(back, event);
        }
        Err(error) => {
            let text = error.to_string();
            assert!(!text.contains(KEY) && !text.contains('\n'), "{text}");
            if signed {
                // Only what is not signed can still be wrong.
                let unsigned = matches!(error, WebhookError::MalformedSignature { .. });
                assert!(unsigned || error.reason() == "invalid_body", "{text}");
            }
        }
    }
    // The same as a server would hand it over, where it could.
    let mut map = http::HeaderMap::new();
    for (name, value) in headers {
        let name = http::HeaderName::from_bytes(name);
        if let (Ok(name), Ok(value)) = (name, http::HeaderValue::from_bytes(value)) {
            map.append(name, value);
        }
    }
    if map.len() == headers.len() {
        let again = verifier.verify(&map, body, chrono::DateTime::from_timestamp(NOW, 0));
        let first = verifier.verify(&headers, body, chrono::DateTime::from_timestamp(NOW, 0));
        assert_eq!(again, first);
    }
}
