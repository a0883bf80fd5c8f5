//! Channels: list with its filters, get, the conversational flag, and sending a message.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Outcome, ok, workspace, workspace_mut};
use crate::behavior::{Behavior, ChannelIdsFilter, UnfilteredChannels};
use crate::channel::{ChannelView, Conversational};
use crate::dispatch::Call;
use crate::error::ApiError;
use crate::paging::{Listed, PageRequest, PageSize};
use crate::payload::Payload;
use crate::query::Query;
use crate::record::SentMessage;
use crate::reply::Response;
use crate::state::{Item, State, Workspace, raw_id};

/// What a list of channels is filtered by.
#[derive(Debug)]
struct Filters {
    platforms: Vec<String>,
    statuses: Vec<String>,
    ids: Vec<Uuid>,
    conferencial: bool,
    only_mine: bool,
    use_case_type: Option<String>,
    resource_owner_id: Option<String>,
    resource_owner_identifiers: Vec<String>,
}

impl Filters {
    fn read(query: &mut Query, behavior: &Behavior) -> Self {
        let filters = Self {
            platforms: query.all("platform"),
            statuses: query.all("status"),
            ids: query.uuids("channelIds"),
            conferencial: query.boolean("conferencial"),
            only_mine: query.boolean("onlyMyChannels"),
            use_case_type: query.text("useCaseType"),
            resource_owner_id: query.text("resourceOwnerId"),
            resource_owner_identifiers: query.all("resourceOwnerIdentifier"),
        };
        for platform in &filters.platforms {
            if platform.is_empty()
                || !platform
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            {
                query.error(format!(
                    "platform must consist of letters, digits and hyphens, not \"{platform}\""
                ));
            }
        }
        match behavior.channel_ids_filter {
            ChannelIdsFilter::Applied => filters,
            ChannelIdsFilter::Ignored => Self {
                ids: Vec::new(),
                ..filters
            },
        }
    }

    fn accepts(&self, facts: &Facts<'_>, key: &str, unfiltered: UnfilteredChannels) -> bool {
        let any = |wanted: &[String], value: &Option<&str>| {
            wanted.is_empty() || value.is_some_and(|value| wanted.iter().any(|one| one == value))
        };
        let equal = |wanted: &Option<String>, value: &Option<&str>| {
            wanted.is_none() || wanted.as_deref() == *value
        };
        any(&self.platforms, &facts.platform)
            && any(&self.statuses, &facts.status)
            && (self.ids.is_empty() || facts.id.is_some_and(|id| self.ids.contains(&id)))
            && (!self.conferencial || facts.conferencial)
            && (!self.only_mine || facts.owner == Some(key))
            && equal(&self.use_case_type, &facts.use_case_type)
            && equal(&self.resource_owner_id, &facts.resource_owner_id)
            && any(
                &self.resource_owner_identifiers,
                &facts.resource_owner_identifier,
            )
            && (!self.statuses.is_empty()
                || !self.ids.is_empty()
                || shows_unasked(facts.status, unfiltered))
    }
}

fn shows_unasked(status: Option<&str>, unfiltered: UnfilteredChannels) -> bool {
    match unfiltered {
        UnfilteredChannels::All => true,
        UnfilteredChannels::WithoutPreview => status != Some("preview"),
        UnfilteredChannels::WithoutPreviewAndPending => {
            !matches!(status, Some("preview" | "pending"))
        }
        UnfilteredChannels::OnlyPreview => status == Some("preview"),
    }
}

/// What filters look at.
#[derive(Default)]
struct Facts<'a> {
    id: Option<Uuid>,
    platform: Option<&'a str>,
    status: Option<&'a str>,
    owner: Option<&'a str>,
    conferencial: bool,
    use_case_type: Option<&'a str>,
    resource_owner_id: Option<&'a str>,
    resource_owner_identifier: Option<&'a str>,
}

impl<'a> Facts<'a> {
    fn of_channel(channel: &ChannelView<'a>) -> Self {
        let traits = channel.connector.script.hidden_traits();
        Self {
            id: Some(channel.id),
            platform: Some(channel.connector.slug()),
            status: Some(channel.status),
            owner: Some(&channel.connector.owner),
            conferencial: traits.conferencial,
            use_case_type: traits.use_case_type.as_deref(),
            resource_owner_id: traits.resource_owner_id.as_deref(),
            resource_owner_identifier: traits.resource_owner_identifier.as_deref(),
        }
    }

    fn of_raw(value: &'a Value) -> Self {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        Self {
            id: raw_id(value),
            platform: text("platformId"),
            status: text("status"),
            ..Self::default()
        }
    }
}

