//! The arguments of the commands for files of channels: `plan`, `apply`, `export` and `validate`.

use std::path::PathBuf;

use clap::Args;

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
