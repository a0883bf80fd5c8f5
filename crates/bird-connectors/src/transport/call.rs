//! One API call, from a resource's method to the transport: it sends the generated client's requests and converts the
//! result to a value or an [`Error`].

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use super::{Bounds, Reply, SendPermission, Transport, is_html, request_id, telemetry};
use bird_connectors_api as raw;
use http::StatusCode;
use reqwest::ResponseBuilderExt as _;
use secrecy::{ExposeSecret as _, SecretString};
use tracing::Span;

use crate::config::CallLimits;
use crate::error::{Error, ErrorKind, RequestOutcome, cause_of};
use crate::lock::lock;

/// How one call deviates from the client's settings.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallSettings {
    /// Send the request once, because the caller polls and its next poll is the retry.
    pub(crate) single_attempt: bool,
    /// Secrets in the request, which no error may show.
    pub(crate) secrets: Vec<SecretString>,
    /// Asked before each attempt.
    pub(crate) permission: Option<SendPermission>,
}

/// A call before it is sent.
#[derive(Debug)]
pub struct Call(Arc<State>);

struct State {
    transport: Arc<Transport>,
    action: Action,
    /// `None` for a raw request.
    operation: Option<&'static raw::Operation>,
    settings: CallSettings,
    /// Set once, when the call has ended.
    record: OnceLock<Record>,
    /// Open until the response is decoded. Not set for a raw request, whose response the caller decodes.
    span: OnceLock<Span>,
}

/// What a call does. Only errors need the phrase.
enum Action {
    Operation(&'static str),
    RawRequest(String),
}

impl Action {
    fn phrase(&self) -> String {
        match self {
            Self::Operation(operation) => Call::action_of(operation),
            Self::RawRequest(action) => action.clone(),
        }
    }
}

/// What the generated client does not return.
struct Record {
    attempts: u32,
    end: Result<Head, Error>,
}

struct Head {
    status: StatusCode,
    request_id: Option<String>,
}

/// A successful response whose body does not match its type.
pub(crate) enum Unread {
    /// The body, and the error to return if no other decoding of it succeeds.
    Body(bytes::Bytes, Error),
    Error(Error),
}

impl Call {
    pub(crate) fn new(
        transport: &Arc<Transport>,
        operation: &'static str,
        settings: CallSettings,
    ) -> Self {
        Self(Arc::new(State {
            transport: Arc::clone(transport),
            action: Action::Operation(operation),
            operation: raw::Operation::find(operation),
            settings,
            record: OnceLock::new(),
            span: OnceLock::new(),
        }))
    }

    /// A call for a raw request.
    pub(crate) fn raw_request(transport: &Arc<Transport>, action: String) -> Self {
        Self(Arc::new(State {
            transport: Arc::clone(transport),
            action: Action::RawRequest(action),
            operation: None,
            settings: CallSettings::default(),
            record: OnceLock::new(),
            span: OnceLock::new(),
        }))
    }

    /// The operation's summary as a phrase, such as "create a connector".
    pub(crate) fn action_of(operation: &'static str) -> String {
        phrase(raw::Operation::find(operation).map_or(operation, |operation| operation.summary))
    }

    /// The generated client, for this call only.
    pub(crate) fn raw(&self) -> raw::Client {
        let transport = &self.0.transport;
        let state: Arc<dyn raw::Transport> = Arc::<State>::clone(&self.0);
        raw::Client::new_with_client(
            transport.base_url.as_str(),
            transport.request_builder().clone(),
            raw::SharedTransport(state),
        )
    }

    /// Converts the generated client's result to a value or the SDK's error.
    pub(crate) fn finish<T: raw::ReportUndecoded>(
        &self,
        result: Result<progenitor_client::ResponseValue<T>, progenitor_client::Error<()>>,
    ) -> Result<T, Error> {
        self.finish_or_body(result).map_err(|unread| match unread {
            Unread::Body(_, error) => self.decode_failed(error),
            Unread::Error(error) => error,
        })
    }

