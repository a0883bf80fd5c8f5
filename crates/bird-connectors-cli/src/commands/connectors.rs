//! `connectors`: everything except for creating one, which is in `install`, and waiting, which is in `wait_targets`.

use bird_connectors::{Connector, ConnectorId, ErrorKind};
use serde_json::json;

use crate::args::connectors::{ConnectorsCommand, DeleteArguments, ListConnectors};
use crate::context::Context;
use crate::errors::CliError;
use crate::messages;
use crate::output::{Column, CommandOutput, prose};
use crate::prompt;

use super::{bulk, deletion, install, lists, wait_targets};

const LIST: &[Column] = &[
    Column::new("id", "id"),
    Column::new("name", "name"),
    Column::new("template", "connectorTemplateRef"),
    Column::new("channel", "channel.channelId"),
];

const ONE: &[Column] = &[
    Column::new("id", "id"),
    Column::new("name", "name"),
    Column::new("template", "connectorTemplateRef"),
    Column::new("channel", "channel.channelId"),
    Column::new("platform", "channel.platform"),
    Column::new("number", "number.phoneNumber"),
    Column::new("arguments", "arguments"),
    Column::new("created", "createdAt"),
    Column::new("updated", "updatedAt"),
];

const STATUS: &[Column] = &[
    Column::new("connector", "connectorId"),
    Column::new("channel status", "channel.status"),
    Column::new("channel stage", "channel.stage"),
    Column::new("number status", "number.status"),
];

const DELETED: &[Column] = &[
    Column::new("connector", "connectorId"),
    Column::new("gone", "gone"),
    Column::new("result", "result"),
];

pub(super) async fn run(
    context: &Context,
    command: ConnectorsCommand,
) -> Result<CommandOutput, CliError> {
    match command {
        ConnectorsCommand::Install(arguments) => install::install(context, arguments).await,
        ConnectorsCommand::Ensure(arguments) => install::ensure(context, arguments).await,
        ConnectorsCommand::InstallAll(arguments) => bulk::run(context, arguments).await,
        ConnectorsCommand::List(arguments) => list(context, arguments),
        ConnectorsCommand::Get { id } => {
            let connector = context.workspace()?.connectors().get(id).await;
            let connector = connector.map_err(|error| CliError::from(error).about_connector(id))?;
            Ok(CommandOutput::object(&connector, ONE))
        }
        ConnectorsCommand::Status { id } => status(context, id).await,
        ConnectorsCommand::Wait(arguments) => wait_targets::run(context, arguments).await,
        ConnectorsCommand::Delete(arguments) => delete(context, arguments).await,
    }
}

fn list(context: &Context, arguments: ListConnectors) -> Result<CommandOutput, CliError> {
    let mut list = context.workspace()?.connectors().list();
    if let Some(template) = arguments.template {
        list = list.template(template);
    }
    if arguments.reverse {
        list = list.reverse(true);
    }
    Ok(lists::output(context, list, &arguments.list, LIST))
}

async fn status(context: &Context, id: ConnectorId) -> Result<CommandOutput, CliError> {
    let readiness = context.workspace()?.connectors().readiness(id).await;
    let readiness = readiness.map_err(|error| {
        let not_found = error.kind() == ErrorKind::NotFound;
        let error = CliError::from(error);
        if not_found {
            error.with_hint(format!(
                "not every template has this information: `bird-connectors connectors wait {id}` works for all of them"
            ))
        } else {
            error
        }
    })?;
    let mut value = crate::output::to_json(&readiness);
    value["connectorId"] = json!(id);
    Ok(CommandOutput::Object {
        value,
        columns: STATUS,
    })
}

async fn delete(context: &Context, arguments: DeleteArguments) -> Result<CommandOutput, CliError> {
    let id = arguments.id;
    let connectors = context.workspace()?.connectors();
    if !arguments.yes {
        let otherwise = format!(
            "deleting a connector stops all messages of its channel: to delete {id} without a question, pass --yes"
        );
        if !context.interactive() {
            return Err(CliError::usage(otherwise));
        }
        let connector = connectors.get(id).await;
        let connector = connector.map_err(|error| CliError::from(error).about_connector(id))?;
        // A part of the question, which --quiet does not shorten.
        let consequences = prose::wrap(&consequences(&connector), prose::error_width());
        messages::print(consequences);
        if !prompt::confirm(context, "Delete it?", &otherwise).await? {
            context.message("Nothing was deleted.");
            return Ok(CommandOutput::Nothing);
        }
    }
    let resume = context.resume.delete("connectors", &id.to_string());
    context.interruption.reached(None, resume.clone());
    let result = deletion::run(context, connectors.delete(id), arguments.missing_ok).await;
    let result = result.map_err(|error| {
        CliError::write(error)
            .about_connector(id)
            .with_repetition(|| resume)
    })?;
    Ok(CommandOutput::Object {
        value: result.to_json("connectorId", id),
        columns: DELETED,
    })
}

/// What stops when a connector is deleted.
fn consequences(connector: &Connector) -> String {
    let template = connector.connector_template_ref.as_deref();
    let number = connector
        .number
        .as_ref()
        .and_then(|number| number.phone_number.as_deref());
    let mut text = format!("Connector {:?}", connector.name);
    if let Some(template) = template {
        text += &format!(" ({template})");
    }
    match connector.channel_id() {
        Some(channel) => text += &format!(" has the channel {channel}"),
        None => text += " has no channel yet",
    }
    if let Some(number) = number {
        text += &format!(" with the number {number}");
    }
    text + ". Deleting it deletes the channel: all messages that the channel sends and receives stop."
}
