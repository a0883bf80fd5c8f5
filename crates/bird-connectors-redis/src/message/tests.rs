use super::*;

/// Recorded for both languages: the Python package has a test of the same file.
const VECTORS: &str = include_str!("../../../bird-connectors/tests/vectors/redis.json");

fn vectors() -> Value {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    vectors["signals"].clone()
}

fn list(vectors: &Value, name: &str) -> Vec<Value> {
    vectors[name].as_array().unwrap().clone()
}

#[test]
fn published_messages_match_the_recorded_ones() {
    for example in list(&vectors(), "published") {
        let event: Event = serde_json::from_value(example["event"].clone()).unwrap();
        let message = encode(&event).unwrap();
        let written: Value = serde_json::from_str(&message).unwrap();
        assert_eq!(written, example["message"]);
        assert_eq!(decode(message.as_bytes()), Some(EventSubject::from(&event)));
    }
}

#[test]
fn events_without_an_id_are_not_published() {
    for event in list(&vectors(), "not_published") {
        let event: Event = serde_json::from_value(event).unwrap();
        assert_eq!(encode(&event), None);
    }
}

#[test]
fn messages_with_unknown_fields_and_null_ids_are_accepted() {
    for message in list(&vectors(), "accepted") {
        let message = message.as_str().unwrap();
        assert!(decode(message.as_bytes()).is_some(), "{message}");
    }
}

#[test]
fn invalid_messages_are_ignored() {
    let vectors = vectors();
    for message in list(&vectors, "ignored") {
        let message = message.as_str().unwrap();
        assert_eq!(decode(message.as_bytes()), None, "{message}");
    }
    let valid = list(&vectors, "accepted")[0].as_str().unwrap().to_owned();
    let long = valid.replacen('{', &format!("{{{}", " ".repeat(LONGEST)), 1);
    let array = r#"[1, "channels", "channel.updated", "2026-01-01T00:00:00Z",
        "c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3",
        "5f1d2c3b-4a59-4687-9786-a5b4c3d2e1f0", null]"#;
    for message in [
        long.as_str(),
        array,
        &valid.replace(r#""v":1"#, r#""v":true"#),
        &valid.replace(r#""service":"channels""#, r#""service":"""#),
    ] {
        assert_eq!(decode(message.as_bytes()), None, "{message}");
    }
    assert_eq!(decode(b"\xff"), None);
}
