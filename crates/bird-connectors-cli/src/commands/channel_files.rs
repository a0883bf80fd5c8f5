//! Files of channels, for `plan`, `apply`, `export` and `validate`: reads them, and reports what is wrong with them.

use std::path::PathBuf;

use bird_connectors_plan::{DesiredState, FileErrors, SCHEMA};
use serde_json::json;

use crate::args::global::OutputFormat;
use crate::args::plan::ValidateArguments;
use crate::context::Context;
use crate::errors::CliError;
use crate::messages;
use crate::output::{Column, CommandOutput};

use super::known_values;

/// What `validate --example` prints. A test parses it.
pub(super) const EXAMPLE: &str = include_str!("channels.yaml");

const COLUMNS: &[Column] = &[
    Column::new("project", "project"),
    Column::new("workspaces", "workspaces"),
    Column::new("connectors", "connectors"),
    Column::new("webhook subscriptions", "webhook_subscriptions"),
];

/// `validate`: checks files without a network.
pub(super) fn validate(
    context: &Context,
    arguments: &ValidateArguments,
) -> Result<CommandOutput, CliError> {
    if arguments.example {
        return Ok(CommandOutput::Text(EXAMPLE.to_owned()));
    }
    if arguments.schema {
        return Ok(CommandOutput::Text(SCHEMA.to_owned()));
    }
    let desired = read(context, &arguments.files)?;
    let workspaces = desired.workspaces();
    let connectors = workspaces.iter().filter_map(|one| one.connectors());
    let subscriptions = workspaces.iter().filter_map(|one| one.subscriptions());
    Ok(CommandOutput::Object {
        value: json!({
            "valid": true,
            "project": desired.project(),
            "workspaces": workspaces.len(),
            "connectors": connectors.map(<[_]>::len).sum::<usize>(),
            "webhook_subscriptions": subscriptions.map(<[_]>::len).sum::<usize>(),
        }),
        columns: COLUMNS,
    })
}

/// Reads and checks files. For a person, each problem is printed with its excerpt; the error counts them.
pub(super) fn read(context: &Context, files: &[PathBuf]) -> Result<DesiredState, CliError> {
    if files.is_empty() {
        return Err(CliError::usage(
            "missing: FILE; `bird-connectors validate --example` prints an example of it",
        ));
    }
    let desired = DesiredState::read(files).map_err(|errors| report(context, errors))?;
    let workspaces = desired.workspaces().iter();
    for subscription in workspaces.filter_map(|one| one.subscriptions()).flatten() {
        known_values::suggest(
            context,
            &format!("{}: the event", subscription.place()),
            subscription.event(),
            known_values::EVENT_EXAMPLES,
        );
    }
    Ok(desired)
}

fn report(context: &Context, errors: FileErrors) -> CliError {
    if context.global.format() == OutputFormat::Table {
        messages::print(&errors);
    }
    CliError::Files(errors)
}
