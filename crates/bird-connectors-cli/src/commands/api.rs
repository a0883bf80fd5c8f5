//! `api`: any request, with the client's access key, retries and errors.

use std::path::Path;

use bird_connectors::Error;
use bird_connectors::client::Method;
use serde_json::{Map, Value};

use crate::args::api::ApiArguments;
use crate::context::Context;
use crate::errors::CliError;
use crate::output::CommandOutput;
use crate::secrets;

use super::{named_secrets, template};

pub(super) async fn run(
    context: &Context,
    arguments: ApiArguments,
) -> Result<CommandOutput, CliError> {
    let path = path(context, &arguments.path)?;
    let has_body = arguments.input.is_some() || !arguments.field.is_empty();
    if has_body && matches!(arguments.method, Method::GET | Method::HEAD) {
        return Err(CliError::usage(format!(
            "a {} request has no body: pass query parameters with --query, or another method",
            arguments.method
        )));
    }
    template::unique("--field", arguments.field.iter().map(|(name, _)| name))?;
    let mut fields = arguments.field;
    for (name, value) in &mut fields {
        named_secrets::read("--field", name, value)?;
    }
    let writes = !matches!(arguments.method, Method::GET | Method::HEAD);
    let mut request = context.client()?.request(arguments.method, &path);
    for (name, value) in &arguments.query {
        request = request.query(name, value);
    }
    if let Some(input) = &arguments.input {
        request = request.json(&read_body(input)?);
    } else if !fields.is_empty() {
        let fields: Map<String, Value> = fields.into_iter().collect();
        request = request.json(&fields);
    }
    let failed = |error: Error| {
        if !writes {
            return CliError::from(error);
        }
        let unknown = error.may_have_been_processed();
        let error = CliError::write(error);
        if unknown {
            error.with_hint("read what the request changes before you send it again")
        } else {
            error
        }
    };
    let sending = request.send();
    let response = if writes {
        context.interruption.while_sending(sending).await
    } else {
        sending.await
    };
    let response = response.map_err(failed)?;
    if response.body().is_empty() {
        context.message(&format!(
            "The response has the status {} and no body.",
            response.status()
        ));
        return Ok(CommandOutput::Nothing);
    }
    Ok(CommandOutput::Json(response.json().map_err(failed)?))
}

/// Replaces `{workspace}`, or `{workspaceId}` as the documentation writes it. A path without it needs no workspace.
fn path(context: &Context, path: &str) -> Result<String, CliError> {
    let mut path = path.to_owned();
    for placeholder in ["{workspace}", "{workspaceId}"] {
        if path.contains(placeholder) {
            let workspace = context.workspace()?.id().to_string();
            path = path.replace(placeholder, &workspace);
        }
    }
    match path
        .split_once('{')
        .and_then(|(_, rest)| rest.split_once('}'))
    {
        Some((name, _)) => Err(CliError::usage(format!(
            "the path contains {{{name}}}: replace it with a value; only {{workspace}} is replaced for you"
        ))),
        None => Ok(path),
    }
}

fn read_body(path: &Path) -> Result<Value, CliError> {
    let content = secrets::input(path, "--input")?;
    // The reason does not quote the body, which can contain secrets.
    serde_json::from_slice(&content).map_err(|why| {
        CliError::usage(format!(
            "--input: {} is not valid JSON: line {}, column {}",
            path.display(),
            why.line(),
            why.column()
        ))
    })
}
