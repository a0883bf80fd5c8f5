use serde_json::json;

use super::*;
use crate::types::{Channel, Connector, CreateConnector, DeliveryLogDetails};

const SECRET: &str = "QZ-secret-QZ";

#[test]
fn debug_of_free_json_is_that_of_serde_json_if_no_name_suggests_a_secret() {
    let value = json!({"a": [1, {"b": null}, "c"], "d": {}, "e": [], "f": 1.5, "g": true});
    assert_eq!(format!("{:?}", Masked(&value)), format!("{value:?}"));
    assert_eq!(format!("{:#?}", Masked(&value)), format!("{value:#?}"));
    let (some, none) = (Some(value), None::<Value>);
    assert_eq!(format!("{:?}", Masked(&some)), format!("{some:?}"));
    assert_eq!(format!("{:?}", Masked(&none)), "None");
}

#[test]
fn debug_masks_values_whose_names_suggest_a_secret_at_any_depth() {
    let value = json!({"botToken": SECRET, "deep": [{"apiKey": {"inner": SECRET}, "pin": null, "plain": "shown"}]});
    for shown in [
        format!("{:?}", Masked(&value)),
        format!("{:#?}", Masked(&value)),
    ] {
        assert!(!shown.contains(SECRET), "{shown}");
        assert_eq!(shown.matches(REDACTED).count(), 2, "{shown}");
        assert!(shown.contains("shown") && shown.contains("Null"), "{shown}");
    }
}

/// Reads an object whose field contains free JSON with a secret, and returns its `Debug` output.
fn debug_with<T: fmt::Debug + serde::de::DeserializeOwned>(field: &str) -> String {
    let mut object = json!({
        "id": "8362fa40-9ff1-5430-a3ab-79ecc61b96b1", "name": "Bot", "createdAt": "2026-01-01T00:00:00Z",
    });
    object[field] = json!({"botToken": SECRET, "chatId": "shown"});
    format!("{:?}", serde_json::from_value::<T>(object).unwrap())
}

#[test]
fn debug_of_models_masks_free_json_and_unknown_fields() {
    let shown = [
        debug_with::<Connector>("arguments"),
        debug_with::<CreateConnector>("arguments"),
        debug_with::<Channel>("connectionParams"),
        debug_with::<Channel>("settings"),
        debug_with::<Channel>("suites"),
        debug_with::<DeliveryLogDetails>("request"),
    ];
    for shown in shown {
        assert!(!shown.contains(SECRET), "{shown}");
        assert!(
            shown.contains(REDACTED) && shown.contains("shown"),
            "{shown}"
        );
    }
}

#[test]
fn debug_of_models_shows_only_the_names_of_unknown_fields() {
    let shown = debug_with::<Connector>("anUnknownField");
    assert!(shown.ends_with("extra: {\"anUnknownField\"} }"), "{shown}");
}

#[test]
fn debug_of_a_model_has_the_form_of_the_derived_one() {
    let mut connector = Connector::new(
        "8362fa40-9ff1-5430-a3ab-79ecc61b96b1".parse().unwrap(),
        "Shop",
        "2026-01-01T00:00:00Z"
            .parse::<crate::types::Timestamp>()
            .unwrap(),
    );
    connector.channel = Some(crate::types::ConnectorChannel::default());
    let shown = format!("{connector:?}");
    assert!(
        shown.starts_with("Connector { arguments: None, channel: Some(ConnectorChannel { "),
        "{shown}"
    );
    assert!(shown.ends_with(", extra: {} }"), "{shown}");
    let details = DeliveryLogDetails::from(Map::from_iter([("a".to_owned(), json!(1))]));
    assert_eq!(
        format!("{details:?}"),
        "DeliveryLogDetails({\"a\": Number(1)})"
    );
}
