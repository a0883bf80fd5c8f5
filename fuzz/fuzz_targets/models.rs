//! Every model of a response, deserialized from arbitrary JSON: it survives a round trip, and neither its `Debug` output
//! nor its JSON exposes a secret. An object with a readable id is read whatever its other fields are, and is written back
//! unchanged.

#![no_main]

use bird_connectors::models;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::fmt::Debug;

const MARKER: &str = "planted-marker";

const SECRETS: [&str; 4] = [
    "accessToken",
    "invitationToken",
    "securityArguments",
    "signingKey",
];

fn round_trip<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let json = serde_json::to_string(value).expect("the model serializes");
    serde_json::from_str(&json).expect("its own JSON deserializes")
}

fn check_model<T: Serialize + DeserializeOwned + PartialEq + Debug>(
    json: &str,
    planted: Option<&Value>,
) {
    if let Ok(model) = serde_json::from_str::<T>(json) {
        // A secret is serialized as null, which deserializes as absent. So the first round trip removes secrets, and the
        // second one must not change anything.
        let once = round_trip(&model);
        let twice = round_trip(&once);
        assert_eq!(once, twice);
        assert_eq!(
            serde_json::to_string(&once).ok(),
            serde_json::to_string(&twice).ok()
        );
    }
    if let Some(model) =
        planted.and_then(|planted| serde_json::from_value::<T>(planted.clone()).ok())
    {
        let exposed = format!(
            "{model:?}{}",
            serde_json::to_string(&model).expect("the model serializes")
        );
        assert!(!exposed.contains(MARKER), "{exposed}");
    }
}

/// Adds a value for every secret to every object.
fn plant_secrets(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(plant_secrets);
            for name in SECRETS {
                fields.insert(name.to_owned(), MARKER.into());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(plant_secrets),
        _ => {}
    }
}

/// Whether an object has a secret at any depth, which is not written back.
fn has_secret(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.iter().any(|(name, value)| {
            SECRETS
                .iter()
                .any(|secret| secret.eq_ignore_ascii_case(name))
                || has_secret(value)
        }),
        Value::Array(items) => items.iter().any(has_secret),
        _ => false,
    }
}

/// Checks that an object is read, and written back unchanged.
fn check_tolerance<T: Serialize + DeserializeOwned>(original: &Value, id: &str) {
    let mut original = original.clone();
    if let Some(fields) = original.as_object_mut() {
        fields.insert("id".to_owned(), id.into());
    }
    let model: T = serde_json::from_value(original.clone()).expect("only the id must be readable");
    let written = serde_json::to_value(&model).expect("the model serializes");
    assert_eq!(written, original);
}

macro_rules! check_tolerance {
    ($original:ident: $($name:ident)*) => {
        $(check_tolerance::<models::$name>($original, "8362fa40-9ff1-5430-a3ab-79ecc61b96b1");)*
    };
}

macro_rules! check_models {
    ($json:ident, $planted:ident: $($name:ident)*) => {
        $(check_model::<models::$name>($json, $planted);)*
    };
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(json) = std::str::from_utf8(data) else {
        return;
    };
    let planted = (!json.contains("planted"))
        .then(|| serde_json::from_str::<Value>(json).ok())
        .flatten()
        .map(|mut value| {
            plant_secrets(&mut value);
            value
        });
    let planted = planted.as_ref();
    let original = serde_json::from_str::<Value>(json).ok();
    if let Some(original) = original
        .as_ref()
        .filter(|original| original.is_object() && !has_secret(original))
    {
        check_tolerance!(original:
            AvailableWebhook Channel ChannelEventPayload Connector ConnectorChannel ConnectorNumber ConnectorReadiness
            Conversational DataFetching DeliveryLogEntry Number UseCase WebhookDelivery WebhookSubscription
        );
    }
    check_models!(json, planted:
        AvailableWebhook AvailableWebhookPage Channel ChannelEventPayload ChannelPage Connector ConnectorChannel
        ConnectorNumber ConnectorNumberCapabilities ConnectorPage ConnectorReadiness Conversational DataFetching
        DeliveryLogDetails DeliveryLogPage ErrorBody Number NumberPage SentMessage WebhookDelivery WebhookSubscription
        WebhookSubscriptionPage
    );
});
