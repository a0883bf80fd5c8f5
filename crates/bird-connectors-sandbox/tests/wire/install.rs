//! Creating a connector: what is taken and what is refused.

use bird_connectors_sandbox::behavior::{
    InvalidDataStatus, PhoneNumberIds, TemplateRef, UndocumentedTemplates,
};
use bird_connectors_sandbox::{Behavior, Operation, Sandbox};
use serde_json::{Value, json};

use crate::client::{Client, STRANGE_NUMBER, sms};

pub(crate) async fn with(choose: impl FnOnce(&mut Behavior)) -> Sandbox {
    Sandbox::builder().behavior(choose).start().await.unwrap()
}

pub(crate) fn whatsapp(name: &str, phone_id: &str, phone_number: &str) -> Value {
    json!({
        "name": name,
        "connectorTemplateRef": "whatsapp:1",
        "arguments": { "wabaId": "1029384756", "phoneId": phone_id, "phoneNumber": phone_number },
        "securityArguments": { "oauth": { "accessToken": "very-secret" } },
        "channelConversationalStatusEnabled": true,
        "invitationToken": "very-secret-invitation",
    })
}

/// A body with one of its fields replaced; a dot goes into an object.
pub(crate) fn but(mut body: Value, field: &str, value: Value) -> Value {
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

fn without(mut body: Value, field: &str) -> Value {
    match field.rsplit_once('.') {
        Some((parent, name)) => body[parent].as_object_mut().unwrap().remove(name),
        None => body.as_object_mut().unwrap().remove(field),
    };
    body
}

#[tokio::test]
async fn every_documented_field_is_taken_and_secrets_are_never_told() {
    let sandbox = with(|_| {}).await;
    let client = Client::of(&sandbox);
    let created = client
        .post("/connectors", whatsapp("w", "5", "+31612345678"))
        .await;
    created.expect(201);
    let id = created.json()["id"].as_str().unwrap().to_owned();
    tokio::time::sleep(std::time::Duration::ZERO).await;
    for text in [
        created.text,
        client.connector(&id).await.to_string(),
        client.get("/connectors").await.text,
    ] {
        assert!(
            !text.contains("very-secret") && !text.contains("securityArguments"),
            "{text}"
        );
    }
    let sent = &sandbox.requests_to(Operation::CreateConnector)[0];
    assert_eq!(
        sent.body.as_ref().unwrap()["securityArguments"]["oauth"]["accessToken"],
        "very-secret",
        "a test can look"
    );
    assert!(!format!("{sent:?}").contains("very-secret"));
}

#[tokio::test]
async fn what_is_nullable_may_be_null() {
    let sandbox = with(|_| {}).await;
    let body = json!({ "name": "t", "connectorTemplateRef": "telegram:1", "arguments": null, "securityArguments": null,
        "channelConversationalStatusEnabled": null, "invitationToken": null });
    Client::of(&sandbox)
        .post("/connectors", body)
        .await
        .expect(201);
}

#[tokio::test]
async fn invalid_bodies_are_refused_with_every_reason() {
    let sandbox = with(|_| {}).await;
    let client = Client::of(&sandbox);
    let (sms, whatsapp) = (sms("s"), whatsapp("w", "5", "+31612345678"));
    let voice = json!({ "name": "v", "connectorTemplateRef": "voice-messagebird:1", "arguments": { "phoneNumberId": STRANGE_NUMBER } });
    let cases: Vec<(Value, &str)> = vec![
        (json!([]), "the body must be an object"),
        (without(sms.clone(), "name"), "name is required"),
        (
            but(sms.clone(), "name", json!("")),
            "name must not be empty",
        ),
        (but(sms.clone(), "name", json!(7)), "name must be a string"),
        (
            but(sms.clone(), "name", Value::Null),
            "name must be a string",
        ),
        (
            without(sms.clone(), "connectorTemplateRef"),
            "connectorTemplateRef is required",
        ),
        (
            but(
                sms.clone(),
                "connectorTemplateRef",
                json!("sms-messagebird"),
            ),
            "connectorTemplateRef must have the form slug:version, not \"sms-messagebird\"",
        ),
        (
            but(sms.clone(), "connectorTemplateRef", json!(":1")),
            "connectorTemplateRef must have the form slug:version, not \":1\"",
        ),
        (
            but(sms.clone(), "connectorTemplateRef", json!("sms:")),
            "connectorTemplateRef must have the form slug:version, not \"sms:\"",
        ),
        (
            but(sms.clone(), "connectorTemplateRef", json!("a:b:c")),
            "connectorTemplateRef must have the form slug:version, not \"a:b:c\"",
        ),
        (
            but(sms.clone(), "templateRef", json!("x")),
            "templateRef is not a known field",
        ),
        (
            but(
                sms.clone(),
                "channelConversationalStatusEnabled",
                json!("yes"),
            ),
            "channelConversationalStatusEnabled must be a boolean or null",
        ),
        (
            but(sms.clone(), "invitationToken", json!(1)),
            "invitationToken must be a string or null",
        ),
        (
            but(sms.clone(), "securityArguments", json!([])),
            "securityArguments must be an object or null",
        ),
        (
            but(sms.clone(), "securityArguments", json!({ "oauth": "x" })),
            "securityArguments.oauth must be an object",
        ),
        (
            but(
                sms.clone(),
                "securityArguments",
                json!({ "oauth": { "accessToken": 1 } }),
            ),
            "securityArguments.oauth.accessToken must be a string",
        ),
        (
            without(sms.clone(), "arguments"),
            "arguments.phoneNumberId is required; arguments.channelMessageType is required",
        ),
        (
            without(sms.clone(), "arguments.channelMessageType"),
            "arguments.channelMessageType is required",
        ),
        (
            without(sms.clone(), "arguments.phoneNumberId"),
            "arguments.phoneNumberId is required",
        ),
        (
            but(
                sms.clone(),
                "arguments.phoneNumberId",
                json!("+31612345678"),
            ),
            "arguments.phoneNumberId must be a UUID",
        ),
        (
            but(sms.clone(), "arguments.useCaseId", json!("x")),
            "arguments.useCaseId must be a UUID",
        ),
        (
            without(whatsapp.clone(), "arguments.wabaId"),
            "arguments.wabaId is required",
        ),
        (
            without(whatsapp.clone(), "arguments.phoneId"),
            "arguments.phoneId is required",
        ),
        (
            without(whatsapp.clone(), "arguments.phoneNumber"),
            "arguments.phoneNumber is required",
        ),
        (
            but(
                whatsapp.clone(),
                "arguments.phoneNumber",
                json!("0612345678"),
            ),
            "arguments.phoneNumber must be in E.164 form, for example +31612345678",
        ),
        (
            but(whatsapp.clone(), "arguments.mbPhoneId", json!("x")),
            "arguments.mbPhoneId must be a UUID",
        ),
        (
            without(voice, "arguments.phoneNumberId"),
            "arguments.phoneNumberId is required",
        ),
        (
            json!({ "nom": "x" }),
            "name is required; connectorTemplateRef is required; nom is not a known field",
        ),
    ];
    for (body, message) in cases {
        let seen = client.post("/connectors", body.clone()).await;
        assert_eq!(
            (seen.status, seen.code().as_str()),
            (422, "InvalidPayload"),
            "{body}"
        );
        assert_eq!(seen.message(), message, "{body}");
    }
    assert!(sandbox.connectors().is_empty());
    client
        .post("/connectors", but(sms, "arguments.somethingElse", json!(1)))
        .await
        .expect(201);
}

#[tokio::test]
async fn invalid_data_can_be_400_too() {
    let sandbox =
        with(|behavior| behavior.invalid_data_status = InvalidDataStatus::BadRequest400).await;
    let seen = Client::of(&sandbox).post("/connectors", json!({})).await;
    assert_eq!((seen.status, seen.code().as_str()), (400, "InvalidPayload"));
}

#[tokio::test]
async fn a_phone_number_is_e164() {
    let sandbox = with(|_| {}).await;
    let client = Client::of(&sandbox);
    for number in [
        "+",
        "+1",
        "+1234567890123456",
        "+0612345678",
        "+31 6 1234",
        "31612345678",
        "+316x",
    ] {
        let seen = client.post("/connectors", whatsapp("w", "5", number)).await;
        assert_eq!(seen.status, 422, "{number}");
    }
    for number in ["+12", "+123456789012345"] {
        client
            .post("/connectors", whatsapp("w", number, number))
            .await
            .expect(201);
    }
}

#[tokio::test]
async fn a_10dlc_number_needs_a_use_case() {
    let sandbox = with(|_| {}).await;
    let client = Client::of(&sandbox);
    let number = sandbox
        .numbers()
        .into_iter()
        .find(|number| number.number_string().starts_with("+1"))
        .unwrap();
    let body = but(sms("s"), "arguments.phoneNumberId", json!(number.id()));
    assert_eq!(
        client.post("/connectors", body.clone()).await.message(),
        "arguments.useCaseId is required for a US 10DLC number"
    );
    client
        .post(
            "/connectors",
            but(body, "arguments.useCaseId", json!(STRANGE_NUMBER)),
        )
        .await
        .expect(201);
}

#[tokio::test]
async fn templates_beyond_the_documented_install_or_do_not() {
    let body = json!({ "name": "x", "connectorTemplateRef": "carrier-pigeon:0.3-beta" });
    let sandbox = with(|_| {}).await;
    Client::of(&sandbox)
        .post("/connectors", body.clone())
        .await
        .expect(201);
    let sandbox =
        with(|behavior| behavior.undocumented_templates = UndocumentedTemplates::Rejected).await;
    let client = Client::of(&sandbox);
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
            .expect(201);
    }
}

