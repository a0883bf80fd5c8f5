//! The arguments of `use-cases`.

use bird_connectors::models::UseCaseId;
use clap::Subcommand;

use super::list::ListOptions;

#[derive(Debug, Subcommand)]
pub(crate) enum UseCasesCommand {
    /// List the use cases, with the ids that SMS templates need for US 10DLC numbers
    #[command(after_help = "\
Example:
  bird-connectors use-cases list")]
    List {
        #[command(flatten)]
        list: ListOptions,
    },
    /// Show one use case
    #[command(after_help = "\
Example:
  bird-connectors use-cases get 7c1d4f2e-3b5a-4d68-9e0f-1a2b3c4d5e6f")]
    Get {
        /// Use case id, a UUID
        id: UseCaseId,
    },
}
