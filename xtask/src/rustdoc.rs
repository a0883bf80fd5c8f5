//! Builds the documentation of all crates.

use anyhow::Result;

use crate::process::{self, cargo};

/// Fails if there are warnings.
pub(crate) fn run() -> Result<()> {
    let doc = ["doc", "--workspace", "--no-deps"];
    process::run(cargo(doc).env("RUSTDOCFLAGS", "-D warnings"))
}
