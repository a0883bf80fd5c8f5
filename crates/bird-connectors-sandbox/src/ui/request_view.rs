//! One request in full: headers and body without secrets, and for a refused one the nearest valid form.

use serde_json::{Map, Value, json};

use crate::api::error::ApiError;
use crate::api::percent::decode_lossy;
use crate::api::redaction::{MASK, Redactor, is_authorization_scheme};
use crate::scenario::access_key::authenticate;
use crate::state::State;
use crate::state::entry::Entry;
use crate::state::observations::ObservedRequest;
use crate::state::use_case::UseCase;
use crate::ui::nearest::form::{Known, Refused, ValidForm};
use crate::ui::page::Page;
use crate::ui::{nearest, sections};

pub(super) fn details(page: &Page, state: &State, number: u64) -> Result<Value, ApiError> {
    let request = find(state, number)?;
    let redactor = state.redactor();
    let own = Redactor::new(request.secrets.iter().cloned());
    let mut details = sections::request(number, request, &redactor);
    let headers = request.headers.iter().map(|(name, value)| {
        let shown = match name.as_str() {
            "authorization" => authorization_scheme(request),
            _ if value.is_empty() => MASK.to_owned(),
            _ => own.text(value),
        };
        (own.text(name), json!(shown))
    });
    details["headers"] = Value::Object(headers.collect::<Map<_, _>>());
    let body: Option<Value> = serde_json::from_slice(&request.body).ok();
    let body = body.map(|body| own.json(&redactor.json(&body)));
    details["bodyLength"] = json!(request.body_length);
    details["repeatable"] = json!(request.body.len() == request.body_length);
    let response = &request.response;
    details["responseLength"] = json!(request.response_length);
    details["responseKept"] = json!(response.len() == request.response_length);
    details["response"] = match serde_json::from_slice(response) {
        Ok(json) => own.json(&redactor.json(&json)),
        Err(_) if response.is_empty() => Value::Null,
        Err(_) => json!(own.string(&redactor.string(&String::from_utf8_lossy(response)))),
    };
    if let Some(error) = &request.error {
        let known = known(page, state);
        let refused = Refused {
            operation: request.operation,
            method: &request.method,
            path: &decode_lossy(&request.path),
            query: request.query.as_deref(),
            body: body.as_ref(),
            is_authorized: authenticate(&state.keys, request.authorization.as_deref()).is_ok(),
            is_json: is_json(request),
            error,
        };
        details["error"] = json!({ "status": error.status(), "code": error.code() });
        details["broken"] = json!(nearest::broken_rules(error));
        let nearest = nearest::valid_form(&refused, &known);
        details["nearest"] =
            own.json(&redactor.json(&nearest.map_or(Value::Null, ValidForm::into_json)));
    }
    details["body"] = body.unwrap_or_default();
    // Messages can quote values of the request.
    for name in ["broken", "reason"] {
        details[name] = own.json_values(&details[name].take());
    }
    Ok(details)
}

pub(super) fn find(state: &State, number: u64) -> Result<&ObservedRequest, ApiError> {
    let observations = state.observations.as_ref();
    observations
        .and_then(|observations| observations.requests.get(number))
        .ok_or_else(|| ApiError::not_found(format_args!("request {number}")))
}

/// Only the scheme is shown. A value without a scheme may be the key itself.
fn authorization_scheme(request: &ObservedRequest) -> String {
    let value = request.authorization.as_deref().unwrap_or_default();
    let scheme = value.split_once(' ').map_or("", |(scheme, _)| scheme);
    let scheme = if is_authorization_scheme(scheme) {
        scheme
    } else {
        ""
    };
    format!("{scheme} {}", MASK).trim().to_owned()
}

/// Whether the body is declared as JSON.
fn is_json(request: &ObservedRequest) -> bool {
    let mut headers = request.headers.iter();
    let declared = headers.find(|(name, _)| name == "content-type");
    declared.is_some_and(|(_, value)| {
        let essence = value.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/json")
    })
}

/// What the sandbox has, for the values of a valid request.
fn known(page: &Page, state: &State) -> Known {
    let now = state.clock.elapsed();
    let workspace = state.workspaces.get(&page.workspace);
    let numbers = workspace
        .into_iter()
        .flat_map(|workspace| &workspace.numbers);
    let numbers: Vec<_> = numbers
        .filter_map(Entry::resource)
        .map(|number| (number.id(), number.needs_use_case()))
        .collect();
    let use_cases = workspace
        .into_iter()
        .flat_map(|workspace| &workspace.use_cases);
    let use_cases = use_cases.filter_map(Entry::resource);
    let connectors = workspace
        .into_iter()
        .flat_map(|workspace| workspace.visible_connectors(now));
    let connectors: Vec<_> = connectors.map(|(_, connector)| connector.id).collect();
    let channels = workspace
        .into_iter()
        .flat_map(|workspace| workspace.visible_channels(now));
    let channels: Vec<_> = channels.map(|(_, channel)| channel.id).collect();
    let subscriptions = workspace
        .into_iter()
        .flat_map(|workspace| workspace.subscriptions.iter().filter_map(Entry::resource));
    let subscriptions: Vec<_> = subscriptions.map(|subscription| subscription.id).collect();
    let use_cases: Vec<_> = use_cases.map(UseCase::id).collect();
    Known {
        workspace: page.workspace,
        organization: workspace
            .map(|workspace| workspace.organization)
            .unwrap_or_default(),
        numbers,
        use_case: use_cases.first().copied(),
        connector: connectors.first().copied(),
        channel: channels.first().copied(),
        subscription: subscriptions.first().copied(),
        existing: [connectors, channels, subscriptions, use_cases].concat(),
    }
}
