//! Responses in which one field has an unexpected form: the wait ends as if the field were absent, and returns it unchanged.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

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

/// Replaces a field other than the object's own id, and returns its name.
fn replace(response: &mut Value, field: prop::sample::Index, value: Value) -> String {
    let object = response.as_object_mut().unwrap();
    let names: Vec<String> = object
        .keys()
        .filter(|name| *name != "id")
        .cloned()
        .collect();
    let name = names[field.index(names.len())].clone();
    object.insert(name.clone(), value);
    name
}

/// Waits with these responses, which repeat. The list contains the channel.
fn wait_for([connector, channel, readiness]: &[Value; 3]) -> Result<Ready, WaitError> {
    paused_runtime().block_on(async {
        let read: Channel = serde_json::from_value(channel.clone()).unwrap();
        let fake = Fake::new()
            .connector([ok(serde_json::from_value(connector.clone()).unwrap())])
            .readiness([ok(serde_json::from_value(readiness.clone()).unwrap())])
            .channel([ok(read.clone())])
            .list([ok(Some(read))]);
        fake.wait().await
    })
}

/// Whether a connector says that it has no channel yet. That is an answer, and not a field of an unexpected form.
fn says_no_channel_yet(channel: &Value) -> bool {
    match channel {
        Value::Object(fields) => match fields.get("channelId") {
            None | Some(Value::Null) => true,
            Some(id) => id == "",
        },
        other => other.is_null() || other == "",
    }
}

#[test]
fn connector_with_a_channel_that_cannot_be_read_is_found_in_the_list() {
    for unreadable in [
        json!("x"),
        json!(A),
        json!(7),
        json!(true),
        json!([]),
        json!([{ "channelId": A }]),
        json!({ "channelId": "x" }),
        json!({ "channelId": 7 }),
        json!({ "channelId": { "id": A } }),
    ] {
        let mut responses = [full_connector(), full_channel(), full_readiness()];
        responses[0]["channel"] = unreadable.clone();
        let ready = wait_for(&responses).unwrap_or_else(|error| panic!("{unreadable}: {error}"));
        assert_eq!(ready.channel_id, A);
        let connector = ready.connector.unwrap();
        let own = connector.undecoded();
        let of_channel = connector
            .channel
            .iter()
            .flat_map(|channel| channel.undecoded());
        assert_eq!(own.chain(of_channel).count(), 1, "{unreadable}");
    }
}

#[tokio::test(start_paused = true)]
async fn connector_with_a_channel_that_cannot_be_read_is_named_in_the_timeout() {
    let unreadable = json!({ "id": CONNECTOR, "name": "Shop", "channel": ["private"] });
    let fake = Fake::new().connector([ok(serde_json::from_value(unreadable).unwrap())]);
    let error = fake.wait().await.unwrap_err();
    assert!(matches!(error, WaitError::TimedOut(_)), "{error}");
    let message = error.to_string();
    assert!(
        message.contains("the field `channel` of the connector cannot be read"),
        "{message}"
    );
    assert!(!message.contains("private"), "{message}");
    assert!(fake.count(|target| matches!(target, ReadTarget::List(_))) > 1);
}

#[tokio::test(start_paused = true)]
async fn connector_without_a_channel_is_not_looked_up_in_the_list() {
    let without = [
        json!(null),
        json!(""),
        json!({}),
        json!({ "channelId": "" }),
    ];
    for channel in without {
        let connector = json!({ "id": CONNECTOR, "name": "Shop", "channel": channel });
        let fake = Fake::new().connector([
            ok(serde_json::from_value(connector).unwrap()),
            with_channel(A),
        ]);
        assert_eq!(fake.wait().await.unwrap().channel_id, A);
        assert_eq!(
            fake.count(|target| matches!(target, ReadTarget::List(_))),
            0
        );
    }
}

/// Also if the channel itself cannot be read: then every poll reads connector and list, and the connector does not undo what
/// the list says.
#[tokio::test(start_paused = true)]
async fn channel_of_a_connector_that_names_it_in_an_unreadable_form_is_ready_by_the_list() {
    let unreadable = json!({ "id": CONNECTOR, "name": "Shop", "channel": 7 });
    let fake = Fake::new()
        .connector([ok(serde_json::from_value(unreadable).unwrap())])
        .channel([http_error(403)])
        .list([
            listed(A, "pending"),
            listed(A, "pending"),
            listed(A, "active"),
        ]);
    let ready = fake.wait().await.unwrap();
    assert_eq!((ready.channel_id, ready.polls), (A, 3));
}

#[test]
fn channel_status_that_cannot_be_read_is_named_in_the_timeout() {
    for (status, named) in [
        (json!(7), "7"),
        (json!(true), "true"),
        (json!(["active"]), r#"["active"]"#),
        (json!({ "value": "active" }), r#"{"value":"active"}"#),
        (json!("provisioned"), "last status `provisioned`"),
    ] {
        let mut responses = [full_connector(), full_channel(), json!({})];
        responses[1]["status"] = status;
        let error = wait_for(&responses).unwrap_err();
        assert!(matches!(error, WaitError::TimedOut(_)), "{error}");
        assert!(error.to_string().contains(named), "{error}");
    }
}

#[test]
fn long_channel_status_that_cannot_be_read_makes_a_short_error() {
    let mut responses = [full_connector(), full_channel(), json!({})];
    responses[1]["status"] = json!(["x\n".repeat(1 << 20)]);
    let message = wait_for(&responses).unwrap_err().to_string();
    assert!(message.len() < 2048, "{}", message.len());
    assert!(!message.contains('\n'));
}

#[test]
fn unreadable_connector_id_of_a_channel_is_not_another_connector() {
    for id in [
        json!(null),
        json!(""),
        json!("x"),
        json!(7),
        json!([CONNECTOR]),
        json!({}),
    ] {
        let mut responses = [full_connector(), full_channel(), full_readiness()];
        responses[1]["connectorId"] = id.clone();
        let ready = wait_for(&responses).unwrap_or_else(|error| panic!("{id}: {error}"));
        assert_eq!(ready.channel_id, A);
    }
}

proptest! {
    /// Two fields cannot be replaced without a consequence, because the wait is about them: the status of the channel, and a
    /// connector that says that it has no channel yet. Then the wait ends at its deadline.
    #[test]
    fn field_of_any_form_neither_stops_the_wait_nor_changes(
        of in 0..3_usize,
        field in any::<prop::sample::Index>(),
        value in any_json(),
    ) {
        let mut responses = [full_connector(), full_channel(), full_readiness()];
        let name = replace(&mut responses[of], field, value);
        let replaced = &responses[of][&name];
        let waits_on = match of {
            0 => name == "channel" && says_no_channel_yet(replaced),
            1 => name == "status",
            _ => false,
        };
        let (connector, channel, readiness) = match wait_for(&responses) {
            Ok(ready) => {
                prop_assert!(!waits_on, "{}", replaced);
                prop_assert_eq!(ready.channel_id, A);
                (ready.connector, ready.channel, None)
            }
            Err(WaitError::TimedOut(report)) => {
                prop_assert!(waits_on, "{} {}", name, replaced);
                (report.connector, report.channel, report.readiness)
            }
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        };
        let seen = match of {
            0 => serde_json::to_value(&connector).unwrap(),
            1 => serde_json::to_value(&channel).unwrap(),
            _ => readiness.map_or_else(|| responses[2].clone(), |read| serde_json::to_value(&read).unwrap()),
        };
        prop_assert_eq!(&seen[&name], replaced);
    }
}
