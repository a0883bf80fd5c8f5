//! Sending a message over a channel.

use serde_json::json;
use uuid::Uuid;

use crate::api::error::ApiError;
use crate::api::object_reader::ObjectReader;
use crate::api::response::Response;
use crate::record::SentMessage;
use crate::routes::call::{Call, HandlerResult};
use crate::routes::lookup::{channel, workspace_mut};
use crate::state::State;

pub(super) fn send(state: &mut State, call: Call) -> HandlerResult {
    let id = call.path.id("channelId")?;
    call.query.finish()?;
    let body = call.body;
    let mut reader = ObjectReader::new(body.clone())?;
    reader.required_object("receiver", |receiver| {
        receiver.required_objects("contacts", |contact| {
            contact.required_string("identifierValue")
        });
    });
    reader.required_object("body", |content| {
        let kind = content.required_string("type");
        if !kind.is_empty() && kind != "text" {
            content.add_error(format!(
                "body.type must be text, not \"{kind}\": the sandbox supports text messages only"
            ));
        }
        content.required_object("text", |text| text.required_string("text"));
    });
    let workspace = workspace_mut(state, call.workspace)?;
    let status = channel(workspace, id, call.now)?.status.to_owned();
    reader.finish()?;
    if status != "active" {
        return Err(ApiError::new(
            422,
            "ChannelNotActive",
            format!("channel {id} is {status}: only an active channel can send messages"),
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
