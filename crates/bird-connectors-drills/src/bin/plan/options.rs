//! The options of the drill.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Plan and apply channels from files, kill the apply at random requests, and check what exists in the end.
#[derive(Parser)]
pub(crate) struct Options {
    /// The program `bird-connectors`.
    #[arg(long)]
    pub(crate) program: Option<PathBuf>,
    /// Number of kills of the apply, and of the script, each in a sandbox of its own.
    #[arg(long, default_value_t = 50)]
    pub(crate) kills: u64,
    /// Number of workspaces; each has ten connectors and a webhook subscription.
    #[arg(long, default_value_t = 20)]
    pub(crate) workspaces: usize,
    /// Seed of the requests at which processes are killed.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    #[command(subcommand)]
    pub(crate) role: Option<Role>,
}

#[derive(Subcommand)]
pub(crate) enum Role {
    /// Be the script.
    #[command(hide = true)]
    Script { folder: PathBuf },
}
