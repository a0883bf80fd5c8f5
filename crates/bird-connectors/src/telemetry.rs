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

use std::borrow::Cow;
use std::time::Duration;

use bird_connectors_api::Operation;
use http::Method;
use tracing::field::{self, Empty};
use tracing::{Span, debug, debug_span, info, info_span, warn};
use uuid::Uuid;

use crate::config::BaseUrl;
use crate::error::{Kind, Outcome};
use crate::resume::wait_token::WaitToken;
use crate::transport::{Failure, Reply};
use crate::wait::{Progress, WaitError};

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

/// What an attempt comes to.
type Attempted = Result<Reply, Failure>;

/// A call, as far as it is told of.
#[derive(Debug)]
pub(crate) struct Subject<'a> {
    operation: Option<&'static Operation>,
    method: &'static str,
    workspace: Option<Uuid>,
    base_url: &'a BaseUrl,
}

impl<'a> Subject<'a> {
    pub(crate) fn new(
        operation: Option<&'static Operation>,
        method: &Method,
        workspace: Option<Uuid>,
        base_url: &'a BaseUrl,
    ) -> Self {
        Self {
            operation,
            method: known_method(method),
            workspace,
            base_url,
        }
    }

    fn template(&self) -> Option<&'static str> {
        self.operation.map(|operation| operation.path)
    }

    pub(crate) fn call(&self) -> Span {
        info_span!(
            target: TRANSPORT,
            "call",
            bird.operation = self.operation.map(|operation| operation.id),
            bird.workspace.id = self.workspace.map(field::display),
            http.request.method = self.method,
            url.template = self.template(),
            server.address = self.base_url.host(),
            server.port = self.base_url.port(),
            http.response.status_code = Empty,
            http.request.resend_count = Empty,
            error.type = Empty,
        )
    }

    /// `resends` is how many attempts there were before.
    pub(crate) fn attempt(&self, resends: u32) -> Span {
        debug_span!(
            target: TRANSPORT,
            "attempt",
            otel.kind = "client",
            otel.name = &*match self.template() {
                Some(template) => Cow::from(format!("{} {template}", self.method)),
                None => Cow::from(self.method),
            },
            http.request.method = self.method,
            url.template = self.template(),
            server.address = self.base_url.host(),
            server.port = self.base_url.port(),
            http.request.resend_count = (resends > 0).then_some(resends),
            http.response.status_code = Empty,
            error.type = Empty,
        )
    }
}

/// A method of one's own could be anything.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::TRACE => "TRACE",
        Method::CONNECT => "CONNECT",
        _ => "_OTHER",
    }
}

/// Events say themselves what they are about, because the spans around them may be filtered out.
macro_rules! about {
    ($macro:ident, $subject:expr, { $($fields:tt)* }, $message:literal) => {
        $macro!(
            target: TRANSPORT,
            {
                bird.operation = $subject.operation.map(|operation| operation.id),
                bird.workspace.id = $subject.workspace.map(field::display),
                http.request.method = $subject.method,
                url.template = $subject.template(),
                $($fields)*
            },
            $message
        )
    };
}

impl Subject<'_> {
    /// To be called in the span of the call.
    pub(crate) fn turn(&self, waited: Duration) {
        if !waited.is_zero() {
            about!(
                debug,
                self,
                { bird.elapsed = waited.as_secs_f64() },
                "waited for a turn"
            );
        }
    }

    pub(crate) fn attempt_ended(&self, attempt: &Span, result: &Attempted, took: Duration) {
        end(attempt, result);
        attempt.in_scope(|| {
            about!(
                debug,
                self,
                {
                    bird.elapsed = took.as_secs_f64(),
                    http.response.status_code = status(result),
                    error.type = error_type(result).as_deref(),
                },
                "attempt ended"
            );
        });
    }

    /// To be called in the span of the call. `resends` counts the attempt to come.
    pub(crate) fn trying_again(&self, resends: u32, result: &Attempted, pause: Duration) {
        about!(
            info,
            self,
            {
                http.request.resend_count = resends,
                error.type = error_type(result).as_deref(),
                http.response.status_code = status(result),
                bird.pause = pause.as_secs_f64(),
            },
            "trying again"
        );
    }

    /// `retried` is true where somebody else will try again.
    pub(crate) fn call_ended(
        &self,
        call: &Span,
        result: &Attempted,
        outcome: Outcome,
        attempts: u32,
        retried: bool,
    ) {
        let resends = attempts.saturating_sub(1);
        end(call, result);
        if resends > 0 {
            call.record("http.request.resend_count", resends);
        }
        if outcome == Outcome::Answered || retried {
            return;
        }
        call.in_scope(|| {
            about!(
                warn,
                self,
                {
                    http.request.resend_count = resends,
                    error.type = error_type(result).as_deref(),
                    http.response.status_code = status(result),
                    bird.outcome = outcome.as_str(),
                },
                "gave up"
            );
        });
    }
}

fn end(span: &Span, result: &Attempted) {
    if span.is_disabled() {
        return;
    }
    if let Some(status) = status(result) {
        span.record("http.response.status_code", status);
    }
    if let Some(error) = error_type(result) {
        span.record("error.type", &*error);
    }
}

fn status(result: &Attempted) -> Option<u16> {
    match result {
        Ok(reply) => Some(reply.status.as_u16()),
        Err(failure) => failure.status.map(|status| status.as_u16()),
    }
}

