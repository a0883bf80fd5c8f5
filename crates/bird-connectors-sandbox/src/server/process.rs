//! Processes a request: authentication, permissions, rate limits and parsing, and then the handler of the operation.

use std::time::Duration;

use axum::http::{header, request::Parts};
use serde_json::Value;

use crate::api::error::ApiError;
use crate::api::operation::Operation;
use crate::api::query::Query;
use crate::api::response::Response;
use crate::routes;
use crate::routes::call::{Call, PathParams};
use crate::scenario::access_key::authenticate;
use crate::scenario::behavior::RetryAfter;
use crate::scenario::fault::Fault;
use crate::state::State;

/// The maximum size of a request body in bytes. Requests of this API are far smaller.
pub(super) const BODY_LIMIT: usize = 1 << 20;

/// What the method and path of a request lead to.
pub(super) enum Target {
    Operation(Operation, PathParams),
    WrongMethod,
    UnknownPath,
}

impl Target {
    pub(super) const fn operation(&self) -> Option<Operation> {
        match self {
            Self::Operation(operation, _) => Some(*operation),
            Self::WrongMethod | Self::UnknownPath => None,
        }
    }
}

pub(super) fn process(
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
        Target::UnknownPath => return Err(ApiError::not_found(format_args!("the path {path}"))),
    };
    let authorization = parts
        .headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let key = authenticate(&state.keys, authorization)?;

    let id = params.id("workspaceId")?;
    let workspace = state
        .workspaces
        .get(&id)
        .ok_or_else(|| ApiError::not_found(format_args!("workspace {id}")))?;
    key.check_workspace(id)?;
    let now = state.clock.elapsed();
    let real_now = state.clock.real_elapsed();
    let admitted = state.rate_limiter.admit(id, operation.method(), real_now);
    if let Err(wait) = admitted {
        return Ok(too_many_requests(state, wait, now));
    }
    key.check_operation(operation)?;
    if params.contains("organizationId") {
        let organization = params.id("organizationId")?;
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
        path: params,
        query: Query::parse(query.as_deref()),
        body: if matches!(operation.method(), "POST" | "PATCH") {
            read_json(parts, body)?
        } else {
            Value::Null
        },
        commit_after: match fault {
            Some(Fault::SlowCommit(delay)) => Some(*delay),
            _ => None,
        },
        now,
    };
    routes::handle(state, call)
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
        ApiError::new(
            400,
            "InvalidJson",
            format!("the body is not valid JSON: {error}"),
        )
    })
}

fn too_many_requests(state: &State, wait: Duration, now: Duration) -> Response {
    let response = Response::from(ApiError::new(
        429,
        "TooManyRequests",
        "the rate limit of the workspace is exceeded",
    ));
    let whole_seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    match state.behavior.retry_after {
        RetryAfter::Absent => response,
        RetryAfter::Seconds => response.header("retry-after", whole_seconds.to_string()),
        RetryAfter::Date => {
            // Both dates are computed from the same time and rounded down, so that their difference is the whole wait.
            let until = now + Duration::from_secs(whole_seconds);
            response
                .header("date", state.clock.http_date(now))
                .header("retry-after", state.clock.http_date(until))
        }
    }
}
