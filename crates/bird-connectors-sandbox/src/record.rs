//! What the sandbox records for a test to inspect: requests, messages, channel events and webhook deliveries.

use std::fmt;
use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use crate::api::operation::Operation;

/// A request that the sandbox received. `Debug` omits the body, because it can contain secrets.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The operation, if method and path match one.
    pub operation: Option<Operation>,
    /// The HTTP method.
    pub method: String,
    /// The path as it was sent, percent-encoded.
    pub path: String,
    /// The query as it was sent, percent-encoded, without the question mark.
    pub query: Option<String>,
    /// The headers in order, with names in lower case. The `authorization` header is reduced to its scheme.
    pub headers: Vec<(String, String)>,
    /// The body, if it is JSON.
    pub body: Option<Value>,
    /// The status of the response; `None` until it is sent.
    pub status: Option<u16>,
    /// When the request arrived, as time since the sandbox started.
    pub at: Duration,
}

impl RecordedRequest {
    /// The value of the first header with this name, which must be in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedRequest")
            .field("operation", &self.operation)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("query", &self.query)
            .field("headers", &self.headers)
            .field("status", &self.status)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

/// A message that was accepted for sending.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SentMessage {
    /// The id of the message, as in the response.
    pub id: Uuid,
    /// The workspace of the channel.
    pub workspace_id: Uuid,
    /// The channel that the message was sent over.
    pub channel_id: Uuid,
    /// The body of the request.
    pub body: Value,
    /// When the message was accepted, as time since the sandbox started.
    pub at: Duration,
}

/// A change of a channel that webhooks report.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ChannelEvent {
    /// `channel.created` or `channel.updated`.
    pub event: &'static str,
    /// The workspace of the channel.
    pub workspace_id: Uuid,
    /// The connector of the channel.
    pub connector_id: Uuid,
    /// The channel that changed.
    pub channel_id: Uuid,
    /// The status of the channel after the change.
    pub status: String,
    /// The payload of the webhook.
    pub payload: Value,
    /// When the change happened, as time since the sandbox started.
    pub at: Duration,
}

/// An attempt to deliver a webhook. Forged deliveries are included.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DeliveryAttempt {
    /// The webhook subscription.
    pub subscription_id: Uuid,
    /// The name of the event.
    pub event: String,
    /// The value of the header `messagebird-request-id`.
    pub request_id: String,
    /// The value of the header `messagebird-request-timestamp`.
    pub timestamp: i64,
    /// The number of this attempt, starting at 1; 0 for copies and forged deliveries.
    pub number: u32,
    /// Whether the delivery is forged.
    pub forged: bool,
    /// The status that the receiver answered; `None` if it did not answer.
    pub status: Option<u16>,
    /// When the attempt ended, as time since the sandbox started.
    pub at: Duration,
}
