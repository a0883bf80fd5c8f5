//! One API call from the SDK to the network and back: attempts, pauses between them, and telemetry.
//!
//! Everything that leaves the SDK passes through [`Transport::run`], generated calls and hand-made ones alike.

mod attempt;
pub(crate) mod call;
mod connect_error;
mod connections;
mod content_encoding;
mod http_client;
mod permission;
mod rate;
mod retry;
mod retry_after;
mod telemetry;
mod tls;
mod trace_context;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bird_connectors_api::Operation;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method};
use tokio::time::Instant;
use tracing::{Instrument as _, Span};

pub(crate) use attempt::{Failure, Reply, is_html};
use attempt::{ReceivedStatus, SuccessBody};
use connections::Connections;
pub(crate) use http_client::CustomHttpClient;
pub use http_client::{HttpClient, HttpClientError, HttpRequest, HttpResponse, HttpResponseFuture};
pub(crate) use permission::SendPermission;
pub use rate::RateLimits;
pub use trace_context::TraceContext;
pub(crate) use trace_context::TraceContextSource;

use crate::config::{
    self, AccessKey, Backoff, BaseUrl, CallLimits, Proxy, ProxySetting, RootCertificates,
};
use crate::error::{Answer, Error, RequestOutcome, cause_of};
use rate::{Limiter, RateGate, workspace_in};
use telemetry::CallTelemetry;

/// The largest response body that the client reads. A page of 1000 channels is about one megabyte.
pub(crate) const MAX_BODY: usize = 16 * 1024 * 1024;

/// Connections that were idle for longer are not reused. Many servers close idle connections after 30 to 60 seconds, and a
/// request on a connection that is being closed has an unknown outcome.
const IDLE: Duration = Duration::from_secs(20);

#[derive(Clone, Debug)]
pub(crate) struct Transport {
    connections: Arc<Connections>,
    /// Sends the requests in place of the connections.
    http_client: Option<CustomHttpClient>,
    access_key: AccessKey,
    user_agent: HeaderValue,
    pub(crate) base_url: BaseUrl,
    pub(crate) limits: CallLimits,
    backoff: Backoff,
    limiter: Option<Limiter>,
    /// The proxy of all connections.
    proxy: Option<Arc<Proxy>>,
    trace_context: Option<TraceContextSource>,
    attempts_in_tasks: bool,
    /// The fields of an unexpected form that telemetry has reported.
    reported: Arc<Mutex<Vec<(&'static str, &'static str)>>>,
}

/// The checked settings of a client that a [`Transport`] is created from.
#[derive(Debug)]
pub(crate) struct TransportSettings {
    pub(crate) access_key: AccessKey,
    pub(crate) base_url: BaseUrl,
    pub(crate) limits: CallLimits,
    pub(crate) backoff: Backoff,
    pub(crate) user_agent: HeaderValue,
    pub(crate) rate: Option<RateLimits>,
    pub(crate) proxy: ProxySetting,
    pub(crate) trace_context: Option<TraceContextSource>,
    pub(crate) root_certificates: RootCertificates,
    pub(crate) http_client: Option<CustomHttpClient>,
    /// Whether an attempt of a call that no task polls becomes a task of the runtime.
    pub(crate) attempts_in_tasks: bool,
}

/// The limits of one call.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    total: Duration,
    attempt: Duration,
    max_attempts: u32,
    backoff: Backoff,
    /// True if the caller retries the call itself, as a wait does.
    retried: bool,
}

/// Checks that the trusted certificates of the system can be used, together with these.
pub(crate) fn check_certificates(additional: &RootCertificates) -> Result<(), Error> {
    tls::config(true, additional).map(drop)
}

