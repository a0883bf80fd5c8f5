//! Every schema of the contract, with each optional field absent in every way that a response can omit it.

#![allow(clippy::panic, clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use bird_connectors_api::{OPERATIONS, Operation, types};
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

fn contract() -> Value {
    serde_yaml_ng::from_str(include_str!("../../../openapi/bird-connectors.yaml")).unwrap()
}

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
            assert_eq!(null, absent, "{} with null {name}", schema.name);
            if is_blankable(property) {
                let blank =
                    schema.round_trip(schema.with(name, json!("")), &format!("with blank {name}"));
                assert_eq!(blank, absent, "{} with blank {name}", schema.name);
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
fn missing_required_field_is_an_error() {
    for schema in Schema::all() {
        for name in &schema.required {
            let round_trip = round_trip_of(&schema.name);
            let error = round_trip(Value::Object(schema.without(name)))
                .expect_err(&format!("{} was read without {name}", schema.name));
            assert!(
                error
                    .to_string()
                    .contains(&format!("missing field `{name}`")),
                "{error}"
            );
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
