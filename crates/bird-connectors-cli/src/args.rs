//! The arguments of the command line: one type for each command, without behavior. Help texts and examples are here.

pub(crate) mod api;
pub(crate) mod channels;
pub(crate) mod connectors;
pub(crate) mod doctor;
pub(crate) mod global;
pub(crate) mod journal;
pub(crate) mod list;
pub(crate) mod numbers;
mod parse;
pub(crate) mod plan;
pub(crate) mod sandbox;
pub(crate) mod template;
pub(crate) mod use_cases;
pub(crate) mod webhooks;

use clap::{Parser, Subcommand};

use api::ApiArguments;
use channels::ChannelsCommand;
use connectors::ConnectorsCommand;
use doctor::DoctorArguments;
use global::GlobalOptions;
use numbers::NumbersCommand;
use plan::{ApplyArguments, ExportArguments, PlanArguments, ValidateArguments};
use sandbox::SandboxArguments;
use use_cases::UseCasesCommand;
use webhooks::WebhooksCommand;

/// Install messaging channels in Bird workspaces, and wait until they can send.
///
/// Data goes to standard output; messages, progress and errors go to standard error.
#[derive(Debug, Parser)]
#[command(
    name = "bird-connectors",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = AFTER_HELP
)]
pub(crate) struct CommandLine {
    #[command(flatten)]
    pub(crate) global: GlobalOptions,
    #[command(subcommand)]
    pub(crate) command: TopCommand,
}

const AFTER_HELP: &str = "\
Examples:
  bird-connectors numbers list
  bird-connectors connectors install sms --example

Access key:
  Set the environment variable BIRD_ACCESS_KEY, or use --key-file or a profile. No option takes a
  secret itself, because other users of the machine can read the arguments of a process.

Exit codes:
  0    done
  1    other failure
  2    invalid usage or input
  3    not found
  4    access key rejected, or permission missing
  5    conflict, or ambiguous
  6    not ready in time
  7    install failed
  8    outcome unknown: the request may have been processed
  10   plan --detailed-exitcode: something is to be done
  11   plan --detailed-exitcode: only something that the files do not describe
  129  the terminal was closed (SIGHUP)
  130  interrupted with Ctrl-C
  143  terminated by SIGTERM

  `sandbox` and `webhooks listen` run until one of these signals, and exit with 0 then.";

#[derive(Debug, Subcommand)]
pub(crate) enum TopCommand {
    /// Install, list and delete connectors, and wait for their channels
    #[command(subcommand)]
    Connectors(ConnectorsCommand),
    /// List channels, and send a test message
    #[command(subcommand)]
    Channels(ChannelsCommand),
    /// List the phone numbers of the workspace
    #[command(subcommand)]
    Numbers(NumbersCommand),
    /// List the use cases of the workspace
    #[command(subcommand)]
    UseCases(UseCasesCommand),
    /// Manage webhook subscriptions, and check deliveries
    #[command(subcommand)]
    Webhooks(WebhooksCommand),
    /// Compare files of channels with the workspaces
    ///
    /// Sends only reads. Each connector and webhook subscription is to be created, adopted, unchanged, different, missing, or only
    /// live. The hash at the end identifies the plan: `apply --expect` applies no other one.
    #[command(after_help = "\
Examples:
  bird-connectors plan channels.yaml
  bird-connectors plan channels.yaml --prune --markdown

Exit codes with --detailed-exitcode:
  0   nothing to do
  10  something is to be done, by apply or by hand
  11  only something that the files do not describe")]
    Plan(PlanArguments),
    /// Make the workspaces follow files of channels
    ///
    /// Creates what is missing, and never changes or deletes a connector unless --replace or --prune asks for it. It can be
    /// killed at any time and repeated: the journal prevents duplicates, and knows what the project created.
    #[command(after_help = "\
Examples:
  bird-connectors apply channels.yaml
  bird-connectors apply channels.yaml --prune --yes --wait")]
    Apply(ApplyArguments),
    /// Write what workspaces contain as a file of channels
    ///
    /// The file contains references in place of secrets, which the API does not return. A plan for it has no changes.
    #[command(after_help = "\
Example:
  bird-connectors export --project acme")]
    Export(ExportArguments),
    /// Check files of channels, without a network
    ///
    /// The files describe the connectors and webhook subscriptions of workspaces. Secrets are references in them, such as
    /// env:NAME, which are not read. Each problem is reported with its file, line and column.
    #[command(after_help = "\
Examples:
  bird-connectors validate --example
  bird-connectors validate --schema
  bird-connectors validate channels.yaml")]
    Validate(ValidateArguments),
    /// Run a local server that behaves like the API, until Ctrl-C
    ///
    /// Needs no account and no network. Its access key is random, or that of --key-file. Ctrl-C stops it, and it exits with 0.
    #[command(after_help = "\
Examples:
  bird-connectors sandbox --help
  bird-connectors sandbox --port 8080 --speed 10")]
    Sandbox(SandboxArguments),
    /// Show the workspace, and what the access key can read
    ///
    /// Sends only reads.
    #[command(after_help = "\
Example:
  bird-connectors whoami")]
    Whoami,
    /// Find out why something does not work, and where the API differs from its contract
    ///
    /// Checks the configuration, the access key, proxy and certificates, the connection, permissions, the clock, the rate
    /// limit, and webhook subscriptions with their deliveries. Sends only reads. Exits with 1 if a check fails.
    #[command(after_help = "\
Examples:
  bird-connectors doctor
  bird-connectors doctor --jq '.findings[] | select(.status == \"failed\") | .check'
  bird-connectors doctor --issue-form")]
    Doctor(DoctorArguments),
    /// Send any request to the API
    ///
    /// The response is printed as it is: it can contain secrets.
    #[command(after_help = "\
Examples:
  bird-connectors api GET /workspaces/{workspace}/numbers --query limit=1
  bird-connectors api get /workspaces/{workspace}/channels --jq '.results[].id'")]
    Api(ApiArguments),
    /// Print a completion script for a shell
    #[command(after_help = "\
Example:
  bird-connectors completions bash")]
    Completions {
        /// Shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages of all commands into a folder
    #[command(after_help = "\
Example:
  bird-connectors man manual")]
    Man {
        /// Folder; it is created if it does not exist
        folder: std::path::PathBuf,
    },
    /// List all commands with their options and examples, for tools and agents
    #[command(after_help = "\
Example:
  bird-connectors commands --output json")]
    Commands,
}

impl TopCommand {
    /// Whether the command changes nothing, so that it can be repeated.
    pub(crate) fn only_reads(&self) -> bool {
        use bird_connectors::client::Method;

        match self {
            Self::Connectors(command) => matches!(
                command,
                ConnectorsCommand::List(_)
                    | ConnectorsCommand::Get { .. }
                    | ConnectorsCommand::Status { .. }
                    | ConnectorsCommand::Wait(_)
            ),
            Self::Channels(command) => matches!(
                command,
                ChannelsCommand::List(_)
                    | ChannelsCommand::Get { .. }
                    | ChannelsCommand::Conversational { setting: None, .. }
            ),
            Self::Webhooks(command) => matches!(
                command,
                WebhooksCommand::List { .. }
                    | WebhooksCommand::Get { .. }
                    | WebhooksCommand::Logs { .. }
                    | WebhooksCommand::Events { .. }
            ),
            Self::Numbers(_)
            | Self::UseCases(_)
            | Self::Whoami
            | Self::Plan(_)
            | Self::Export(_)
            | Self::Doctor(_) => true,
            Self::Api(arguments) => matches!(arguments.method, Method::GET | Method::HEAD),
            _ => false,
        }
    }
}
