//! The commands: one file for each group. A command returns its result, and prints only progress and messages.

mod api;
mod channels;
mod connectors;
mod install;
mod lists;
mod numbers;
mod template;
mod tree;
mod wait;
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
        TopCommand::Whoami => whoami::run(context).await,
        TopCommand::Api(arguments) => api::run(context, arguments).await,
        TopCommand::Commands => Ok(tree::run()),
    }
}
