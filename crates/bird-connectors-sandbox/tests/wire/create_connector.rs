//! Creating a connector: validation of the body.

use bird_connectors_sandbox::behavior::{
    InvalidDataDetails, InvalidDataStatus, PhoneNumberIds, TemplateRef, UndocumentedTemplates,
};
use bird_connectors_sandbox::{Behavior, Operation, Sandbox};
use serde_json::{Value, json};

use crate::client::{Client, UNKNOWN_ID, sms_install};

pub(crate) async fn sandbox_with(change: impl FnOnce(&mut Behavior)) -> Sandbox {
    Sandbox::builder().behavior(change).start().await.unwrap()
}

pub(crate) fn whatsapp_install(name: &str, phone_id: &str, phone_number: &str) -> Value {
    json!({
        "name": name,
        "connectorTemplateRef": "whatsapp:1",
        "arguments": { "wabaId": "1029384756", "phoneId": phone_id, "phoneNumber": phone_number },
        "securityArguments": { "oauth": { "accessToken": "very-secret" } },
        "channelConversationalStatusEnabled": true,
        "invitationToken": "very-secret-invitation",
    })
}

/// Sets a field of a body. A dot in its name selects a field of an object.
pub(crate) fn with_field(mut body: Value, field: &str, value: Value) -> Value {
    let pointer = format!("/{}", field.replace('.', "/"));
    match body.pointer_mut(&pointer) {
        Some(place) => *place = value,
        None => match field.rsplit_once('.') {
            Some((parent, name)) => body[parent][name] = value,
            None => body[field] = value,
        },
    }
    body
}

fn without_field(mut body: Value, field: &str) -> Value {
    match field.rsplit_once('.') {
        Some((parent, name)) => body[parent].as_object_mut().unwrap().remove(name),
        None => body.as_object_mut().unwrap().remove(field),
    };
    body
}

#[tokio::test]
async fn create_accepts_all_documented_fields_and_returns_no_secrets() {
    let sandbox = sandbox_with(|_| {}).await;
    let client = Client::new(&sandbox);
    let created = client
        .post("/connectors", whatsapp_install("w", "5", "+31612345678"))
        .await;
    created.json_with_status(201);
    let id = created.json()["id"].as_str().unwrap().to_owned();
    for output in [
        created.body,
        client.connector(&id).await.to_string(),
        client.get("/connectors").await.body,
    ] {
        assert!(
            !output.contains("very-secret") && !output.contains("securityArguments"),
            "{output}"
        );
    }
    let sent = &sandbox.requests_to(Operation::CreateConnector)[0];
    assert_eq!(
        sent.body.as_ref().unwrap()["securityArguments"]["oauth"]["accessToken"],
        "very-secret",
        "a test can inspect the body"
    );
    assert!(!format!("{sent:?}").contains("very-secret"));
}

#[tokio::test]
async fn create_accepts_null_for_nullable_fields() {
    let sandbox = sandbox_with(|_| {}).await;
    let body = json!({ "name": "t", "connectorTemplateRef": "telegram:1", "arguments": null, "securityArguments": null,
        "channelConversationalStatusEnabled": null, "invitationToken": null });
    Client::new(&sandbox)
        .post("/connectors", body)
        .await
        .json_with_status(201);
}

