//! The structs that a user of plain reqwest writes: the fields of the SDK's models, with serde's derived decoders. Unknown fields
//! are lost, and a field of an unexpected form is an error.

// Decoding the fields is the work that is measured. Nothing reads most of them.
#![allow(dead_code)]

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConnectorPage {
    pub(crate) results: Vec<Connector>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Connector {
    pub(crate) id: Uuid,
    name: String,
    created_at: DateTime<Utc>,
    updated_at: Option<DateTime<Utc>>,
    workspace_id: Option<Uuid>,
    connector_template_ref: Option<String>,
    connector_template_slug: Option<String>,
    channel: Option<ConnectorChannel>,
    number: Option<ConnectorNumber>,
    arguments: Option<Map<String, Value>>,
    description: Option<String>,
    region: Option<String>,
    routing_key: Option<String>,
    data_capture: Option<DataCapture>,
    data_fetching: Option<DataFetching>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConnectorChannel {
    channel_id: Option<Uuid>,
    platform: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConnectorNumber {
    number_id: Option<Uuid>,
    phone_number: Option<String>,
    country: Option<String>,
    number_type: Option<String>,
    endpoint_type: Option<String>,
    capabilities: Option<Capabilities>,
    profile_id: Option<Uuid>,
    profile_attachments: Option<Vec<ProfileAttachment>>,
    variables: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Capabilities {
    Text(String),
    List(Vec<String>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProfileAttachment {
    capability: Option<String>,
    profile_id: Option<Uuid>,
    variables: Option<ProfileAttachmentVariables>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProfileAttachmentVariables {
    connector_id: Option<Uuid>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DataCapture {
    capture_endpoint: Option<String>,
}

#[derive(Deserialize)]
struct DataFetching {
    schedule: Option<String>,
    streams: Option<Vec<DataFetchingStream>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DataFetchingStream {
    stream_name: Option<String>,
    event_stream_name: Option<String>,
    event_name: Option<String>,
    cursor_field: Option<String>,
    incremental: Option<bool>,
    initial_state: Option<String>,
    end_condition: Option<String>,
    filter: Option<String>,
    duplicates_filter_capacity: Option<i64>,
}

/// The body of a delivery of a webhook.
#[derive(Deserialize)]
pub(crate) struct WebhookDelivery {
    service: String,
    pub(crate) event: String,
    payload: Map<String, Value>,
}
