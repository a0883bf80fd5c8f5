//! The way of a request through the server: it is recorded, the rules of the test are applied, it is processed, and the
//! response or a fault is sent.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderValue, Method, Response as HttpResponse, header, request::Parts};
use axum::routing::{MethodFilter, on};
use tokio::time::sleep;
use uuid::Uuid;

use crate::api::error::ApiError;
use crate::api::operation::Operation;
use crate::api::response::Response;
use crate::record::RecordedRequest;
use crate::scenario::behavior::RequestId;
use crate::scenario::fault::Fault;
use crate::scenario::rule;
use crate::server::observer::RequestObserver;
use crate::server::process::{BODY_LIMIT, Target, process};
use crate::server::socket_action::{Takeover, sends_status, socket_actions};
use crate::shared::{PortCommand, Shared};
use crate::state::State;

/// Routes every operation to its path. Any other path answers 404, and any other method answers 405 with `Allow`.
pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    let mut router = Router::new();
    for operation in Operation::ALL.iter().copied() {
        let Some(filter) = method_filter(operation) else {
            continue;
        };
        let shared = Arc::clone(shared);
        let handler = move |params: Result<RawPathParams, RawPathParamsRejection>,
                            request: Request| {
            let params = params.iter().flat_map(RawPathParams::iter).collect();
            let target = Target::Operation(operation, params);
            dispatch(Arc::clone(&shared), target, request)
        };
        router = router.route(operation.path(), on(filter, handler));
    }
    let unknown_path = Arc::clone(shared);
    let wrong_method = Arc::clone(shared);
    router
        .method_not_allowed_fallback(move |request: Request| {
            dispatch(Arc::clone(&wrong_method), Target::WrongMethod, request)
        })
        .fallback(move |request: Request| {
            dispatch(Arc::clone(&unknown_path), Target::UnknownPath, request)
        })
}

fn method_filter(operation: Operation) -> Option<MethodFilter> {
    MethodFilter::try_from(Method::from_bytes(operation.method().as_bytes()).ok()?).ok()
}

async fn dispatch(shared: Arc<Shared>, target: Target, request: Request) -> HttpResponse<Body> {
    let (mut parts, body) = request.into_parts();
    let takeover = parts.extensions.remove::<Takeover>();
    let body = to_bytes(body, BODY_LIMIT).await;
    let bytes = body.as_deref().unwrap_or_default();
    let (number, effect, observer) = {
        let mut state = shared.lock();
        let operation = target.operation();
        let request = record(&parts, bytes, operation, state.clock.elapsed());
        let effect = rule::apply(&mut state.rules, &request);
        let observer = RequestObserver::start(&mut state, &parts, bytes, operation, &effect);
        (state.requests.add(request), effect, observer)
    };
    if !effect.delay.is_zero() {
        sleep(effect.delay).await;
    }
    let fault = effect.fault;
    let scripted = effect.response.or_else(|| {
        let target = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
        fault.as_ref()?.replacement(target)
    });
    let needs_response = fault.as_ref().is_none_or(Fault::needs_response) && scripted.is_none();
    let processed =
        if needs_response || effect.after_processing || fault == Some(Fault::LostResponse) {
            let processed = if body.is_ok() {
                process(&mut shared.lock(), target, &parts, bytes, fault.as_ref())
            } else {
                Err(ApiError::new(
                    413,
                    "PayloadTooLarge",
                    format!("the body is incomplete or larger than {BODY_LIMIT} bytes"),
                ))
            };
            if let Err(error) = &processed {
                observer.refused(&mut shared.lock(), error);
            }
            if parts.method != Method::GET {
                shared.notify_changed();
            }
            Some(processed.unwrap_or_else(Response::from))
        } else {
            None
        };
    if !effect.response_delay.is_zero() {
        sleep(effect.response_delay).await;
    }
    let response = scripted
        .or(processed)
        .unwrap_or_else(|| Response::empty(200));
    let Some(fault) = fault else {
        let mut state = shared.lock();
        observer.answered(&mut state, || response.body_bytes());
        state.requests.set_status(number, response.status_code());
        observer.finish(&mut state, Some(response.status_code()));
        return add_common_headers(&state, response);
    };
    let response = fault.alter(response, parts.uri.query());
    apply_fault(&shared, &fault, response, (number, observer), takeover).await
}

/// Adds the headers that every response has.
fn add_common_headers(state: &State, response: Response) -> HttpResponse<Body> {
    let mut response = response.into_http();
    let headers = response.headers_mut();
    if let Ok(date) = HeaderValue::try_from(state.clock.http_date(state.clock.elapsed())) {
        headers.entry(header::DATE).or_insert(date);
    }
    if state.behavior.request_id == RequestId::Header
        && let Ok(id) = HeaderValue::try_from(Uuid::new_v4().to_string())
    {
        headers.entry("x-request-id").or_insert(id);
    }
    response
}

/// Applies a fault to a response. If the fault acts on the socket, it takes the connection over, and this never returns: the
/// connection drops this future.
async fn apply_fault(
    shared: &Shared,
    fault: &Fault,
    response: Response,
    (number, observer): (u64, RequestObserver),
    takeover: Option<Takeover>,
) -> HttpResponse<Body> {
    if let Fault::Down(duration) = fault {
        observer.finish(&mut shared.lock(), None);
        shared.send_to_port(PortCommand::Close {
            duration: Some(*duration),
            done: None,
        });
        return pending().await;
    }
    let status = response.status_code();
    let (parts, body) = add_common_headers(&shared.lock(), response).into_parts();
    // The body is in memory, so reading it cannot fail.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let actions = socket_actions(fault, parts.clone(), body.clone());
    let sent = actions.as_deref().is_none_or(sends_status);
    {
        let mut state = shared.lock();
        if sent {
            observer.answered(&mut state, || body.clone());
        }
        observer.finish(&mut state, Some(status).filter(|_| sent));
        if sent {
            state.requests.set_status(number, status);
        }
    }
    if let (Some(actions), Some(takeover)) = (actions, takeover) {
        // Sending fails only if the connection is closed already.
        let _ = takeover.send(actions);
        return pending().await;
    }
    HttpResponse::from_parts(parts, Body::from(body))
}

fn record(
    parts: &Parts,
    body: &[u8],
    operation: Option<Operation>,
    at: Duration,
) -> RecordedRequest {
    let header = |(name, value): (&header::HeaderName, &HeaderValue)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        // Only the scheme of the access key is recorded. A value without a scheme may be the key itself.
        let value = match value.split_once(' ') {
            Some((scheme, _)) if name == header::AUTHORIZATION => scheme.to_owned(),
            None if name == header::AUTHORIZATION => String::new(),
            _ => value,
        };
        (name.as_str().to_owned(), value)
    };
    RecordedRequest {
        operation,
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: parts.headers.iter().map(header).collect(),
        body: serde_json::from_slice(body).ok(),
        status: None,
        at,
    }
}
