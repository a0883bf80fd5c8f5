//! Responses that repeat the secrets of a request, in places where the contract has no such field.

#![allow(clippy::panic, clippy::unwrap_used)]

use std::fmt::Debug;

use bird_connectors_api::{SECRET_FIELDS, types};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

const SECRET: &str = "correct-horse";

const ID: &str = "8362fa40-9ff1-5430-a3ab-79ecc61b96b1";

/// A secret under the name of every secret field, in lower and upper case, at two depths.
fn echo() -> Value {
    let mut echo = json!({"kept": {"list": [{"plain": "text"}, 7, null]}});
    for name in SECRET_FIELDS {
        echo[name] = json!(SECRET);
        echo[name.to_uppercase()] = json!({"scheme": [SECRET]});
    }
    let inner = echo.clone();
    echo["deep"] = json!([{"deeper": inner}]);
    echo
}

/// Adds the secrets to a response, reads it, and returns what it keeps at that place.
fn kept<T: Debug + Serialize + DeserializeOwned>(mut response: Value, at: &str) -> Value {
    let place = response.pointer_mut(at).unwrap();
    place
        .as_object_mut()
        .unwrap()
        .extend(echo().as_object().unwrap().clone());
    let read: T = serde_json::from_value(response).unwrap();
    let written = serde_json::to_value(&read).unwrap();
    let shown = format!("{read:?} {written}");
    assert!(!shown.contains(SECRET), "{shown}");
    written.pointer(at).unwrap().clone()
}

fn check<T: Debug + Serialize + DeserializeOwned>(response: &Value, at: &str) {
    let kept = kept::<T>(response.clone(), at);
    assert_eq!(kept["kept"], echo()["kept"], "other values are kept");
    assert_eq!(kept["deep"][0]["deeper"]["kept"], echo()["kept"]);
    assert_eq!(kept["securityArguments"], "[redacted]");
    assert_eq!(kept["deep"][0]["deeper"]["INVITATIONTOKEN"], "[redacted]");
}

#[test]
fn response_that_repeats_secrets_is_read_without_them() {
    let connector = json!({
        "id": ID,
        "name": "Support",
        "createdAt": "2026-01-01T00:00:00Z",
        "arguments": {},
        "channel": {},
        "number": {"variables": {}, "profileAttachments": [{}]},
    });
    for at in [
        "",
        "/arguments",
        "/channel",
        "/number",
        "/number/variables",
        "/number/profileAttachments/0",
    ] {
        check::<types::Connector>(&connector, at);
    }
    check::<types::ConnectorPage>(&json!({"results": [connector]}), "/results/0");
    check::<types::Channel>(&json!({"id": ID, "capabilities": {}}), "/capabilities");
    check::<types::DeliveryLogDetails>(&json!({}), "");
    check::<types::ErrorBody>(
        &json!({"code": "A", "message": "B", "details": {}}),
        "/details",
    );
    let delivery = json!({"service": "channels", "event": "channel.created", "payload": {}});
    check::<types::WebhookDelivery>(&delivery, "/payload");
}

#[test]
fn template_and_filters_of_a_subscription_are_read_without_secrets() {
    let subscription = json!({
        "id": ID,
        "organizationId": ID,
        "workspaceId": ID,
        "service": "channels",
        "event": "channel.updated",
        "url": "https://example.com/hook",
        "status": "active",
        "template": {},
        "eventFilters": [{"key": "a", "value": "b"}],
    });
    // A filter is part of requests too, but keeps unknown fields.
    check::<types::WebhookSubscription>(&subscription, "/eventFilters/0");
    check::<types::WebhookSubscription>(&subscription, "/template");
}

#[test]
fn secret_fields_are_those_of_the_contract() {
    assert_eq!(
        SECRET_FIELDS,
        [
            "accessToken",
            "invitationToken",
            "securityArguments",
            "signingKey"
        ]
    );
}

#[test]
fn null_secret_stays_null() {
    let read: types::Channel =
        serde_json::from_value(json!({"id": ID, "signingKey": null})).unwrap();
    assert_eq!(read.extra["signingKey"], Value::Null);
}

#[test]
fn request_keeps_its_free_values() {
    let request = json!({"name": "Support", "arguments": {"accessToken": "an argument"}});
    let read: types::CreateConnector = serde_json::from_value(request.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), request);
}
