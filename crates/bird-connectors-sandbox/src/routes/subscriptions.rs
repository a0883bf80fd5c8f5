//! Webhook subscriptions, by both path families: they share one store.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Outcome, created, deleted, ok, workspace, workspace_mut};
use crate::behavior::{Behavior, WebhookPort};
use crate::dispatch::Call;
use crate::error::ApiError;
use crate::operation::Operation;
use crate::paging::{Listed, PageRequest, PageSize};
use crate::payload::Payload;
use crate::state::{Entry, Item, State, Workspace};
use crate::subscription::{EventFilter, Subscription};

/// The most subscriptions that may filter the same.
const PER_COMBINATION: usize = 5;

/// The keys that events of service `channels` can be filtered by.
const CHANNEL_KEYS: [&str; 5] = [
    "channelId",
    "messageStatus",
    "interactionType",
    "platformId",
    "channelStatus",
];

/// The events of service `channels`, with the platforms of two templates for the documented `<platform>`.
const CHANNEL_EVENTS: [&str; 8] = [
    "channel.created",
    "channel.updated",
    "sms.inbound",
    "sms.outbound",
    "sms.interaction",
    "whatsapp.inbound",
    "whatsapp.outbound",
    "whatsapp.interaction",
];

pub(super) fn create(state: &mut State, call: Call) -> Outcome {
    let (behavior, clock) = (state.behavior, state.clock);
    call.query.finish()?;
    let mut body = Payload::new(call.body)?;
    let service = body.required_text("service");
    let event = body.required_text("event");
    let url = read_url(&mut body, &behavior);
    let filters = read_filters(&mut body, &service);
    let signing_key = body.optional_text("signingKey");
    let template = body.any("template").filter(|template| !template.is_null());
    body.finish()?;

    let workspace = workspace_mut(state, call.workspace)?;
    check_combination(workspace, None, &service, &event, filters.as_deref())?;
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
    let reply = created(
        &behavior,
        subscription.to_json(workspace, true, &behavior, &clock),
    );
    let entry = workspace.entry(Item::Made(subscription));
    workspace.subscriptions.push(entry);
    Ok(reply)
}

pub(super) fn list(state: &State, mut call: Call) -> Outcome {
    let default = if call.operation == Operation::ListWebhookSubscriptions {
        25
    } else {
        10
    };
    let page = PageRequest::read(&mut call.query, PageSize::new(default, 100));
    call.query.finish()?;
    let workspace = workspace(state, call.workspace)?;
    let visible = |entry: &&Entry<Subscription>| is_visible(entry, call.now);
    let listed = workspace
        .subscriptions
        .iter()
        .filter(visible)
        .map(|entry| Listed {
            order: entry.order,
            matches: true,
            item: entry,
        });
    let page = page.cut(
        listed.collect(),
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
        Item::Made(subscription) => {
            subscription.to_json(workspace, key_was_set, &state.behavior, &state.clock)
        }
        Item::Raw(value) => value.clone(),
    }
}

pub(super) fn get(state: &State, call: Call) -> Outcome {
    let id = call.id("webhookSubscriptionId")?;
    call.query.finish()?;
    let workspace = workspace(state, call.workspace)?;
    let entry = find(workspace, id, call.now)?;
    Ok(ok(entry_json(state, workspace, entry, false)))
}

