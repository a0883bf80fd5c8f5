//! A channel event on request: a change of a channel, and how its deliveries differ from usual ones.

use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::api::error::ApiError;
use crate::api::id::parse_uuid;
use crate::api::object_reader::ObjectReader;
use crate::scenario::script::Step;
use crate::state::State;
use crate::state::connector::Connector;
use crate::state::entry::Entry;
use crate::state::outbox::TriggeredEvent;
use crate::state::workspace::Workspace;

/// A request for an event.
pub(super) struct Trigger {
    event: &'static str,
    channel: Uuid,
    /// The status that the channel gets first.
    status: Option<String>,
    age: Duration,
    copies: u32,
    forged: bool,
}

pub(super) fn parse(mut body: ObjectReader) -> Result<Trigger, ApiError> {
    let event = match body.required_string("event").as_str() {
        "channel.created" => "channel.created",
        "channel.updated" => "channel.updated",
        "" => "",
        other => {
            body.add_error(format!(
                "event must be channel.created or channel.updated, not \"{other}\""
            ));
            ""
        }
    };
    let channel = parse_uuid(&body.required_uuid("channelId")).unwrap_or_default();
    let status = body.optional_string("status");
    let age = body.optional_whole_number("ageSeconds").unwrap_or_default();
    let copies = body.optional_whole_number("copies").unwrap_or_default();
    let forged = body.nullable_bool("forged").unwrap_or_default();
    body.finish()?;
    Ok(Trigger {
        event,
        channel,
        status,
        age: Duration::from_secs(age),
        copies: u32::try_from(copies).unwrap_or(u32::MAX),
        forged,
    })
}

/// Changes the channel and queues the event. The receiver gets a report of each delivery after its first attempt, and then
/// ends.
pub(super) fn apply(
    state: &mut State,
    trigger: Trigger,
) -> Result<mpsc::UnboundedReceiver<Value>, ApiError> {
    let now = state.clock.elapsed();
    let (behavior, clock) = (state.behavior, state.clock);
    let mut workspaces = state.workspaces.values_mut();
    let workspace = workspaces
        .find(|workspace| workspace.channel(trigger.channel, now).is_some())
        .ok_or_else(|| ApiError::not_found(format_args!("channel {}", trigger.channel)))?;
    if let Some(status) = trigger.status
        && let Some(connector) = connector_of(workspace, trigger.channel, now)
    {
        let changes = |connector: &Connector| {
            let changes = connector.script.channel_changes(connector.age(now));
            changes.count()
        };
        let before = changes(connector);
        connector.apply_step(now, Step::Status(status));
        if trigger.event == "channel.updated" {
            // The triggered event takes the place of the one that the change itself causes.
            let replaced = (before..changes(connector)).map(|index| (connector.id, index));
            state.outbox.replaced.extend(replaced);
        }
    }
    let context = workspace.render_context(&behavior, &clock);
    let channel = workspace
        .channel(trigger.channel, now)
        .ok_or_else(|| ApiError::not_found(format_args!("channel {}", trigger.channel)))?;
    let (report, reports) = mpsc::unbounded_channel();
    state.outbox.triggered.push(TriggeredEvent {
        event: channel.event(trigger.event, now, &context),
        age: trigger.age,
        copies: trigger.copies,
        forged: trigger.forged,
        report,
    });
    Ok(reports)
}

fn connector_of(workspace: &mut Workspace, channel: Uuid, now: Duration) -> Option<&mut Connector> {
    let mut connectors = workspace
        .connectors
        .iter_mut()
        .filter_map(Entry::resource_mut);
    connectors.find(|connector| {
        connector
            .channel(now)
            .is_some_and(|known| known.id == channel)
    })
}