/// A channel of a connector, or one that a test put there.
enum Shown<'a> {
    Made(ChannelView<'a>),
    Raw(&'a Value),
}

pub(super) fn list(state: &State, mut call: Call) -> Outcome {
    let behavior = state.behavior;
    let page = PageRequest::read(&mut call.query, PageSize::new(10, 1000));
    let filters = Filters::read(&mut call.query, &behavior);
    call.query.finish()?;

    let workspace = workspace(state, call.workspace)?;
    let accepts =
        |facts: &Facts<'_>| filters.accepts(facts, &call.key, behavior.unfiltered_channels);
    let mut listed: Vec<_> = workspace
        .made_channels(call.now)
        .map(|(order, channel)| Listed {
            order,
            matches: accepts(&Facts::of_channel(&channel)),
            item: Shown::Made(channel),
        })
        .collect();
    for entry in &workspace.raw_channels {
        if let Item::Raw(value) = &entry.item {
            listed.push(Listed {
                order: entry.order,
                matches: accepts(&Facts::of_raw(value)),
                item: Shown::Raw(value),
            });
        }
    }
    listed.sort_by_key(|item| item.order);
    let page = page.cut(
        listed,
        &format!("channels {} {filters:?}", call.workspace),
        &behavior,
    )?;
    Ok(ok(page.into_json(&behavior, |channel| match channel {
        Shown::Made(channel) => channel.to_json(workspace, &behavior, &state.clock),
        Shown::Raw(value) => value.clone(),
    })))
}

pub(super) fn get(state: &State, call: Call) -> Outcome {
    let id = call.id("channelId")?;
    call.query.finish()?;
    let workspace = workspace(state, call.workspace)?;
    if let Some(channel) = workspace.channel(id, call.now) {
        return Ok(ok(channel.to_json(
            workspace,
            &state.behavior,
            &state.clock,
        )));
    }
    let raw = workspace
        .raw_channels
        .iter()
        .find_map(|entry| entry.raw_with_id(id));
    raw.map(|value| ok(value.clone()))
        .ok_or_else(|| not_found(id))
}

pub(super) fn get_conversational(state: &State, call: Call) -> Outcome {
    let id = call.id("channelId")?;
    call.query.finish()?;
    let workspace = workspace(state, call.workspace)?;
    let channel = find(workspace, id, call.now)?;
    Ok(ok(channel.conversational_json(
        workspace,
        &state.behavior,
        &state.clock,
    )))
}

pub(super) fn update_conversational(state: &mut State, call: Call) -> Outcome {
    let id = call.id("channelId")?;
    call.query.finish()?;
    let mut body = Payload::new(call.body)?;
    let active = match body.required_text("status").as_str() {
        "active" => true,
        "inactive" | "" => false,
        other => {
            body.error(format!(
                "status must be active or inactive, not \"{other}\""
            ));
            false
        }
    };
    let (behavior, clock) = (state.behavior, state.clock);
    let workspace = workspace_mut(state, call.workspace)?;
    find(workspace, id, call.now)?;
    body.finish()?;
    workspace.conversational.insert(
        id,
        Conversational {
            active,
            updated: call.now,
        },
    );
    let channel = find(workspace, id, call.now)?;
    let event = channel.event("channel.updated", call.now, workspace, &behavior, &clock);
    let reply = ok(channel.conversational_json(workspace, &behavior, &clock));
    workspace.caused_events.push(event);
    Ok(reply)
}

pub(super) fn send_message(state: &mut State, call: Call) -> Outcome {
    let id = call.id("channelId")?;
    call.query.finish()?;
    let body = call.body;
    let mut payload = Payload::new(body.clone())?;
    payload.required_object("receiver", |receiver| {
        receiver.required_objects("contacts", |contact| {
            contact.required_text("identifierValue")
        });
    });
    payload.required_object("body", |content| {
        let kind = content.required_text("type");
        if !kind.is_empty() && kind != "text" {
            content.error(format!(
                "body.type must be text, not \"{kind}\": the sandbox knows no other message"
            ));
        }
        content.required_object("text", |text| text.required_text("text"));
    });
    let workspace = workspace_mut(state, call.workspace)?;
    let status = find(workspace, id, call.now)?.status.to_owned();
    payload.finish()?;
    if status != "active" {
        return Err(ApiError::new(
            422,
            "ChannelNotActive",
            format!("channel {id} is {status}: only an active channel can send"),
        ));
    }
    let message = Uuid::new_v4();
    workspace.messages.push(SentMessage {
        id: message,
        workspace_id: workspace.id,
        channel_id: id,
        body,
        at: call.now,
    });
    Ok(Response::json(
        202,
        json!({ "id": message, "status": "accepted" }),
    ))
}

fn find(workspace: &Workspace, id: Uuid, now: Duration) -> Result<ChannelView<'_>, ApiError> {
    workspace.channel(id, now).ok_or_else(|| not_found(id))
}

fn not_found(id: Uuid) -> ApiError {
    ApiError::not_found(format_args!("channel {id}"))
}
