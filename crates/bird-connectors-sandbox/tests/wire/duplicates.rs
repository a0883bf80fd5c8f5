//! Duplicate creates of a connector.

use bird_connectors_sandbox::behavior::{ConflictDetails, Duplicates};
use serde_json::json;

use crate::client::{Client, UNKNOWN_ID, sms_install};
use crate::create_connector::{sandbox_with, whatsapp_install, with_field};

/// Another id that no sandbox has.
const OTHER_UNKNOWN_ID: &str = "0a1b2c3d-9ff1-5430-a3ab-79ecc61b96b1";

#[tokio::test]
async fn duplicate_create_answers_409_according_to_behavior() {
    // Each case is a second create, and whether it is rejected under each variant of `Duplicates::ALL`.
    let first_sms = with_field(
        sms_install("shop"),
        "arguments.phoneNumberId",
        json!(UNKNOWN_ID),
    );
    let first_whatsapp = whatsapp_install("chat", "5", "+31612345678");
    let upper_case_id = json!(UNKNOWN_ID.to_uppercase());
    let telegram = json!({ "name": "bot", "connectorTemplateRef": "telegram:1" });
    let voice = json!({ "name": "line", "connectorTemplateRef": "voice-messagebird:1", "arguments": { "phoneNumberId": UNKNOWN_ID } });
    let first_voice = with_field(
        voice.clone(),
        "arguments.phoneNumberId",
        json!(OTHER_UNKNOWN_ID),
    );
    let cases = [
        (
            with_field(first_voice.clone(), "name", json!("other")),
            [true, false, true, false],
        ),
        (first_sms.clone(), [true, true, true, false]),
        (
            with_field(first_sms.clone(), "name", json!("other")),
            [true, false, true, false],
        ),
        (
            with_field(
                with_field(first_sms.clone(), "name", json!("other")),
                "arguments.phoneNumberId",
                upper_case_id,
            ),
            [true, false, true, false],
        ),
        (
            with_field(
                first_sms.clone(),
                "connectorTemplateRef",
                json!("sms-messagebird:2"),
            ),
            [true, true, true, false],
        ),
        (sms_install("shop"), [false, true, true, false]),
        (sms_install("other"), [false, false, false, false]),
        (
            with_field(voice, "name", json!("shop")),
            [false, false, false, false],
        ),
        (
            whatsapp_install("other", "5", "+31600000000"),
            [true, false, true, false],
        ),
        (
            whatsapp_install("other", "6", "+31612345678"),
            [true, false, true, false],
        ),
        (
            whatsapp_install("other", "6", "+31600000000"),
            [false, false, false, false],
        ),
        (telegram.clone(), [true, true, true, false]),
        (
            with_field(telegram.clone(), "name", json!("other")),
            [false, false, false, false],
        ),
    ];
    for (second, rejected) in cases {
        for (duplicates, rejected) in Duplicates::ALL.iter().copied().zip(rejected) {
            let sandbox = sandbox_with(|behavior| behavior.duplicates = duplicates).await;
            let client = Client::new(&sandbox);
            for first in [&first_sms, &first_whatsapp, &first_voice, &telegram] {
                client
                    .post("/connectors", first.clone())
                    .await
                    .json_with_status(201);
            }
            let response = client.post("/connectors", second.clone()).await;
            if rejected {
                assert_eq!(
                    (response.status, response.code().as_str()),
                    (409, "ResourceAlreadyExists"),
                    "{duplicates:?} {second}"
                );
                let existing = client
                    .connector(response.json()["details"]["id"].as_str().unwrap())
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
                assert_eq!(response.status, 201, "{duplicates:?} {second}");
            }
        }
    }
}

#[tokio::test]
async fn create_after_a_delete_is_not_a_duplicate() {
    let sandbox = sandbox_with(|_| {}).await;
    let client = Client::new(&sandbox);
    let body = sms_install("a");
    let id = client
        .post("/connectors", body.clone())
        .await
        .json_with_status(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(client.post("/connectors", body.clone()).await.status, 409);
    client
        .delete(&format!("/connectors/{id}"))
        .await
        .json_with_status(204);
    assert_eq!(client.post("/connectors", body).await.status, 201);
}

#[tokio::test]
async fn conflict_details_follow_behavior() {
    let sandbox = sandbox_with(|_| {}).await;
    let client = Client::new(&sandbox);
    let body = sms_install("a");
    let id = client
        .post("/connectors", body.clone())
        .await
        .json_with_status(201)["id"]
        .clone();
    for (details, expected) in [
        (ConflictDetails::Object, Some(json!({ "id": id }))),
        (ConflictDetails::String, Some(id.clone())),
        (ConflictDetails::Absent, None),
    ] {
        sandbox.behavior(|behavior| behavior.conflict_details = details);
        let response = client.post("/connectors", body.clone()).await;
        assert_eq!(
            response.json().get("details").cloned(),
            expected,
            "{details:?}"
        );
        assert_eq!(
            response.body.contains(id.as_str().unwrap()),
            expected.is_some(),
            "{details:?}: the response contains the id only in the details"
        );
    }
}