#[tokio::test]
async fn invalid_create_answers_422_with_all_errors() {
    let sandbox = sandbox_with(|_| {}).await;
    let client = Client::new(&sandbox);
    let (sms, whatsapp) = (sms_install("s"), whatsapp_install("w", "5", "+31612345678"));
    let voice = json!({ "name": "v", "connectorTemplateRef": "voice-messagebird:1", "arguments": { "phoneNumberId": UNKNOWN_ID } });
    let cases: Vec<(Value, &str)> = vec![
        (json!([]), "the body must be an object"),
        (without_field(sms.clone(), "name"), "name is required"),
        (
            with_field(sms.clone(), "name", json!("")),
            "name must not be empty",
        ),
        (
            with_field(sms.clone(), "name", json!(7)),
            "name must be a string",
        ),
        (
            with_field(sms.clone(), "name", Value::Null),
            "name must be a string",
        ),
        (
            without_field(sms.clone(), "connectorTemplateRef"),
            "connectorTemplateRef is required",
        ),
        (
            with_field(
                sms.clone(),
                "connectorTemplateRef",
                json!("sms-messagebird"),
            ),
            "connectorTemplateRef must have the form slug:version, not \"sms-messagebird\"",
        ),
        (
            with_field(sms.clone(), "connectorTemplateRef", json!(":1")),
            "connectorTemplateRef must have the form slug:version, not \":1\"",
        ),
        (
            with_field(sms.clone(), "connectorTemplateRef", json!("sms:")),
            "connectorTemplateRef must have the form slug:version, not \"sms:\"",
        ),
        (
            with_field(sms.clone(), "connectorTemplateRef", json!("a:b:c")),
            "connectorTemplateRef must have the form slug:version, not \"a:b:c\"",
        ),
        (
            with_field(sms.clone(), "templateRef", json!("x")),
            "templateRef is not a known field",
        ),
        (
            with_field(
                sms.clone(),
                "channelConversationalStatusEnabled",
                json!("yes"),
            ),
            "channelConversationalStatusEnabled must be a boolean or null",
        ),
        (
            with_field(sms.clone(), "invitationToken", json!(1)),
            "invitationToken must be a string or null",
        ),
        (
            with_field(sms.clone(), "securityArguments", json!([])),
            "securityArguments must be an object or null",
        ),
        (
            with_field(sms.clone(), "securityArguments", json!({ "oauth": "x" })),
            "securityArguments.oauth must be an object",
        ),
        (
            with_field(
                sms.clone(),
                "securityArguments",
                json!({ "oauth": { "accessToken": 1 } }),
            ),
            "securityArguments.oauth.accessToken must be a string",
        ),
        (
            without_field(sms.clone(), "arguments"),
            "arguments.phoneNumberId is required; arguments.channelMessageType is required",
        ),
        (
            without_field(sms.clone(), "arguments.channelMessageType"),
            "arguments.channelMessageType is required",
        ),
        (
            without_field(sms.clone(), "arguments.phoneNumberId"),
            "arguments.phoneNumberId is required",
        ),
        (
            with_field(
                sms.clone(),
                "arguments.phoneNumberId",
                json!("+31612345678"),
            ),
            "arguments.phoneNumberId must be a UUID",
        ),
        (
            with_field(sms.clone(), "arguments.useCaseId", json!("x")),
            "arguments.useCaseId must be a UUID",
        ),
        (
            without_field(whatsapp.clone(), "arguments.wabaId"),
            "arguments.wabaId is required",
        ),
        (
            without_field(whatsapp.clone(), "arguments.phoneId"),
            "arguments.phoneId is required",
        ),
        (
            without_field(whatsapp.clone(), "arguments.phoneNumber"),
            "arguments.phoneNumber is required",
        ),
        (
            with_field(
                whatsapp.clone(),
                "arguments.phoneNumber",
                json!("0612345678"),
            ),
            "arguments.phoneNumber must be in E.164 form, for example +31612345678",
        ),
        (
            with_field(whatsapp.clone(), "arguments.mbPhoneId", json!("x")),
            "arguments.mbPhoneId must be a UUID",
        ),
        (
            without_field(voice, "arguments.phoneNumberId"),
            "arguments.phoneNumberId is required",
        ),
        (
            json!({ "nom": "x" }),
            "name is required; connectorTemplateRef is required; nom is not a known field",
        ),
    ];
    for (body, message) in cases {
        let response = client.post("/connectors", body.clone()).await;
        assert_eq!(
            (response.status, response.code().as_str()),
            (422, "InvalidPayload"),
            "{body}"
        );
        assert_eq!(response.message(), message, "{body}");
    }
    assert!(sandbox.connectors().is_empty());
    client
        .post(
            "/connectors",
            with_field(sms, "arguments.somethingElse", json!(1)),
        )
        .await
        .json_with_status(201);
}

#[tokio::test]
async fn invalid_create_status_follows_behavior() {
    let sandbox =
        sandbox_with(|behavior| behavior.invalid_data_status = InvalidDataStatus::BadRequest400)
            .await;
    let response = Client::new(&sandbox).post("/connectors", json!({})).await;
    assert_eq!(
        (response.status, response.code().as_str()),
        (400, "InvalidPayload")
    );
}

