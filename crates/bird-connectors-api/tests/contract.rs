//! Every schema of the contract, with each optional field absent in every way that a response can omit it.

#![allow(clippy::panic, clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use bird_connectors_api::{OPERATIONS, Operation, types};
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

/// Reads a value as one type and writes it again.
type RoundTrip = fn(Value) -> Result<Value, serde_json::Error>;

fn round_trip<T: Serialize + DeserializeOwned>(value: Value) -> Result<Value, serde_json::Error> {
    serde_json::to_value(serde_json::from_value::<T>(value)?)
}

macro_rules! round_trips {
    ($($name:ident)*) => {
        BTreeMap::from([$((stringify!($name), round_trip::<types::$name> as RoundTrip)),*])
    };
}

/// Every schema of the contract that has properties. A new one is added here.
fn types() -> BTreeMap<&'static str, RoundTrip> {
    round_trips! {
        AvailableWebhook AvailableWebhookEvent AvailableWebhookPage Channel ChannelEventPayload ChannelPage Connector
        ConnectorChannel ConnectorNumber ConnectorPage ConnectorReadiness ContactIdentifierFormat Conversational
        CreateConnector CreateWebhookSubscription DataCapture DataFetching DataFetchingStream DeliveryLogEntry
        DeliveryLogPage ErrorBody EventFilter MessageBody MessageContact MessageFailure MessageFailureSource
        MessageReceiver MessageText Number NumberCapabilities NumberDirections NumberEndpoint NumberEndpointCapability
        NumberEndpointDirection NumberOrder NumberPage NumberProfileAttachment NumberProfileAttachmentVariables
        ReadinessChannel ReadinessNumber SendMessage SentMessage SmsArguments UpdateConversational
        UpdateWebhookSubscription UseCase UseCaseIntegrationState UseCasePage VoiceArguments WebhookDelivery
        WebhookSubscription WebhookSubscriptionPage WhatsAppArguments WhatsAppOauth WhatsAppSecurityArguments
    }
}

fn round_trip_of(schema: &str) -> RoundTrip {
    let types = types();
    let found = types.get(schema);
    *found.unwrap_or_else(|| {
        panic!(
            "the schema {schema} is not tested: add it to `types` in crates/bird-connectors-api/tests/contract.rs, and \
             also to `SENT` if it is part of a request"
        )
    })
}

/// The schemas of requests. They keep no unknown fields, and they serialize their secrets.
const SENT: &[&str] = &[
    "CreateConnector",
    "CreateWebhookSubscription",
    "MessageBody",
    "MessageContact",
    "MessageReceiver",
    "MessageText",
    "SendMessage",
    "SmsArguments",
    "UpdateConversational",
    "UpdateWebhookSubscription",
    "VoiceArguments",
    "WhatsAppArguments",
    "WhatsAppOauth",
    "WhatsAppSecurityArguments",
];

/// Whether the schema is part of responses only, so that only its id must be readable.
fn is_tolerant(schema: &Schema) -> bool {
    !SENT.contains(&schema.name.as_str()) && schema.name != "EventFilter"
}

/// Pages have rules of their own, and a secret is never written.
fn is_written_back(schema: &Schema, property: &str) -> bool {
    is_tolerant(schema)
        && property != "signingKey"
        && !schema.properties.contains_key("nextPageToken")
}

/// The JSON as it is written: without the secret.
fn without_secret(mut value: Value) -> Value {
    if let Some(key) = value.get_mut("signingKey") {
        *key = Value::Null;
    }
    value
}

fn contract() -> Value {
    serde_yaml_ng::from_str(include_str!("../../../openapi/bird-connectors.yaml")).unwrap()
}

#[derive(Clone, Debug)]
struct Schema {
    name: String,
    properties: Map<String, Value>,
    required: Vec<String>,
    /// A value with every property.
    full: Map<String, Value>,
}

impl Schema {
    fn all() -> Vec<Self> {
        let contract = contract();
        let schemas = contract["components"]["schemas"].as_object().unwrap();
        schemas
            .iter()
            .filter_map(|(name, schema)| {
                let properties = schema.get("properties")?.as_object()?.clone();
                let required = schema.get("required").cloned().unwrap_or(json!([]));
                let Value::Object(full) = sample(&contract, schema) else {
                    unreachable!()
                };
                Some(Self {
                    name: name.clone(),
                    properties,
                    required: serde_json::from_value(required).unwrap(),
                    full,
                })
            })
            .collect()
    }

    fn optional(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.properties
            .iter()
            .filter(|(name, _)| !self.required.contains(name))
    }

