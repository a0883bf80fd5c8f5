//! The span and the events of a call.

use std::borrow::Cow;
use std::time::Duration;

use bird_connectors_api::Operation;
use bird_connectors_api::types::WorkspaceId;
use http::{Method, Version};
use tracing::field::{self, Empty};
use tracing::{Span, debug, debug_span, info, info_span, warn};
use url::Url;

use super::attempt::{Failure, Reply};
use crate::config::BaseUrl;
use crate::error::{ConnectionFailure, ErrorKind, RequestOutcome};
use crate::telemetry::{CancellableSpan, TRANSPORT, record_error};

/// The result of an attempt.
type Attempted = Result<Reply, Failure>;

/// What telemetry reports about a call.
#[derive(Debug)]
pub(crate) struct CallTelemetry<'a> {
    operation: Option<&'static Operation>,
    method: &'static str,
    workspace: Option<WorkspaceId>,
    base_url: &'a BaseUrl,
    url: Option<&'a Url>,
}

impl<'a> CallTelemetry<'a> {
    pub(crate) fn new(
        operation: Option<&'static Operation>,
        method: &Method,
        workspace: Option<WorkspaceId>,
        base_url: &'a BaseUrl,
    ) -> Self {
        Self {
            operation,
            method: known_method(method),
            workspace,
            base_url,
            url: None,
        }
    }

    pub(crate) fn with_url(mut self, url: &'a Url) -> Self {
        self.url = Some(url);
        self
    }

    /// The URL without what can be a secret or personal data: the values of its query, and the whole path of a raw request, which
    /// the caller chooses.
    fn url_full(&self) -> Option<String> {
        let url = self.url?;
        if self.operation.is_none() {
            return Some(format!("{}/{REDACTED}", self.base_url.as_str()));
        }
        let (path, query) = match url.as_str().split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (url.as_str(), None),
        };
        let mut full = path.to_owned();
        let mut separator = '?';
        for parameter in query.into_iter().flat_map(|query| query.split('&')) {
            let key = parameter.split('=').next().unwrap_or_default();
            full.push(separator);
            full.push_str(key);
            full.push('=');
            full.push_str(REDACTED);
            separator = '&';
        }
        Some(full)
    }

    /// The span name of the conventions.
    fn attempt_name(&self) -> Cow<'static, str> {
        let method = if self.method == OTHER_METHOD {
            "HTTP"
        } else {
            self.method
        };
        match self.template() {
            Some(template) => format!("{method} {template}").into(),
            None => method.into(),
        }
    }

    fn template(&self) -> Option<&'static str> {
        self.operation.map(|operation| operation.path)
    }

    pub(crate) fn call(&self) -> CancellableSpan {
        CancellableSpan::new(info_span!(
            target: TRANSPORT,
            "call",
            otel.name = self.operation.map(|operation| operation.id),
            bird.operation = self.operation.map(|operation| operation.id),
            bird.workspace.id = self.workspace.map(field::display),
            http.request.method = self.method,
            url.template = self.template(),
            server.address = self.base_url.host(),
            server.port = self.base_url.port().map(i64::from),
            http.response.status_code = Empty,
            http.request.resend_count = Empty,
            error.type = Empty,
            otel.status_code = Empty,
        ))
    }

    /// `resends` is the number of earlier attempts.
    pub(crate) fn attempt(&self, resends: u32) -> CancellableSpan {
        CancellableSpan::new(debug_span!(
            target: TRANSPORT,
            "attempt",
            otel.kind = "client",
            otel.name = &*self.attempt_name(),
            http.request.method = self.method,
            url.full = self.url_full(),
            url.template = self.template(),
            server.address = self.base_url.host(),
            server.port = self.base_url.port().map(i64::from),
            http.request.resend_count = (resends > 0).then_some(i64::from(resends)),
            http.response.status_code = Empty,
            network.protocol.version = Empty,
            error.type = Empty,
            otel.status_code = Empty,
        ))
    }
}

/// The value of the conventions for a custom method.
const OTHER_METHOD: &str = "_OTHER";

/// What the conventions write in place of a part of a URL that can be sensitive.
const REDACTED: &str = "REDACTED";

/// Custom methods are not logged: they can be any string.
fn known_method(method: &Method) -> &'static str {
    let mut known = KNOWN_METHODS.into_iter();
    known.find(|known| method == known).unwrap_or(OTHER_METHOD)
}

/// The methods of the conventions.
const KNOWN_METHODS: [&str; 10] = [
    "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "QUERY",
];

