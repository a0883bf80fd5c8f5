//! Whether inbound messages over a channel open conversations: get and update.

use crate::api::object_reader::ObjectReader;
use crate::routes::call::{Call, HandlerResult};
use crate::routes::lookup::{channel, workspace, workspace_mut};
use crate::routes::responses::ok;
use crate::state::State;
use crate::state::render::ConversationalStatus;

pub(super) fn get(state: &State, call: Call) -> HandlerResult {
    let id = call.path.id("channelId")?;
    call.query.finish()?;
    let workspace = workspace(state, call.workspace)?;
    let context = workspace.render_context(&state.behavior, &state.clock);
    let channel = channel(workspace, id, call.now)?;
    Ok(ok(channel.conversational_json(&context)))
}

pub(super) fn update(state: &mut State, call: Call) -> HandlerResult {
    let id = call.path.id("channelId")?;
    call.query.finish()?;
    let mut body = ObjectReader::new(call.body)?;
    let active = match body.required_string("status").as_str() {
        "active" => true,
        "inactive" | "" => false,
        other => {
            body.add_error(format!(
                "status must be active or inactive, not \"{other}\""
            ));
            false
        }
    };
    let (behavior, clock) = (state.behavior, state.clock);
    let workspace = workspace_mut(state, call.workspace)?;
    channel(workspace, id, call.now)?;
    body.finish()?;
    workspace.conversational.insert(
        id,
        ConversationalStatus {
            active,
            updated: call.now,
        },
    );
    let channel = channel(workspace, id, call.now)?;
    let context = workspace.render_context(&behavior, &clock);
    let event = channel.event("channel.updated", call.now, &context);
    let body = channel.conversational_json(&context);
    workspace.request_events.push(event);
    Ok(ok(body))
}
