//! The way of one request: recorded, subjected to the rules, authenticated, counted against the limits, handled.

use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderValue, Method, Response as HttpResponse, header, request::Parts};
use axum::routing::{MethodFilter, on};
use serde_json::Value;
use tokio::sync::{Notify, mpsc};
use tokio::time::sleep;
use uuid::Uuid;

use crate::behavior::{RequestId, RetryAfter};
use crate::error::ApiError;
use crate::fault::Fault;
use crate::key::authenticate;
use crate::operation::Operation;
use crate::query::{Query, parse_uuid};
use crate::record::RecordedRequest;
use crate::reply::Response;
use crate::routes;
use crate::rule;
use crate::server::{Door, Line};
use crate::state::State;
use crate::wire::{acts, has_status};

/// Larger bodies are refused; no request of this API comes near.
const BODY_LIMIT: usize = 1 << 20;

/// The state, shared between connections, deliveries and the handle.
pub(crate) struct Shared {
    state: Mutex<State>,
    changed: Notify,
    door: mpsc::UnboundedSender<Door>,
}

impl Shared {
    pub(crate) const fn new(state: State, door: mpsc::UnboundedSender<Door>) -> Self {
        Self {
            state: Mutex::new(state),
            changed: Notify::const_new(),
            door,
        }
    }

    /// Opens or shuts the port.
    pub(crate) fn door(&self, command: Door) {
        // The server is gone only once the sandbox is.
        let _ = self.door.send(command);
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something was changed that may cause deliveries.
    pub(crate) fn notify(&self) {
        self.changed.notify_one();
    }

    /// Waits for that.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }
}

/// A request that has been let in, as its handler sees it.
pub(crate) struct Call {
    pub(crate) operation: Operation,
    /// The secret of the key it came with.
    pub(crate) key: String,
    pub(crate) workspace: Uuid,
    params: Vec<(String, String)>,
    pub(crate) query: Query,
    /// Null where the method has no body.
    pub(crate) body: Value,
    /// How long what it makes is not to be seen, if a fault says so.
    pub(crate) commit_after: Option<Duration>,
    pub(crate) now: Duration,
}

impl Call {
    /// An id out of the path.
    pub(crate) fn id(&self, name: &str) -> Result<Uuid, ApiError> {
        path_id(&self.params, name)
    }
}

/// The router: every operation at its path, anything else 404, any other method 405 with `Allow`.
pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    let mut router = Router::new();
    for operation in Operation::ALL.iter().copied() {
        let Some(filter) = method_filter(operation) else {
            continue;
        };
        let shared = Arc::clone(shared);
        let handler = move |params: Result<RawPathParams, RawPathParamsRejection>,
                            request: Request| {
            answer(
                Arc::clone(&shared),
                Target::Operation(operation, params.ok()),
                request,
            )
        };
        router = router.route(operation.path(), on(filter, handler));
    }
    let unknown = Arc::clone(shared);
    let wrong_method = Arc::clone(shared);
    router
        .method_not_allowed_fallback(move |request: Request| {
            answer(Arc::clone(&wrong_method), Target::WrongMethod, request)
        })
        .fallback(move |request: Request| answer(Arc::clone(&unknown), Target::Nothing, request))
}

fn method_filter(operation: Operation) -> Option<MethodFilter> {
    MethodFilter::try_from(Method::from_bytes(operation.method().as_bytes()).ok()?).ok()
}

/// What method and path lead to.
enum Target {
    Operation(Operation, Option<RawPathParams>),
    WrongMethod,
    Nothing,
}

async fn answer(shared: Arc<Shared>, target: Target, request: Request) -> HttpResponse<Body> {
    let (mut parts, body) = request.into_parts();
    let line = parts.extensions.remove::<Line>();
    let body = to_bytes(body, BODY_LIMIT).await;
    let bytes = body.as_deref().unwrap_or_default();
    let operation = if let Target::Operation(operation, _) = &target {
        Some(*operation)
    } else {
        None
    };
    let (number, effect) = {
        let mut state = shared.lock();
        let request = record(&parts, bytes, operation, state.clock.elapsed());
        let effect = rule::apply(&mut state.rules, &request);
        (state.log.add(request), effect)
    };
    if !effect.delay.is_zero() {
        sleep(effect.delay).await;
    }
    let fault = effect.fault;
    let scripted = effect.reply.or_else(|| {
        let target = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
        fault.as_ref()?.reply(target)
    });
    let needs_answer = fault.as_ref().is_none_or(Fault::needs_answer) && scripted.is_none();
    let processed = if needs_answer || effect.after_processing || fault == Some(Fault::LostResponse)
    {
        let processed = if body.is_ok() {
            process(&mut shared.lock(), target, &parts, bytes, fault.as_ref())
        } else {
            Err(ApiError::new(
                413,
                "PayloadTooLarge",
                format!("the body is cut short or larger than {BODY_LIMIT} bytes"),
            ))
        };
        if parts.method != Method::GET {
            shared.notify();
        }
        Some(processed.unwrap_or_else(Response::from))
    } else {
        None
    };
    if !effect.reply_delay.is_zero() {
        sleep(effect.reply_delay).await;
    }
    let reply = scripted
        .or(processed)
        .unwrap_or_else(|| Response::empty(200));
    let Some(fault) = fault else {
        return respond(&mut shared.lock(), number, reply);
    };
    let reply = fault.alter(reply, parts.uri.query());
    fail(&shared, &fault, reply, number, line).await
}

