//! The delivery log of a webhook subscription: list, and details of one delivery.

use serde_json::Value;

use crate::api::error::ApiError;
use crate::routes::call::{Call, HandlerResult};
use crate::routes::lookup::workspace;
use crate::routes::paging::{ListItem, PageRequest, PageSize};
use crate::routes::responses::ok;
use crate::routes::subscriptions::find_subscription;
use crate::state::State;
use crate::state::entry::Item;

pub(super) fn list(state: &State, mut call: Call) -> HandlerResult {
    let id = call.path.id("webhookSubscriptionId")?;
    let page = PageRequest::read(&mut call.query, PageSize::new(10, 100));
    let status = call.query.string("executionStatus");
    call.query.finish()?;
    let workspace = workspace(state, call.workspace)?;
    find_subscription(workspace, id, call.now)?;
    let matches = |entry: &Value| {
        status.is_none()
            || entry.get("executionStatus").and_then(Value::as_str) == status.as_deref()
    };
    let log = workspace
        .delivery_logs
        .get(&id)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let items = log.iter().filter_map(|entry| match &entry.item {
        Item::Raw(value) => Some(ListItem {
            order: entry.order,
            matches: matches(value),
            item: value,
        }),
        Item::Resource(_) => None,
    });
    let page = page.cut(
        items.collect(),
        &format!("logs {id} {status:?}"),
        &state.behavior,
    )?;
    Ok(ok(page.into_json(&state.behavior, Value::clone)))
}

pub(super) fn get(state: &State, mut call: Call) -> HandlerResult {
    let id = call.path.id("webhookSubscriptionId")?;
    let request_id = call.query.string("requestId");
    if request_id.is_none() {
        call.query.add_error("requestId is required".to_owned());
    }
    call.query.finish()?;
    let workspace = workspace(state, call.workspace)?;
    find_subscription(workspace, id, call.now)?;
    let request_id = request_id.unwrap_or_default();
    let log = workspace
        .delivery_logs
        .get(&id)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let found = log.iter().find_map(|entry| match &entry.item {
        Item::Raw(value) if value.get("requestId").and_then(Value::as_str) == Some(&request_id) => {
            Some(value.clone())
        }
        _ => None,
    });
    found
        .map(ok)
        .ok_or_else(|| ApiError::not_found(format_args!("delivery {request_id}")))
}
