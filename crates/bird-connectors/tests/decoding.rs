//! Tolerant decoding: absent, empty, unknown or ambiguous values in a response cause no error and are kept.

use std::fmt::Debug;

use bird_connectors::models::{Channel, ChannelId, Connector, ConnectorId, NumberCapability};
use bird_connectors::{Error, ErrorKind, RequestOutcome, Workspace};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use support::server::{Server, json};
use support::{CHANNEL, CONNECTOR, NUMBER, SUBSCRIPTION, WORKSPACE, client};

mod support;

const NIL: &str = "00000000-0000-0000-0000-000000000000";

/// A server that responds with this body, and the workspace of its client.
async fn responding(body: Value) -> (Server, Workspace) {
    let server = Server::script([json("200 OK", body)]).await;
    let workspace = client(&server.url()).workspace(WORKSPACE);
    (server, workspace)
}

/// A connector with the required fields and these.
fn connector_json(fields: Value) -> Value {
    let mut connector = json!({"id": CONNECTOR, "name": "a", "createdAt": "2026-01-01T00:00:00Z"});
    let all = connector.as_object_mut().unwrap();
    all.extend(fields.as_object().unwrap().clone());
    connector
}

async fn connector(fields: Value) -> Result<Connector, Error> {
    let (_server, workspace) = responding(connector_json(fields)).await;
    workspace.connectors().get(CONNECTOR).await
}

async fn channel(fields: Value) -> Channel {
    let mut channel = json!({"id": CHANNEL});
    let all = channel.as_object_mut().unwrap();
    all.extend(fields.as_object().unwrap().clone());
    let (_server, workspace) = responding(channel).await;
    workspace.channels().get(CHANNEL).await.unwrap()
}

/// Checks that a model is the same after a round trip through JSON, which it returns.
fn round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(model: &T) -> Value {
    let value = serde_json::to_value(model).unwrap();
    assert_eq!(&serde_json::from_value::<T>(value.clone()).unwrap(), model);
    value
}

#[tokio::test]
async fn connector_without_a_channel_is_decoded() {
    for fields in [
        json!({}),
        json!({"channel": null}),
        json!({"channel": {}}),
        json!({"channel": {"channelId": ""}}),
        json!({"channel": {"channelId": null, "platform": "sms-messagebird"}}),
    ] {
        let connector = connector(fields.clone()).await.unwrap();
        assert_eq!(connector.channel_id(), None, "{fields}");
        round_trip(&connector);
    }
    let connector = connector(json!({"channel": {"channelId": CHANNEL}}))
        .await
        .unwrap();
    assert_eq!(connector.channel_id(), Some(CHANNEL));
    round_trip(&connector);
}

#[tokio::test]
async fn number_capabilities_are_decoded_as_string_and_as_list() {
    let expected = [NumberCapability::SmsInbound, "rcs-inbound".into()];
    for capabilities in [
        json!("sms-inbound,rcs-inbound"),
        json!("sms-inbound, rcs-inbound"),
        json!(["sms-inbound", "rcs-inbound"]),
    ] {
        let fields = json!({"number": {"numberId": NUMBER, "capabilities": capabilities}});
        let connector = connector(fields).await.unwrap();
        let number = connector.number.clone().unwrap();
        assert_eq!(number.capabilities.unwrap().list(), expected);
        // Serializing keeps the form of the response.
        assert_eq!(
            round_trip(&connector)["number"]["capabilities"],
            capabilities
        );
    }
    let connector = connector(json!({"number": {"capabilities": null}}))
        .await
        .unwrap();
    assert_eq!(connector.number.unwrap().capabilities, None);
}

