//! `cargo publish`, without what an earlier run left behind.
//!
//! cargo builds each package before it uploads it. Dependencies on packages of the workspace come from a temporary registry,
//! and cargo assumes that a version in a registry never changes: it unpacks and compiles each version once. But until a version
//! is released, it changes with every commit. Without this module, cargo would build a package with the dependencies of an
//! earlier commit.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::metadata::Package;
use crate::process::{self, cargo, target};

/// Runs `cargo publish` for all packages, with these options.
pub(super) fn run(packages: &[Package], options: &[&str]) -> Result<()> {
    remove_unpacked(&registry_sources()?, packages)?;
    // Not the target folder of the workspace, whose compiled packages should stay.
    let folder = target().join("publish");
    let mut clean = cargo(["clean", "--quiet", "--target-dir"]);
    clean.arg(&folder);
    for package in packages {
        clean.args(["--package", &package.name]);
    }
    process::run(&mut clean)?;
    let mut publish = cargo(["publish", "--workspace", "--locked", "--target-dir"]);
    publish.arg(&folder).args(options);
    // The temporary registry is in the build folder, which a user can configure separately.
    process::run(publish.env("CARGO_BUILD_BUILD_DIR", &folder))
}

/// Where cargo unpacks the packages of registries.
fn registry_sources() -> Result<PathBuf> {
    let home = match std::env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => std::env::home_dir()
            .context("cannot find the home folder: set CARGO_HOME")?
            .join(".cargo"),
    };
    Ok(home.join("registry/src"))
}

/// Removes the unpacked packages of registries that are folders. The temporary registry is one; a folder of a released
/// package comes from a registry with a host, and stays.
fn remove_unpacked(sources: &Path, packages: &[Package]) -> Result<()> {
    let Ok(registries) = fs::read_dir(sources) else {
        return Ok(());
    };
    for registry in registries {
        let registry = registry.with_context(|| format!("cannot read {}", sources.display()))?;
        // The name is the host, then `-` and a hash.
        if !registry.file_name().to_string_lossy().starts_with('-') {
            continue;
        }
        for Package { name, version, .. } in packages {
            let folder = registry.path().join(format!("{name}-{version}"));
            if folder.exists() {
                fs::remove_dir_all(&folder)
                    .with_context(|| format!("cannot remove {}", folder.display()))?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
