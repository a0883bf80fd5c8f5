//! Responses as the API may send them: how they are read, and that they are written unchanged.

#![allow(clippy::panic, clippy::unwrap_used)]

use bird_connectors_api::types::{
    Channel, ChannelEventPayload, ChannelStatus, Connector, ConnectorNumberCapabilities,
    ConnectorPage, MessageStatus, NumberCapability, SentMessage, WebhookSubscription,
};
use bird_connectors_api::{ReportUndecoded as _, from_json};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

const CHANNEL: &str = "8362fa40-9ff1-5430-a3ab-79ecc61b96b1";

fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value}"))
}

fn write(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

/// A connector with the required fields and these.
fn connector(fields: Value) -> Value {
    let mut connector = json!({
        "id": "0b9f2c1e-0000-4000-8000-000000000002",
        "name": "Support line",
        "createdAt": "2026-01-01T00:00:00Z",
    });
    for (name, value) in fields.as_object().unwrap() {
        connector[name] = value.clone();
    }
    connector
}

#[test]
fn missing_channel_reads_as_none() {
    for channel in [
        json!({}),
        json!({"channel": null}),
        json!({"channel": {}}),
        json!({"channel": {"channelId": ""}}),
        json!({"channel": {"channelId": null, "platform": "sms-messagebird"}}),
    ] {
        let read: Connector = read(connector(channel.clone()));
        assert_eq!(read.channel_id(), None, "{channel}");
    }
    let read: Connector = read(connector(json!({"channel": {"channelId": CHANNEL}})));
    assert_eq!(read.channel_id(), Some(CHANNEL.parse().unwrap()));
}

#[test]
fn capabilities_are_read_from_a_string_or_a_list() {
    let expected = [
        NumberCapability::MmsInbound,
        NumberCapability::SmsOutbound,
        "fax".into(),
    ];
    for capabilities in [
        json!("mms-inbound,sms-outbound,fax"),
        json!("mms-inbound, sms-outbound,,fax,"),
        json!(["mms-inbound", "sms-outbound", "fax"]),
    ] {
        let original = connector(json!({"number": {"capabilities": capabilities}}));
        let read: Connector = read(original.clone());
        let number = read.number.clone().unwrap();
        assert_eq!(number.capabilities.unwrap().list(), expected);
        assert_eq!(write(&read), original);
    }
    assert!(
        ConnectorNumberCapabilities::Text(String::new())
            .list()
            .is_empty()
    );
}

#[test]
fn unknown_values_are_kept() {
    let original = json!({
        "id": CHANNEL,
        "status": "hibernating",
        "capabilities": {"colours": ["red"]},
        "futureField": {"nested": [1, null]},
    });
    let read: Channel = read(original.clone());
    let status = read.status.clone().unwrap();
    assert!(!status.is_known());
    assert_eq!(status, "hibernating");
    assert_eq!(read.extra["futureField"], json!({"nested": [1, null]}));
    assert_eq!(write(&read), original);
}

#[test]
fn unknown_fields_are_kept_at_every_depth() {
    let original = connector(json!({
        "channel": {"channelId": CHANNEL, "x": 1},
        "number": {"country": "NL", "profileAttachments": [{"variables": {"y": true}}]},
        "dataFetching": {"streams": [{"z": "z"}]},
    }));
    let read: Connector = read(original.clone());
    assert_eq!(write(&read), original);
}

#[test]
fn date_keeps_its_nanoseconds() {
    let original = json!({"id": CHANNEL, "createdAt": "2026-01-01T00:00:20.123456789Z"});
    let read: Channel = read(original.clone());
    let instant = read.created_at.clone().unwrap().to_utc();
    assert_eq!(instant.timestamp_subsec_nanos(), 123_456_789);
    assert_eq!(write(&read), original);
}

#[test]
fn date_with_an_offset_is_the_same_instant_and_keeps_the_offset() {
    let read: Channel = read(json!({"id": CHANNEL, "createdAt": "2026-01-01T01:00:00+01:00"}));
    let instant = read.created_at.clone().unwrap().to_utc();
    assert_eq!(json!(instant), "2026-01-01T00:00:00Z");
    assert_eq!(write(&read)["createdAt"], "2026-01-01T01:00:00+01:00");
}

#[test]
fn id_can_be_a_uuid_of_any_version() {
    for id in [
        CHANNEL,
        "8362fa40-9ff1-f430-a3ab-79ecc61b96b1",
        "8362fa40-9ff1-0430-23ab-79ecc61b96b1",
    ] {
        let read: Channel = read(json!({"id": id}));
        assert_eq!(read.id, id.parse().unwrap());
        assert_eq!(write(&read)["id"], id);
    }
}

#[test]
fn results_can_be_null_and_missing_only_on_a_page_with_a_token_or_without_any_field() {
    for page in [
        json!({"results": null}),
        json!({}),
        json!({"nextPageToken": null}),
        json!({"nextPageToken": "more", "total": 3}),
    ] {
        let page: ConnectorPage = read(page);
        assert!(page.results.is_empty());
    }
    for page in [
        json!({"total": 3}),
        json!({"code": "E", "nextPageToken": ""}),
    ] {
        let error = serde_json::from_value::<ConnectorPage>(page).unwrap_err();
        assert!(
            error.to_string().contains("missing field `results`"),
            "{error}"
        );
    }
}

#[test]
fn page_token_can_be_a_number() {
    let page: ConnectorPage = read(json!({"results": [], "nextPageToken": 17}));
    assert_eq!(page.next_page_token.as_deref(), Some("17"));
    let page: ConnectorPage = read(json!({"results": null, "nextPageToken": 1.5}));
    assert_eq!(page.next_page_token.as_deref(), Some("1.5"));
    for token in [json!(null), json!({})] {
        let page: ConnectorPage = read(json!({"results": [], "nextPageToken": token}));
        assert_eq!(page.next_page_token, None);
    }
    let invalid = json!({"results": [], "nextPageToken": [1]});
    assert!(serde_json::from_value::<ConnectorPage>(invalid).is_err());
}

#[test]
fn field_of_an_unexpected_form_is_absent_and_listed_as_undecoded() {
    for (name, value) in [
        ("updatedAt", json!("2026-01-01T00:00:00")),
        ("createdAt", json!(1767225600)),
        ("workspaceId", json!("not-an-id")),
        ("number", json!("+31612345678")),
        ("arguments", json!([1])),
        ("channel", json!("a string")),
        ("name", json!({"en": "Line"})),
        ("dataFetching", json!(true)),
    ] {
        let original = connector(json!({name: value}));
        let read: Connector = read(original.clone());
        let undecoded: Vec<_> = read.undecoded().collect();
        assert_eq!(undecoded, [(name, &value)]);
        assert_eq!(write(&read), original);
        let mut reported = Vec::new();
        read.report_undecoded(&mut |object, field| reported.push((object, field)));
        assert_eq!(reported, [("Connector", name)]);
    }
    let read: Connector = read(connector(json!({"name": 7, "createdAt": null})));
    assert_eq!((read.name.as_str(), read.created_at), ("", None));
}

#[test]
fn nested_object_lists_its_own_undecoded_fields() {
    let original = connector(json!({"channel": {"channelId": 7, "x": "y"}}));
    let read: Connector = read(original.clone());
    assert_eq!(read.undecoded().count(), 0);
    assert_eq!(read.channel_id(), None);
    let undecoded: Vec<_> = read.channel.as_ref().unwrap().undecoded().collect();
    assert_eq!(undecoded, [("channelId", &json!(7))]);
    assert_eq!(write(&read), original);
    let mut reported = Vec::new();
    read.report_undecoded(&mut |object, field| reported.push((object, field)));
    assert_eq!(reported, [("ConnectorChannel", "channelId")]);
}

#[test]
fn changed_field_is_written_instead_of_its_undecoded_value() {
    let mut read: Connector = read(connector(json!({"name": 7})));
    read.name = "Line".to_owned();
    assert_eq!(write(&read)["name"], "Line");
}

#[test]
fn unreadable_id_is_an_error() {
    for id in [json!(7), json!(null), json!("not-an-id"), json!(["x"])] {
        let error = serde_json::from_value::<Channel>(json!({"id": id})).unwrap_err();
        assert!(error.to_string().contains("invalid field `id`"), "{error}");
    }
    for value in [json!("a string"), json!([]), json!(null), json!(7)] {
        assert!(serde_json::from_value::<Channel>(value).is_err());
    }
}

#[test]
fn known_status_is_read_in_any_case_and_written_as_it_was_sent() {
    let original = json!({"id": CHANNEL, "status": "ACTIVE"});
    let read: Channel = read(original.clone());
    assert_eq!(read.status, Some(ChannelStatus::Active));
    assert_eq!(read.undecoded().count(), 0);
    assert_eq!(write(&read), original);
}

#[test]
fn message_has_its_status_and_the_reason_of_its_failure() {
    let original = json!({
        "id": CHANNEL, "status": "Sending_Failed",
        "failure": {"code": 7, "description": "rejected", "source": {"code": "x-1", "name": "carrier", "new": 1}},
    });
    let message: SentMessage = read(original.clone());
    assert_eq!(message.status, Some(MessageStatus::SendingFailed));
    let failure = message.failure.as_ref().unwrap();
    assert_eq!(
        (failure.code, failure.description.as_deref()),
        (Some(7), Some("rejected"))
    );
    let source = failure.source.as_ref().unwrap();
    assert_eq!(
        (source.code.clone(), source.name.as_deref()),
        (Some(json!("x-1")), Some("carrier"))
    );
    assert_eq!(write(&message), original);
    let later: SentMessage = read(json!({"id": CHANNEL, "status": "read"}));
    assert!(!later.status.unwrap().is_known() && later.failure.is_none());
}

#[test]
fn secret_of_an_unexpected_form_is_not_kept() {
    let original = json!({"id": CHANNEL, "signingKey": ["correct-horse"]});
    let read: WebhookSubscription = read(original);
    assert!(!format!("{read:?}").contains("correct-horse"));
    assert!(read.undecoded().all(|(_, value)| !value.is_array()));
    assert!(!write(&read).to_string().contains("correct-horse"));
}

#[test]
fn damaged_json_is_read_with_replacement_characters() {
    for body in [
        &b"\xef\xbb\xbf{\"id\": \"8362fa40-9ff1-5430-a3ab-79ecc61b96b1\", \"name\": \"a\"}"[..],
        b"{\"id\": \"8362fa40-9ff1-5430-a3ab-79ecc61b96b1\", \"name\": \"a\\ud83d\"}",
        b"{\"id\": \"8362fa40-9ff1-5430-a3ab-79ecc61b96b1\", \"name\": \"a\xff\", \"big\": 1e999}",
    ] {
        let read: Channel = from_json(body).unwrap();
        assert!(read.name.unwrap().starts_with('a'));
    }
    let nested = format!(
        r#"{{"id": "{CHANNEL}", "deep": {}{}}}"#,
        "[".repeat(200),
        "]".repeat(200)
    );
    let read: Channel = from_json(nested.as_bytes()).unwrap();
    assert!(read.extra["deep"].is_array());
    let too_deep = nested.replace('[', "[[[").replace(']', "]]]");
    assert!(from_json::<Channel>(too_deep.as_bytes()).is_err());
}

#[test]
fn webhook_payload_has_the_channel_id_in_either_field() {
    let other = "0b9f2c1e-0000-4000-8000-000000000002";
    for (payload, expected) in [
        (json!({"id": CHANNEL}), Some(CHANNEL)),
        (json!({"channelId": CHANNEL}), Some(CHANNEL)),
        (json!({"channelId": CHANNEL, "id": other}), Some(CHANNEL)),
        (json!({"channelId": "", "id": CHANNEL}), Some(CHANNEL)),
        (json!({}), None),
    ] {
        let read: ChannelEventPayload = read(payload.clone());
        assert_eq!(
            read.channel_id().map(|id| id.to_string()).as_deref(),
            expected,
            "{payload}"
        );
    }
}

#[test]
fn secret_in_a_response_is_read_but_neither_printed_nor_written() {
    let original = json!({
        "id": CHANNEL,
        "organizationId": CHANNEL,
        "workspaceId": CHANNEL,
        "service": "channels",
        "event": "channel.updated",
        "url": "https://example.com/hook",
        "status": "active",
        "signingKey": "correct-horse",
    });
    let read: WebhookSubscription = read(original);
    assert_eq!(read.signing_key.as_ref().unwrap().expose(), "correct-horse");
    assert!(!format!("{read:?}").contains("correct-horse"));
    assert_eq!(write(&read)["signingKey"], Value::Null);
    let again: WebhookSubscription = self::read(write(&read));
    assert_eq!(again.signing_key, None);
}

#[test]
fn status_compares_with_a_string() {
    assert_eq!(ChannelStatus::Active, "active");
    assert_ne!(ChannelStatus::from("Active"), ChannelStatus::Active);
    assert_eq!(write(&ChannelStatus::from("Active")), json!("Active"));
}
