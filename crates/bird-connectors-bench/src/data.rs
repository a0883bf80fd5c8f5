//! The response bodies of the server: connectors as the API formats them, with the same bytes in every run.

use bird_connectors::{ConnectorId, WorkspaceId};
use bytes::Bytes;
use serde_json::{Value, json};
use uuid::Uuid;

/// The workspace in all requests.
pub(crate) const WORKSPACE: WorkspaceId =
    WorkspaceId::from_u128(0x2d7a_1e03_25e4_401e_bf1e_0ace_5456_73d7);

/// The connector that the single-connector benchmarks read.
pub(crate) const CONNECTOR: ConnectorId = ConnectorId::new(id(0xc, 0));

/// Connectors on a page.
pub(crate) const PAGE: u64 = 100;

const fn id(kind: u128, number: u64) -> Uuid {
    Uuid::from_u128((kind << 124) | 0x0a61_72f4_46ef_48d8_9a54_0000_0000_0000 | number as u128)
}

/// An SMS connector with all its fields. About 800 bytes.
fn connector(number: u64) -> Value {
    json!({
        "id": id(0xc, number),
        "workspaceId": WORKSPACE,
        "name": format!("Support line {number}"),
        "description": "Answers what customers ask",
        "region": "eu-west-1",
        "connectorTemplateSlug": "sms-messagebird",
        "connectorTemplateRef": "sms-messagebird:1",
        "arguments": {
            "phoneNumberId": id(0xa, number),
            "channelMessageType": "conversational",
        },
        "channel": {"channelId": id(0xd, number), "platform": "sms-messagebird"},
        "number": {
            "numberId": id(0xa, number),
            "phoneNumber": format!("+3162{:07}", number % 10_000_000),
            "country": "NL",
            "numberType": "mobile",
            "endpointType": "long-code-number",
            "capabilities": "mms-inbound,mms-outbound,sms-inbound,sms-outbound",
            "variables": {},
        },
        "createdAt": "2026-01-12T09:30:00.123Z",
        "updatedAt": "2026-02-03T17:05:59.456Z",
    })
}

/// A pending channel of a connector.
fn channel(number: u64) -> Value {
    json!({
        "id": id(0xd, number),
        "connectorId": id(0xc, number),
        "platformId": "sms-messagebird",
        "identifier": format!("+3162{:07}", number % 10_000_000),
        "name": format!("Support line {number}"),
        "status": "pending",
        "createdAt": "2026-01-12T09:30:00.123Z",
        "updatedAt": "2026-02-03T17:05:59.456Z",
    })
}

/// The connectors of a page.
pub(crate) fn connector_ids() -> impl Iterator<Item = ConnectorId> {
    (0..PAGE).map(|number| ConnectorId::new(id(0xc, number)))
}

/// The body of a page of the channels of these connectors.
pub(crate) fn channels() -> Bytes {
    let items: Vec<Value> = (0..PAGE).map(channel).collect();
    json!({ "results": items }).to_string().into()
}

/// The body of one connector.
pub(crate) fn one_connector() -> Bytes {
    connector(0).to_string().into()
}

/// The body of a page up to the position of its token: the closing brace is missing.
pub(crate) fn page_start() -> Bytes {
    let items: Vec<Value> = (0..PAGE).map(connector).collect();
    let page = json!({ "results": items }).to_string();
    page.trim_end_matches('}').to_owned().into()
}
