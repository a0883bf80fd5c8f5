//! Open enums: an unknown value is kept, and a known value is never unknown.

use std::collections::BTreeSet;

use bird_connectors_api::types::{ChannelMessageType, ChannelStatus, NumberType};
use serde_json::json;

#[test]
fn known_value_is_known_from_every_source() {
    for string in ChannelStatus::KNOWN {
        let value = ChannelStatus::from(*string);
        assert!(value.is_known());
        assert_eq!(value, ChannelStatus::from((*string).to_owned()));
        assert_eq!(value, string.parse::<ChannelStatus>().unwrap());
        assert_eq!(
            value,
            serde_json::from_value::<ChannelStatus>(json!(string)).unwrap()
        );
        assert_eq!(serde_json::to_value(&value).unwrap(), json!(string));
        assert_eq!(value.to_string(), *string);
        assert_eq!(value.as_ref(), *string);
    }
    assert_eq!(ChannelMessageType::KNOWN.len(), 5);
    assert!(ChannelMessageType::from("2fa").is_known());
}

#[test]
fn from_any_case_reads_a_known_value_and_keeps_the_case_of_others() {
    for value in ["ACTIVE", "Active", "active"] {
        assert_eq!(ChannelStatus::from_any_case(value), ChannelStatus::Active);
    }
    assert_eq!(ChannelStatus::from_any_case("Warming").as_str(), "Warming");
    assert!(!ChannelStatus::from("ACTIVE").is_known());
}

#[test]
fn unknown_value_keeps_its_string() {
    let value = NumberType::from("satellite");
    assert!(!value.is_known());
    assert_eq!(value.as_str(), "satellite");
    assert_eq!(format!("{value:>12}"), "   satellite");
    assert_eq!(format!("{value:?}"), "Unknown(\"satellite\")");
    let NumberType::Unknown(inner) = &value else {
        panic!("{value} is known")
    };
    assert_eq!(inner.to_string(), "satellite");
    assert_eq!(
        value,
        serde_json::from_value::<NumberType>(json!("satellite")).unwrap()
    );
}

#[test]
fn values_can_be_ordered_and_collected() {
    let values = ["pending", "zzz", "active", "pending", "aaa"];
    let set: BTreeSet<ChannelStatus> = values.into_iter().map(ChannelStatus::from).collect();
    assert_eq!(set.len(), 4);
}

#[test]
fn value_that_is_not_a_string_is_an_error() {
    let error = serde_json::from_value::<ChannelStatus>(json!(3)).unwrap_err();
    assert!(error.to_string().contains("expected a string"), "{error}");
}

#[test]
fn string_with_escapes_is_read() {
    let value: ChannelStatus = serde_json::from_str("\"act\\u0069ve\"").unwrap();
    assert_eq!(value, ChannelStatus::Active);
}