/// The answer as it leaves.
fn respond(state: &mut State, number: u64, reply: Response) -> HttpResponse<Body> {
    state.log.answered(number, reply.code());
    finish(state, reply)
}

fn finish(state: &State, reply: Response) -> HttpResponse<Body> {
    let mut response = reply.into_response();
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

/// Lets a fault happen to an answer. Where it happens at the socket, the connection is taken out of the hands of whoever waits
/// for this.
async fn fail(
    shared: &Shared,
    fault: &Fault,
    reply: Response,
    number: u64,
    line: Option<Line>,
) -> HttpResponse<Body> {
    if let Fault::Down(wait) = fault {
        shared.door(Door::Shut(Some(*wait), None));
        return pending().await;
    }
    let code = reply.code();
    let (head, body) = finish(&shared.lock(), reply).into_parts();
    // It is in memory: nothing can fail.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let acts = acts(fault, head.clone(), body.clone());
    if acts.as_deref().is_none_or(has_status) {
        shared.lock().log.answered(number, code);
    }
    if let (Some(acts), Some(line)) = (acts, line) {
        // Without a receiver the connection is gone, and nobody waits for an answer.
        let _ = line.send(acts);
        return pending().await;
    }
    HttpResponse::from_parts(head, Body::from(body))
}

fn record(
    parts: &Parts,
    body: &[u8],
    operation: Option<Operation>,
    at: Duration,
) -> RecordedRequest {
    let header = |(name, value): (&header::HeaderName, &HeaderValue)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        // Of the key only its scheme is kept; what has no scheme may be the key itself.
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

fn process(
    state: &mut State,
    target: Target,
    parts: &Parts,
    body: &[u8],
    fault: Option<&Fault>,
) -> Result<Response, ApiError> {
    let (method, path) = (&parts.method, parts.uri.path());
    let (operation, params) = match target {
        Target::Operation(operation, params) => (operation, params),
        Target::WrongMethod => {
            return Err(ApiError::new(
                405,
                "MethodNotAllowed",
                format!("{method} is not allowed on {path}"),
            ));
        }
        Target::Nothing => return Err(ApiError::not_found(format_args!("the path {path}"))),
    };
    let params: Vec<_> = params
        .iter()
        .flat_map(RawPathParams::iter)
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let authorization = parts
        .headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let key = authenticate(&state.keys, authorization)?;

    let id = path_id(&params, "workspaceId")?;
    let workspace = state
        .workspaces
        .get(&id)
        .ok_or_else(|| ApiError::not_found(format_args!("workspace {id}")))?;
    key.check_workspace(id)?;
    let now = state.clock.elapsed();
    if let Err(wait) = state.limiter.admit(id, operation.method(), now) {
        return Ok(too_many_requests(state, wait, now));
    }
    key.check_operation(operation)?;
    if params.iter().any(|(name, _)| name == "organizationId") {
        let organization = path_id(&params, "organizationId")?;
        if organization != workspace.organization {
            return Err(ApiError::not_found(format_args!(
                "workspace {id} in organization {organization}"
            )));
        }
    }
    let query = parts.uri.query();
    let query = query.map(|query| {
        fault
            .and_then(|fault| fault.query(query))
            .unwrap_or_else(|| query.to_owned())
    });
    let call = Call {
        operation,
        key: key.secret().to_owned(),
        workspace: id,
        params,
        query: Query::parse(query.as_deref()),
        body: if matches!(operation.method(), "POST" | "PATCH") {
            read_json(parts, body)?
        } else {
            Value::Null
        },
        commit_after: match fault {
            Some(Fault::SlowCommit(wait)) => Some(*wait),
            _ => None,
        },
        now,
    };
    routes::handle(state, call)
}

fn path_id(params: &[(String, String)], name: &str) -> Result<Uuid, ApiError> {
    let text = params
        .iter()
        .find(|(known, _)| known == name)
        .map_or("", |(_, value)| value);
    parse_uuid(text).ok_or_else(|| {
        ApiError::invalid_parameters(&[format!("{name} must be a UUID, not \"{text}\"")])
    })
}

fn read_json(parts: &Parts, body: &[u8]) -> Result<Value, ApiError> {
    let content_type = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(ApiError::new(
            415,
            "UnsupportedMediaType",
            format!("the body must be application/json, not \"{content_type}\""),
        ));
    }
    serde_json::from_slice(body).map_err(|error| {
        ApiError::new(400, "InvalidJson", format!("the body is not JSON: {error}"))
    })
}

fn too_many_requests(state: &State, wait: Duration, now: Duration) -> Response {
    let reply = Response::from(ApiError::new(
        429,
        "TooManyRequests",
        "the workspace has used up its requests for this second",
    ));
    let whole_seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    match state.behavior.retry_after {
        RetryAfter::Absent => reply,
        RetryAfter::Seconds => reply.header("retry-after", whole_seconds.to_string()),
        RetryAfter::Date => {
            // Both dates come from the same moment and are rounded down alike: their difference is the whole wait.
            let until = now + Duration::from_secs(whole_seconds);
            reply
                .header("date", state.clock.http_date(now))
                .header("retry-after", state.clock.http_date(until))
        }
    }
}
