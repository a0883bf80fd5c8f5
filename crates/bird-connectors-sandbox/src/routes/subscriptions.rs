//! Webhook subscriptions: create, list, get, update and delete. Both path families share the same subscriptions.

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use crate::api::error::ApiError;
use crate::api::object_reader::ObjectReader;
use crate::api::operation::Operation;
use crate::routes::call::{Call, HandlerResult};
use crate::routes::lookup::{workspace, workspace_mut};
use crate::routes::paging::{ListItem, PageRequest, PageSize};
use crate::routes::responses::{created, deleted, ok};
use crate::routes::subscription_input::{check_filter_limit, read_filters, read_url};
use crate::state::State;
use crate::state::entry::{Entry, Item};
use crate::state::subscription::Subscription;
use crate::state::workspace::Workspace;

pub(super) fn create(state: &mut State, call: Call) -> HandlerResult {
    let (behavior, clock) = (state.behavior, state.clock);
    call.query.finish()?;
    let mut body = ObjectReader::new(call.body)?;
    let service = body.required_string("service");
    let event = body.required_string("event");
    let url = read_url(&mut body, &behavior);
    let filters = read_filters(&mut body, &service);
    let signing_key = body.optional_string("signingKey");
    let template = body.any("template").filter(|template| !template.is_null());
    body.finish()?;

    let workspace = workspace_mut(state, call.workspace)?;
    check_filter_limit(workspace, None, &service, &event, filters.as_deref())?;
    let subscription = Subscription {
        id: Uuid::new_v4(),
        service,
        event,
        url,
        active: true,
        filters,
        template,
        signing_key,
        created: call.now,
        updated: call.now,
        visible: call.now + call.commit_after.unwrap_or_default(),
    };
    let body = subscription.to_json(&workspace.render_context(&behavior, &clock), true);
    let entry = workspace.new_entry(Item::Resource(subscription));
    workspace.subscriptions.push(entry);
    Ok(created(&behavior, body))
}

pub(super) fn list(state: &State, mut call: Call) -> HandlerResult {
    let default = if call.operation == Operation::ListWebhookSubscriptions {
        25
    } else {
        10
    };
    let page = PageRequest::read(&mut call.query, PageSize::new(default, 100));
    call.query.finish()?;
    let workspace = workspace(state, call.workspace)?;
    let visible = |entry: &&Entry<Subscription>| is_visible(entry, call.now);
    let items = workspace
        .subscriptions
        .iter()
        .filter(visible)
        .map(|entry| ListItem {
            order: entry.order,
            matches: true,
            item: entry,
        });
    let page = page.cut(
        items.collect(),
        &format!("subscriptions {}", call.workspace),
        &state.behavior,
    )?;
    Ok(ok(page.into_json(&state.behavior, |entry| {
        entry_json(state, workspace, entry, false)
    })))
}

fn entry_json(
    state: &State,
    workspace: &Workspace,
    entry: &Entry<Subscription>,
    key_was_set: bool,
) -> Value {
    match &entry.item {
        Item::Resource(subscription) => subscription.to_json(
            &workspace.render_context(&state.behavior, &state.clock),
            key_was_set,
        ),
        Item::Raw(value) => value.clone(),
    }
}

pub(super) fn get(state: &State, call: Call) -> HandlerResult {
    let id = call.path.id("webhookSubscriptionId")?;
    call.query.finish()?;
    let workspace = workspace(state, call.workspace)?;
    let entry = find_subscription(workspace, id, call.now)?;
    Ok(ok(entry_json(state, workspace, entry, false)))
}

pub(super) fn update(state: &mut State, call: Call) -> HandlerResult {
    let id = call.path.id("webhookSubscriptionId")?;
    call.query.finish()?;
    let (behavior, clock) = (state.behavior, state.clock);
    let workspace = workspace_mut(state, call.workspace)?;
    let current = find_subscription(workspace, id, call.now)?
        .resource()
        .ok_or_else(|| subscription_not_found(id))?;

    let mut body = ObjectReader::new(call.body)?;
    if body.is_empty() {
        body.add_error(
            "at least one of url, signingKey, status, eventFilters and template is required",
        );
    }
    let url = body.contains("url").then(|| read_url(&mut body, &behavior));
    let sets_key = body.contains("signingKey");
    let signing_key = body.optional_string("signingKey");
    let active = match body.optional_string("status").as_deref() {
        None => None,
        Some("active") => Some(true),
        Some("inactive") => Some(false),
        Some(other) => {
            body.add_error(format!(
                "status must be active or inactive, not \"{other}\""
            ));
            None
        }
    };
    let filters = body
        .contains("eventFilters")
        .then(|| read_filters(&mut body, &current.service));
    let template = body
        .contains("template")
        .then(|| body.any("template").filter(|template| !template.is_null()));
    body.finish()?;
    if let Some(filters) = &filters {
        check_filter_limit(
            workspace,
            Some(id),
            &current.service,
            &current.event,
            filters.as_deref(),
        )?;
    }

    let subscriptions = workspace
        .subscriptions
        .iter_mut()
        .filter_map(Entry::resource_mut);
    for subscription in subscriptions.filter(|subscription| subscription.id == id) {
        subscription.updated = call.now;
        if let Some(url) = &url {
            subscription.url.clone_from(url);
        }
        if sets_key {
            subscription.signing_key.clone_from(&signing_key);
        }
        if let Some(active) = active {
            subscription.active = active;
        }
        if let Some(filters) = &filters {
            subscription.filters.clone_from(filters);
        }
        if let Some(template) = &template {
            subscription.template.clone_from(template);
        }
    }
    let updated = find_subscription(workspace, id, call.now)?
        .resource()
        .ok_or_else(|| subscription_not_found(id))?;
    let context = workspace.render_context(&behavior, &clock);
    Ok(ok(updated.to_json(&context, sets_key)))
}

pub(super) fn delete(state: &mut State, call: Call) -> HandlerResult {
    let id = call.path.id("webhookSubscriptionId")?;
    call.query.finish()?;
    let workspace = workspace(state, call.workspace)?;
    let entry = find_subscription(workspace, id, call.now)?;
    let body = entry_json(state, workspace, entry, false);
    let behavior = state.behavior;
    let workspace = workspace_mut(state, call.workspace)?;
    workspace.subscriptions.retain(|entry| !has_id(entry, id));
    workspace.delivery_logs.remove(&id);
    Ok(deleted(&behavior, body))
}

fn has_id(entry: &Entry<Subscription>, id: Uuid) -> bool {
    entry
        .resource()
        .is_some_and(|subscription| subscription.id == id)
        || entry.raw_with_id(id).is_some()
}

fn is_visible(entry: &Entry<Subscription>, now: Duration) -> bool {
    entry
        .resource()
        .is_none_or(|subscription| subscription.visible <= now)
}

pub(super) fn find_subscription(
    workspace: &Workspace,
    id: Uuid,
    now: Duration,
) -> Result<&Entry<Subscription>, ApiError> {
    workspace
        .subscriptions
        .iter()
        .find(|entry| has_id(entry, id) && is_visible(entry, now))
        .ok_or_else(|| subscription_not_found(id))
}

fn subscription_not_found(id: Uuid) -> ApiError {
    ApiError::not_found(format_args!("webhook subscription {id}"))
}
