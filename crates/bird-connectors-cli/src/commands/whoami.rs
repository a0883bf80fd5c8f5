//! `whoami`: what the access key can read. It sends only reads.

use bird_connectors::{Error, ErrorKind};
use serde_json::{Value, json};

use crate::context::Context;
use crate::errors::CliError;
use crate::output::{Column, CommandOutput};

const COLUMNS: &[Column] = &[
    Column::new("access key", "access_key"),
    Column::new("key from", "key_source"),
    Column::new("profile", "profile"),
    Column::new("base URL", "base_url"),
    Column::new("workspace", "workspace_id"),
    Column::new("list connectors", "permissions.list_connectors"),
    Column::new("list channels", "permissions.list_channels"),
    Column::new("list numbers", "permissions.list_numbers"),
    Column::new("list use cases", "permissions.list_use_cases"),
    Column::new("list webhooks", "permissions.list_webhook_subscriptions"),
];

pub(super) async fn run(context: &Context) -> Result<CommandOutput, CliError> {
    let workspace = context.workspace()?;
    let checks = [
        (
            "list_connectors",
            check(workspace.connectors().list().limit(1).first_page().await)?,
        ),
        (
            "list_channels",
            check(workspace.channels().list().limit(1).first_page().await)?,
        ),
        (
            "list_numbers",
            check(workspace.numbers().list().limit(1).first_page().await)?,
        ),
        (
            "list_use_cases",
            check(workspace.use_cases().list().limit(1).first_page().await)?,
        ),
        (
            "list_webhook_subscriptions",
            check(
                workspace
                    .webhook_subscriptions()
                    .list()
                    .limit(1)
                    .first_page()
                    .await,
            )?,
        ),
    ];
    let accepted = checks.iter().any(|(_, result)| *result != "not found");
    let permissions: serde_json::Map<String, Value> = checks
        .into_iter()
        .map(|(name, result)| (name.to_owned(), json!(result)))
        .collect();
    let connection = context.connection()?;
    let value = json!({
        "access_key": if accepted { "accepted" } else { "accepted, but it cannot read this workspace" },
        "key_source": connection.key_source,
        "profile": connection.profile,
        "base_url": connection.client.base_url(),
        "workspace_id": workspace.id(),
        "permissions": permissions,
    });
    Ok(CommandOutput::Object {
        value,
        columns: COLUMNS,
    })
}

/// The result of a read as a word.
///
/// # Errors
/// If the key is rejected, or the API cannot be reached: then nothing is known about permissions.
fn check<T>(result: Result<T, Error>) -> Result<&'static str, CliError> {
    match result {
        Ok(_) => Ok("allowed"),
        Err(error) => match error.kind() {
            ErrorKind::PermissionDenied => Ok("denied"),
            ErrorKind::NotFound => Ok("not found"),
            // The response arrived, so the key can read this list.
            ErrorKind::Decode => Ok("allowed"),
            _ => Err(error.into()),
        },
    }
}
