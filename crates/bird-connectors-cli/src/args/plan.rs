//! The arguments of the commands for files of channels: `plan`, `apply`, `export` and `validate`.

use std::path::PathBuf;

use bird_connectors::WorkspaceId;
use clap::{Args, ValueHint};

use super::connectors::{ReconcileOptions, WaitOptions};
use super::journal::{self, JournalLocation};
use super::parse::parse_number;

/// What `plan` and `apply` have in common: with the same options, both make the same plan.
#[derive(Clone, Debug, Args)]
pub(crate) struct PlanSelection {
    /// Files of channels, or folders with .yaml files
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Delete what the project created and the files do not describe any more
    #[arg(long)]
    pub(crate) prune: bool,
    /// Delete a connector that differs, and create it again: its name, or its address in the plan; can be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) replace: Vec<String>,
    /// Record that the project owns something that somebody else created: its name, or its address; can be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) own: Vec<String>,
    /// Send the signing key of a webhook subscription again, because it has changed: its event, URL, or address in the plan; can be
    /// repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) update_signing_key: Vec<String>,
    /// Journal of the project: a file, or env:NAME for a PostgreSQL database whose URL is in the variable NAME; default: the name
    /// of the first file or folder with .journal at its end
    #[arg(long, value_name = "JOURNAL", value_parser = journal::parser(), value_hint = ValueHint::FilePath)]
    pub(crate) journal: Option<JournalLocation>,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArguments {
    #[command(flatten)]
    pub(crate) selection: PlanSelection,
    /// Also show what is unchanged or adopted
    #[arg(long)]
    pub(crate) all: bool,
    /// Print Markdown, for a comment on a pull request
    #[arg(long)]
    pub(crate) markdown: bool,
    /// Exit with 10 if something is to be done, and with 11 if there is only something that the files do not describe
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ApplyArguments {
    #[command(flatten)]
    pub(crate) selection: PlanSelection,
    /// Apply only the plan with this hash, which `plan` prints; otherwise send nothing
    #[arg(long, value_name = "HASH")]
    pub(crate) expect: Option<String>,
    /// Do not ask before something is deleted
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Prune also if more than 30 % of ten or more would be deleted
    #[arg(long)]
    pub(crate) force: bool,
    /// Also wait until the channels of created connectors can send
    #[arg(long)]
    pub(crate) wait: bool,
    #[command(flatten)]
    pub(crate) wait_options: WaitOptions,
    #[command(flatten)]
    pub(crate) reconcile: ReconcileOptions,
    /// Maximum number of concurrent installs in each workspace
    #[arg(long, value_name = "COUNT", default_value_t = 16, value_parser = parse_number::<usize, 1>)]
    pub(crate) concurrency: usize,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// Workspaces; default: that of --workspace
    #[arg(value_name = "WORKSPACE")]
    pub(crate) workspaces: Vec<WorkspaceId>,
    /// Name of the project in the file
    #[arg(long, value_name = "NAME", default_value = "channels")]
    pub(crate) project: String,
}

#[derive(Debug, Args)]
pub(crate) struct ValidateArguments {
    /// Files of channels, or folders with .yaml files
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Print an example of a file, and do nothing else
    #[arg(long)]
    pub(crate) example: bool,
    /// Print the JSON Schema of the files, for editors, and do nothing else
    #[arg(long, conflicts_with = "example")]
    pub(crate) schema: bool,
}