/// The sort of failure, in few words; `None` for a success.
fn error_type(result: &Attempted) -> Option<Cow<'static, str>> {
    let failure = match result {
        Ok(reply) if reply.status.is_success() => return None,
        Ok(reply) => return Some(reply.status.as_str().to_owned().into()),
        Err(failure) => failure,
    };
    Some(Cow::Borrowed(match (failure.kind, failure.outcome) {
        (Kind::Timeout, _) => "timeout",
        (Kind::RateLimited, _) => "rate_limit",
        (Kind::Decode, _) => "body_too_large",
        (Kind::Transport, Outcome::NotSent) if failure.permanent => "certificate",
        (Kind::Transport, Outcome::NotSent) => "connection",
        (Kind::Transport, _) => "connection_lost",
        _ => "unsendable",
    }))
}

macro_rules! sighted {
    ($macro:ident, $watch:expr, $progress:expr, { $($fields:tt)* }, $message:literal) => {
        $watch.span.in_scope(|| {
            $macro!(
                target: WAIT,
                {
                    bird.workspace.id = %$watch.workspace,
                    bird.connector.id = %$watch.connector,
                    $($fields)*
                    bird.channel.id = $progress.channel_id.map(field::display),
                    bird.status = word($progress.status.as_deref()),
                    bird.stage = word($progress.stage.as_deref()),
                    bird.poll = $progress.poll,
                    bird.elapsed = $progress.elapsed.as_secs_f64(),
                },
                $message
            );
        })
    };
}

/// A wait, as far as it is told of.
#[derive(Debug)]
pub(crate) struct Watch {
    span: Span,
    workspace: Uuid,
    connector: Uuid,
    seen: (Option<Uuid>, Option<String>, Option<String>),
}

impl Watch {
    pub(crate) fn new(token: &WaitToken) -> Self {
        Self {
            span: info_span!(
                target: WAIT,
                "wait",
                bird.workspace.id = %token.workspace(),
                bird.connector.id = %token.connector(),
            ),
            workspace: token.workspace(),
            connector: token.connector(),
            seen: (None, None, None),
        }
    }

    /// The span of a wait for many.
    pub(crate) fn span_of_many(workspace: Uuid) -> Span {
        info_span!(target: WAIT, "wait", bird.workspace.id = %workspace)
    }

    /// One of many, as it was seen last.
    pub(crate) fn one_of_many(span: Span, token: &WaitToken, seen: &Progress) -> Self {
        Self {
            span,
            workspace: token.workspace(),
            connector: token.connector(),
            seen: (seen.channel_id, seen.status.clone(), seen.stage.clone()),
        }
    }

    /// What was seen last differs from what was seen before.
    pub(crate) fn changed(&self, progress: &Progress) {
        sighted!(info, self, progress, {}, "status changed");
    }

    /// What polls are made in.
    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    pub(crate) fn saw(&mut self, progress: &Progress) {
        let sight = (progress.channel_id, &progress.status, &progress.stage);
        let (channel, status, stage) = &self.seen;
        if (*channel, status, stage) == sight {
            return;
        }
        self.seen = (sight.0, sight.1.clone(), sight.2.clone());
        sighted!(info, self, progress, {}, "status changed");
    }

    pub(crate) fn ready(&mut self, progress: &Progress) {
        self.saw(progress);
        sighted!(info, self, progress, {}, "ready");
    }

    pub(crate) fn gave_up(&mut self, progress: &Progress, error: &WaitError) {
        self.saw(progress);
        let error = match error {
            WaitError::TimedOut(_) => "timed_out",
            WaitError::Failed { .. } => "failed",
            WaitError::Vanished(_) => "vanished",
            WaitError::Denied { .. } => "denied",
            WaitError::Invalid(_) => "invalid",
        };
        sighted!(warn, self, progress, { error.type = error, }, "gave up");
    }
}

/// A status is a word of the server's own choice: only what looks like one is told, so that no line of a log can be made
/// up, and none can be flooded.
fn word(text: Option<&str>) -> Option<&str> {
    let text = text?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_. ".contains(&byte);
    let is_word = text.len() <= 40 && text.bytes().all(plain);
    Some(if is_word { text } else { "(not a word)" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_are_told_of_what_a_server_says() {
        assert_eq!(word(None), None);
        for text in ["active", "pending-review", "Not_Ready 2", ""] {
            assert_eq!(word(Some(text)), Some(text));
        }
        for text in ["active\nERROR forged", "aktív", "a=b", &"x".repeat(41)] {
            assert_eq!(word(Some(text)), Some("(not a word)"));
        }
    }

    #[test]
    fn a_method_of_ones_own_is_not_told() {
        let own = Method::from_bytes(b"PLANTED").unwrap();
        assert_eq!(known_method(&own), "_OTHER");
        assert_eq!(known_method(&Method::PATCH), "PATCH");
    }

    #[test]
    fn the_list_of_fields_is_sorted_and_in_the_documentation() {
        assert!(FIELDS.is_sorted());
        let documentation = include_str!("telemetry.rs");
        let documentation = documentation.split("use std").next().unwrap_or_default();
        for field in FIELDS {
            assert!(documentation.contains(&format!("`{field}`")), "{field}");
        }
    }
}
