//! The program that `cargo xtask codegen` runs. It is separate from `xtask`, whose build would otherwise include the generator.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

use anyhow::{Context as _, Result, bail};
use bird_connectors_codegen::{
    AsyncSource, CONTRACT, GeneratedFile, POSTGRES_SCHEMA, PYTHON_ASYNC, PYTHON_POSTGRES_SCHEMA,
    check, generate, synchronous_client, write,
};

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
        Some(other) => bail!("unknown option {other}: expected --check or no option"),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let contract = fs::read_to_string(root.join(CONTRACT))
        .with_context(|| format!("cannot read {CONTRACT}"))?;
    let mut files =
        generate(&contract).with_context(|| format!("cannot generate from {CONTRACT}"))?;
    files.extend(synchronous_client(&async_sources(&root)?)?);
    files.push(GeneratedFile {
        path: PYTHON_POSTGRES_SCHEMA.to_owned(),
        content: fs::read_to_string(root.join(POSTGRES_SCHEMA))
            .with_context(|| format!("cannot read {POSTGRES_SCHEMA}"))?,
    });
    if check_only {
        check(&root, &files)
    } else {
        write(&root, &files)
    }
}

/// Reads the files of the asynchronous Python client.
fn async_sources(root: &Path) -> Result<Vec<AsyncSource>> {
    let folder = root.join(PYTHON_ASYNC);
    let read = || -> io::Result<Vec<AsyncSource>> {
        let mut sources = Vec::new();
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".py") {
                let content = fs::read_to_string(entry.path())?;
                sources.push(AsyncSource { name, content });
            }
        }
        sources.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(sources)
    };
    read().with_context(|| format!("cannot read {PYTHON_ASYNC}"))
}
