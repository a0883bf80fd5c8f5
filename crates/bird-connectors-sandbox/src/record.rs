//! What the sandbox remembers for tests to read: requests, messages, events.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use crate::operation::Operation;
use crate::recent::Recent;

/// A request that came in. `Debug` leaves the body out, because it can hold secrets.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The operation, where method and path belong to one.
    pub operation: Option<Operation>,
    /// The HTTP method.
    pub method: String,
    /// The path as it was sent, percent-encoded.
    pub path: String,
    /// The query as it was sent, percent-encoded, without the question mark.
    pub query: Option<String>,
    /// The headers in order, names in lower case. Of `authorization` only the scheme is kept.
    pub headers: Vec<(String, String)>,
    /// The body, where it is JSON.
    pub body: Option<Value>,
    /// The status of the reply, once there is one.
    pub status: Option<u16>,
    /// When it came in, counted from the start of the sandbox.
    pub at: Duration,
}

impl RecordedRequest {
    /// The first header of this name (in lower case).
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
    /// Its id, as the reply told it.
    pub id: Uuid,
    /// The workspace.
    pub workspace_id: Uuid,
    /// The channel it went over.
    pub channel_id: Uuid,
    /// The request's body.
    pub body: Value,
    /// When it was accepted, counted from the start of the sandbox.
    pub at: Duration,
}

/// Something that happened to a channel, of which a webhook would tell.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ChannelEvent {
    /// `channel.created` or `channel.updated`.
    pub event: &'static str,
    /// The workspace.
    pub workspace_id: Uuid,
    /// The connector.
    pub connector_id: Uuid,
    /// The channel.
    pub channel_id: Uuid,
    /// The channel's status after it.
    pub status: String,
    /// The payload a webhook would carry.
    pub payload: Value,
    /// When it happened, counted from the start of the sandbox.
    pub at: Duration,
}

/// The last requests, and how many there were of each operation.
pub(crate) struct RequestLog {
    requests: Recent<RecordedRequest>,
    counts: HashMap<Operation, u64>,
}

impl RequestLog {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            requests: Recent::new(limit),
            counts: HashMap::new(),
        }
    }

    /// Keeps a request, and gives it the number by which [`RequestLog::answered`] knows it.
    pub(crate) fn add(&mut self, request: RecordedRequest) -> u64 {
        if let Some(operation) = request.operation {
            *self.counts.entry(operation).or_default() += 1;
        }
        self.requests.push(request)
    }

    pub(crate) fn answered(&mut self, number: u64, status: u16) {
        if let Some(request) = self.requests.get_mut(number) {
            request.status = Some(status);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.requests.clear();
        self.counts.clear();
    }

    pub(crate) fn requests(&self) -> impl Iterator<Item = &RecordedRequest> {
        self.requests.iter()
    }

    pub(crate) fn count(&self, operation: Operation) -> u64 {
        self.counts.get(&operation).copied().unwrap_or_default()
    }
}
