//! `channels`.

use bird_connectors::models::ChannelStatus;
use serde_json::json;

use crate::args::channels::{ChannelsCommand, ListChannels, SendText, Switch};
use crate::context::Context;
use crate::errors::CliError;
use crate::output::{Column, CommandOutput};

use super::{known_values, lists};

const LIST: &[Column] = &[
    Column::new("id", "id"),
    Column::new("name", "name"),
    Column::new("platform", "platformId"),
    Column::new("identifier", "identifier"),
    Column::new("status", "status"),
];

const ONE: &[Column] = &[
    Column::new("id", "id"),
    Column::new("name", "name"),
    Column::new("platform", "platformId"),
    Column::new("identifier", "identifier"),
    Column::new("status", "status"),
    Column::new("connector", "connectorId"),
    Column::new("created", "createdAt"),
    Column::new("updated", "updatedAt"),
];

const SENT: &[Column] = &[Column::new("id", "id"), Column::new("status", "status")];

const CONVERSATIONAL: &[Column] = &[
    Column::new("channel", "channelId"),
    Column::new("status", "status"),
    Column::new("updated", "updatedAt"),
];

pub(super) async fn run(
    context: &Context,
    command: ChannelsCommand,
) -> Result<CommandOutput, CliError> {
    let channels = context.workspace()?.channels();
    match command {
        ChannelsCommand::List(arguments) => list(context, arguments),
        ChannelsCommand::Get { id } => Ok(CommandOutput::object(&channels.get(id).await?, ONE)),
        ChannelsCommand::Send(arguments) => send(context, arguments).await,
        ChannelsCommand::Conversational { id, setting } => {
            let conversational = match setting {
                None => channels.conversational(id).await?,
                Some(setting) => {
                    context.interruption.reached(None, context.resume.same());
                    let setting = channels.set_conversational(id, setting == Switch::On);
                    let set = context.interruption.while_sending(setting).await;
                    set.map_err(|error| {
                        CliError::write(error).with_repetition(|| context.resume.same())
                    })?
                }
            };
            let mut value = crate::output::to_json(&conversational);
            value["channelId"] = json!(id);
            Ok(CommandOutput::Object {
                value,
                columns: CONVERSATIONAL,
            })
        }
    }
}

fn list(context: &Context, arguments: ListChannels) -> Result<CommandOutput, CliError> {
    let mut list = context.workspace()?.channels().list();
    for platform in arguments.platform {
        list = list.platform(platform);
    }
    for status in arguments.status {
        known_values::check(context, "--status", &status, ChannelStatus::KNOWN);
        list = list.status(status.as_str());
    }
    for id in arguments.id {
        list = list.channel_id(id);
    }
    if arguments.reverse {
        list = list.reverse(true);
    }
    Ok(lists::output(context, list, &arguments.list, LIST))
}

async fn send(context: &Context, arguments: SendText) -> Result<CommandOutput, CliError> {
    let channels = context.workspace()?.channels();
    let sending = channels.send_text(arguments.id, &arguments.to, &arguments.text);
    let sent = context.interruption.while_sending(sending).await;
    let sent = sent.map_err(|error| {
        let unknown = error.may_have_been_processed();
        let error = CliError::write(error);
        if unknown {
            // No command continues: only the recipient knows whether the message arrived.
            error.with_hint("check whether the recipient has the message before you send it again")
        } else {
            error
        }
    })?;
    Ok(CommandOutput::object(&sent, SENT))
}