impl Transport {
    pub(crate) fn new(settings: TransportSettings) -> Result<Self, Error> {
        let TransportSettings {
            access_key,
            base_url,
            limits,
            backoff,
            user_agent,
            rate,
            proxy,
            trace_context,
            root_certificates,
            http_client,
            attempts_in_tasks,
        } = settings;
        let limiter = rate
            .map(|rate| Limiter::new(rate, base_url.as_str()))
            .transpose()?;
        let unusable = |error: reqwest::Error| {
            Error::configuration(format!(
                "cannot set up the HTTP client: {}",
                cause_of(&error.without_url())
            ))
        };
        let tls = tls::config(base_url.is_https(), &root_certificates)?;
        let proxy = proxy.resolve(&base_url, config::env)?;
        // reqwest does not read the environment itself, because it ignores what it cannot parse.
        let connect_through = proxy
            .as_ref()
            .map(|proxy| reqwest::Proxy::https(proxy.url()))
            .transpose()
            .map_err(unusable)?;
        let connections = Connections::new(move || {
            let builder = reqwest::Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .redirect(reqwest::redirect::Policy::none())
                // `repeat` retries, so that every attempt is counted, logged and rate-limited.
                .retry(reqwest::retry::never())
                .connect_timeout(limits.timeouts.connect)
                .pool_idle_timeout(IDLE);
            let builder = match &connect_through {
                Some(proxy) => builder.proxy(proxy.clone()),
                None => builder.no_proxy(),
            };
            builder.build().map_err(unusable)
        })?;
        Ok(Self {
            connections: Arc::new(connections),
            http_client,
            access_key,
            user_agent,
            base_url,
            limits,
            backoff,
            limiter,
            proxy: proxy.map(Arc::new),
            trace_context,
            attempts_in_tasks,
            reported: Arc::default(),
        })
    }

    /// Returns a transport with other limits for each call. Connections and rate-limit queues are shared.
    pub(crate) fn with_limits(&self, limits: CallLimits) -> Self {
        Self {
            limits,
            ..self.clone()
        }
    }

    /// Returns a transport that sends another access key. Connections and rate-limit queues are shared: the API limits a
    /// workspace across all its keys.
    pub(crate) fn with_access_key(&self, access_key: AccessKey) -> Self {
        Self {
            access_key,
            ..self.clone()
        }
    }

    /// The HTTP client that generated code builds its requests with.
    pub(crate) fn request_builder(&self) -> &reqwest::Client {
        self.connections.request_builder()
    }

    /// Checks that the current thread is in a tokio runtime that can send requests.
    pub(crate) fn check_runtime(&self) -> Result<(), Error> {
        self.connections.current().map(drop)
    }

    pub(crate) fn access_key(&self) -> &AccessKey {
        &self.access_key
    }

