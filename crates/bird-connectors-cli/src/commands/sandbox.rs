//! `sandbox`: a local server that behaves like the API.

use std::path::Path;

use bird_connectors_sandbox::{InvalidScene, RateLimits, Sandbox, Scene, Script};
use serde_json::json;

use crate::args::sandbox::{SandboxArguments, SandboxCommand, ServerArguments};
use crate::context::Context;
use crate::errors::CliError;
use crate::output::CommandOutput;
use crate::secrets::SecretLocation;
use crate::stop_signals;

use super::sandbox_control;

pub(super) async fn run(
    context: &Context,
    arguments: SandboxArguments,
) -> Result<CommandOutput, CliError> {
    match arguments.command {
        Some(SandboxCommand::Trigger(arguments)) => {
            sandbox_control::trigger(context, arguments).await
        }
        Some(SandboxCommand::Fault(arguments)) => sandbox_control::fault(context, arguments).await,
        None => serve(context, arguments.server).await,
    }
}

fn read_scene(path: &Path) -> Result<Scene, CliError> {
    let shown = path.display();
    let json = std::fs::read_to_string(path);
    let json =
        json.map_err(|why| CliError::usage(format!("--scene: cannot read {shown}: {why}")))?;
    let scene = json.parse();
    scene.map_err(|why: InvalidScene| CliError::usage(format!("--scene {shown}: {why}")))
}

/// Starts a sandbox that runs until Ctrl-C. Its access key is random, or that of `--key-file`.
async fn serve(context: &Context, arguments: ServerArguments) -> Result<CommandOutput, CliError> {
    let mut builder = Sandbox::builder()
        .port(arguments.port)
        .connectors(arguments.connectors)
        .default_script(Script::standard().scaled(1.0 / arguments.speed))
        .behavior(|behavior| *behavior = arguments.behavior)
        .webhooks(|webhooks| {
            for (public, local) in arguments.routes {
                webhooks.route(public, local);
            }
        });
    if let Some(path) = &context.global.key_file {
        let key = SecretLocation::of_key_file(path).read("--key-file")?;
        builder = builder.access_key(key.expose());
    }
    if arguments.rate_limits {
        builder = builder.rate_limits(RateLimits::documented());
    }
    if let Some(path) = &arguments.scene {
        builder = builder.scene(read_scene(path)?);
    }
    if let Some(port) = arguments.ui_port {
        builder = builder.ui_port(port);
    }
    let sandbox = builder.ui(arguments.ui).start().await.map_err(|why| {
        CliError::Local(format!(
            "cannot start the sandbox on port {}: {why}",
            arguments.port
        ))
    })?;
    let (base_url, workspace) = (sandbox.base_url(), sandbox.workspace_id());
    let page = sandbox.ui_url();
    let page_line = page
        .as_ref()
        .map_or_else(String::new, |url| format!("# Page: {url}\n"));
    let text = format!(
        "# The sandbox is listening. Paste these lines into a shell:\n\
         export BIRD_BASE_URL={base_url}\n\
         export BIRD_ACCESS_KEY={}\n\
         export BIRD_WORKSPACE_ID={workspace}\n\
         {page_line}\
         # Press Ctrl-C to stop.",
        sandbox.access_key()
    );
    // The key is not a secret: it works only on this machine, while the sandbox runs.
    let mut value = json!({
        "base_url": base_url,
        "access_key": sandbox.access_key(),
        "workspace_id": workspace,
        "organization_id": sandbox.organization_id(),
    });
    if let Some(url) = page {
        value["ui_url"] = json!(url);
    }
    let until = Box::pin(async move {
        let stopped = stop_signals::wait_for_one().await;
        drop(sandbox);
        stopped.map_err(|why| CliError::Local(format!("cannot receive signals: {why}")))
    });
    Ok(CommandOutput::Serving { text, value, until })
}