#[tokio::test]
async fn the_template_reference_is_required_or_not() {
    let sandbox = with(|behavior| behavior.template_ref = TemplateRef::Optional).await;
    let created = Client::of(&sandbox)
        .post("/connectors", json!({ "name": "bare" }))
        .await
        .expect(201);
    assert!(
        created.get("connectorTemplateRef").is_none()
            && created.get("connectorTemplateSlug").is_none()
    );
    let seen = Client::of(&sandbox)
        .post(
            "/connectors",
            json!({ "name": "bare", "connectorTemplateRef": null }),
        )
        .await;
    assert_eq!(seen.message(), "connectorTemplateRef must be a string");
}

#[tokio::test]
async fn a_phone_number_id_is_any_uuid_or_a_known_number() {
    let body = but(sms("s"), "arguments.phoneNumberId", json!(STRANGE_NUMBER));
    let sandbox = with(|_| {}).await;
    Client::of(&sandbox)
        .post("/connectors", body.clone())
        .await
        .expect(201);
    let sandbox = with(|behavior| behavior.phone_number_ids = PhoneNumberIds::Known).await;
    let client = Client::of(&sandbox);
    let seen = client.post("/connectors", body.clone()).await;
    assert_eq!(
        seen.message(),
        format!("arguments.phoneNumberId {STRANGE_NUMBER} is not a number of this workspace")
    );
    client
        .post(
            "/connectors",
            but(
                body,
                "arguments.phoneNumberId",
                json!(sandbox.numbers()[0].id()),
            ),
        )
        .await
        .expect(201);
}
