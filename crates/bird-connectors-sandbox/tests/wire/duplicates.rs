//! Creating a connector a second time.

use bird_connectors_sandbox::behavior::{ConflictDetails, Duplicates};
use serde_json::json;

use crate::client::{Client, STRANGE_NUMBER, sms};
use crate::install::{but, whatsapp, with};

/// Another number id that no sandbox has.
const OTHER_NUMBER: &str = "0a1b2c3d-9ff1-5430-a3ab-79ecc61b96b1";

#[tokio::test]
async fn what_makes_a_repetition_is_a_reading() {
    // Each pair: a second create, and under which of the four behavior (in the order of `Duplicates::ALL`) it is refused.
    let first_sms = but(
        sms("shop"),
        "arguments.phoneNumberId",
        json!(STRANGE_NUMBER),
    );
    let first_whatsapp = whatsapp("chat", "5", "+31612345678");
    let capitals = json!(STRANGE_NUMBER.to_uppercase());
    let telegram = json!({ "name": "bot", "connectorTemplateRef": "telegram:1" });
    let voice = json!({ "name": "line", "connectorTemplateRef": "voice-messagebird:1", "arguments": { "phoneNumberId": STRANGE_NUMBER } });
    let first_voice = but(
        voice.clone(),
        "arguments.phoneNumberId",
        json!(OTHER_NUMBER),
    );
    let cases = [
        (
            but(first_voice.clone(), "name", json!("other")),
            [true, false, true, false],
        ),
        (first_sms.clone(), [true, true, true, false]),
        (
            but(first_sms.clone(), "name", json!("other")),
            [true, false, true, false],
        ),
        (
            but(
                but(first_sms.clone(), "name", json!("other")),
                "arguments.phoneNumberId",
                capitals,
            ),
            [true, false, true, false],
        ),
        (
            but(
                first_sms.clone(),
                "connectorTemplateRef",
                json!("sms-messagebird:2"),
            ),
            [true, true, true, false],
        ),
        (sms("shop"), [false, true, true, false]),
        (sms("other"), [false, false, false, false]),
        (
            but(voice, "name", json!("shop")),
            [false, false, false, false],
        ),
        (
            whatsapp("other", "5", "+31600000000"),
            [true, false, true, false],
        ),
        (
            whatsapp("other", "6", "+31612345678"),
            [true, false, true, false],
        ),
        (
            whatsapp("other", "6", "+31600000000"),
            [false, false, false, false],
        ),
        (telegram.clone(), [true, true, true, false]),
        (
            but(telegram.clone(), "name", json!("other")),
            [false, false, false, false],
        ),
    ];
    for (second, refused) in cases {
        for (duplicates, refused) in Duplicates::ALL.iter().copied().zip(refused) {
            let sandbox = with(|behavior| behavior.duplicates = duplicates).await;
            let client = Client::of(&sandbox);
            for first in [&first_sms, &first_whatsapp, &first_voice, &telegram] {
                client.post("/connectors", first.clone()).await.expect(201);
            }
            let seen = client.post("/connectors", second.clone()).await;
            if refused {
                assert_eq!(
                    (seen.status, seen.code().as_str()),
                    (409, "ResourceAlreadyExists"),
                    "{duplicates:?} {second}"
                );
                let existing = client
                    .connector(seen.json()["details"]["id"].as_str().unwrap())
                    .await;
                assert_eq!(
                    existing["connectorTemplateSlug"],
                    second["connectorTemplateRef"]
                        .as_str()
                        .unwrap()
                        .split(':')
                        .next()
                        .unwrap()
                );
            } else {
                assert_eq!(seen.status, 201, "{duplicates:?} {second}");
            }
        }
    }
}

#[tokio::test]
async fn a_deleted_connector_is_no_obstacle() {
    let sandbox = with(|_| {}).await;
    let client = Client::of(&sandbox);
    let body = sms("a");
    let id = client.post("/connectors", body.clone()).await.expect(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(client.post("/connectors", body.clone()).await.status, 409);
    client
        .delete(&format!("/connectors/{id}"))
        .await
        .expect(204);
    assert_eq!(client.post("/connectors", body).await.status, 201);
}

#[tokio::test]
async fn a_conflict_names_what_exists_or_does_not() {
    let sandbox = with(|_| {}).await;
    let client = Client::of(&sandbox);
    let body = sms("a");
    let id = client.post("/connectors", body.clone()).await.expect(201)["id"].clone();
    for (details, expected) in [
        (ConflictDetails::Object, Some(json!({ "id": id }))),
        (ConflictDetails::String, Some(id.clone())),
        (ConflictDetails::Absent, None),
    ] {
        sandbox.behavior(|behavior| behavior.conflict_details = details);
        let seen = client.post("/connectors", body.clone()).await;
        assert_eq!(seen.json().get("details").cloned(), expected, "{details:?}");
        assert_eq!(
            seen.text.contains(id.as_str().unwrap()),
            expected.is_some(),
            "{details:?}: no other way to learn the id"
        );
    }
}
