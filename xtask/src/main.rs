//! `cargo xtask`: every chore has one name.

mod codegen;

use anyhow::Result;
use clap::Parser;

#[derive(Parser)]
enum Chore {
    /// Generate the raw layer and the mocks from the contract.
    Codegen {
        /// Fail if the checked-in files differ, and change nothing.
        #[arg(long)]
        check: bool,
    },
}

fn main() -> Result<()> {
    match Chore::parse() {
        Chore::Codegen { check } => codegen::run(check),
    }
}