    /// Records that the call failed with this error.
    pub(crate) fn decode_failed(&self, error: Error) -> Error {
        self.0.record_undecodable();
        error
    }

    /// Like [`finish`](Self::finish), but keeps a body that cannot be decoded.
    pub(crate) fn finish_or_body<T: raw::ReportUndecoded>(
        &self,
        result: Result<progenitor_client::ResponseValue<T>, progenitor_client::Error<()>>,
    ) -> Result<T, Unread> {
        let error = match result {
            Ok(value) => {
                self.report_undecoded(&*value);
                return Ok(value.into_inner());
            }
            Err(error) => error,
        };
        if let Some(Record {
            end: Err(error), ..
        }) = self.0.record.get()
        {
            return Err(Unread::Error(error.clone()));
        }
        match error {
            progenitor_client::Error::InvalidResponsePayload(body, cause) => {
                let error = self.undecodable(&body, cause);
                Err(Unread::Body(body, error))
            }
            // Its Display shows headers and bodies, so only the message is kept.
            progenitor_client::Error::InvalidRequest(message) => Err(Unread::Error(
                Error::invalid_input(self.0.action.phrase(), message),
            )),
            progenitor_client::Error::CommunicationError(cause) => {
                Err(Unread::Error(self.not_built(cause)))
            }
            _ => Err(Unread::Error(Error::new(
                ErrorKind::Transport,
                self.0.action.phrase(),
                "the generated client could not process the response",
            ))),
        }
    }

    /// Reports each field of an unexpected form once per client.
    pub(crate) fn report_undecoded(&self, value: &impl raw::ReportUndecoded) {
        let transport = &self.0.transport;
        value.report_undecoded(&mut |object, field| {
            let mut reported = lock(&transport.reported);
            if !reported.contains(&(object, field)) {
                reported.push((object, field));
                drop(reported);
                telemetry::undecoded_field(self.0.operation, object, field);
            }
        });
    }

    /// Sends a raw request.
    pub(crate) async fn send(&self, request: reqwest::Request) -> Result<Reply, Error> {
        self.0.run(request).await
    }

    /// The error for a successful response whose body does not match the contract.
    pub(crate) fn undecodable(&self, body: &[u8], cause: serde_json::Error) -> Error {
        let reason = if body.is_empty() {
            "the body is empty".to_owned()
        } else {
            cause.to_string()
        };
        let mut error = Error::new(
            ErrorKind::Decode,
            self.0.action.phrase(),
            format!("the request succeeded, but its response cannot be decoded: {reason}"),
        )
        .with_raw(body);
        if let Some(Record {
            attempts,
            end: Ok(head),
        }) = self.0.record.get()
        {
            error = error
                .with_attempts(*attempts)
                .with_status(head.status)
                .with_request_id(head.request_id.clone());
        }
        self.0.finish_error(error)
    }

    /// The secrets that nothing shown about this call may contain.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        self.0.secrets()
    }

    fn not_built(&self, cause: reqwest::Error) -> Error {
        let message = format!(
            "the request cannot be built: {}",
            cause_of(&cause.without_url())
        );
        Error::invalid_input(self.0.action.phrase(), message)
    }
}

impl State {
    async fn run(&self, request: reqwest::Request) -> Result<Reply, Error> {
        let CallLimits {
            timeouts,
            max_attempts,
        } = self.transport.limits;
        let backoff = self.transport.backoff;
        let bounds = if self.settings.single_attempt {
            Bounds {
                total: timeouts.attempt.min(timeouts.total),
                attempt: timeouts.attempt,
                max_attempts: 1,
                backoff,
                retried: true,
            }
        } else {
            Bounds {
                total: timeouts.total,
                attempt: timeouts.attempt,
                max_attempts,
                backoff,
                retried: false,
            }
        };
        let (result, attempts, span) = self
            .transport
            .run(
                request,
                bounds,
                &|| self.action.phrase(),
                self.operation,
                self.settings.permission.as_ref(),
            )
            .await;
        if self.operation.is_some() {
            // A call is sent once, so the span is not set yet.
            let _ = self.span.set(span);
        }
        let result = result.and_then(|reply| match self.operation {
            Some(_) if is_web_page(&reply) => Err(self.web_page(&reply, attempts)),
            _ => Ok(reply),
        });
        let result = result.map_err(|error| self.finish_error(error));
        let end = match &result {
            Ok(reply) => Ok(Head {
                status: reply.status,
                request_id: request_id(&reply.headers),
            }),
            Err(error) => Err(error.clone()),
        };
        // A call is sent once, so the record is still empty.
        let _ = self.record.set(Record { attempts, end });
        result
    }

