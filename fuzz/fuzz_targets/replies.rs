//! Every type of a reply, read from any bytes: what can be read comes out again as it went in, and no secret with it.

#![no_main]

use bird_connectors::models;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::fmt::Debug;

const MARKER: &str = "planted-marker";

const SECRETS: [&str; 4] = ["accessToken", "invitationToken", "securityArguments", "signingKey"];

fn try_type<T: Serialize + DeserializeOwned + PartialEq + Debug>(json: &str, planted: Option<&Value>) {
    if let Ok(read) = serde_json::from_str::<T>(json) {
        // The JSON of a secret is null, so what is written first may say less than what was read; from then on it is the
        // same.
        let first = serde_json::to_string(&read).expect("a reply can be written");
        let again: T = serde_json::from_str(&first).expect("and read again");
        let second = serde_json::to_string(&again).expect("and written again");
        assert_eq!(first, second);
    }
    if let Some(read) = planted.and_then(|planted| serde_json::from_value::<T>(planted.clone()).ok()) {
        let shown = format!("{read:?}{}", serde_json::to_string(&read).expect("can be written"));
        assert!(!shown.contains(MARKER), "{shown}");
    }
}

/// Puts secrets into every object.
fn plant(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(plant);
            for name in SECRETS {
                fields.insert(name.to_owned(), MARKER.into());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(plant),
        _ => {}
    }
}

macro_rules! each {
    ($json:ident, $planted:ident: $($name:ident)*) => {
        $(try_type::<models::$name>($json, $planted);)*
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
            plant(&mut value);
            value
        });
    let planted = planted.as_ref();
    each!(json, planted:
        AvailableWebhook AvailableWebhookPage Channel ChannelEventPayload ChannelPage Connector ConnectorChannel
        ConnectorNumber ConnectorNumberCapabilities ConnectorPage ConnectorReadiness Conversational DataFetching
        DeliveryLogDetails DeliveryLogPage ErrorBody Number NumberPage SentMessage WebhookDelivery WebhookSubscription
        WebhookSubscriptionPage
    );
});
