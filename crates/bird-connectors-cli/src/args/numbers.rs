//! The arguments of `numbers`.

use clap::{Args, Subcommand};

use super::list::ListOptions;

#[derive(Debug, Subcommand)]
pub(crate) enum NumbersCommand {
    /// List the phone numbers, with the ids that templates need
    #[command(after_help = "\
Examples:
  bird-connectors numbers list
  bird-connectors numbers list --output json --jq '.[].id'")]
    List(ListNumbers),
}

#[derive(Debug, Args)]
pub(crate) struct ListNumbers {
    /// List only long codes
    #[arg(long)]
    pub(crate) long_codes: bool,
    #[command(flatten)]
    pub(crate) list: ListOptions,
}
