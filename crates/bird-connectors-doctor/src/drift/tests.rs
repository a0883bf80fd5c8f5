use proptest::prelude::*;
use serde_json::json;

use super::*;

fn compared(operation: &'static str, body: &Value) -> Counted {
    let mut counted = Counted::new();
    compare(operation, body, &mut counted);
    counted
}

#[test]
fn every_response_of_the_table_has_its_object() {
    for read in READS {
        assert!(object(read.object).is_some(), "{}", read.operation);
    }
}

#[test]
fn every_object_that_a_shape_names_is_in_the_table() {
    fn check(shape: &Shape) {
        match shape {
            Shape::Object(name) => assert!(object(name).is_some(), "{name}"),
            Shape::List(item) => check(item),
            Shape::OneOf(alternatives) => alternatives.iter().for_each(check),
            _ => {}
        }
    }
    let fields = OBJECTS.iter().flat_map(|object| object.fields);
    fields.for_each(|field| check(&field.shape));
}

#[test]
fn installing_connector_has_no_differences() {
    for channel in [json!(null), json!({}), json!({"channelId": ""})] {
        let connector = json!({"id": Uuid::nil(), "name": "a", "createdAt": "2026-01-01T00:00:00Z", "channel": channel});
        assert!(compared("getConnector", &connector).is_empty(), "{channel}");
    }
}

#[test]
fn dates_of_every_documented_form_are_dates() {
    for date in [
        "2026-01-01T10:11:22.23Z",
        "2026-01-01T10:11:22.123456789Z",
        "2026-01-01T10:11:22-03:00",
    ] {
        assert!(matches(&Shape::DateTime, &json!(date)), "{date}");
    }
}

#[test]
fn name_or_value_that_can_be_data_is_not_shown() {
    for name in ["priority", "routing_key", "x-y", "sha256"] {
        assert_eq!(field_name(name), name);
    }
    for data in [
        "+31612345678",
        "a@example.com",
        "8362fa40-9ff1-5430-a3ab-79ecc61b96b1",
        "",
        "ключ",
        "a b",
    ] {
        assert!(field_name(data).starts_with("[a name of "), "{data}");
    }
    for value in [
        "archived",
        "toll-free",
        "SENDING_FAILED",
        "2fa",
        "in review",
    ] {
        assert_eq!(enum_value(value), value);
    }
    for data in [
        "31612345678",
        "a@example.com",
        "",
        "sk_51H8xABCDEFghijKLMNOPqrstuv",
        "a/b",
    ] {
        assert!(enum_value(data).starts_with("[a string of "), "{data}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        Just("results".to_owned()),
        Just("id".to_owned()),
        Just("status".to_owned()),
        Just("channel".to_owned()),
        ".{0,8}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn comparison_is_total(body in any_json()) {
        for read in READS {
            compared(read.operation, &body);
        }
    }
}
