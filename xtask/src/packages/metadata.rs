//! The published packages, as `cargo metadata` describes them. Pure.

use anyhow::{Context as _, Result};
use serde::Deserialize;

/// A published package.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Whether other packages can depend on it.
    pub(crate) is_library: bool,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Described>,
}

#[derive(Deserialize)]
struct Described {
    name: String,
    version: String,
    /// The permitted registries. `None` permits all, and an empty list none.
    publish: Option<Vec<String>>,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
}

/// The packages that may be published, sorted by name.
pub(super) fn published(metadata: &str) -> Result<Vec<Package>> {
    let metadata: Metadata =
        serde_json::from_str(metadata).context("unexpected output of `cargo metadata`")?;
    let mut packages: Vec<Package> = metadata
        .packages
        .into_iter()
        .filter(|package| package.publish.as_ref().is_none_or(|list| !list.is_empty()))
        .map(|package| Package {
            is_library: package
                .targets
                .iter()
                .any(|target| target.kind.iter().any(|kind| kind == "lib")),
            name: package.name,
            version: package.version,
        })
        .collect();
    packages.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(packages)
}

#[cfg(test)]
mod tests;
