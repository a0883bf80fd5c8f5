//! The program that `cargo xtask codegen` runs. It is separate from `xtask`, whose build would otherwise include the generator.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use anyhow::{Context as _, Result, bail};
use bird_connectors_codegen::{CONTRACT, check, generate, write};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Writes the generated files. With `--check`, changes nothing and fails if one is out of date.
fn run() -> Result<()> {
    let check_only = match env::args().nth(1).as_deref() {
        None => false,
        Some("--check") => true,
        Some(other) => bail!("unknown option {other}: expected --check or nothing"),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let contract = fs::read_to_string(root.join(CONTRACT))
        .with_context(|| format!("cannot read {CONTRACT}"))?;
    let files = generate(&contract).with_context(|| format!("cannot generate from {CONTRACT}"))?;
    if check_only {
        check(&root, &files)
    } else {
        write(&root, &files)
    }
}
