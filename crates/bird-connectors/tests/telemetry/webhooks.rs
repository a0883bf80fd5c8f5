//! The span and the events of verifications.

use bird_connectors::webhook::{Verifier, sign};
use bird_connectors_catalogue::SIGNING_KEY;

use crate::check;
use crate::collector::Collector;

const URL: &str = "https://hooks.example.com/bird";

#[test]
fn verification_emits_the_lag_or_the_reason() {
    let (collector, _guard) = Collector::start();
    let verifier = Verifier::new([SIGNING_KEY], [URL]).unwrap();
    let body = br#"{"service":"channels","event":"channel.created","payload":{}}"#;
    let signed_at = 1_767_225_600;
    let signature = sign(SIGNING_KEY, signed_at, URL, body).unwrap();
    let verify = |signature: &str, now: &str| {
        let headers = [
            ("messagebird-signature", signature),
            ("messagebird-request-timestamp", &signed_at.to_string()),
        ];
        let verified = verifier.verify_at((&headers, body), now.parse().unwrap());
        let emitted = collector.take();
        check("a verification", &emitted);
        (verified.is_ok(), emitted)
    };
    let (is_valid, emitted) = verify(&signature, "2026-01-01T00:01:30Z");
    assert!(is_valid);
    assert_eq!(emitted[0].get("bird.lag"), "90.0");
    assert_eq!(emitted[0].get("error.type"), "");
    assert_eq!(emitted[1].name, "delivery verified");
    assert_eq!(emitted[1].get("bird.lag"), "90.0");

    for (signature, now, reason) in [
        (&*signature, "2026-01-03T00:00:00Z", "timestamp_too_old"),
        ("bad", "2026-01-01T00:00:00Z", "malformed_header"),
    ] {
        let (is_valid, emitted) = verify(signature, now);
        assert!(!is_valid);
        assert_eq!(emitted[0].get("error.type"), reason);
        assert_eq!(emitted[0].get("otel.status_code"), "ERROR");
        assert_eq!(emitted[1].name, "delivery refused");
        assert_eq!(emitted[1].get("error.type"), reason);
    }
}