#[tokio::test]
async fn unknown_values_and_fields_are_kept() {
    let channel = channel(json!({
        "status": "hibernating", "newField": {"deep": [1, null]}, "capabilities": {"anything": true},
    }))
    .await;
    assert_eq!(channel.status.as_ref().unwrap().as_str(), "hibernating");
    assert!(!channel.status.as_ref().unwrap().is_known());
    assert_eq!(channel.extra["newField"], json!({"deep": [1, null]}));
    let value = round_trip(&channel);
    assert_eq!(value["status"], "hibernating");
    assert_eq!(value["newField"], json!({"deep": [1, null]}));
    assert_eq!(value["capabilities"], json!({"anything": true}));

    let connector = connector(json!({
        "number": {"numberType": "satellite", "endpointType": "carrier-pigeon", "newField": 1},
        "dataFetching": {"schedule": "daily", "streams": [{"eventName": "e", "newField": 2}]},
        "channel": {"channelId": CHANNEL, "newField": 3},
    }))
    .await
    .unwrap();
    let value = round_trip(&connector);
    assert_eq!(
        value["number"],
        json!({"numberType": "satellite", "endpointType": "carrier-pigeon", "newField": 1})
    );
    assert_eq!(
        value["dataFetching"]["streams"][0],
        json!({"eventName": "e", "newField": 2})
    );
    assert_eq!(value["channel"]["newField"], 3);

    let (_server, workspace) = responding(json!({
        "channel": {"status": "warming-up", "stage": "verify"}, "number": {"status": "porting"}, "other": [],
    }))
    .await;
    let readiness = workspace.connectors().readiness(CONNECTOR).await.unwrap();
    let value = round_trip(&readiness);
    assert_eq!(
        (&value["channel"]["status"], &value["other"]),
        (&json!("warming-up"), &json!([]))
    );

    let (_server, workspace) = responding(json!({
        "id": SUBSCRIPTION, "organizationId": NUMBER, "workspaceId": WORKSPACE, "service": "faxes",
        "event": "fax.jammed", "url": "https://hooks.example.com/", "status": "on-hold", "newField": "kept",
        "signingKey": "a-signing-key",
    }))
    .await;
    let subscription = workspace
        .webhook_subscriptions()
        .get(SUBSCRIPTION)
        .await
        .unwrap();
    assert_eq!(
        (subscription.service.as_str(), subscription.status.as_str()),
        ("faxes", "on-hold")
    );
    assert_eq!(
        subscription.signing_key.as_ref().unwrap().expose(),
        "a-signing-key"
    );
    // Serializing keeps every field except the secret.
    let value = serde_json::to_value(&subscription).unwrap();
    assert_eq!(
        (&value["signingKey"], &value["newField"]),
        (&Value::Null, &json!("kept"))
    );
}

#[tokio::test]
async fn times_of_any_precision_are_decoded() {
    for (text, nanoseconds) in [
        ("2026-01-02T03:04:05.123456789Z", 123_456_789),
        ("2026-01-02T03:04:05.12Z", 120_000_000),
        ("2026-01-02T03:04:05Z", 0),
        ("2026-01-02T04:04:05.5+01:00", 500_000_000),
    ] {
        let connector = connector(json!({"createdAt": text, "updatedAt": text}))
            .await
            .unwrap();
        let created_at = connector.created_at.as_ref().unwrap().to_utc();
        assert_eq!(created_at.timestamp(), 1_767_323_045, "{text}");
        assert_eq!(created_at.timestamp_subsec_nanos(), nanoseconds, "{text}");
        let value = round_trip(&connector);
        assert_eq!(
            (&value["createdAt"], &value["updatedAt"]),
            (&json!(text), &json!(text))
        );
    }
    for blank in [json!(null), json!("")] {
        let connector = connector(json!({"updatedAt": blank})).await.unwrap();
        assert_eq!(connector.updated_at, None);
    }
}

#[tokio::test]
async fn ids_of_any_uuid_version_are_decoded() {
    for text in [
        // Version 5, an invalid version, and capitals.
        "8362fa40-9ff1-5430-a3ab-79ecc61b96b1",
        "2d7a1e03-25e4-f01e-0f1e-0ace545673d7",
        "8362FA40-9FF1-5430-A3AB-79ECC61B96B1",
    ] {
        let id: ConnectorId = text.parse().unwrap();
        let channel: ChannelId = text.parse().unwrap();
        let connector = connector(json!({"id": text, "channel": {"channelId": text}}))
            .await
            .unwrap();
        assert_eq!((connector.id, connector.channel_id()), (id, Some(channel)));
        // Serializing keeps the case of the response.
        let value = round_trip(&connector);
        assert_eq!(value["id"], text);
    }
}

#[tokio::test]
async fn nil_id_of_a_channel_means_no_channel() {
    let connector = connector(json!({"channel": {"channelId": NIL}}))
        .await
        .unwrap();
    assert_eq!(connector.channel_id(), None);
    let value = round_trip(&connector);
    assert_eq!(value["channel"]["channelId"], NIL);
}

#[tokio::test]
async fn every_2xx_status_is_a_success() {
    for status in ["200 OK", "201 Created", "202 Accepted", "299 Fine"] {
        let server = Server::script([json(status, connector_json(json!({})))]).await;
        let workspace = client(&server.url()).workspace(WORKSPACE);
        let template = bird_connectors::templates::Email::new("a");
        let install = workspace.connectors().install(template).await.unwrap();
        assert_eq!(install.id(), CONNECTOR);
    }
}

#[tokio::test]
async fn missing_or_unreadable_id_is_a_decode_error() {
    for (id, message) in [
        (None, "missing field `id`"),
        (
            Some(json!("not-an-id")),
            "invalid field `id`: expected a UUID",
        ),
        (Some(json!(7)), "invalid field `id`: expected a UUID"),
        (
            Some(json!(NIL)),
            "invalid field `id`: expected a UUID, got the zero UUID",
        ),
        (Some(Value::Null), "invalid field `id`: expected a UUID"),
    ] {
        let mut body = connector_json(json!({}));
        match id {
            Some(id) => body["id"] = id,
            None => drop(body.as_object_mut().unwrap().remove("id")),
        }
        let (_server, workspace) = responding(body.clone()).await;
        let error = workspace.connectors().get(CONNECTOR).await.unwrap_err();
        assert_eq!(
            (
                error.kind(),
                error.outcome(),
                error.status().map(|status| status.as_u16())
            ),
            (ErrorKind::Decode, Some(RequestOutcome::Answered), Some(200))
        );
        let text = error.to_string();
        assert!(
            text.starts_with(
                "get a connector: 200 the request succeeded, but its response cannot be decoded: "
            ),
            "{text}"
        );
        assert!(text.contains(message), "{text}");
        assert_eq!(error.raw(), Some(body.to_string().as_str()));
    }
}

