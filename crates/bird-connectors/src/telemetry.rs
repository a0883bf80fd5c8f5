//! The telemetry that the SDK emits through [`tracing`]: every name, level and field.
//!
//! Spans and events have no fields beyond [`FIELDS`]: no body, value of a query, header, or secret. Names follow
//! OpenTelemetry's semantic conventions for HTTP clients where these have one; all others begin with `bird.`. Counts, ports
//! and status codes are signed integers, so that layers for OpenTelemetry export them as numbers. The original name of a
//! custom method is missing; the method is `_OTHER`. `network.protocol.version` is missing if the response comes from an HTTP
//! client of the program. `url.full` is the URL of a request with `REDACTED` in place of each value of its query, and of the
//! whole path of a [raw request](crate::Client::request).
//!
//! Spans:
//!
//! | target | name | level | what it covers | fields |
//! |---|---|---|---|---|
//! | [`TRANSPORT`] | `call` | INFO | one API call: rate-limit slots, attempts and pauses | `otel.name` (the operation), `bird.operation`, `bird.workspace.id`, `http.request.method`, `url.template`, `server.address`, `server.port`; at its end `http.response.status_code`, `http.request.resend_count`, `error.type`, `otel.status_code` (`ERROR`) |
//! | [`TRANSPORT`] | `attempt` | DEBUG | one HTTP request | `otel.kind` (`client`), `otel.name`, `http.request.method`, `url.full`, `url.template`, `server.address`, `server.port`, `http.request.resend_count` (not on the first); at its end `http.response.status_code`, `network.protocol.version`, `error.type`, `otel.status_code` (`ERROR`) |
//! | [`WAIT`] | `wait` | INFO | a wait for one channel or for many | `bird.workspace.id`, and for one channel `bird.connector.id`; at the end of one that fails `error.type`, `otel.status_code` (`ERROR`) |
//! | [`WEBHOOK`] | `verify` | INFO | the verification of one delivery | `bird.lag` if it is valid; otherwise `error.type`, `otel.status_code` (`ERROR`) |
//! | [`INSTALL`] | `ensure` | INFO | an idempotent install: its requests, and the waits for other runs and for the connector to appear | `bird.workspace.id`, `bird.template`; at its end `bird.result` (`created`, `adopted`), or `error.type`, `otel.status_code` (`ERROR`), `bird.outcome` |
//! | [`INSTALL`] | `install_all` | INFO | a bulk install, with the wait for its channels | `bird.workspace.id`, `bird.installs`; at its end `bird.installs_created`, `bird.installs_adopted`, `bird.installs_failed`; if one fails `error.type`, `otel.status_code` (`ERROR`) |
//! | [`INSTALL`] | `reconcile` | INFO | a search for the connector of an unresolved create | `bird.workspace.id`; at its end `bird.result` (`found`, `not_found`), or `error.type`, `otel.status_code` (`ERROR`) |
//! | [`RESOURCES`] | `find_number` | INFO | a search for a phone number | the same |
//! | [`RESOURCES`] | `ensure_subscription` | INFO | an idempotent webhook subscription | `bird.workspace.id`; at its end `bird.result` (`created`, `adopted`), or `error.type`, `otel.status_code` (`ERROR`), `bird.outcome` |
//! | [`RESOURCES`] | `subscribe_to_channels` | INFO | the subscriptions to both channel events | the same; `adopted` if neither was created |
//!
//! Events. Call events repeat `bird.operation`, `bird.workspace.id`, `http.request.method` and `url.template`; wait events
//! repeat `bird.workspace.id` and `bird.connector.id`. A filter may drop the spans.
//!
//! | target | message | level | when | fields |
//! |---|---|---|---|---|
//! | [`TRANSPORT`] | `waited for a rate-limit slot` | DEBUG | the [rate limit](crate::client::RateLimits) delayed a request | `bird.elapsed` |
//! | [`TRANSPORT`] | `attempt ended` | DEBUG | after each attempt | `bird.elapsed`, `http.response.status_code`, `error.type` |
//! | [`TRANSPORT`] | `retrying` | INFO | before the pause that precedes a retry | `http.request.resend_count`, `error.type`, `http.response.status_code`, `bird.pause` |
//! | [`TRANSPORT`] | `request failed without a definitive response` | WARN | a call fails without a definitive response | `http.request.resend_count`, `error.type`, `http.response.status_code`, `bird.outcome` |
//! | [`TRANSPORT`] | `response field has an unexpected form` | WARN | once per client for each field whose value cannot be decoded; it is absent in its object | `bird.field` (such as `Connector.updatedAt`), `bird.operation` |
//! | [`WAIT`] | `status changed` | INFO | a poll reports another channel, status or stage than the previous poll | `bird.channel.id`, `bird.status`, `bird.stage`, `bird.poll`, `bird.elapsed` |
//! | [`WAIT`] | `ready` | INFO | a wait succeeds | the same |
//! | [`WAIT`] | `wait failed` | WARN | a wait fails | the same, and `error.type` |
//! | [`WAIT`] | `wait cancelled` | INFO | a wait is dropped before its end, or [cancelled](crate::wait::WaitControl::cancel) for one install | `bird.workspace.id`, `bird.connector.id`; for a wait for many that is dropped, `bird.installs` instead of the connector |
//! | [`WEBHOOK`] | `delivery verified` | DEBUG | a delivery is valid | `bird.lag` |
//! | [`WEBHOOK`] | `delivery refused` | INFO | a delivery is invalid | `error.type` |
//! | [`WEBHOOK`] | `a signing key is in quotes: remove them` | WARN | a [`Verifier`](crate::webhook::Verifier) is created with such a key | none |
//! | [`WEBHOOK`] | `a signing key ends with a line break: remove it` | WARN | a [`Verifier`](crate::webhook::Verifier) is created with such a key | none |
//!
//! A definitive response is never logged as a failure: whether a 404 is an error is up to the caller. A failed poll of a wait
//! is not logged either, because the next poll retries it. `url.template` and `bird.operation` are missing for [raw
//! requests](crate::Client::request), whose path can contain anything. Times are in seconds. `bird.lag` is the time from the
//! timestamp of a delivery, which is that of its first attempt, to its verification. `bird.installs` is a number of installs.
//! `bird.template` is the template with its version, such as `sms-messagebird:1`.
//!
//! `error.type` is the HTTP status of a response that is not a success, or one of `timeout`, `connection` (not established),
//! `connection_lost`, `certificate`, `rate_limit` (no slot in time), `body_too_large`, `unsendable`, and for a call `decode` (a
//! response of another form, or a web page in its place); for a wait `timed_out`,
//! `failed`, `vanished`, `denied`, `invalid`. The spans of methods that make several calls have the one of the call that failed, or
//! the [kind](crate::ErrorKind::as_str) of their error, such as `conflict` or `journal`. The span of a wait or of an install for many
//! has the one of its failed installs, or `several`. Work that the program drops before its end has `cancelled`. A refused delivery has the
//! [reason](crate::webhook::WebhookError::reason) of its error. A span with an `error.type` has the status `ERROR` in
//! OpenTelemetry.

