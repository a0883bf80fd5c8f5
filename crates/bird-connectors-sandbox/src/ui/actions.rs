//! What the page changes. Every action is a POST with a JSON object, which may be empty.

use std::time::Duration;

use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use uuid::Uuid;

use crate::api::error::ApiError;
use crate::api::id::parse_uuid;
use crate::api::object_reader::ObjectReader;
use crate::api::response::Response;
use crate::delivery::resend::{Reordered, ResendKind, resend};
use crate::scenario::behavior::Behavior;
use crate::scenario::rate_limits::RateLimits;
use crate::scene::rule_json::parse_rule;
use crate::state::State;
use crate::ui::page::{PREFIX, Page, parse_number};
use crate::ui::request_view;

/// How long a repeated request may take. Some faults never answer.
const REPEAT_TIMEOUT: Duration = Duration::from_secs(5);

/// The status of a failed install, unless the page chooses another one.
const FAILED: &str = "failed";

pub(super) async fn run(page: &Page, path: &str, body: &[u8]) -> Result<Response, ApiError> {
    let unknown = || ApiError::not_found(format_args!("the path {PREFIX}/api/{path}"));
    let body = read_object(body)?;
    let parts: Vec<_> = path.split('/').collect();
    let result = match parts.as_slice() {
        ["connectors", id, action] => {
            let id = parse_uuid(id).ok_or_else(unknown)?;
            change_connector(&mut page.shared.lock(), id, action, body)
        }
        ["requests", number, "repeat"] => {
            body.finish()?;
            repeat(page, parse_number(number)?).await
        }
        ["deliveries", number, "resend"] => {
            resend_delivery(page, parse_number(number)?, body).await
        }
        ["rules"] => {
            let rule = parse_rule(body)?;
            let mut state = page.shared.lock();
            state.add_rule(rule);
            Ok(json!({ "number": state.last_rule }))
        }
        ["rules", "clear"] => {
            body.finish()?;
            let removed = std::mem::take(&mut page.shared.lock().rules).len();
            Ok(json!({ "removed": removed }))
        }
        ["rules", number, "remove"] => {
            body.finish()?;
            let number = parse_number(number)?;
            let mut state = page.shared.lock();
            let before = state.rules.len();
            state.rules.retain(|rule| rule.number != number);
            Ok(json!({ "removed": before - state.rules.len() }))
        }
        ["behavior"] => set_behavior(&mut page.shared.lock(), body),
        ["clock"] => change_clock(&mut page.shared.lock(), body),
        ["limits"] => set_limits(&mut page.shared.lock(), body),
        _ => Err(unknown()),
    }?;
    page.shared.notify_changed();
    if let Some(observations) = &page.shared.lock().observations {
        observations.touch();
    }
    Ok(Response::json(200, result))
}

/// An empty body is an empty object.
fn read_object(body: &[u8]) -> Result<ObjectReader, ApiError> {
    let value: Value = if body.is_empty() {
        json!({})
    } else {
        serde_json::from_slice(body).map_err(|error| {
            let message = format!("the body is not valid JSON: {error}");
            ApiError::new(400, "InvalidJson", message)
        })?
    };
    ObjectReader::new(value)
}

fn change_connector(
    state: &mut State,
    id: Uuid,
    action: &str,
    mut body: ObjectReader,
) -> Result<Value, ApiError> {
    let now = state.clock.elapsed();
    let not_found = || ApiError::not_found(format_args!("connector {id}"));
    match action {
        "advance" => {
            body.finish()?;
            let connector = state.connector_mut(id).ok_or_else(not_found)?;
            let age = connector.age(now);
            let changed = connector.change_script(|script| script.advance(age));
            Ok(json!({ "changed": changed }))
        }
        "delay" => {
            let by = body.optional_milliseconds("milliseconds");
            let by = by.unwrap_or(Duration::from_secs(10));
            body.finish()?;
            let connector = state.connector_mut(id).ok_or_else(not_found)?;
            let age = connector.age(now);
            let changed = connector.change_script(|script| script.postpone(age, by));
            Ok(json!({ "changed": changed }))
        }
        "end" => {
            let status = body.optional_string("status");
            body.finish()?;
            let connector = state.connector_mut(id).ok_or_else(not_found)?;
            let age = connector.age(now);
            let status = status.unwrap_or_else(|| FAILED.to_owned());
            connector.change_script(|script| script.end_with_status(age, status));
            Ok(json!({ "changed": true }))
        }
        _ => Err(ApiError::not_found(format_args!("the action {action}"))),
    }
}

/// Sends a request again, over a new connection, as the client has sent it.
async fn repeat(page: &Page, number: u64) -> Result<Value, ApiError> {
    let request = {
        let state = page.shared.lock();
        let request = request_view::find(&state, number)?;
        if request.body.len() != request.body_length {
            let message = "the body was too long to be kept, so the request cannot be repeated";
            return Err(ApiError::new(409, "NotRepeatable", message));
        }
        let target = match &request.query {
            Some(query) => format!("{}?{query}", request.path),
            None => request.path.clone(),
        };
        let mut builder = Request::builder()
            .method(request.method.as_str())
            .uri(target)
            .header("host", page.api.to_string());
        for (name, value) in request.repeated_headers() {
            builder = builder.header(name, value);
        }
        builder.body(Full::new(request.body.clone())).map_err(|_| {
            let message = "the request has a header that cannot be sent again";
            ApiError::new(409, "NotRepeatable", message)
        })?
    };
    let status = timeout(REPEAT_TIMEOUT, send(page, request)).await;
    Ok(json!({ "status": status.ok().flatten() }))
}

