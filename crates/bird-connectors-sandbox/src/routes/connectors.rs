//! Connectors: list, get, readiness, delete. Creating one is in `install.rs`.

use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

use super::{Outcome, deleted, ok, workspace, workspace_mut};
use crate::behavior::{Behavior, ConnectorPageLimit, Readiness, ReleaseStatusQuery};
use crate::connector::{Connector, Created, Template};
use crate::dispatch::Call;
use crate::error::ApiError;
use crate::paging::{Listed, PageRequest, PageSize};
use crate::script::Script;
use crate::state::{Entry, Item, State, Workspace};

const fn page_size(behavior: &Behavior) -> PageSize {
    let max = match behavior.connector_page_limit {
        ConnectorPageLimit::Hundred | ConnectorPageLimit::Clamped => 100,
        ConnectorPageLimit::Thousand => 1000,
    };
    PageSize {
        default: 10,
        max,
        clamped: matches!(behavior.connector_page_limit, ConnectorPageLimit::Clamped),
    }
}

pub(super) fn list(state: &State, mut call: Call) -> Outcome {
    let behavior = state.behavior;
    let query = &mut call.query;
    let page = PageRequest::read(query, page_size(&behavior));
    let template = query.text("templateRef");
    if behavior.release_status_query == ReleaseStatusQuery::Known {
        // Accepted, and without effect: what the reply would hold is not documented.
        query.boolean("includeReleaseStatus");
    }
    call.query.finish()?;

    let workspace = workspace(state, call.workspace)?;
    let visible = |entry: &&Entry<Connector>| {
        entry
            .made()
            .is_none_or(|connector| connector.is_visible(call.now))
    };
    let listed = workspace
        .connectors
        .iter()
        .filter(visible)
        .map(|entry| Listed {
            order: entry.order,
            matches: template
                .as_deref()
                .is_none_or(|template| template_ref(entry) == Some(template)),
            item: entry,
        });
    let list = format!("connectors {} {template:?}", call.workspace);
    let page = page.cut(listed.collect(), &list, &behavior)?;
    Ok(ok(page.into_json(&behavior, |entry| {
        entry_json(state, workspace, entry, call.now)
    })))
}

fn template_ref(entry: &Entry<Connector>) -> Option<&str> {
    match &entry.item {
        Item::Made(connector) => connector
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
        Item::Made(connector) => connector.to_json(workspace, now, &state.behavior, &state.clock),
        Item::Raw(value) => value.clone(),
    }
}

pub(super) fn get(state: &State, call: Call) -> Outcome {
    let id = call.id("connectorId")?;
    call.query.finish()?;
    let workspace = workspace(state, call.workspace)?;
    if let Some(connector) = workspace.connector(id, call.now) {
        return Ok(ok(connector.to_json(
            workspace,
            call.now,
            &state.behavior,
            &state.clock,
        )));
    }
    raw(workspace, id).map(|value| ok(value.clone()))
}

pub(super) fn status(state: &State, call: Call) -> Outcome {
    let id = call.id("connectorId")?;
    call.query.finish()?;
    let workspace = workspace(state, call.workspace)?;
    let connector = workspace
        .connector(id, call.now)
        .ok_or_else(|| not_found(id))?;
    let present = connector
        .script
        .has_readiness()
        .unwrap_or(match state.behavior.readiness {
            Readiness::AllTemplates => true,
            Readiness::SmsOnly => connector.slug() == "sms-messagebird",
            Readiness::NoTemplate => false,
        });
    if !present {
        return Err(ApiError::not_found(format_args!(
            "the status of connector {id}"
        )));
    }
    Ok(ok(connector.readiness_json(call.now)))
}

pub(super) fn delete(state: &mut State, call: Call) -> Outcome {
    let id = call.id("connectorId")?;
    call.query.finish()?;
    let (behavior, clock) = (state.behavior, state.clock);
    let workspace = workspace_mut(state, call.workspace)?;
    if let Some(connector) = workspace.connector(id, call.now) {
        let gone = connector.to_json(workspace, call.now, &behavior, &clock);
        if let Some(forgotten) = workspace.delete_connector(id, call.now) {
            state.outbox.forget(forgotten);
        }
        return Ok(deleted(&behavior, gone));
    }
    let gone = raw(workspace, id)?.clone();
    workspace
        .connectors
        .retain(|entry| entry.raw_with_id(id).is_none());
    Ok(deleted(&behavior, gone))
}

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

/// Puts finished SMS connectors into a workspace, as if they had been installed long ago. Gives their ids.
pub(crate) fn seed(state: &mut State, workspace: Uuid, count: usize) -> Vec<Uuid> {
    let owner = state
        .keys
        .first()
        .map_or_else(String::new, |key| key.secret().to_owned());
    let created = state.clock.elapsed();
    let Some(workspace) = state.workspaces.get_mut(&workspace) else {
        return Vec::new();
    };
    let mut ids = Vec::with_capacity(count);
    for _ in 0..count {
        let arguments =
            json!({ "phoneNumberId": Uuid::new_v4(), "channelMessageType": "transactional" });
        let create = Created {
            name: format!("Seeded {}", workspace.connectors.len() + 1),
            template: Template::parse("sms-messagebird:1"),
            arguments: arguments.as_object().cloned(),
            conversational: false,
        };
        let connector = Connector::new(
            create,
            workspace.id,
            owner.clone(),
            Script::instant(),
            created,
        );
        ids.push(connector.id);
        let entry = workspace.entry(Item::Made(connector));
        workspace.connectors.push(entry);
    }
    ids
}