#[tokio::test]
async fn connector_with_the_id_only_is_decoded() {
    let (_server, workspace) = responding(json!({"id": CONNECTOR})).await;
    let connector = workspace.connectors().get(CONNECTOR).await.unwrap();
    assert_eq!((connector.name.as_str(), connector.created_at), ("", None));
}

/// The API sends the zero UUID for an object that does not exist. In every call and list, it is not an id.
#[tokio::test]
async fn object_with_the_zero_uuid_as_its_id_is_not_read() {
    let zero = connector_json(json!({"id": NIL}));
    let (_server, workspace) = responding(zero.clone()).await;
    let template = bird_connectors::templates::Email::new("a");
    let error = workspace.connectors().install(template).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.may_have_been_processed() && error.to_string().contains("got the zero UUID"));

    let (_server, workspace) = responding(json!({"id": NIL})).await;
    let error = workspace.channels().get(CHANNEL).await.unwrap_err();
    assert!(error.to_string().contains("got the zero UUID"), "{error}");

    let (_server, workspace) = responding(json!({"id": NIL, "url": "https://example.com"})).await;
    let subscriptions = workspace.webhook_subscriptions();
    let error = subscriptions.get(SUBSCRIPTION).await.unwrap_err();
    assert!(error.to_string().contains("got the zero UUID"), "{error}");

    let page = json!({"results": [zero, connector_json(json!({}))]});
    let (_server, workspace) = responding(page).await;
    let page = workspace.connectors().list().first_page().await.unwrap();
    assert_eq!((page.items.len(), page.undecodable.len()), (1, 1));
    assert!(page.undecodable[0].reason.contains("got the zero UUID"));

    // In a field that names another object, it means that there is none.
    let connector = connector(json!({"workspaceId": NIL, "number": {"numberId": NIL}}))
        .await
        .unwrap();
    assert_eq!(connector.undecoded().count(), 0);
    assert_eq!(round_trip(&connector)["workspaceId"], NIL);
}

/// 100 connectors. The id of the 43rd is not a UUID, and the name of the 44th is not a string.
fn page_with_one_undecodable_item() -> Value {
    let items: Vec<Value> = (0..100)
        .map(|index| match index {
            42 => connector_json(json!({"id": "not-an-id"})),
            43 => connector_json(json!({"name": {"first": "a"}})),
            _ => connector_json(json!({"name": format!("connector {index}")})),
        })
        .collect();
    json!({"results": items, "nextPageToken": ""})
}

#[tokio::test]
async fn undecodable_item_does_not_affect_the_other_items() {
    let (_server, workspace) = responding(page_with_one_undecodable_item()).await;
    let undecodable = connector_json(json!({"id": "not-an-id"})).to_string();

    let page = workspace.connectors().list().first_page().await.unwrap();
    assert_eq!((page.items.len(), page.undecodable.len()), (99, 1));
    assert_eq!(
        (page.undecodable[0].index, &page.undecodable[0].raw),
        (42, &undecodable)
    );

    let mut items = workspace.connectors().list().items();
    let mut names = Vec::new();
    let mut errors = Vec::new();
    while let Some(item) = items.next().await {
        match item {
            Ok(connector) => names.push(connector.name),
            Err(error) => errors.push((names.len(), error)),
        }
    }
    assert_eq!(
        (names.len(), names[42].as_str(), names[43].as_str()),
        (99, "", "connector 44")
    );
    let [(42, error)] = &errors[..] else {
        panic!("{errors:?}")
    };
    assert_eq!(
        (error.kind(), error.raw()),
        (ErrorKind::Decode, Some(undecodable.as_str()))
    );
    assert!(
        error
            .to_string()
            .contains("item 42 of a page cannot be decoded: invalid field `id`"),
        "{error}"
    );
}

#[tokio::test]
async fn response_that_is_not_a_page_is_an_error() {
    for body in [json!([]), json!({"results": {}}), json!({"items": []})] {
        let (_server, workspace) = responding(body.clone()).await;
        let error = workspace
            .connectors()
            .list()
            .first_page()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
    }
    for body in [json!({"results": null}), json!({})] {
        let (_server, workspace) = responding(body.clone()).await;
        let page = workspace.connectors().list().first_page().await.unwrap();
        assert!(page.items.is_empty(), "{body}");
    }
}