    /// Sends a request, with retries where they are safe and useful. Returns the response or the error, the number of attempts, and
    /// the span of the call.
    async fn run(
        &self,
        mut request: reqwest::Request,
        bounds: Bounds,
        action: &(dyn Fn() -> String + Sync),
        operation: Option<&'static Operation>,
        permission: Option<&SendPermission>,
    ) -> (Result<Reply, Error>, u32, Span) {
        let http = match self.connections.current() {
            Ok(http) => http,
            Err(error) => return (Err(error), 0, Span::none()),
        };
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, self.access_key.header());
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, self.user_agent.clone());
        content_encoding::request(headers);
        let idempotent = retry::is_idempotent(request.method());
        let workspace = workspace_in(request.url());
        let gate = self
            .limiter
            .as_ref()
            .map(|limiter| limiter.gate(request.method(), workspace));
        // The request is copied for each attempt.
        let telemetry = CallTelemetry::new(operation, request.method(), workspace, &self.base_url)
            .with_url(request.url());
        let span = telemetry.call();
        let success_body = match operation {
            Some(_) if *request.method() == Method::DELETE => SuccessBody::Unused,
            _ => SuccessBody::Needed,
        };
        let in_task = self.attempts_in_tasks && tokio::task::try_id().is_none();
        let send = |received: ReceivedStatus| {
            // Every body is in memory, so it can always be copied.
            let copy = request.try_clone();
            let (http, proxy) = (http.clone(), self.proxy.clone());
            async move {
                let Some(mut copy) = copy else {
                    return Err(Failure::unsendable("its body cannot be sent twice"));
                };
                // Read here, in the span of the attempt.
                if let Some(source) = &self.trace_context {
                    source.insert(copy.headers_mut());
                }
                if let Some(client) = &self.http_client {
                    return client.attempt(copy, MAX_BODY).await;
                }
                let attempt = async move {
                    attempt::attempt(
                        &http,
                        copy,
                        MAX_BODY,
                        success_body,
                        proxy.as_deref(),
                        &received,
                    )
                    .await
                };
                if in_task {
                    attempt::in_task(attempt).await
                } else {
                    attempt.await
                }
            }
        };
        let end = repeat(
            send,
            idempotent,
            bounds,
            gate.as_ref(),
            permission,
            &telemetry,
        )
        .instrument(span.span().clone())
        .await;
        let span =
            telemetry.call_ended(span, &end.result, end.outcome, end.attempts, bounds.retried);
        let result = match end.result {
            Ok(reply) if reply.status.is_success() => Ok(reply),
            Ok(reply) => Err(answered(&action(), &reply)),
            Err(failure) => Err(unanswered(&action(), failure, self.proxy.as_deref())),
        };
        let result =
            result.map_err(|error| error.with_outcome(end.outcome).with_attempts(end.attempts));
        (result, end.attempts, span)
    }
}

/// How one call ended after all its attempts.
#[derive(Debug)]
struct End {
    result: Result<Reply, Failure>,
    /// The outcome over all attempts.
    outcome: RequestOutcome,
    attempts: u32,
}

/// The retry loop. Each attempt waits for a rate-limit slot first, and then asks for the permission.
async fn repeat<F, S>(
    send: F,
    idempotent: bool,
    bounds: Bounds,
    gate: Option<&RateGate>,
    permission: Option<&SendPermission>,
    telemetry: &CallTelemetry<'_>,
) -> End
where
    F: Fn(ReceivedStatus) -> S,
    S: Future<Output = Result<Reply, Failure>>,
{
    let start = Instant::now();
    let mut known = RequestOutcome::NotSent;
    let mut attempts = 0;
    let mut last = None;
    loop {
        if let Some(gate) = gate {
            match gate.acquire(start.checked_add(bounds.total)).await {
                Ok(waited) => telemetry.slot_granted(waited),
                Err(late) => {
                    // The result of an earlier attempt is more useful.
                    let result = last.unwrap_or_else(|| Err(Failure::no_slot(late, bounds.total)));
                    return End {
                        result,
                        outcome: known,
                        attempts,
                    };
                }
            }
        }
        if let Some(permission) = permission
            && let Err(why) = permission.ask().await
        {
            return End {
                result: Err(Failure::not_permitted(&why)),
                outcome: known,
                attempts,
            };
        }
        let span = telemetry.attempt(attempts);
        attempts += 1;
        let began = Instant::now();
        let left = bounds.total.saturating_sub(start.elapsed());
        let received = ReceivedStatus::default();
        let result = tokio::time::timeout(bounds.attempt.min(left), send(received.clone()))
            .instrument(span.span().clone())
            .await
            .unwrap_or_else(|_| {
                let limit = if left < bounds.attempt {
                    bounds.total
                } else {
                    bounds.attempt
                };
                let before = last.as_ref().map_or_else(String::new, in_passing);
                let message = format!("no complete response within {limit:?}{before}");
                Err(Failure {
                    status: received.get(),
                    ..Failure::timed_out(message)
                })
            });
        telemetry.attempt_ended(span, &result, began.elapsed());
        let (outcome, permanent, retry_after) = match &result {
            Ok(reply) if reply.status.is_success() => (RequestOutcome::Answered, true, None),
            Ok(reply) => (
                RequestOutcome::of_status(reply.status),
                matches!(reply.status.as_u16(), 501 | 505),
                asked_pause(reply),
            ),
            Err(failure) => (failure.outcome, failure.permanent, None),
        };
        known = known.then(outcome);
        let random = fastrand::f64();
        if let Some(gate) = gate
            && outcome == RequestOutcome::Rejected
        {
            gate.pause(retry::class_pause(
                bounds.backoff,
                retry_after,
                attempts,
                random,
            ));
        }
        let pause = retry::pause(&retry::RetryContext {
            idempotent,
            outcome,
            permanent,
            attempts,
            max_attempts: bounds.max_attempts,
            backoff: bounds.backoff,
            retry_after,
            remaining: bounds.total.saturating_sub(start.elapsed()),
            random,
        });
        let Some(pause) = pause else {
            return End {
                result,
                outcome: known,
                attempts,
            };
        };
        telemetry.retrying(attempts, &result, pause);
        last = Some(result);
        tokio::time::sleep(pause).await;
    }
}

