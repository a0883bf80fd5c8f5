//! Any input is verified or rejected without a panic. Runs the entry point of the fuzz target `webhook` as a property test.

#[path = "support/webhook_entry.rs"]
mod entry;

use proptest::prelude::*;

/// Bodies that are almost valid.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let text = prop::sample::select(vec![
        r#""channels""#,
        r#""channel.updated""#,
        r#"{"id":"8362fa40-9ff1-5430-a3ab-79ecc61b96b1"}"#,
        r#"{"channelId":[],"status":7}"#,
        "{}",
        "null",
        "[[[",
        "1e999",
        r#""\ud800""#,
        "",
    ]);
    let name = prop::sample::select(vec!["service", "event", "payload", "extra", ""]);
    let field = (name, text).prop_map(|(name, text)| format!("{name:?}:{text}"));
    let object = prop::collection::vec(field, 0..6)
        .prop_map(|fields| format!("{{{}}}", fields.join(",")).into_bytes());
    prop_oneof![object, prop::collection::vec(any::<u8>(), 0..200)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn random_bytes_never_panic(data in prop::collection::vec(any::<u8>(), 0..400)) {
        entry::deliver(&data);
    }

    #[test]
    fn almost_valid_deliveries_never_panic(signed in 0u8..2, headers in "([ -~é]{0,40}\n){3}", body in body()) {
        entry::deliver(&[&[signed], headers.as_bytes(), &body].concat());
    }
}
