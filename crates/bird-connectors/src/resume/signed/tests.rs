use proptest::prelude::*;

use super::*;

#[test]
fn signature_is_the_hmac_of_the_context_and_the_payload() {
    // Computed with Python's `hmac`.
    assert_eq!(
        sign("eyJ2IjoxfQ", b"key").unwrap(),
        "eyJ2IjoxfQ.PQ1jMpsX4XkWUwauH1thpzXYMv3YzoIi2TaNS-q3bwA"
    );
}

#[test]
fn unsigned_or_malformed_strings_and_empty_keys_are_rejected() {
    let signed = sign("payload", b"key").unwrap();
    assert_eq!(verify(&format!(" {signed}\n"), b"key").unwrap(), "payload");
    for (string, why) in [
        ("payload", "not signed"),
        ("", "not signed"),
        ("payload.", "does not match"),
        ("payload.!", "malformed"),
        ("payload.AAAA", "does not match"),
        ("payload.AAAA.AAAA", "malformed"),
    ] {
        let reason = verify(string, b"key").unwrap_err();
        assert!(reason.contains(why), "{string}: {reason}");
    }
    assert!(
        verify(&signed, b"other")
            .unwrap_err()
            .contains("another key")
    );
    assert!(verify(&signed, b"").unwrap_err().contains("empty"));
    assert!(sign("payload", b"").unwrap_err().contains("empty"));
}

proptest! {
    #[test]
    fn every_change_of_a_signed_string_is_noticed(
        payload in "[A-Za-z0-9_-]{1,80}",
        key in prop::collection::vec(any::<u8>(), 1..200),
        at in any::<prop::sample::Index>(),
        letter in "[A-Za-z0-9_.-]",
    ) {
        let signed = sign(&payload, &key).unwrap();
        prop_assert_eq!(verify(&signed, &key).unwrap(), payload);
        let at = at.index(signed.len());
        let mut changed = signed.clone();
        changed.replace_range(at..=at, &letter);
        prop_assert_eq!(verify(&changed, &key).is_ok(), changed == signed);
    }
}