/// The status of the response. `None` if the connection ends without one.
async fn send(page: &Page, request: Request<Full<Bytes>>) -> Option<u16> {
    let stream = TcpStream::connect(page.api).await.ok()?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.ok()?;
    let mut response = std::pin::pin!(sender.send_request(request));
    let response = tokio::select! {
        response = &mut response => response,
        _ = connection => response.await,
    };
    Some(response.ok()?.status().as_u16())
}

async fn resend_delivery(
    page: &Page,
    number: u64,
    mut body: ObjectReader,
) -> Result<Value, ApiError> {
    let kind = body.required_string("kind");
    let age = body.optional_whole_number("ageSeconds").unwrap_or(4 * 3600);
    let kind = match kind.as_str() {
        "replay" => ResendKind::Replay,
        "twice" => ResendKind::Twice,
        "late" => ResendKind::Late(Duration::from_secs(age)),
        "forged" => ResendKind::Forged,
        "out-of-order" => ResendKind::OutOfOrder,
        _ => {
            if !kind.is_empty() {
                body.add_field_error(
                    "kind",
                    "must be replay, twice, late, forged or out-of-order",
                );
            }
            ResendKind::Replay
        }
    };
    body.finish()?;
    let (sent, reordered) = {
        let state = page.shared.lock();
        let not_found = || ApiError::not_found(format_args!("delivery {number}"));
        let observations = state.observations.as_ref().ok_or_else(not_found)?;
        let sent = observations.deliveries.get(number).ok_or_else(not_found)?;
        let reordered = (kind == ResendKind::OutOfOrder)
            .then(|| Reordered::find(&observations.deliveries, number))
            .transpose()
            .map_err(|reason| ApiError::new(409, "NothingToReorder", reason))?;
        (sent.delivery.clone(), reordered)
    };
    let has_route = page.shared.lock().webhooks.has_route(&sent.url);
    let statuses = resend(&page.shared, sent, reordered, kind).await;
    Ok(json!({ "statuses": statuses, "hasRoute": has_route }))
}

/// Sets one reading of the API, or resets all of them.
fn set_behavior(state: &mut State, mut body: ObjectReader) -> Result<Value, ApiError> {
    if body.nullable_bool("reset") == Some(true) {
        body.finish()?;
        state.behavior = Behavior::default();
        return Ok(json!({ "changed": true }));
    }
    let name = body.required_string("name");
    let value = body.required_string("value");
    let settings = state.behavior.settings();
    let setting = settings.iter().find(|setting| setting.name() == name);
    let variant =
        setting.and_then(|setting| setting.values().position(|(known, _)| known == value));
    match (setting, variant) {
        (Some(setting), Some(variant)) => {
            body.finish()?;
            state.behavior.set(setting.field, variant);
            Ok(json!({ "changed": true }))
        }
        (None, _) => {
            body.add_field_error("name", "must be a known reading");
            body.finish()?;
            Ok(Value::Null)
        }
        (Some(setting), None) => {
            let known: Vec<_> = setting.values().map(|(name, _)| name).collect();
            body.add_field_error("value", format_args!("must be one of {}", known.join(", ")));
            body.finish()?;
            Ok(Value::Null)
        }
    }
}

/// Holds the clock, lets it run, or steps it: by a time, or to the next change.
fn change_clock(state: &mut State, mut body: ObjectReader) -> Result<Value, ApiError> {
    let action = body.required_string("action");
    let by = body.optional_milliseconds("milliseconds");
    let next = crate::ui::sections::next_change(state);
    match action.as_str() {
        "hold" | "run" | "step" | "next" | "" => {}
        _ => body.add_field_error("action", "must be hold, run, step or next"),
    }
    body.finish()?;
    let now = state.clock.elapsed();
    match action.as_str() {
        "hold" => state.clock.hold(),
        "run" => state.clock.run(),
        "step" => state.clock.step(by.unwrap_or(Duration::from_secs(1))),
        _ => match next {
            Some(next) => state.clock.step(next.saturating_sub(now)),
            None => return Ok(json!({ "changed": false })),
        },
    }
    Ok(json!({ "changed": true }))
}

fn set_limits(state: &mut State, mut body: ObjectReader) -> Result<Value, ApiError> {
    let enforced = body.nullable_bool("enforced");
    if enforced.is_none() {
        body.add_field_error("enforced", "is required");
    }
    body.finish()?;
    state.rate_limiter.set_limits(match enforced {
        Some(true) => RateLimits::documented(),
        _ => RateLimits::default(),
    });
    Ok(json!({ "enforced": enforced }))
}
