//! Dates in responses: the SDK returns the string that the API sent, whichever valid form it has.

#![allow(clippy::unwrap_used)]

use bird_connectors_api::from_json;
use bird_connectors_api::types::{Channel, Connector, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

const CHANNEL: &str = "8362fa40-9ff1-5430-a3ab-79ecc61b96b1";
const CONNECTOR: &str = "0b9f2c1e-0000-4000-8000-000000000002";

/// Reads a connector (required date) and a channel (optional date), and writes both.
fn round_trip(date: &str) -> (Value, Value) {
    let connector = json!({"id": CONNECTOR, "name": "Shop", "createdAt": date});
    let channel = json!({"id": CHANNEL, "createdAt": date});
    let connector: Connector = serde_json::from_value(connector).unwrap();
    let channel: Channel = serde_json::from_value(channel).unwrap();
    let written = |value: Value| value["createdAt"].clone();
    (
        written(serde_json::to_value(connector).unwrap()),
        written(serde_json::to_value(channel).unwrap()),
    )
}

/// Every valid RFC 3339 date with a year of four digits.
fn rfc_3339() -> impl Strategy<Value = String> {
    let date = (0..=9999, 1..=12, 1..=28);
    let time = (0..=23, 0..=59, 0..=60);
    let separator = prop_oneof!["T", "t", " "];
    let fraction = prop_oneof![Just(String::new()), r"\.[0-9]{1,12}"];
    let offset = prop_oneof![
        4 => Just("Z".to_owned()),
        1 => Just("z".to_owned()),
        2 => (prop_oneof!["\\+", "-"], 0..=23, 0..=59)
            .prop_map(|(sign, hours, minutes)| format!("{sign}{hours:02}:{minutes:02}")),
    ];
    (date, separator, time, fraction, offset).prop_map(
        |((year, month, day), separator, (hour, minute, second), fraction, offset)| {
            format!(
                "{year:04}-{month:02}-{day:02}{separator}{hour:02}:{minute:02}:{second:02}{fraction}{offset}"
            )
        },
    )
}

proptest! {
    // No regression file is needed, because a failure prints the whole date.
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(2_000)
    })]

    #[test]
    fn date_is_written_as_it_was_read(date in rfc_3339()) {
        let expected = Value::from(date.as_str());
        prop_assert_eq!(round_trip(&date), (expected.clone(), expected));
    }
}

#[test]
fn date_keeps_its_zeros_its_digits_and_its_offset() {
    for date in [
        "2026-01-01T00:00:00.000Z",
        "2026-01-01T00:00:22.23Z",
        "2026-01-01T00:00:22.230Z",
        "2026-01-01T09:30:00-03:00",
        "2026-01-01T09:30:00+00:00",
        "2026-01-01T00:00:00.1234567891Z",
        "2026-06-30T23:59:60Z",
    ] {
        assert_eq!(round_trip(date), (json!(date), json!(date)));
    }
}

#[test]
fn usual_form_is_read_without_an_allocation() {
    let allocations = |json: &str| {
        let measured = allocation_counter::measure(|| {
            from_json::<Timestamp>(json.as_bytes()).unwrap();
        });
        measured.count_total
    };
    for date in [
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.000Z",
        "2026-01-01T00:00:22.23Z",
        "2026-01-01T00:00:00.123456789Z",
    ] {
        assert_eq!(allocations(&format!("\"{date}\"")), 0, "{date}");
    }
    assert!(allocations("\"2026-01-01T09:30:00-03:00\"") > 0);
}
