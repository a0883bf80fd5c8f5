//! `sandbox`: a local server that behaves like the API.

use std::path::Path;

use bird_connectors_sandbox::{Behavior, InvalidScene, RateLimits, Sandbox, Scene, Script};
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

/// Refuses options that the scene would replace.
fn check_ignored(scene: &Scene, arguments: &ServerArguments) -> Result<(), CliError> {
    let has_speed = arguments.speed.to_bits() != 1.0_f64.to_bits();
    let problem = if arguments.behavior != Behavior::default() {
        "--scene cannot be used with options for the behavior, because the scene has its own"
    } else if has_speed && !scene.to_json()["scripts"]["default"].is_null() {
        "--scene cannot be used with --speed, because the scene has its own script of installs"
    } else {
        return Ok(());
    };
    Err(CliError::usage(problem.to_owned()))
}

/// The command that starts this sandbox again, without what the page adds.
fn restart_words(arguments: &ServerArguments, key_file: Option<&Path>) -> Vec<String> {
    let mut words = vec!["bird-connectors".to_owned(), "sandbox".to_owned()];
    let mut add = |name: &str, value: String| words.extend([name.to_owned(), value]);
    if let Some(path) = key_file {
        add("--key-file", path.display().to_string());
    }
    if arguments.speed.to_bits() != 1.0_f64.to_bits() {
        add("--speed", arguments.speed.to_string());
    }
    if arguments.connectors > 0 {
        add("--connectors", arguments.connectors.to_string());
    }
    if let Some(path) = &arguments.scene {
        add("--scene", path.display().to_string());
    }
    if arguments.rate_limits {
        words.push("--rate-limits".to_owned());
    }
    words
}

/// The line that sets the access key. A key of the caller is not repeated.
fn key_line(generated: &str, key_file: Option<&Path>) -> String {
    match key_file {
        None => format!("export BIRD_ACCESS_KEY={generated}"),
        Some(path) if path.as_os_str() == "-" => {
            "# BIRD_ACCESS_KEY is the key of the standard input.".to_owned()
        }
        Some(path) => {
            let path = path.display().to_string();
            format!(
                "export BIRD_ACCESS_KEY=\"$(cat {})\"",
                shell_words::quote(&path)
            )
        }
    }
}

/// Starts a sandbox that runs until Ctrl-C. Its access key is random, or that of `--key-file`.
async fn serve(context: &Context, arguments: ServerArguments) -> Result<CommandOutput, CliError> {
    let scene = match &arguments.scene {
        Some(path) => Some(read_scene(path)?),
        None => None,
    };
    if let Some(scene) = &scene {
        check_ignored(scene, &arguments)?;
    }
    let words = restart_words(&arguments, context.global.key_file.as_deref());
    let mut builder = Sandbox::builder()
        .port(arguments.port)
        .connectors(arguments.connectors)
        .default_script(Script::standard().scaled(1.0 / arguments.speed))
        .behavior(|behavior| *behavior = arguments.behavior)
        .ui_command(words.iter().map(String::as_str))
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
    if let Some(scene) = scene {
        builder = builder.scene(scene);
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
         {}\n\
         export BIRD_WORKSPACE_ID={workspace}\n\
         {page_line}\
         # Press Ctrl-C to stop.",
        key_line(sandbox.access_key(), context.global.key_file.as_deref())
    );
    // A generated key is not a secret: it works only on this machine, while the sandbox runs.
    let generated = context.global.key_file.is_none();
    let mut value = json!({
        "base_url": base_url,
        "access_key": generated.then(|| sandbox.access_key()),
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
