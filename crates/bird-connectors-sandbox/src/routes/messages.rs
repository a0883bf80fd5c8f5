//! Sending a message over a channel.

use serde_json::json;
use uuid::Uuid;

use crate::api::error::ApiError;
use crate::api::excerpt::Excerpt;
use crate::api::object_reader::ObjectReader;
use crate::api::response::Response;
use crate::record::SentMessage;
use crate::routes::call::{Call, HandlerResult};
use crate::routes::lookup::{channel, workspace_mut};
use crate::scenario::behavior::PlatformIds;
use crate::state::State;

pub(super) fn send(state: &mut State, call: Call) -> HandlerResult {
    let id = call.path.id("channelId")?;
    call.query.finish()?;
    let body = call.body;
    let workspace = workspace_mut(state, call.workspace)?;
    let view = channel(workspace, id, call.now)?;
    let status = view.status.to_owned();
    let platform = view.connector.platform_id(PlatformIds::Known).into_owned();
    let mut reader = ObjectReader::new(body.clone())?;
    reader.required_object("receiver", |receiver| {
        receiver.required_objects("contacts", |contact| {
            let receiver = contact.required_string("identifierValue");
            // Documented for SMS only.
            let takes_numbers = platform == "sms-messagebird";
            if takes_numbers && !receiver.is_empty() && !is_phone_number(&receiver) {
                contact.add_field_error(
                    "identifierValue",
                    format_args!(
                        "must be a phone number such as +31612345678 for a channel of {platform}, not \"{}\"",
                        Excerpt::of(&receiver)
                    ),
                );
            }
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

/// Whether a receiver is a phone number in any spelling. The API documents only the E.164 form.
fn is_phone_number(receiver: &str) -> bool {
    let allowed = |letter: char| letter.is_ascii_digit() || "+-.() ".contains(letter);
    receiver.chars().all(allowed) && receiver.contains(|letter: char| letter.is_ascii_digit())
}
