//! Channels: get, and list with its filters.

use std::borrow::Cow;

use serde_json::Value;
use uuid::Uuid;

use crate::api::query::Query;
use crate::routes::call::{Call, HandlerResult};
use crate::routes::lookup::{channel_not_found, workspace};
use crate::routes::paging::{ListItem, PageRequest, PageSize};
use crate::routes::responses::ok;
use crate::scenario::behavior::{Behavior, ChannelIdsFilter, UnfilteredChannels};
use crate::state::State;
use crate::state::channel::ChannelView;
use crate::state::entry::{Item, raw_id};

/// The filters of a list of channels.
#[derive(Debug)]
struct ChannelFilters {
    platforms: Vec<String>,
    statuses: Vec<String>,
    ids: Vec<Uuid>,
    conferencial: bool,
    only_mine: bool,
    use_case_type: Option<String>,
    resource_owner_id: Option<String>,
    resource_owner_identifiers: Vec<String>,
}

impl ChannelFilters {
    fn read(query: &mut Query, behavior: &Behavior) -> Self {
        let filters = Self {
            platforms: query.strings("platform"),
            statuses: query.strings("status"),
            ids: query.uuids("channelIds"),
            conferencial: query.boolean("conferencial"),
            only_mine: query.boolean("onlyMyChannels"),
            use_case_type: query.string("useCaseType"),
            resource_owner_id: query.string("resourceOwnerId"),
            resource_owner_identifiers: query.strings("resourceOwnerIdentifier"),
        };
        for platform in &filters.platforms {
            if platform.is_empty()
                || !platform
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            {
                query.add_error(format!(
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

    fn accept(&self, fields: &FilterFields<'_>, key: &str, unfiltered: UnfilteredChannels) -> bool {
        let any = |accepted: &[String], value: &Option<&str>| {
            accepted.is_empty()
                || value.is_some_and(|value| accepted.iter().any(|one| one == value))
        };
        let equal = |accepted: &Option<String>, value: &Option<&str>| {
            accepted.is_none() || accepted.as_deref() == *value
        };
        any(&self.platforms, &fields.platform.as_deref())
            && any(&self.statuses, &fields.status)
            && (self.ids.is_empty() || fields.id.is_some_and(|id| self.ids.contains(&id)))
            && (!self.conferencial || fields.conferencial)
            && (!self.only_mine || fields.owner == Some(key))
            && equal(&self.use_case_type, &fields.use_case_type)
            && equal(&self.resource_owner_id, &fields.resource_owner_id)
            && any(
                &self.resource_owner_identifiers,
                &fields.resource_owner_identifier,
            )
            && (!self.statuses.is_empty()
                || !self.ids.is_empty()
                || is_listed_unfiltered(fields.status, unfiltered))
    }
}

/// Whether a list without a filter by status or id contains a channel with this status.
fn is_listed_unfiltered(status: Option<&str>, unfiltered: UnfilteredChannels) -> bool {
    match unfiltered {
        UnfilteredChannels::All => true,
        UnfilteredChannels::WithoutPreview => status != Some("preview"),
        UnfilteredChannels::WithoutPreviewAndPending => {
            !matches!(status, Some("preview" | "pending"))
        }
        UnfilteredChannels::OnlyPreview => status == Some("preview"),
    }
}

/// The fields of a channel that filters compare.
#[derive(Default)]
struct FilterFields<'a> {
    id: Option<Uuid>,
    platform: Option<Cow<'a, str>>,
    status: Option<&'a str>,
    owner: Option<&'a str>,
    conferencial: bool,
    use_case_type: Option<&'a str>,
    resource_owner_id: Option<&'a str>,
    resource_owner_identifier: Option<&'a str>,
}

impl<'a> FilterFields<'a> {
    fn of_channel(channel: &ChannelView<'a>, behavior: &Behavior) -> Self {
        let fields = channel.connector.script.channel_filter_fields();
        Self {
            id: Some(channel.id),
            platform: Some(channel.connector.platform_id(behavior.platform_ids)),
            status: Some(channel.status),
            owner: Some(&channel.connector.owner),
            conferencial: fields.conferencial,
            use_case_type: fields.use_case_type.as_deref(),
            resource_owner_id: fields.resource_owner_id.as_deref(),
            resource_owner_identifier: fields.resource_owner_identifier.as_deref(),
        }
    }

    fn of_raw(value: &'a Value) -> Self {
        let string = |name: &str| value.get(name).and_then(Value::as_str);
        Self {
            id: raw_id(value),
            platform: string("platformId").map(Cow::Borrowed),
            status: string("status"),
            ..Self::default()
        }
    }
}

/// A channel of a connector, or raw JSON that a test inserted.
enum ListedChannel<'a> {
    View(ChannelView<'a>),
    Raw(&'a Value),
}

pub(super) fn list(state: &State, mut call: Call) -> HandlerResult {
    let behavior = state.behavior;
    let page = PageRequest::read(&mut call.query, PageSize::new(10, 1000));
    let filters = ChannelFilters::read(&mut call.query, &behavior);
    call.query.finish()?;

    let workspace = workspace(state, call.workspace)?;
    let accepts =
        |fields: &FilterFields<'_>| filters.accept(fields, &call.key, behavior.unfiltered_channels);
    let mut items: Vec<_> = workspace
        .visible_channels(call.now)
        .map(|(order, channel)| ListItem {
            order,
            matches: accepts(&FilterFields::of_channel(&channel, &behavior)),
            item: ListedChannel::View(channel),
        })
        .collect();
    for entry in &workspace.raw_channels {
        if let Item::Raw(value) = &entry.item {
            items.push(ListItem {
                order: entry.order,
                matches: accepts(&FilterFields::of_raw(value)),
                item: ListedChannel::Raw(value),
            });
        }
    }
    items.sort_by_key(|item| item.order);
    let page = page.cut(
        items,
        &format!("channels {} {filters:?}", call.workspace),
        &behavior,
    )?;
    let context = workspace.render_context(&behavior, &state.clock);
    Ok(ok(page.into_json(&behavior, |channel| match channel {
        ListedChannel::View(channel) => channel.to_json(&context),
        ListedChannel::Raw(value) => value.clone(),
    })))
}

pub(super) fn get(state: &State, call: Call) -> HandlerResult {
    let id = call.path.id("channelId")?;
    call.query.finish()?;
    let workspace = workspace(state, call.workspace)?;
    if let Some(channel) = workspace.channel(id, call.now) {
        let context = workspace.render_context(&state.behavior, &state.clock);
        return Ok(ok(channel.to_json(&context)));
    }
    let raw = workspace
        .raw_channels
        .iter()
        .find_map(|entry| entry.raw_with_id(id));
    raw.map(|value| ok(value.clone()))
        .ok_or_else(|| channel_not_found(id))
}
