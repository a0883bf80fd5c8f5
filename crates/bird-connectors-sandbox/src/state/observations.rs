//! What the page of the sandbox shows in addition to the state: requests with their verdicts, webhook deliveries, and the
//! traffic of the last minute. It is recorded only if the page is switched on, and bounded.

pub(crate) mod ring;
mod traffic;

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use hyper::body::Bytes;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

use crate::api::error::ApiError;
use crate::api::operation::Operation;
use crate::api::redaction::{is_authorization_scheme, secrets_of};
use crate::state::observations::ring::Ring;
use crate::state::observations::traffic::Traffic;

/// At most this many requests and deliveries are kept.
pub(crate) const REQUESTS: usize = 1_000;
pub(crate) const DELIVERIES: usize = 500;

/// At most this many bytes of requests and of deliveries are kept, whatever their number.
pub(crate) const BYTES: usize = 8 << 20;

/// A longer body is not kept: it cannot be shown or repeated.
pub(crate) const BODY: usize = 64 << 10;

/// The headers whose values are shown. Others can contain secrets.
const SHOWN_HEADERS: [&str; 9] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "traceparent",
    "user-agent",
];

/// The headers that belong to a connection or to its framing, not to a request.
const OF_ONE_CONNECTION: [&str; 11] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

pub(crate) struct Observations {
    /// Identifies this run: after a restart, the page forgets what it has shown.
    pub(crate) instance: Uuid,
    pub(crate) requests: Ring<ObservedRequest>,
    pub(crate) deliveries: Ring<ObservedDelivery>,
    pub(crate) traffic: Traffic,
    /// The number of changes of requests so far.
    revision: u64,
    changed: watch::Sender<()>,
}

/// A request, with everything that is needed to repeat it. Secrets are masked when it is shown.
pub(crate) struct ObservedRequest {
    /// The number of changes of requests when it last changed.
    pub(crate) revision: u64,
    pub(crate) operation: Option<Operation>,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    /// What is shown: the value is empty if it can contain a secret.
    pub(crate) headers: Vec<(String, String)>,
    /// What was sent, to repeat it. It is never shown.
    sent_headers: HeaderMap,
    pub(crate) authorization: Option<String>,
    /// Empty if it was longer than [`BODY`].
    pub(crate) body: Bytes,
    pub(crate) body_length: usize,
    /// The secrets that it contains.
    pub(crate) secrets: Vec<String>,
    /// On the clock of the sandbox.
    pub(crate) at: Duration,
    started: Instant,
    pub(crate) duration: Option<Duration>,
    pub(crate) status: Option<u16>,
    /// The body of the response before a fault of the socket cut it. Empty if it was longer than [`BODY`].
    pub(crate) response: Bytes,
    pub(crate) response_length: usize,
    /// Why it was refused.
    pub(crate) error: Option<ApiError>,
    /// The rules and faults that applied to it.
    pub(crate) injected: Option<String>,
}

/// What a request is, before its response.
pub(crate) struct NewRequest<'a> {
    pub(crate) operation: Option<Operation>,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: Option<&'a str>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) at: Duration,
}

/// An attempt to deliver a webhook, with everything that is needed to send it again.
#[derive(Clone)]
pub(crate) struct ObservedDelivery {
    pub(crate) delivery: SignedDelivery,
    /// The number of the attempt, starting at 1; 0 for copies, forged deliveries and those that were sent by hand.
    pub(crate) attempt: u32,
    pub(crate) forged: bool,
    /// How it differs from a usual delivery, if somebody has sent it by hand.
    pub(crate) sent_by_hand: Option<&'static str>,
    pub(crate) has_route: bool,
    pub(crate) status: Option<u16>,
    /// When the attempt ended, on the clock of the sandbox.
    pub(crate) at: Duration,
}

/// The content of a webhook request.
#[derive(Clone)]
pub(crate) struct SignedDelivery {
    pub(crate) workspace: Uuid,
    pub(crate) subscription: Uuid,
    pub(crate) channel: Uuid,
    /// When the channel changed, on the clock of the sandbox.
    pub(crate) event_at: Duration,
    pub(crate) event: &'static str,
    pub(crate) url: String,
    pub(crate) body: Vec<u8>,
    pub(crate) request_id: String,
    pub(crate) timestamp: i64,
    pub(crate) signature: Option<String>,
}