    /// The error for a web page. The API did not send it, so the outcome of the request is unknown.
    fn web_page(&self, reply: &Reply, attempts: u32) -> Error {
        self.record_undecodable();
        Error::new(
            ErrorKind::Decode,
            self.action.phrase(),
            "the response is a web page, not a response of the API: a proxy or a captive portal may have sent it",
        )
        .with_outcome(RequestOutcome::Unknown)
        .with_attempts(attempts)
        .with_status(reply.status)
        .with_request_id(request_id(&reply.headers))
        .with_raw(&reply.body)
        .showing_raw()
    }

    fn record_undecodable(&self) {
        if let Some(span) = self.span.get() {
            telemetry::undecodable(span);
        }
    }

    /// Adds help to an error of this call, and removes secrets from it.
    fn finish_error(&self, mut error: Error) -> Error {
        match error.kind() {
            ErrorKind::Authentication => {
                let reason = self
                    .transport
                    .access_key()
                    .suspicion()
                    .unwrap_or("check that it is complete and belongs to this environment");
                error = error.with_help(format!("the access key is not accepted: {reason}"));
            }
            ErrorKind::PermissionDenied => {
                error = error.with_help(
                    match self.operation.and_then(|operation| operation.permission) {
                        Some(permission) => {
                            format!(
                                "the role of the access key needs the permission `{permission}`"
                            )
                        }
                        None => "the access policy of the key does not cover this call".to_owned(),
                    },
                );
            }
            _ => {}
        }
        error.scrubbed(&self.secrets())
    }

    /// The secrets that no error may show.
    fn secrets(&self) -> Vec<&str> {
        let request = self
            .settings
            .secrets
            .iter()
            .map(|secret| secret.expose_secret());
        std::iter::once(self.transport.access_key().expose())
            .chain(request)
            .collect()
    }
}

impl raw::Transport for State {
    fn execute<'a>(
        &'a self,
        _operation: &'static str,
        request: reqwest::Request,
    ) -> Pin<Box<dyn Future<Output = reqwest::Result<reqwest::Response>> + Send + 'a>> {
        Box::pin(async move {
            // Without a URL, reqwest would parse a placeholder for each response.
            let url = request.url().clone();
            let mut response = http::Response::builder()
                .url(url)
                .body(bytes::Bytes::new())
                .unwrap_or_default();
            match self.run(request).await {
                Ok(reply) => {
                    *response.status_mut() = reply.status;
                    *response.body_mut() = reply.body;
                }
                // Only reqwest can construct its errors, so the error is in the record. Any status that is not a success
                // makes the generated client return.
                Err(_) => *response.status_mut() = StatusCode::BAD_GATEWAY,
            }
            Ok(reqwest::Response::from(response))
        })
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("action", &self.action.phrase())
            .finish_non_exhaustive()
    }
}

/// True for HTML. The API responds with JSON or an empty body. JSON that a proxy labels as HTML is read as JSON.
fn is_web_page(reply: &Reply) -> bool {
    let is_json = || raw::from_json::<serde::de::IgnoredAny>(&reply.body).is_ok();
    !reply.body.is_empty() && is_html(&reply.headers) && !is_json()
}

/// "Create a connector." as a phrase for the middle of a sentence: "create a connector".
fn phrase(summary: &str) -> String {
    let summary = summary.trim_end_matches('.');
    let mut letters = summary.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}
