//! What the SDK tells [`tracing`] of its work: every name, level and field stands here.
//!
//! Nothing is told beyond [`FIELDS`]: no body, no query, no header, no path with its ids, no secret. Spans and fields have
//! the names of OpenTelemetry's conventions for HTTP clients where those have one, and begin with `bird.` otherwise.
//!
//! Spans:
//!
//! | target | name | level | what it covers | fields |
//! |---|---|---|---|---|
//! | [`TRANSPORT`] | `call` | INFO | one API call: its turns, attempts and pauses | `bird.operation`, `bird.workspace.id`, `http.request.method`, `url.template`, `server.address`, `server.port`; at its end `http.response.status_code`, `http.request.resend_count`, `error.type` |
//! | [`TRANSPORT`] | `attempt` | DEBUG | one HTTP request | `otel.kind` (`client`), `otel.name`, `http.request.method`, `url.template`, `server.address`, `server.port`, `http.request.resend_count` (not on the first); at its end `http.response.status_code`, `error.type` |
//! | [`WAIT`] | `wait` | INFO | a wait for a channel, or for many | `bird.workspace.id`, and for one channel `bird.connector.id` |
//!
//! Events. Those of calls also have `bird.operation`, `bird.workspace.id`, `http.request.method` and `url.template`, those of
//! waits `bird.workspace.id` and `bird.connector.id`: a filter may have taken the spans away.
//!
//! | target | message | level | when | fields |
//! |---|---|---|---|---|
//! | [`TRANSPORT`] | `waited for a turn` | DEBUG | the [rate limit](crate::Rate) held a request back | `bird.elapsed` |
//! | [`TRANSPORT`] | `attempt ended` | DEBUG | after each attempt | `bird.elapsed`, `http.response.status_code`, `error.type` |
//! | [`TRANSPORT`] | `trying again` | INFO | before the pause that a further attempt follows | `http.request.resend_count`, `error.type`, `http.response.status_code`, `bird.pause` |
//! | [`TRANSPORT`] | `gave up` | WARN | a call ends, and nobody knows that it was dealt with | `http.request.resend_count`, `error.type`, `http.response.status_code`, `bird.outcome` |
//! | [`WAIT`] | `status changed` | INFO | a poll sees another channel, status or stage than the one before | `bird.channel.id`, `bird.status`, `bird.stage`, `bird.poll`, `bird.elapsed` |
//! | [`WAIT`] | `ready` | INFO | a wait comes out well | the same |
//! | [`WAIT`] | `gave up` | WARN | a wait comes out otherwise | the same, and `error.type` |
//!
//! An answer is no giving up, whatever it says: a 404 is the caller's to judge. Neither is a poll of a wait, which the next
//! poll makes up for. `url.template` and `bird.operation` are missing where a request is [made by
//! hand](crate::Client::request), because its path may hold anything. Times are in seconds.
//!
//! `error.type` is the status as text where there was one that is no success, or one of `timeout`, `connection` (there was
//! none), `connection_lost`, `certificate`, `rate_limit` (no turn in time), `body_too_large`, `unsendable`; for a wait
//! `timed_out`, `failed`, `vanished`, `denied`.

/// The target of what is told of calls.
pub const TRANSPORT: &str = "bird_connectors::transport";

/// The target of what is told of waits.
pub const WAIT: &str = "bird_connectors::wait";

/// Every field that a span or an event of the SDK can have, beside an event's `message`.
pub const FIELDS: &[&str] = &[
    "bird.channel.id",
    "bird.connector.id",
    "bird.elapsed",
    "bird.operation",
    "bird.outcome",
    "bird.pause",
    "bird.poll",
    "bird.stage",
    "bird.status",
    "bird.workspace.id",
    "error.type",
    "http.request.method",
    "http.request.resend_count",
    "http.response.status_code",
    "otel.kind",
    "otel.name",
    "server.address",
    "server.port",
    "url.template",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_fields_is_sorted_and_in_the_documentation() {
        assert!(FIELDS.is_sorted());
        let documentation = include_str!("telemetry.rs");
        let documentation = documentation.split("pub const").next().unwrap_or_default();
        for field in FIELDS {
            assert!(documentation.contains(&format!("`{field}`")), "{field}");
        }
    }
}