impl Observations {
    pub(crate) fn new() -> Self {
        Self {
            instance: Uuid::new_v4(),
            requests: Ring::new(REQUESTS, BYTES),
            deliveries: Ring::new(DELIVERIES, BYTES),
            traffic: Traffic::default(),
            revision: 0,
            changed: watch::channel(()).0,
        }
    }

    /// Adds a request and returns its number.
    pub(crate) fn add_request(&mut self, request: NewRequest<'_>, real_time: Duration) -> u64 {
        self.traffic.count(request.method, real_time);
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let authorization = request.headers.get(header::AUTHORIZATION).map(text);
        // A key in the wrong place can be the scheme, or the whole value.
        let parts = authorization.iter().flat_map(|value| value.split(' '));
        let parts = parts.filter(|part| !is_authorization_scheme(part));
        let parts: Vec<_> = parts.map(str::to_owned).collect();
        let json: Option<Value> = serde_json::from_slice(request.body).ok();
        let mut secrets = json.as_ref().map(secrets_of).unwrap_or_default();
        secrets.extend(parts);
        let headers = request.headers.iter().map(|(name, value)| {
            let is_shown = SHOWN_HEADERS.contains(&name.as_str());
            let value = if is_shown { text(value) } else { String::new() };
            (name.as_str().to_owned(), value)
        });
        let is_kept = request.body.len() <= BODY;
        let body = if is_kept { request.body } else { &[] };
        self.revision += 1;
        let observed = ObservedRequest {
            revision: self.revision,
            operation: request.operation,
            method: request.method.to_owned(),
            path: request.path.to_owned(),
            query: request.query.map(str::to_owned),
            headers: headers.collect(),
            sent_headers: request.headers.clone(),
            authorization,
            body: Bytes::copy_from_slice(body),
            body_length: request.body.len(),
            secrets,
            at: request.at,
            started: Instant::now(),
            duration: None,
            status: None,
            response: Bytes::new(),
            response_length: 0,
            error: None,
            injected: None,
        };
        let size = observed.size();
        self.touch();
        self.requests.push(observed, size)
    }

    /// Changes a request that is still kept.
    pub(crate) fn change_request(
        &mut self,
        number: u64,
        change: impl FnOnce(&mut ObservedRequest),
    ) {
        if let Some(request) = self.requests.get_mut(number) {
            change(request);
            self.revision += 1;
            request.revision = self.revision;
            self.touch();
        }
    }

    /// Keeps the body of a response.
    pub(crate) fn add_response(&mut self, number: u64, body: &Bytes) {
        let kept = if body.len() <= BODY {
            body.clone()
        } else {
            Bytes::new()
        };
        let size = kept.len();
        self.change_request(number, |request| {
            request.response = kept;
            request.response_length = body.len();
        });
        self.requests.grow(number, size);
    }

    pub(crate) fn add_delivery(&mut self, delivery: ObservedDelivery) {
        let size = delivery.delivery.body.len() + delivery.delivery.url.len();
        self.deliveries.push(delivery, size);
        self.touch();
    }

    pub(crate) const fn revision(&self) -> u64 {
        self.revision
    }

    /// Wakes the pages.
    pub(crate) fn touch(&self) {
        // Sending fails only if no page is open.
        let _ = self.changed.send(());
    }

    /// Changes with each [`Observations::touch`].
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }
}

impl ObservedRequest {
    /// The response is sent, or will never be.
    pub(crate) fn finish(&mut self, status: Option<u16>) {
        self.status = status;
        self.duration = Some(self.started.elapsed());
    }

    /// The headers of the same request over another connection.
    pub(crate) fn repeated_headers(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        let named = self.sent_headers.get_all(header::CONNECTION);
        let named = named.iter().filter_map(|value| value.to_str().ok());
        let named: Vec<_> = named
            .flat_map(|names| names.split(','))
            .map(|name| name.trim().to_lowercase())
            .collect();
        self.sent_headers.iter().filter(move |(name, _)| {
            let name = name.as_str();
            !OF_ONE_CONNECTION.contains(&name) && !named.iter().any(|known| known == name)
        })
    }

    fn size(&self) -> usize {
        let headers = self.sent_headers.iter();
        let headers: usize = headers
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum();
        self.path.len() + self.query.as_ref().map_or(0, String::len) + headers + self.body.len()
    }
}
