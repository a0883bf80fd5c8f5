//! Open enums: a known value never hides in an unknown one.

use std::collections::BTreeSet;

use bird_connectors_api::types::{ChannelMessageType, ChannelStatus, NumberType};
use serde_json::json;

#[test]
fn known_values_are_known_however_they_come() {
    for text in ChannelStatus::KNOWN {
        let value = ChannelStatus::from(*text);
        assert!(value.is_known());
        assert_eq!(value, ChannelStatus::from((*text).to_owned()));
        assert_eq!(value, text.parse::<ChannelStatus>().unwrap());
        assert_eq!(
            value,
            serde_json::from_value::<ChannelStatus>(json!(text)).unwrap()
        );
        assert_eq!(serde_json::to_value(&value).unwrap(), json!(text));
        assert_eq!(value.to_string(), *text);
        assert_eq!(value.as_ref(), *text);
    }
    assert_eq!(ChannelMessageType::KNOWN.len(), 5);
    assert!(ChannelMessageType::from("2fa").is_known());
}

#[test]
fn unknown_values_keep_their_text() {
    let value = NumberType::from("satellite");
    assert!(!value.is_known());
    assert_eq!(value.as_str(), "satellite");
    assert_eq!(format!("{value:>12}"), "   satellite");
    assert_eq!(format!("{value:?}"), "Unknown(\"satellite\")");
    let NumberType::Unknown(inner) = &value else {
        panic!("{value} is unknown")
    };
    assert_eq!(inner.to_string(), "satellite");
    assert_eq!(
        value,
        serde_json::from_value::<NumberType>(json!("satellite")).unwrap()
    );
}

#[test]
fn values_can_be_ordered_and_collected() {
    let texts = ["pending", "zzz", "active", "pending", "aaa"];
    let set: BTreeSet<ChannelStatus> = texts.into_iter().map(ChannelStatus::from).collect();
    assert_eq!(set.len(), 4);
}

#[test]
fn what_is_no_text_is_an_error() {
    let error = serde_json::from_value::<ChannelStatus>(json!(3)).unwrap_err();
    assert!(error.to_string().contains("expected a text"), "{error}");
}

#[test]
fn a_text_with_escapes_is_read() {
    let value: ChannelStatus = serde_json::from_str("\"act\\u0069ve\"").unwrap();
    assert_eq!(value, ChannelStatus::Active);
}
