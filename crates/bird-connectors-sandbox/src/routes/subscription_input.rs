//! The fields of a webhook subscription in a request, and the limit on subscriptions with the same filters.

use uuid::Uuid;

use crate::api::error::ApiError;
use crate::api::object_reader::ObjectReader;
use crate::scenario::behavior::{Behavior, WebhookPort};
use crate::state::entry::Entry;
use crate::state::subscription::EventFilter;
use crate::state::workspace::Workspace;

/// The maximum number of subscriptions with the same filters.
const MAX_PER_FILTERS: usize = 5;

/// The filter keys of the service `channels`.
pub(super) const CHANNEL_FILTER_KEYS: [&str; 5] = [
    "channelId",
    "messageStatus",
    "interactionType",
    "platformId",
    "channelStatus",
];

pub(super) fn read_url(body: &mut ObjectReader, behavior: &Behavior) -> String {
    let url = body.required_string("url");
    if !url.is_empty()
        && let Err(problem) = check_url(&url, behavior.webhook_port == WebhookPort::Allowed)
    {
        body.add_error(format!("url {problem}"));
    }
    url
}

/// Requires https, a host name with a dot, and optionally a port.
fn check_url(url: &str, allows_port: bool) -> Result<(), &'static str> {
    let rest = url
        .strip_prefix("https://")
        .ok_or("must begin with https://")?;
    if !url.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("must not contain spaces, control characters or non-ASCII characters");
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
        return Err("must have a host with a dot, for example example.com");
    }
    match port {
        Some(_) if !allows_port => Err("must not contain a port"),
        Some(port) if port.parse::<u16>().is_err() => Err("has an invalid port"),
        _ => Ok(()),
    }
}

pub(super) fn read_filters(body: &mut ObjectReader, service: &str) -> Option<Vec<EventFilter>> {
    let items = body.nullable_array("eventFilters")?;
    let read = |filter: &mut ObjectReader| EventFilter {
        key: filter.required_string("key"),
        value: filter.required_string("value"),
    };
    let mut filters = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        filters.extend(body.read_object(&format!("eventFilters[{index}]"), Some(item), &read));
    }
    let is_unknown = |filter: &&EventFilter| {
        service == "channels"
            && !filter.key.is_empty()
            && !CHANNEL_FILTER_KEYS.contains(&filter.key.as_str())
    };
    for filter in filters.iter().filter(is_unknown) {
        body.add_error(format!(
            "eventFilters: \"{}\" is not a filter key of service channels",
            filter.key
        ));
    }
    if filters
        .iter()
        .filter(|filter| filter.key == "channelId")
        .count()
        > 1
    {
        body.add_error("eventFilters: only one channelId is allowed");
    }
    Some(filters)
}

/// Rejects a subscription that exceeds the maximum. `updated` is the subscription that the request changes; it does not count.
pub(super) fn check_filter_limit(
    workspace: &Workspace,
    updated: Option<Uuid>,
    service: &str,
    event: &str,
    filters: Option<&[EventFilter]>,
) -> Result<(), ApiError> {
    let others = workspace
        .subscriptions
        .iter()
        .filter_map(Entry::resource)
        .filter(|subscription| Some(subscription.id) != updated);
    if others
        .filter(|subscription| subscription.selects_same_events(service, event, filters))
        .count()
        >= MAX_PER_FILTERS
    {
        return Err(ApiError::invalid_payload(&[format!(
            "the maximum of {MAX_PER_FILTERS} subscriptions with the same filters is reached"
        )]));
    }
    Ok(())
}
