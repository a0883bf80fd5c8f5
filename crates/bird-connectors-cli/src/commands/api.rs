//! `api`: any request, with the client's access key, retries and errors.

use std::io::Read as _;
use std::path::Path;

use bird_connectors::client::Method;
use serde_json::{Map, Value};

use crate::args::api::ApiArguments;
use crate::context::Context;
use crate::errors::CliError;
use crate::output::CommandOutput;

pub(super) async fn run(
    context: &Context,
    arguments: ApiArguments,
) -> Result<CommandOutput, CliError> {
    let path = path(context, &arguments.path)?;
    let writes = !matches!(arguments.method, Method::GET | Method::HEAD);
    let mut request = context.client()?.request(arguments.method, &path);
    for (name, value) in &arguments.query {
        request = request.query(name, value);
    }
    if let Some(input) = &arguments.input {
        request = request.json(&read_body(input)?);
    } else if !arguments.field.is_empty() {
        let fields: Map<String, Value> = arguments.field.into_iter().collect();
        request = request.json(&fields);
    }
    let sending = request.send();
    let response = if writes {
        let response = context.interruption.while_sending(sending).await;
        response.map_err(CliError::write)?
    } else {
        sending.await?
    };
    if response.body().is_empty() {
        context.message(&format!(
            "The response has the status {} and no body.",
            response.status()
        ));
        return Ok(CommandOutput::Nothing);
    }
    Ok(CommandOutput::Json(response.json()?))
}

/// Replaces `{workspace}`, which needs no workspace unless it is used.
fn path(context: &Context, path: &str) -> Result<String, CliError> {
    if !path.contains("{workspace}") {
        return Ok(path.to_owned());
    }
    let workspace = context.workspace()?.id().to_string();
    Ok(path.replace("{workspace}", &workspace))
}

fn read_body(path: &Path) -> Result<Value, CliError> {
    let mut content = String::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut content)
    } else {
        std::fs::File::open(path).and_then(|mut file| file.read_to_string(&mut content))
    };
    read.map_err(|why| CliError::usage(format!("--input: cannot read {}: {why}", path.display())))?;
    // The reason does not quote the body, which can contain secrets.
    serde_json::from_str(&content).map_err(|why| {
        CliError::usage(format!(
            "--input: {} is not valid JSON: line {}, column {}",
            path.display(),
            why.line(),
            why.column()
        ))
    })
}