    fn without(&self, property: &str) -> Map<String, Value> {
        let mut value = self.full.clone();
        value.remove(property);
        value
    }

    fn with(&self, property: &str, value: Value) -> Value {
        let mut full = self.full.clone();
        full.insert(property.to_owned(), value);
        Value::Object(full)
    }

    /// Reads and writes a value. Panics if it cannot be read.
    fn round_trip(&self, value: Value, why: &str) -> Value {
        let round_trip = round_trip_of(&self.name);
        round_trip(value).unwrap_or_else(|error| panic!("{} {why}: {error}", self.name))
    }
}

/// A value of a schema, with every property.
fn sample(contract: &Value, schema: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return sample(contract, contract.pointer(&reference[1..]).unwrap());
    }
    for several in ["allOf", "anyOf", "oneOf"] {
        if let Some(first) = schema[several].get(0) {
            return sample(contract, first);
        }
    }
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("string"), Some("uuid")) => json!("8362fa40-9ff1-5430-a3ab-79ecc61b96b1"),
        (Some("string"), Some("date-time")) => json!("2026-01-01T00:00:00.123456789Z"),
        (Some("string"), _) => json!("a string"),
        (Some("integer"), _) => json!(7),
        (Some("boolean"), _) => json!(true),
        (Some("array"), _) => json!([sample(contract, &schema["items"])]),
        (Some("object"), _) => {
            let mut object = Map::new();
            for (name, property) in schema["properties"].as_object().into_iter().flatten() {
                object.insert(name.clone(), sample(contract, property));
            }
            if let Some(value) = schema
                .get("additionalProperties")
                .filter(|value| value.is_object())
            {
                object.insert("key".to_owned(), sample(contract, value));
            }
            if object.is_empty() {
                object.insert("free".to_owned(), json!([1, "two"]));
            }
            Value::Object(object)
        }
        (None, _) => json!({"any": ["thing"]}),
        (kind, format) => panic!(
            "tests/contract.rs has no sample for the type {kind:?} with the format {format:?}: add one to `sample`"
        ),
    }
}

/// Whether an empty string in place of this property means that it is absent.
fn is_blankable(property: &Value) -> bool {
    if let Some(alternatives) = property["anyOf"].as_array() {
        return alternatives.iter().any(is_blankable);
    }
    let is_id_or_date = matches!(property["format"].as_str(), Some("uuid" | "date-time"));
    is_id_or_date || matches!(property["type"].as_str(), Some("integer" | "boolean"))
}

#[test]
fn every_schema_of_the_contract_is_tested() {
    let schemas = Schema::all();
    let names: BTreeSet<&str> = schemas.iter().map(|schema| schema.name.as_str()).collect();
    let tested: BTreeSet<&str> = types().into_keys().collect();
    let missing: Vec<_> = names.difference(&tested).collect();
    let surplus: Vec<_> = tested.difference(&names).collect();
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "add {missing:?} to `types` in crates/bird-connectors-api/tests/contract.rs, and remove {surplus:?}"
    );
}

#[test]
fn full_value_is_written_as_it_was_read() {
    for schema in Schema::all() {
        let mut expected = schema.full.clone();
        if !SENT.contains(&schema.name.as_str()) && expected.contains_key("signingKey") {
            expected.insert("signingKey".to_owned(), Value::Null);
        }
        if schema.name == "WebhookSubscriptionPage" {
            expected["results"][0]["signingKey"] = Value::Null;
        }
        let value = schema.round_trip(Value::Object(schema.full.clone()), "in full");
        assert_eq!(value, Value::Object(expected), "{}", schema.name);
    }
}

#[test]
fn optional_field_can_be_missing_null_or_empty() {
    for schema in Schema::all() {
        for (name, property) in schema.optional() {
            let absent = schema.round_trip(
                Value::Object(schema.without(name)),
                &format!("without {name}"),
            );
            assert!(
                absent.get(name).is_none(),
                "{} without {name}: {absent}",
                schema.name
            );
            let null =
                schema.round_trip(schema.with(name, Value::Null), &format!("with null {name}"));
            // A null is not a secret.
            let expected = if is_written_back(&schema, name)
                || (is_tolerant(&schema) && name == "signingKey")
            {
                without_secret(schema.with(name, Value::Null))
            } else {
                absent.clone()
            };
            assert_eq!(null, expected, "{} with null {name}", schema.name);
            if is_blankable(property) {
                let blank =
                    schema.round_trip(schema.with(name, json!("")), &format!("with blank {name}"));
                let expected = if is_written_back(&schema, name) {
                    without_secret(schema.with(name, json!("")))
                } else {
                    absent
                };
                assert_eq!(blank, expected, "{} with blank {name}", schema.name);
            }
        }
    }
}

