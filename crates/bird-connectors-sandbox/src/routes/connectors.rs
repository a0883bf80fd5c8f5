//! Connectors: list, get, readiness and delete. `create_connector.rs` has the create.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::error::ApiError;
use crate::api::id::other_id;
use crate::routes::call::{Call, HandlerResult};
use crate::routes::lookup::{workspace, workspace_mut};
use crate::routes::paging::{ListItem, PageRequest, PageSize};
use crate::routes::responses::{deleted, ok};
use crate::scenario::behavior::{
    Behavior, ConnectorPageLimit, ReadSubject, Readiness, ReleaseStatusQuery,
};
use crate::state::State;
use crate::state::connector::Connector;
use crate::state::entry::{Entry, Item};
use crate::state::workspace::Workspace;

const fn page_size(behavior: &Behavior) -> PageSize {
    let max = match behavior.connector_page_limit {
        ConnectorPageLimit::Hundred | ConnectorPageLimit::Clamped => 100,
        ConnectorPageLimit::Thousand => 1000,
    };
    PageSize {
        default: 10,
        max,
        clamp: matches!(behavior.connector_page_limit, ConnectorPageLimit::Clamped),
    }
}

pub(super) fn list(state: &State, mut call: Call) -> HandlerResult {
    let behavior = state.behavior;
    let query = &mut call.query;
    let page = PageRequest::read(query, page_size(&behavior));
    let template = query.string("templateRef");
    if behavior.release_status_query == ReleaseStatusQuery::Known {
        // The parameter has no effect: what it adds to the response is not documented.
        query.boolean("includeReleaseStatus");
    }
    call.query.finish()?;

    let workspace = workspace(state, call.workspace)?;
    let visible = |entry: &&Entry<Connector>| {
        entry
            .resource()
            .is_none_or(|connector| connector.is_visible(call.now))
    };
    let items = workspace
        .connectors
        .iter()
        .filter(visible)
        .map(|entry| ListItem {
            order: entry.order,
            matches: template
                .as_deref()
                .is_none_or(|template| template_ref(entry) == Some(template)),
            item: entry,
        });
    let list = format!("connectors {} {template:?}", call.workspace);
    let page = page.cut(items.collect(), &list, &behavior)?;
    Ok(ok(page.into_json(&behavior, |entry| {
        entry_json(state, workspace, entry, call.now)
    })))
}

fn template_ref(entry: &Entry<Connector>) -> Option<&str> {
    match &entry.item {
        Item::Resource(connector) => connector
            .template
            .as_ref()
            .map(|template| template.reference.as_str()),
        Item::Raw(value) => value.get("connectorTemplateRef").and_then(Value::as_str),
    }
}

fn entry_json(
    state: &State,
    workspace: &Workspace,
    entry: &Entry<Connector>,
    now: Duration,
) -> Value {
    match &entry.item {
        Item::Resource(connector) => connector.to_json(
            &workspace.render_context(&state.behavior, &state.clock),
            now,
        ),
        Item::Raw(value) => value.clone(),
    }
}

pub(super) fn get(state: &State, call: Call) -> HandlerResult {
    let id = call.path.id("connectorId")?;
    call.query.finish()?;
    let workspace = workspace(state, call.workspace)?;
    if let Some(connector) = workspace.connector(id, call.now) {
        let context = workspace.render_context(&state.behavior, &state.clock);
        let mut body = connector.to_json(&context, call.now);
        if state.behavior.read_subject == ReadSubject::OtherConnector {
            body["id"] = json!(other_id(id));
        }
        return Ok(ok(body));
    }
    raw(workspace, id).map(|value| ok(value.clone()))
}

pub(super) fn status(state: &State, call: Call) -> HandlerResult {
    let id = call.path.id("connectorId")?;
    call.query.finish()?;
    let workspace = workspace(state, call.workspace)?;
    let connector = workspace
        .connector(id, call.now)
        .ok_or_else(|| not_found(id))?;
    let has_readiness =
        connector
            .script
            .readiness_override()
            .unwrap_or(match state.behavior.readiness {
                Readiness::AllTemplates => true,
                Readiness::SmsOnly => connector.slug() == "sms-messagebird",
                Readiness::NoTemplate => false,
            });
    if !has_readiness {
        return Err(ApiError::not_found(format_args!(
            "the status of connector {id}"
        )));
    }
    Ok(ok(connector.readiness_json(call.now)))
}

pub(super) fn delete(state: &mut State, call: Call) -> HandlerResult {
    let id = call.path.id("connectorId")?;
    call.query.finish()?;
    let (behavior, clock) = (state.behavior, state.clock);
    let workspace = workspace_mut(state, call.workspace)?;
    if let Some(connector) = workspace.connector(id, call.now) {
        let body = connector.to_json(&workspace.render_context(&behavior, &clock), call.now);
        if let Some(dropped) = workspace.delete_connector(id, call.now) {
            state.outbox.forget_connector(dropped);
        }
        return Ok(deleted(&behavior, body));
    }
    let body = raw(workspace, id)?.clone();
    workspace
        .connectors
        .retain(|entry| entry.raw_with_id(id).is_none());
    Ok(deleted(&behavior, body))
}

/// A connector that a test inserted as raw JSON.
fn raw(workspace: &Workspace, id: Uuid) -> Result<&Value, ApiError> {
    workspace
        .connectors
        .iter()
        .find_map(|entry| entry.raw_with_id(id))
        .ok_or_else(|| not_found(id))
}

fn not_found(id: Uuid) -> ApiError {
    ApiError::not_found(format_args!("connector {id}"))
}
