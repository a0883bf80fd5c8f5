//! The commands: one file for each group. A command returns its result, and prints only progress and messages.

mod api;
mod apply;
mod bulk;
mod channel_files;
mod channels;
mod connectors;
mod deletion;
mod doctor;
mod install;
mod journals;
mod known_values;
mod listen;
mod lists;
mod named_secrets;
mod numbers;
mod plan;
mod rows;
mod sandbox;
mod sandbox_control;
mod shell;
mod template;
mod tree;
mod use_cases;
mod wait;
mod wait_targets;
mod webhooks;
mod whoami;
mod wizard;

use crate::args::TopCommand;
use crate::context::Context;
use crate::errors::CliError;
use crate::output::CommandOutput;

/// Runs a command.
pub(crate) async fn run(context: &Context, command: TopCommand) -> Result<CommandOutput, CliError> {
    match command {
        TopCommand::Connectors(command) => connectors::run(context, command).await,
        TopCommand::Channels(command) => channels::run(context, command).await,
        TopCommand::Numbers(command) => numbers::run(context, command),
        TopCommand::UseCases(command) => use_cases::run(context, command).await,
        TopCommand::Webhooks(command) => webhooks::run(context, command).await,
        TopCommand::Plan(arguments) => plan::plan(context, &arguments).await,
        TopCommand::Apply(arguments) => apply::run(context, arguments).await,
        TopCommand::Export(arguments) => plan::export(context, &arguments).await,
        TopCommand::Validate(arguments) => channel_files::validate(context, &arguments),
        TopCommand::Sandbox(arguments) => sandbox::run(context, arguments).await,
        TopCommand::Doctor(arguments) => doctor::run(context, arguments).await,
        TopCommand::Whoami => whoami::run(context).await,
        TopCommand::Api(arguments) => api::run(context, arguments).await,
        TopCommand::Completions { shell } => Ok(shell::completions(shell)),
        TopCommand::Man { folder } => shell::manual(&folder),
        TopCommand::Commands => Ok(tree::run()),
    }
}
