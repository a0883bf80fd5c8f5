//! A program outside of the workspace that depends on the packages instead of the sources. It shows that the packages are
//! complete, and that the README of the SDK compiles.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::metadata::Package;
use crate::process::{self, cargo, root, target};

/// Builds the program and runs it against the packaged sandbox. The folder contains only `packages`, with the unpacked
/// packages.
pub(super) fn build_and_run(folder: &Path, packages: &[Package]) -> Result<()> {
    let readme = folder
        .join("packages")
        .join(sdk(packages)?)
        .join("README.md");
    let readme = read(&readme)?;
    let sources = folder.join("src");
    fs::create_dir_all(sources.join("bin")).context("cannot create a folder")?;
    write(&folder.join("Cargo.toml"), &manifest(packages))?;
    write(
        &sources.join("main.rs"),
        &read(&root().join("xtask/outside/main.rs"))?,
    )?;
    let example = rust_block(&readme).context("the README of the SDK has no Rust example")?;
    write(&sources.join("bin/readme.rs"), example)?;
    // The dependencies are at the versions that the workspace was tested with.
    write(
        &folder.join("Cargo.lock"),
        &read(&root().join("Cargo.lock"))?,
    )?;
    for arguments in [
        &["build", "--quiet", "--bins"][..],
        &["run", "--quiet", "--bin", "outside"],
    ] {
        let mut command = cargo(arguments);
        // The compiled dependencies are shared, and the packages are not: they have other paths.
        command
            .env("CARGO_TARGET_DIR", target())
            .current_dir(folder);
        process::run(&mut command)?;
    }
    Ok(())
}

/// The folder of the SDK's package.
fn sdk(packages: &[Package]) -> Result<String> {
    let sdk = packages
        .iter()
        .find(|package| package.name == "bird-connectors")
        .context("the SDK is not published")?;
    Ok(format!("{}-{}", sdk.name, sdk.version))
}

/// A manifest that replaces the packages of the registry with those in the folder `packages`.
fn manifest(packages: &[Package]) -> String {
    let libraries = || packages.iter().filter(|package| package.is_library);
    let dependencies: String = libraries()
        .map(|package| format!("{} = \"={}\"\n", package.name, package.version))
        .collect();
    let patches: String = libraries()
        .map(|package| {
            let Package { name, version, .. } = package;
            format!("{name} = {{ path = \"packages/{name}-{version}\" }}\n")
        })
        .collect();
    format!(
        r#"[package]
name = "outside"
edition = "2024"
default-run = "outside"

[workspace]

[dependencies]
httpmock = {{ version = "0.9", default-features = false }}
serde_json = "1"
tokio = {{ version = "1", features = ["macros", "rt-multi-thread"] }}
{dependencies}
[patch.crates-io]
{patches}
[profile.dev]
debug = "line-tables-only"
"#
    )
}

/// The first example in Rust of a Markdown page.
fn rust_block(markdown: &str) -> Option<&str> {
    let (_, block) = markdown.split_once("```rust")?;
    let (_attributes, block) = block.split_once('\n')?;
    block.split_once("\n```").map(|(block, _)| block)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn write(path: &Path, content: &str) -> Result<()> {
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests;
