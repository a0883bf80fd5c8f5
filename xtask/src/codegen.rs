//! `cargo xtask codegen`: generates sources from the contract. They are checked in.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use bird_connectors_codegen::{CONTRACT, check, generate, write};

/// Writes the generated files. With `check_only`, changes nothing and fails if one is out of date.
pub(crate) fn run(check_only: bool) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let contract = fs::read_to_string(root.join(CONTRACT))
        .with_context(|| format!("cannot read {CONTRACT}"))?;
    let files = generate(&contract).with_context(|| format!("cannot generate from {CONTRACT}"))?;
    if check_only {
        check(&root, &files)
    } else {
        write(&root, &files)
    }
}
