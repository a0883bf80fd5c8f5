//! Every model of a response, deserialized from arbitrary JSON: it survives a round trip, and neither its `Debug` output
//! nor its JSON exposes a secret.

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
    check_models!(json, planted:
        AvailableWebhook AvailableWebhookPage Channel ChannelEventPayload ChannelPage Connector ConnectorChannel
        ConnectorNumber ConnectorNumberCapabilities ConnectorPage ConnectorReadiness Conversational DataFetching
        DeliveryLogDetails DeliveryLogPage ErrorBody Number NumberPage SentMessage WebhookDelivery WebhookSubscription
        WebhookSubscriptionPage
    );
});