/// Events repeat the fields of their call, because a filter may drop the spans around them.
macro_rules! event {
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

impl CallTelemetry<'_> {
    /// Call this in the span of the call.
    pub(crate) fn slot_granted(&self, waited: Duration) {
        if !waited.is_zero() {
            event!(
                debug,
                self,
                { bird.elapsed = waited.as_secs_f64() },
                "waited for a rate-limit slot"
            );
        }
    }

    pub(crate) fn attempt_ended(
        &self,
        mut attempt: CancellableSpan,
        result: &Attempted,
        took: Duration,
    ) {
        end(&mut attempt, result);
        if let Some(version) = version(result) {
            attempt.span().record("network.protocol.version", version);
        }
        attempt.span().in_scope(|| {
            event!(
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

    /// Call this in the span of the call. `resends` includes the next attempt.
    pub(crate) fn retrying(&self, resends: u32, result: &Attempted, pause: Duration) {
        event!(
            info,
            self,
            {
                http.request.resend_count = i64::from(resends),
                error.type = error_type(result).as_deref(),
                http.response.status_code = status(result),
                bird.pause = pause.as_secs_f64(),
            },
            "retrying"
        );
    }

    /// Returns the span, which is open until its last handle is dropped. `retried` is true if the caller retries, as a wait does.
    pub(crate) fn call_ended(
        &self,
        mut call: CancellableSpan,
        result: &Attempted,
        outcome: RequestOutcome,
        attempts: u32,
        retried: bool,
    ) -> Span {
        let resends = i64::from(attempts.saturating_sub(1));
        end(&mut call, result);
        if resends > 0 {
            call.span().record("http.request.resend_count", resends);
        }
        let span = call.span().clone();
        if outcome == RequestOutcome::Answered || retried {
            return span;
        }
        span.in_scope(|| {
            event!(
                warn,
                self,
                {
                    http.request.resend_count = resends,
                    error.type = error_type(result).as_deref(),
                    http.response.status_code = status(result),
                    bird.outcome = outcome.as_str(),
                },
                "request failed without a definitive response"
            );
        });
        span
    }
}

/// The response of the call cannot be decoded.
pub(super) fn undecodable(call: &Span) {
    record_error(call, "decode");
}

pub(crate) fn undecoded_field(operation: Option<&'static Operation>, object: &str, field: &str) {
    warn!(
        target: TRANSPORT,
        {
            bird.operation = operation.map(|operation| operation.id),
            bird.field = format!("{object}.{field}"),
        },
        "response field has an unexpected form"
    );
}

fn end(span: &mut CancellableSpan, result: &Attempted) {
    span.end();
    let span = span.span();
    if span.is_disabled() {
        return;
    }
    if let Some(status) = status(result) {
        span.record("http.response.status_code", status);
    }
    if let Some(error) = error_type(result) {
        record_error(span, &error);
    }
}

/// Signed: layers for OpenTelemetry, whose integers are signed, export unsigned ones as strings.
fn status(result: &Attempted) -> Option<i64> {
    let status = match result {
        Ok(reply) => Some(reply.status),
        Err(failure) => failure.status,
    };
    status.map(|status| status.as_u16().into())
}

/// The value of `network.protocol.version`; `None` without a complete response.
fn version(result: &Attempted) -> Option<&'static str> {
    match result.as_ref().ok()?.version? {
        Version::HTTP_09 => Some("0.9"),
        Version::HTTP_10 => Some("1.0"),
        Version::HTTP_11 => Some("1.1"),
        Version::HTTP_2 => Some("2"),
        Version::HTTP_3 => Some("3"),
        _ => None,
    }
}

/// The value of `error.type`; `None` for a success.
fn error_type(result: &Attempted) -> Option<Cow<'static, str>> {
    let failure = match result {
        Ok(reply) if reply.status.is_success() => return None,
        Ok(reply) => return Some(reply.status.as_str().to_owned().into()),
        Err(failure) => failure,
    };
    Some(Cow::Borrowed(match (failure.kind, failure.outcome) {
        (ErrorKind::Timeout, _) => "timeout",
        (ErrorKind::RateLimited, _) => "rate_limit",
        (ErrorKind::Decode, _) => "body_too_large",
        (ErrorKind::Transport, _)
            if failure
                .connection
                .is_some_and(ConnectionFailure::is_certificate) =>
        {
            "certificate"
        }
        (ErrorKind::Transport, RequestOutcome::NotSent) => "connection",
        (ErrorKind::Transport, _) => "connection_lost",
        _ => "unsendable",
    }))
}

#[cfg(test)]
mod tests;
