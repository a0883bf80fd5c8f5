//! The fields of a connector, and how behavior changes them.

use std::time::Duration;

use bird_connectors_sandbox::behavior::{
    Arguments, Capabilities, ChannelFieldForm, ConnectorNumber, DatePrecision, EmptyFields,
    IrrelevantFields, ReadSubject,
};
use bird_connectors_sandbox::{Behavior, Number, Sandbox, Script};
use serde_json::{Value, json};

use crate::client::Client;
use crate::clock::ManualClock;
use crate::connectors::instant_sandbox;

/// The body of an SMS install with this number.
fn install_with(number: &Number) -> Value {
    json!({
        "name": "with a known number",
        "connectorTemplateRef": "sms-messagebird:1",
        "arguments": { "phoneNumberId": number.id(), "channelMessageType": "promotional" },
    })
}

#[tokio::test]
async fn connector_has_the_documented_fields() {
    let sandbox = instant_sandbox(|_| {}).await;
    let client = Client::new(&sandbox);
    let number = Number::new("+447700900999").country("GB").mms();
    sandbox.add_number(number.clone());
    let created = client
        .post("/connectors", install_with(&number))
        .await
        .json_with_status(201);
    let id = created["id"].as_str().unwrap();
    assert_eq!(
        client.connector(id).await,
        created,
        "the create returns the connector"
    );

    assert_eq!(uuid::Uuid::parse_str(id).unwrap().get_version_num(), 4);
    let channel: uuid::Uuid = created["channel"]["channelId"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(channel.get_version_num(), 5);
    assert_eq!(created["channel"]["platform"], "sms-messagebird");
    assert_eq!(created["workspaceId"], json!(sandbox.workspace_id()));
    assert_eq!(created["connectorTemplateRef"], "sms-messagebird:1");
    assert_eq!(created["connectorTemplateSlug"], "sms-messagebird");
    let created_number = &created["number"];
    assert_eq!(created_number["numberId"], json!(number.id()));
    assert_eq!(created_number["phoneNumber"], "+447700900999");
    assert_eq!(
        (
            created_number["country"].as_str(),
            created_number["numberType"].as_str()
        ),
        (Some("GB"), Some("mobile"))
    );
    assert_eq!(created_number["endpointType"], "long-code-number");
    assert_eq!(
        created_number["capabilities"],
        "mms-inbound,mms-outbound,sms-inbound,sms-outbound"
    );
    assert_eq!(
        created_number["profileAttachments"][3]["capability"],
        "sms-outbound"
    );
    assert_eq!(
        created_number["profileAttachments"][3]["variables"]["connectorId"],
        id
    );
    assert_eq!(
        created.get("status"),
        None,
        "a connector has no status field"
    );
}

#[tokio::test]
async fn connector_fields_follow_behavior() {
    let number = Number::new("+447700900999");
    let create = async |change: fn(&mut Behavior)| {
        let sandbox = instant_sandbox(change).await;
        sandbox.add_number(number.clone());
        Client::new(&sandbox)
            .post("/connectors", install_with(&number))
            .await
            .json_with_status(201)
    };
    let plain = create(|_| {}).await;
    assert_eq!(plain["arguments"]["channelMessageType"], "promotional");
    assert_eq!(plain["routingKey"], Value::Null);
    assert!(plain.get("routingKey").is_some() && plain.get("dataCapture").is_some());

    assert_eq!(
        create(|behavior| behavior.arguments = Arguments::Absent)
            .await
            .get("arguments"),
        None
    );
    assert_eq!(
        create(|behavior| behavior.arguments = Arguments::Null)
            .await
            .get("arguments"),
        Some(&Value::Null)
    );
    assert_eq!(
        create(|behavior| behavior.connector_number = ConnectorNumber::Absent)
            .await
            .get("number"),
        None
    );
    assert_eq!(
        create(|behavior| behavior.connector_number = ConnectorNumber::Null)
            .await
            .get("number"),
        Some(&Value::Null)
    );
    assert_eq!(
        create(|behavior| behavior.capabilities = Capabilities::List).await["number"]["capabilities"],
        json!(["sms-inbound", "sms-outbound"])
    );
    let bare = create(|behavior| behavior.empty_fields = EmptyFields::Absent).await;
    assert!(bare.get("routingKey").is_none() && bare.get("dataCapture").is_none());

    let date = async |dates: fn(&mut Behavior)| {
        create(dates).await["createdAt"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        date(|behavior| behavior.date_precision = DatePrecision::Seconds)
            .await
            .len(),
        "2026-01-01T00:00:00Z".len()
    );
    assert_eq!(date(|_| {}).await.len(), "2026-01-01T00:00:00.000Z".len());
    assert_eq!(
        date(|behavior| behavior.date_precision = DatePrecision::Nanoseconds)
            .await
            .len(),
        "2026-01-01T00:00:00.000000000Z".len()
    );
}

#[tokio::test]
async fn irrelevant_fields_can_have_an_unexpected_form() {
    let sandbox = instant_sandbox(|behavior| {
        behavior.irrelevant_fields = IrrelevantFields::Unexpected;
    })
    .await;
    let body = json!({ "name": "t", "connectorTemplateRef": "telegram:1" });
    let created = Client::new(&sandbox)
        .post("/connectors", body)
        .await
        .json_with_status(201);
    assert_eq!(created["updatedAt"], "2026-01-01T00:00:00");
    assert_eq!(created["name"], "t");
    let channel = sandbox.channels()[0].clone();
    assert_eq!(
        (&channel["name"], &channel["settings"]),
        (&json!({"en": "t"}), &json!("none"))
    );
    assert_eq!(channel["status"], "active");
}

#[tokio::test]
async fn channel_field_can_have_the_zero_uuid_or_an_unreadable_form() {
    let channel = async |script, form| {
        let sandbox = Sandbox::builder()
            .default_script(script)
            .behavior(|behavior| behavior.channel_field_form = form)
            .start()
            .await
            .unwrap();
        let client = Client::new(&sandbox);
        let id = client.install("a").await;
        client.connector(&id).await["channel"].clone()
    };
    assert_eq!(
        channel(Script::never(), ChannelFieldForm::ZeroId).await,
        json!({ "channelId": "00000000-0000-0000-0000-000000000000" })
    );
    let listed = channel(Script::instant(), ChannelFieldForm::List).await;
    assert!(listed[0]["channelId"].is_string(), "{listed}");
    for form in [ChannelFieldForm::Object, ChannelFieldForm::ZeroId] {
        let object = channel(Script::instant(), form).await;
        assert_eq!(object["platform"], "sms-messagebird", "{form:?}");
    }
}

#[tokio::test]
async fn read_can_be_about_another_object() {
    for subject in ReadSubject::ALL {
        let sandbox = instant_sandbox(|behavior| behavior.read_subject = *subject).await;
        let client = Client::new(&sandbox);
        let id = client.install("a").await;
        let read = client.connector(&id).await;
        let other_connector = *subject == ReadSubject::OtherConnector;
        assert_eq!(read["id"] != id.as_str(), other_connector, "{subject:?}");
        let other_owner = *subject == ReadSubject::OtherOwner;
        let channel = &sandbox.channels()[0];
        assert_eq!(
            channel["connectorId"] != id.as_str(),
            other_owner,
            "{subject:?}"
        );
        assert_eq!(channel["id"], read["channel"]["channelId"]);
    }
}

#[tokio::test]
async fn connector_without_a_number_has_a_null_or_absent_number_field() {
    let sandbox = instant_sandbox(|_| {}).await;
    let body = json!({ "name": "t", "connectorTemplateRef": "telegram:1" });
    let created = Client::new(&sandbox)
        .post("/connectors", body.clone())
        .await
        .json_with_status(201);
    assert_eq!(created.get("number"), Some(&Value::Null));
    assert_eq!(created.get("arguments"), None);
    let sandbox = instant_sandbox(|behavior| behavior.empty_fields = EmptyFields::Absent).await;
    assert_eq!(
        Client::new(&sandbox)
            .post("/connectors", body)
            .await
            .json_with_status(201)
            .get("number"),
        None
    );
}

#[tokio::test(start_paused = true)]
async fn connector_updated_at_changes_with_its_content() {
    let clock = ManualClock::hold();
    let sandbox = Sandbox::builder()
        .default_script(Script::pending(Duration::from_secs(60)))
        .start()
        .await
        .unwrap();
    let client = Client::new(&sandbox);
    let id = client.install("a").await;
    let before = client.connector(&id).await;
    assert_eq!(before["createdAt"], before["updatedAt"]);
    clock.advance(Duration::from_secs(60)).await;
    let after = client.connector(&id).await;
    assert_eq!(after["createdAt"], before["createdAt"]);
    assert_ne!(after["updatedAt"], before["updatedAt"]);
}