pub(super) fn update(state: &mut State, call: Call) -> Outcome {
    let id = call.id("webhookSubscriptionId")?;
    call.query.finish()?;
    let (behavior, clock) = (state.behavior, state.clock);
    let workspace = workspace_mut(state, call.workspace)?;
    let current = find(workspace, id, call.now)?
        .made()
        .ok_or_else(|| not_found(id))?;

    let mut body = Payload::new(call.body)?;
    if body.is_empty() {
        body.error("at least one of url, signingKey, status, eventFilters and template is needed");
    }
    let url = body.has("url").then(|| read_url(&mut body, &behavior));
    let sets_key = body.has("signingKey");
    let signing_key = body.optional_text("signingKey");
    let active = match body.optional_text("status").as_deref() {
        None => None,
        Some("active") => Some(true),
        Some("inactive") => Some(false),
        Some(other) => {
            body.error(format!(
                "status must be active or inactive, not \"{other}\""
            ));
            None
        }
    };
    let filters = body
        .has("eventFilters")
        .then(|| read_filters(&mut body, &current.service));
    let template = body
        .has("template")
        .then(|| body.any("template").filter(|template| !template.is_null()));
    body.finish()?;
    if let Some(filters) = &filters {
        check_combination(
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
        .filter_map(Entry::made_mut);
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
    let updated = find(workspace, id, call.now)?
        .made()
        .ok_or_else(|| not_found(id))?;
    Ok(ok(updated.to_json(workspace, sets_key, &behavior, &clock)))
}

pub(super) fn delete(state: &mut State, call: Call) -> Outcome {
    let id = call.id("webhookSubscriptionId")?;
    call.query.finish()?;
    let workspace = workspace(state, call.workspace)?;
    let gone = entry_json(state, workspace, find(workspace, id, call.now)?, false);
    let behavior = state.behavior;
    let workspace = workspace_mut(state, call.workspace)?;
    workspace.subscriptions.retain(|entry| !has_id(entry, id));
    workspace.deliveries.remove(&id);
    Ok(deleted(&behavior, gone))
}

pub(super) fn logs(state: &State, mut call: Call) -> Outcome {
    let id = call.id("webhookSubscriptionId")?;
    let page = PageRequest::read(&mut call.query, PageSize::new(10, 100));
    let wanted = call.query.text("executionStatus");
    call.query.finish()?;
    let workspace = workspace(state, call.workspace)?;
    find(workspace, id, call.now)?;
    let matches = |entry: &Value| {
        wanted.is_none()
            || entry.get("executionStatus").and_then(Value::as_str) == wanted.as_deref()
    };
    let deliveries = workspace
        .deliveries
        .get(&id)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let listed = deliveries.iter().filter_map(|entry| match &entry.item {
        Item::Raw(value) => Some(Listed {
            order: entry.order,
            matches: matches(value),
            item: value,
        }),
        Item::Made(_) => None,
    });
    let page = page.cut(
        listed.collect(),
        &format!("logs {id} {wanted:?}"),
        &state.behavior,
    )?;
    Ok(ok(page.into_json(&state.behavior, Value::clone)))
}

pub(super) fn log_details(state: &State, mut call: Call) -> Outcome {
    let id = call.id("webhookSubscriptionId")?;
    let request_id = call.query.text("requestId");
    if request_id.is_none() {
        call.query.error("requestId is required".to_owned());
    }
    call.query.finish()?;
    let workspace = workspace(state, call.workspace)?;
    find(workspace, id, call.now)?;
    let request_id = request_id.unwrap_or_default();
    let deliveries = workspace
        .deliveries
        .get(&id)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let found = deliveries.iter().find_map(|entry| match &entry.item {
        Item::Raw(value) if value.get("requestId").and_then(Value::as_str) == Some(&request_id) => {
            Some(value.clone())
        }
        _ => None,
    });
    found
        .map(ok)
        .ok_or_else(|| ApiError::not_found(format_args!("delivery {request_id}")))
}

/// The events on offer. Only those of service `channels` are documented; which filter goes with which event is not.
pub(super) fn available(state: &State, mut call: Call) -> Outcome {
    let page = PageRequest::read(&mut call.query, PageSize::new(10, 100));
    let service = call.query.text("service");
    call.query.finish()?;
    let events = CHANNEL_EVENTS.map(|name| json!({ "name": name, "filterKeys": CHANNEL_KEYS }));
    let offer = Listed {
        order: 1,
        matches: service.is_none_or(|service| service == "channels"),
        item: json!({ "service": "channels", "events": events }),
    };
    let page = page.cut(vec![offer], "available webhooks", &state.behavior)?;
    Ok(ok(page.into_json(&state.behavior, |offer| offer)))
}

fn read_url(body: &mut Payload, behavior: &Behavior) -> String {
    let url = body.required_text("url");
    if !url.is_empty()
        && let Err(problem) = check_url(&url, behavior.webhook_port == WebhookPort::Allowed)
    {
        body.error(format!("url {problem}"));
    }
    url
}

/// https, a host name with a dot, perhaps a port.
fn check_url(url: &str, allows_port: bool) -> Result<(), &'static str> {
    let rest = url
        .strip_prefix("https://")
        .ok_or("must begin with https://")?;
    if !url.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("must not contain spaces, control characters or letters outside ASCII");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = authority
        .split_once(':')
        .map_or((authority, None), |(host, port)| (host, Some(port)));
    let label_ok = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if !host.contains('.') || !host.split('.').all(label_ok) {
        return Err("must name a host with a dot, for instance example.com");
    }
    match port {
        Some(_) if !allows_port => Err("must not name a port"),
        Some(port) if port.parse::<u16>().is_err() => Err("names a port that is no port"),
        _ => Ok(()),
    }
}

fn read_filters(body: &mut Payload, service: &str) -> Option<Vec<EventFilter>> {
    let items = body.nullable_list("eventFilters")?;
    let read = |filter: &mut Payload| EventFilter {
        key: filter.required_text("key"),
        value: filter.required_text("value"),
    };
    let mut filters = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        filters.extend(body.nested(&format!("eventFilters[{index}]"), Some(item), &read));
    }
    let unknown = |filter: &&EventFilter| {
        service == "channels"
            && !filter.key.is_empty()
            && !CHANNEL_KEYS.contains(&filter.key.as_str())
    };
    for filter in filters.iter().filter(unknown) {
        body.error(format!(
            "eventFilters: \"{}\" is no key of service channels",
            filter.key
        ));
    }
    if filters
        .iter()
        .filter(|filter| filter.key == "channelId")
        .count()
        > 1
    {
        body.error("eventFilters: only one channelId is allowed");
    }
    Some(filters)
}

/// Refuses a subscription that would be one too many with the same filters. `changed` does not count: it is the one at hand.
fn check_combination(
    workspace: &Workspace,
    changed: Option<Uuid>,
    service: &str,
    event: &str,
    filters: Option<&[EventFilter]>,
) -> Result<(), ApiError> {
    let others = workspace
        .subscriptions
        .iter()
        .filter_map(Entry::made)
        .filter(|subscription| Some(subscription.id) != changed);
    if others
        .filter(|subscription| subscription.filters_like(service, event, filters))
        .count()
        >= PER_COMBINATION
    {
        return Err(ApiError::invalid(&[format!(
            "there are {PER_COMBINATION} subscriptions with the same filters already"
        )]));
    }
    Ok(())
}

fn has_id(entry: &Entry<Subscription>, id: Uuid) -> bool {
    entry
        .made()
        .is_some_and(|subscription| subscription.id == id)
        || entry.raw_with_id(id).is_some()
}

fn is_visible(entry: &Entry<Subscription>, now: Duration) -> bool {
    entry
        .made()
        .is_none_or(|subscription| subscription.visible <= now)
}

fn find(workspace: &Workspace, id: Uuid, now: Duration) -> Result<&Entry<Subscription>, ApiError> {
    workspace
        .subscriptions
        .iter()
        .find(|entry| has_id(entry, id) && is_visible(entry, now))
        .ok_or_else(|| not_found(id))
}

fn not_found(id: Uuid) -> ApiError {
    ApiError::not_found(format_args!("webhook subscription {id}"))
}
