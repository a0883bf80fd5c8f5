//! The control API of a running sandbox, for other processes such as the command line. Its paths begin with `/_sandbox`, so
//! that they cannot be mistaken for those of the API. Its requests need the access key, are not recorded, and are not subject
//! to rules.

mod trigger;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response as HttpResponse, header};
use axum::routing::post;
use serde_json::{Value, json};

use crate::api::error::ApiError;
use crate::api::object_reader::ObjectReader;
use crate::api::response::Response;
use crate::scenario::access_key::authenticate;
use crate::scene::rule_json::parse_rule;
use crate::shared::Shared;

/// Routes the paths of the control API.
pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    Router::new()
        .route("/_sandbox/rules", post(add_rule).delete(clear_rules))
        .route("/_sandbox/events", post(trigger_event))
        .with_state(Arc::clone(shared))
}

async fn add_rule(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> HttpResponse<Body> {
    let rule = check_key(&shared, &headers)
        .and_then(|()| read_object(&body))
        .and_then(parse_rule);
    respond(rule.map(|rule| {
        shared.lock().add_rule(rule);
        Response::empty(204)
    }))
}

async fn clear_rules(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> HttpResponse<Body> {
    respond(check_key(&shared, &headers).map(|()| {
        let removed = std::mem::take(&mut shared.lock().rules).len();
        Response::json(200, json!({ "removed": removed }))
    }))
}

/// Responds after the first attempt of each delivery.
async fn trigger_event(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> HttpResponse<Body> {
    let request = check_key(&shared, &headers)
        .and_then(|()| read_object(&body))
        .and_then(trigger::parse);
    let triggered = request.and_then(|request| trigger::apply(&mut shared.lock(), request));
    let mut reports = match triggered {
        Ok(reports) => reports,
        Err(error) => return respond(Err(error)),
    };
    shared.notify_changed();
    let mut deliveries = Vec::new();
    while let Some(report) = reports.recv().await {
        deliveries.push(report);
    }
    respond(Ok(Response::json(200, json!({ "deliveries": deliveries }))))
}

fn respond(result: Result<Response, ApiError>) -> HttpResponse<Body> {
    result.unwrap_or_else(Response::from).into_http()
}

fn check_key(shared: &Shared, headers: &HeaderMap) -> Result<(), ApiError> {
    let authorization = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    authenticate(&shared.lock().keys, authorization).map(drop)
}

fn read_object(body: &[u8]) -> Result<ObjectReader, ApiError> {
    let body: Value = serde_json::from_slice(body).map_err(|error| {
        ApiError::new(
            400,
            "InvalidJson",
            format!("the body is not valid JSON: {error}"),
        )
    })?;
    ObjectReader::new(body)
}
