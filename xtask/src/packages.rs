//! `cargo xtask packages`: packages the published crates, checks the contents of the packages, and builds and runs a
//! program outside of the workspace that uses them.

mod contents;
mod metadata;
mod outside;
mod publish;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::archive;
use crate::process::{self, cargo, target};
use crate::steps::Steps;

pub(crate) use metadata::Package;

pub(crate) fn run(steps: &mut Steps, allow_dirty: bool) -> Result<()> {
    steps.run("package", || package(allow_dirty))?;
    steps.run("contents", || contents().map(drop))?;
    steps.run("program outside the workspace", build_outside_program)
}

/// The packages of the workspace that are published.
pub(crate) fn published() -> Result<Vec<Package>> {
    let arguments = ["metadata", "--no-deps", "--format-version", "1"];
    let output = process::quiet_output(&mut cargo(arguments))?;
    let packages = metadata::published(&output)?;
    ensure!(
        packages.len() > 1,
        "unexpected output of `cargo metadata`: it lists no published packages"
    );
    Ok(packages)
}

/// Packages all published crates. Skips cargo's verification, which would compile the dependencies of each package
/// again: [`build_outside_program`] builds the packages.
///
/// Not `cargo package --workspace`: it includes crates with `publish = false`, and fails because they have no version.
pub(crate) fn package(allow_dirty: bool) -> Result<()> {
    let mut package = cargo(["package", "--quiet", "--no-verify", "--locked"]);
    for published in published()? {
        package.args(["--package", &published.name]);
    }
    process::run(package.args(allow_dirty.then_some("--allow-dirty")))
}

/// Does everything that `cargo publish` does, except for the upload: packages the crates, builds each package, and asks the
/// registry whether it would accept them.
pub(crate) fn publish_dry_run(allow_dirty: bool) -> Result<()> {
    let mut options = vec!["--dry-run"];
    options.extend(allow_dirty.then_some("--allow-dirty"));
    publish::run(&published()?, &options)
}

/// Publishes all packages, in the order of their dependencies.
pub(crate) fn publish() -> Result<()> {
    publish::run(&published()?, &[])
}

/// Checks the contents of all packages, and prints a summary. Returns the number of packages.
pub(crate) fn contents() -> Result<usize> {
    let packages = published()?;
    let mut problems = Vec::new();
    for package in &packages {
        let entries = archive::list(&path(package))?;
        let prefix = format!("{}-{}/", package.name, package.version);
        let entries = contents::relative(&entries, &prefix);
        println!("{}", contents::summary(&prefix, &entries));
        for problem in contents::problems(&entries) {
            problems.push(format!("{}: {problem}", package.name));
        }
    }
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(packages.len())
}

/// Builds and runs a program outside of the workspace, in an empty folder, that uses the packages.
pub(crate) fn build_outside_program() -> Result<()> {
    let folder = tempfile::tempdir().context("cannot create a temporary folder")?;
    let packages = unpack(&folder.path().join("packages"))?;
    outside::build_and_run(folder.path(), &packages)
}

/// The archive of a package.
fn path(package: &Package) -> PathBuf {
    let file = format!("{}-{}.crate", package.name, package.version);
    target().join("package").join(file)
}

/// The unpacked archives of all published crates, below the given folder.
fn unpack(folder: &Path) -> Result<Vec<Package>> {
    let packages = published()?;
    for package in &packages {
        archive::unpack(&path(package), folder)
            .with_context(|| format!("cannot unpack {}", package.name))?;
    }
    Ok(packages)
}
