//! The events that webhook subscriptions can select.

use serde_json::json;

use crate::routes::call::{Call, HandlerResult};
use crate::routes::paging::{ListItem, PageRequest, PageSize};
use crate::routes::responses::ok;
use crate::routes::subscription_input::CHANNEL_FILTER_KEYS;
use crate::state::State;

/// The events of the service `channels`. `sms`, `voice` and `whatsapp` stand for the documented placeholder `<platform>`. The
/// documentation shows `sms.inbound` and `voice.inbound`: the names are shorter than the `platformId` of channels.
const CHANNEL_EVENTS: [&str; 11] = [
    "channel.created",
    "channel.updated",
    "sms.inbound",
    "sms.outbound",
    "sms.interaction",
    "voice.inbound",
    "voice.outbound",
    "voice.interaction",
    "whatsapp.inbound",
    "whatsapp.outbound",
    "whatsapp.interaction",
];

/// Lists the events of the service `channels`, the only documented ones. Which event supports which filter key is not
/// documented, so every event lists all keys.
pub(super) fn list(state: &State, mut call: Call) -> HandlerResult {
    let page = PageRequest::read(&mut call.query, PageSize::new(10, 100));
    let service = call.query.string("service");
    call.query.finish()?;
    let events =
        CHANNEL_EVENTS.map(|name| json!({ "name": name, "filterKeys": CHANNEL_FILTER_KEYS }));
    let channels = ListItem {
        order: 1,
        matches: service.is_none_or(|service| service == "channels"),
        item: json!({ "service": "channels", "events": events }),
    };
    let page = page.cut(vec![channels], "available webhooks", &state.behavior)?;
    Ok(ok(page.into_json(&state.behavior, |service| service)))
}