#[test]
fn value_with_required_fields_only_is_read() {
    for schema in Schema::all() {
        let mut value = schema.full.clone();
        value.retain(|name, _| schema.required.contains(name));
        schema.round_trip(Value::Object(value), "with required fields only");
    }
}

#[test]
fn missing_required_field_is_an_error_in_requests_and_a_missing_id_in_responses() {
    for schema in Schema::all() {
        for name in &schema.required {
            let round_trip = round_trip_of(&schema.name);
            let result = round_trip(Value::Object(schema.without(name)));
            if is_tolerant(&schema) && name != "id" && name != "results" {
                let mut expected = schema.without(name);
                if let Some(key) = expected.get_mut("signingKey") {
                    *key = Value::Null;
                }
                assert_eq!(
                    result.unwrap(),
                    Value::Object(expected),
                    "{} without {name}",
                    schema.name
                );
                continue;
            }
            if name == "results" {
                // The page has a token.
                assert_eq!(result.unwrap()["results"], json!([]));
                continue;
            }
            let error = result.expect_err(&format!("{} was read without {name}", schema.name));
            assert!(
                error
                    .to_string()
                    .contains(&format!("missing field `{name}`")),
                "{error}"
            );
        }
    }
}

/// Any JSON. The names of fields are harmless: the values of secret fields are not written back.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e9..1e9_f64).prop_map(Value::from),
        Just(json!(3.0)),
        Just(json!("")),
        ".{0,8}".prop_map(Value::from),
        Just(json!("2026-01-01T00:00:00.23-03:00")),
        Just(json!("2026-01-01T00:00:00")),
        Just(json!("8362FA40-9FF1-5430-A3AB-79ECC61B96B1")),
        Just(json!("ACTIVE")),
        Just(json!("7")),
        Just(json!("true")),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-d]|id|name|status|channelId", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_value_of_a_field_other_than_the_id_is_read_and_written_back(
        schema in prop::sample::select(Schema::all()),
        field in any::<prop::sample::Index>(),
        value in any_json(),
    ) {
        let names: Vec<&String> = schema.properties.keys().collect();
        let name = names[field.index(names.len())];
        let is_own_id = name == "id" && schema.required.contains(name);
        if !is_own_id && is_written_back(&schema, name) {
            let mut original = schema.with(name, value);
            let written = schema.round_trip(original.clone(), &format!("with another {name}"));
            if original.get("signingKey").is_some() {
                original["signingKey"] = Value::Null;
            }
            prop_assert_eq!(written, original);
        }
    }
}

#[test]
fn required_list_can_be_null() {
    for schema in Schema::all() {
        for name in &schema.required {
            if schema.properties[name]["type"] == "array" {
                let value =
                    schema.round_trip(schema.with(name, Value::Null), &format!("with null {name}"));
                assert_eq!(value[name], json!([]), "{}", schema.name);
            }
        }
    }
}

#[test]
fn unknown_fields_are_kept_in_responses_and_dropped_in_requests() {
    for schema in Schema::all() {
        let unknown = json!({"a": [1, null]});
        let value = schema.round_trip(
            schema.with("notInTheContract", unknown.clone()),
            "with an unknown field",
        );
        let kept = value.get("notInTheContract");
        if SENT.contains(&schema.name.as_str()) {
            assert_eq!(kept, None, "{}", schema.name);
        } else {
            assert_eq!(kept, Some(&unknown), "{}", schema.name);
        }
    }
}

#[test]
fn table_has_every_operation_with_its_facts() {
    let contract = contract();
    let mut found = 0;
    for (path, item) in contract["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Some(id) = operation.get("operationId").and_then(Value::as_str) else {
                continue;
            };
            let row = Operation::find(id)
                .unwrap_or_else(|| panic!("{id} is not in OPERATIONS: run `cargo xtask codegen`"));
            assert_eq!(row.path, path);
            assert_eq!(row.method.as_str(), method.to_uppercase());
            assert_eq!(row.summary, operation["summary"]);
            assert_eq!(row.tag, operation["tags"][0]);
            assert_eq!(row.permission, operation["x-permission"].as_str());
            for status in row.success {
                assert!(
                    operation["responses"].get(status.to_string()).is_some(),
                    "{id} {status}"
                );
            }
            found += 1;
        }
    }
    assert_eq!(
        found,
        OPERATIONS.len(),
        "OPERATIONS has operations that are not in the contract: run `cargo xtask codegen`"
    );
}