#[tokio::test]
async fn details_of_an_invalid_create_follow_behavior() {
    for (form, details) in [
        (
            InvalidDataDetails::ByPath,
            json!({ ".name": ["is required"] }),
        ),
        (
            InvalidDataDetails::List,
            json!([{ "field": ".name", "errors": ["is required"] }]),
        ),
        (InvalidDataDetails::Absent, json!(null)),
    ] {
        let sandbox = sandbox_with(|behavior| behavior.invalid_data_details = form).await;
        let body = json!({ "connectorTemplateRef": "telegram:1" });
        let response = Client::new(&sandbox).post("/connectors", body).await;
        assert_eq!(
            (response.status, &response.json()["details"]),
            (422, &details)
        );
    }
}

#[tokio::test]
async fn whatsapp_phone_number_must_be_e164() {
    let sandbox = sandbox_with(|_| {}).await;
    let client = Client::new(&sandbox);
    for number in [
        "+",
        "+1",
        "+1234567890123456",
        "+0612345678",
        "+31 6 1234",
        "31612345678",
        "+316x",
    ] {
        let response = client
            .post("/connectors", whatsapp_install("w", "5", number))
            .await;
        assert_eq!(response.status, 422, "{number}");
    }
    for number in ["+12", "+123456789012345"] {
        client
            .post("/connectors", whatsapp_install("w", number, number))
            .await
            .json_with_status(201);
    }
}

#[tokio::test]
async fn sms_install_with_a_10dlc_number_requires_a_use_case() {
    let sandbox = sandbox_with(|_| {}).await;
    let client = Client::new(&sandbox);
    let number = sandbox
        .numbers()
        .into_iter()
        .find(|number| number.number_string().starts_with("+1"))
        .unwrap();
    let body = with_field(
        sms_install("s"),
        "arguments.phoneNumberId",
        json!(number.id()),
    );
    assert_eq!(
        client.post("/connectors", body.clone()).await.message(),
        "arguments.useCaseId is required for a US 10DLC number"
    );
    client
        .post(
            "/connectors",
            with_field(body, "arguments.useCaseId", json!(UNKNOWN_ID)),
        )
        .await
        .json_with_status(201);
}

#[tokio::test]
async fn undocumented_template_follows_behavior() {
    let body = json!({ "name": "x", "connectorTemplateRef": "carrier-pigeon:0.3-beta" });
    let sandbox = sandbox_with(|_| {}).await;
    Client::new(&sandbox)
        .post("/connectors", body.clone())
        .await
        .json_with_status(201);
    let sandbox =
        sandbox_with(|behavior| behavior.undocumented_templates = UndocumentedTemplates::Rejected)
            .await;
    let client = Client::new(&sandbox);
    assert_eq!(
        client.post("/connectors", body).await.message(),
        "unknown template \"carrier-pigeon\""
    );
    for slug in [
        "instagram",
        "facebook",
        "telegram",
        "line",
        "email-messagebird",
    ] {
        client
            .post(
                "/connectors",
                json!({ "name": slug, "connectorTemplateRef": format!("{slug}:1") }),
            )
            .await
            .json_with_status(201);
    }
}

#[tokio::test]
async fn missing_template_reference_follows_behavior() {
    let sandbox = sandbox_with(|behavior| behavior.template_ref = TemplateRef::Optional).await;
    let created = Client::new(&sandbox)
        .post("/connectors", json!({ "name": "bare" }))
        .await
        .json_with_status(201);
    assert!(
        created.get("connectorTemplateRef").is_none()
            && created.get("connectorTemplateSlug").is_none()
    );
    let response = Client::new(&sandbox)
        .post(
            "/connectors",
            json!({ "name": "bare", "connectorTemplateRef": null }),
        )
        .await;
    assert_eq!(response.message(), "connectorTemplateRef must be a string");
}

#[tokio::test]
async fn phone_number_id_validation_follows_behavior() {
    let body = with_field(
        sms_install("s"),
        "arguments.phoneNumberId",
        json!(UNKNOWN_ID),
    );
    let sandbox = sandbox_with(|_| {}).await;
    Client::new(&sandbox)
        .post("/connectors", body.clone())
        .await
        .json_with_status(201);
    let sandbox = sandbox_with(|behavior| behavior.phone_number_ids = PhoneNumberIds::Known).await;
    let client = Client::new(&sandbox);
    let response = client.post("/connectors", body.clone()).await;
    assert_eq!(
        response.message(),
        format!("arguments.phoneNumberId {UNKNOWN_ID} is not a number of this workspace")
    );
    client
        .post(
            "/connectors",
            with_field(
                body,
                "arguments.phoneNumberId",
                json!(sandbox.numbers()[0].id()),
            ),
        )
        .await
        .json_with_status(201);
}
