//! Responses in which one field has an unexpected form: the wait ends as if the field were absent, and returns it unchanged.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// The fields of connector, channel and readiness that decide when the wait ends, and for which channel. A connector whose
/// `channel` has no readable id has no channel yet.
const DECISIVE: [&[&str]; 3] = [&["id", "channel"], &["id", "status", "connectorId"], &[]];

/// A connector with all fields.
fn full_connector() -> Value {
    let date = "2026-01-01T00:00:00.5Z";
    json!({
        "id": CONNECTOR, "name": "Shop", "description": "d", "createdAt": date, "updatedAt": date,
        "workspaceId": WORKSPACE, "connectorTemplateRef": "sms-messagebird:1",
        "connectorTemplateSlug": "sms-messagebird", "arguments": {"a": 1}, "region": "eu", "routingKey": "k",
        "channel": {"channelId": A, "platform": "sms-messagebird"}, "number": {"country": "NL"},
        "dataCapture": {}, "dataFetching": {},
    })
}

/// A channel with all fields.
fn full_channel() -> Value {
    let date = "2026-01-01T00:00:00.5Z";
    json!({
        "id": A, "name": "Shop", "connectorId": CONNECTOR, "status": "active", "createdAt": date,
        "updatedAt": date, "platformId": "sms-messagebird", "identifier": "+31612345678",
        "channelMessageType": "2fa", "useCaseId": CONNECTOR, "useCaseType": "t", "capabilities": {"a": 1},
        "settings": {"a": 1}, "preferences": {"a": 1}, "connectionParams": {"a": 1}, "suites": [1],
        "resourceOwners": [1], "contactIdentifierKeyOverride": "k",
        "contactIdentifierFormatOverride": {"pattern": "p"},
    })
}

fn full_readiness() -> Value {
    json!({"channel": {"status": "pending", "stage": "s"}, "number": {"status": "pending"}})
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9_f64).prop_map(Value::from),
        "[g-z]{0,8}".prop_map(Value::from),
        Just(json!("2026-01-01T00:00:00")),
        Just(json!("true")),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-d]|channelId|stage|numberId", inner, 0..3)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Replaces a field, and returns its name. `None` if the field decides about the end of the wait.
fn replace(
    response: &mut Value,
    decisive: &[&str],
    field: prop::sample::Index,
    value: Value,
) -> Option<String> {
    let object = response.as_object_mut().unwrap();
    let names: Vec<String> = object.keys().cloned().collect();
    let name = names[field.index(names.len())].clone();
    if decisive.contains(&&*name) {
        return None;
    }
    object.insert(name.clone(), value);
    Some(name)
}

proptest! {
    #[test]
    fn field_of_any_form_neither_stops_the_wait_nor_changes(
        of in 0..3_usize,
        field in any::<prop::sample::Index>(),
        value in any_json(),
    ) {
        let mut responses = [full_connector(), full_channel(), full_readiness()];
        let replaced = replace(&mut responses[of], DECISIVE[of], field, value);
        let [connector, channel, readiness] = responses;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let ready = runtime.block_on(async {
            let read: Channel = serde_json::from_value(channel.clone()).unwrap();
            let fake = Fake::new()
                .connector([ok(serde_json::from_value(connector.clone()).unwrap())])
                .readiness([ok(serde_json::from_value(readiness).unwrap())])
                .channel([ok(read.clone())])
                .list([ok(Some(read))]);
            fake.wait().await
        });
        let ready = ready.unwrap();
        prop_assert_eq!(ready.channel_id, A);
        if let Some(name) = replaced && of < 2 {
            let (seen, sent) = match of {
                0 => (serde_json::to_value(&ready.connector).unwrap(), connector),
                _ => (serde_json::to_value(&ready.channel).unwrap(), channel),
            };
            prop_assert_eq!(&seen[&name], &sent[&name]);
        }
    }
}
