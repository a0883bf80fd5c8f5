//! What a reply repeats of the secrets of a request, where no field of the contract expects it.

#![allow(clippy::panic, clippy::unwrap_used)]

use std::fmt::Debug;

use bird_connectors_api::{SECRET_FIELDS, types};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

const SECRET: &str = "correct-horse";

const ID: &str = "8362fa40-9ff1-5430-a3ab-79ecc61b96b1";

/// Every secret of the contract under its name, and under the same name in other letters; then the same, deeper.
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

/// Reads what a reply repeats, and gives back what is kept of it.
fn kept<T: Debug + Serialize + DeserializeOwned>(mut reply: Value, at: &str) -> Value {
    let place = reply.pointer_mut(at).unwrap();
    place
        .as_object_mut()
        .unwrap()
        .extend(echo().as_object().unwrap().clone());
    let read: T = serde_json::from_value(reply).unwrap();
    let written = serde_json::to_value(&read).unwrap();
    let shown = format!("{read:?} {written}");
    assert!(!shown.contains(SECRET), "{shown}");
    written.pointer(at).unwrap().clone()
}

fn check<T: Debug + Serialize + DeserializeOwned>(reply: &Value, at: &str) {
    let kept = kept::<T>(reply.clone(), at);
    assert_eq!(kept["kept"], echo()["kept"], "what is no secret stays");
    assert_eq!(kept["deep"][0]["deeper"]["kept"], echo()["kept"]);
    assert_eq!(kept["securityArguments"], "[redacted]");
    assert_eq!(kept["deep"][0]["deeper"]["INVITATIONTOKEN"], "[redacted]");
}

#[test]
fn a_reply_that_repeats_secrets_is_read_without_them() {
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
fn a_template_of_a_subscription_is_free_and_read_without_secrets_too() {
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
    // A filter is sent too, and keeps unknown fields nonetheless.
    check::<types::WebhookSubscription>(&subscription, "/eventFilters/0");
    check::<types::WebhookSubscription>(&subscription, "/template");
}

#[test]
fn the_names_are_those_of_the_contract() {
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
fn a_secret_that_is_null_says_so() {
    let read: types::Channel =
        serde_json::from_value(json!({"id": ID, "signingKey": null})).unwrap();
    assert_eq!(read.extra["signingKey"], Value::Null);
}

#[test]
fn what_is_sent_keeps_what_it_is_given() {
    let request = json!({"name": "Support", "arguments": {"accessToken": "an argument"}});
    let read: types::CreateConnector = serde_json::from_value(request.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), request);
}