/// Describes the previous attempt, so that a timeout at the end does not hide why it failed.
fn in_passing(result: &Result<Reply, Failure>) -> String {
    match result {
        Ok(reply) => format!("; the previous attempt returned {}", reply.status),
        Err(failure) => format!("; the previous attempt failed: {}", failure.message),
    }
}

/// The error for a response that is not a success.
fn answered(action: &str, reply: &Reply) -> Error {
    let content_type = reply
        .headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let answer = Answer::read(reply.status, content_type, &reply.body);
    let error = Error::from_answer(action.to_owned(), reply.status, answer)
        .with_request_id(request_id(&reply.headers))
        .with_retry_after(asked_pause(reply));
    match reply.status.as_u16() {
        301..=303 | 307 | 308 => {
            error.with_help("redirects are not followed: check the base URL")
        }
        // The client sends no conditional requests.
        304 => error.with_help(
            "the API does not send this status, because the client asked for no cached response: a cache or a proxy sent it",
        ),
        300..=399 => error.with_help(
            "the API does not document this status: check the base URL, and the proxies before it",
        ),
        _ => error,
    }
}

/// The error if no complete response arrived.
fn unanswered(action: &str, failure: Failure, proxy: Option<&Proxy>) -> Error {
    let message = match proxy {
        // A failed connection names the proxy already. Nothing shows whether the proxy or the API broke an established one.
        Some(proxy) if failure.outcome == RequestOutcome::Unknown && failure.status.is_none() => {
            format!("{}; the connection goes through {proxy}", failure.message)
        }
        _ => failure.message,
    };
    let error = Error::new(failure.kind, action.to_owned(), message)
        .with_retry_after(failure.retry_after)
        .with_connection_failure(failure.connection);
    match failure.status {
        Some(status) => error.with_status(status),
        None => error,
    }
}

fn asked_pause(reply: &Reply) -> Option<Duration> {
    retry_after::retry_after(&reply.headers, || crate::clock::now().into())
}

/// The headers that contain a request id, the most specific one first. None is documented, so the common ones are read.
const REQUEST_ID_HEADERS: [&str; 4] = [
    "x-request-id",
    "request-id",
    "x-correlation-id",
    "x-amzn-requestid",
];

/// The request id of a response.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    // A response has few headers, so that this takes a tenth of the time of four lookups.
    let ids = headers.iter().filter_map(|(name, value)| {
        let mut names = REQUEST_ID_HEADERS.iter();
        let rank = names.position(|known| name.as_str() == *known)?;
        let id = value.to_str().ok().filter(|id| !id.is_empty())?;
        Some((rank, id))
    });
    let (_, id) = ids.min_by_key(|(rank, _)| *rank)?;
    Some(id.to_owned())
}

#[cfg(test)]
mod tests;