use tracing::Span;

/// The target of call telemetry.
pub const TRANSPORT: &str = "bird_connectors::transport";

/// The target of wait telemetry.
pub const WAIT: &str = "bird_connectors::wait";

/// The target of webhook telemetry.
pub const WEBHOOK: &str = "bird_connectors::webhook";

/// The target of the spans of idempotent and bulk installs.
pub const INSTALL: &str = "bird_connectors::install";

/// The target of the spans of other methods that make several calls.
pub const RESOURCES: &str = "bird_connectors::resources";

/// Every field that a span or an event of the SDK can have, in addition to an event's `message`.
pub const FIELDS: &[&str] = &[
    "bird.channel.id",
    "bird.connector.id",
    "bird.elapsed",
    "bird.field",
    "bird.installs",
    "bird.installs_adopted",
    "bird.installs_created",
    "bird.installs_failed",
    "bird.lag",
    "bird.operation",
    "bird.outcome",
    "bird.pause",
    "bird.poll",
    "bird.result",
    "bird.stage",
    "bird.status",
    "bird.template",
    "bird.workspace.id",
    "error.type",
    "http.request.method",
    "http.request.resend_count",
    "http.response.status_code",
    "network.protocol.version",
    "otel.kind",
    "otel.name",
    "otel.status_code",
    "server.address",
    "server.port",
    "url.full",
    "url.template",
];

/// The value of `otel.status_code` for a span with an `error.type`.
pub(crate) const STATUS_ERROR: &str = "ERROR";

/// Records how the work of a span failed.
pub(crate) fn record_error(span: &Span, error_type: &str) {
    span.record("error.type", error_type);
    span.record("otel.status_code", STATUS_ERROR);
}

/// The span of work that the program can drop. If it is dropped before [`end`](Self::end), it has the `error.type` `cancelled`.
#[derive(Debug)]
pub(crate) struct CancellableSpan {
    span: Span,
    ended: bool,
}

impl CancellableSpan {
    pub(crate) fn new(span: Span) -> Self {
        Self { span, ended: false }
    }

    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// The work has ended.
    pub(crate) fn end(&mut self) {
        self.ended = true;
    }

    /// The work has ended with this `bird.result`.
    pub(crate) fn end_with(&mut self, result: &'static str) {
        self.span.record("bird.result", result);
        self.end();
    }

    /// The work has failed.
    pub(crate) fn fail(&mut self, error_type: &str) {
        record_error(&self.span, error_type);
        self.end();
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.ended
    }
}

impl Drop for CancellableSpan {
    fn drop(&mut self) {
        if !self.ended {
            record_error(&self.span, "cancelled");
        }
    }
}

#[cfg(test)]
mod tests;
