//! Checks that all files have the same version, and that no placeholder remains before a release. Pure.

use anyhow::{Context as _, Result, ensure};
use toml::{Table, Value};

use crate::packages::Package;

/// The contents of the files that contain a version.
pub(super) struct Files<'a> {
    pub(super) manifest: &'a str,
    pub(super) pyproject: &'a str,
    pub(super) citation: &'a str,
    pub(super) changelog: String,
    /// Paths and contents, also of the pages of the site that say how to install the packages.
    pub(super) readmes: Vec<(String, String)>,
    pub(super) packages: Vec<Package>,
}

/// The parsed files.
pub(super) struct Sources {
    /// The version of the workspace.
    pub(super) version: String,
    manifest: Table,
    pyproject: Table,
    citation: Option<String>,
    changelog: String,
    readmes: Vec<(String, String)>,
    packages: Vec<Package>,
}

/// The section of the changelog that describes the version.
#[derive(Debug, PartialEq)]
pub(super) enum ChangelogSection {
    /// It has the version and a date.
    Dated(String),
    /// It has no version yet.
    Unreleased,
    Missing,
}

impl Sources {
    pub(super) fn parse(files: Files<'_>) -> Result<Self> {
        let manifest: Table = files.manifest.parse().context("invalid Cargo.toml")?;
        let version = at(&manifest, &["workspace", "package", "version"])
            .and_then(Value::as_str)
            .context("the workspace has no version")?;
        let citation = files
            .citation
            .lines()
            .find_map(|line| line.strip_prefix("version: "));
        Ok(Self {
            version: version.to_owned(),
            pyproject: files.pyproject.parse().context("invalid pyproject.toml")?,
            citation: citation.map(|version| version.trim_matches('"').to_owned()),
            changelog: files.changelog,
            readmes: files.readmes,
            packages: files.packages,
            manifest,
        })
    }

    /// Checks that all versions agree, and returns the version.
    pub(super) fn versions(&self) -> Result<String> {
        let mut problems = Vec::new();
        for package in &self.packages {
            if package.version != self.version {
                problems.push(format!(
                    "{} has the version {}",
                    package.name, package.version
                ));
            }
            // An unpublished crate may depend on a crate of the workspace without a version, a published one may not.
            let dependency = ["workspace", "dependencies", &package.name, "version"];
            let required = at(&self.manifest, &dependency).and_then(Value::as_str);
            if required.is_some_and(|required| required != self.version) {
                problems.push(format!(
                    "Cargo.toml requires {} of another version",
                    package.name
                ));
            }
        }
        if !self.has_dynamic_version() {
            problems.push(
                "pyproject.toml has a version, but maturin must take it from Cargo.toml".to_owned(),
            );
        }
        if self.citation.as_ref() != Some(&self.version) {
            problems.push("CITATION.cff has another version".to_owned());
        }
        for (path, content) in &self.readmes {
            for requirement in self.requirements(content) {
                if !is_requirement_of(requirement, &self.version) {
                    problems.push(format!("{path} shows the version {requirement}"));
                }
            }
        }
        ensure!(
            problems.is_empty(),
            "{}: {}",
            self.version,
            problems.join("; ")
        );
        Ok(self.version.clone())
    }

    fn has_dynamic_version(&self) -> bool {
        let dynamic = at(&self.pyproject, &["project", "dynamic"]).and_then(Value::as_array);
        dynamic.is_some_and(|names| names.iter().any(|name| name.as_str() == Some("version")))
    }

    /// The versions in lines such as `bird-connectors = "0.1"`, as a README shows them.
    fn requirements<'a>(&self, readme: &'a str) -> Vec<&'a str> {
        let requirement = |line: &'a str| {
            let (name, value) = line.split_once(" = ")?;
            if !self.packages.iter().any(|package| package.name == name) {
                return None;
            }
            let value = value
                .split_once("version = ")
                .map_or(value, |(_, value)| value);
            value.strip_prefix('"')?.split('"').next()
        };
        readme.lines().filter_map(requirement).collect()
    }

    pub(super) fn changelog(&self) -> ChangelogSection {
        let dated = format!("## [{}] - ", self.version);
        let mut lines = self.changelog.lines();
        if let Some(date) = lines.clone().find_map(|line| line.strip_prefix(&dated)) {
            return ChangelogSection::Dated(date.to_owned());
        }
        let is_entry = |line: &str| line.starts_with("- ");
        let has_entries = lines
            .by_ref()
            .skip_while(|line| *line != "## [Unreleased]")
            .skip(1)
            .take_while(|line| !line.starts_with("## "))
            .any(is_entry);
        if has_entries {
            ChangelogSection::Unreleased
        } else {
            ChangelogSection::Missing
        }
    }

    /// The files that say how to install packages which are not published yet.
    pub(super) fn instructions_before_release(&self) -> Vec<&str> {
        let is_one = |content: &str| {
            let words: Vec<&str> = content.split_whitespace().collect();
            let text = words.join(" ").to_lowercase();
            text.contains("until the first release")
        };
        let files = self.readmes.iter();
        files
            .filter(|(_, content)| is_one(content))
            .map(|(path, _)| path.as_str())
            .collect()
    }

    /// The address of the public repository: `None` until it is filled in.
    pub(super) fn repository(&self) -> Result<Option<String>> {
        let of_crates = at(&self.manifest, &["workspace", "package", "repository"]);
        let of_crates = of_crates.and_then(Value::as_str).unwrap_or_default();
        let of_package = at(&self.pyproject, &["project", "urls", "Repository"]);
        let of_package = of_package.and_then(Value::as_str).unwrap_or_default();
        ensure!(
            of_crates == of_package,
            "Cargo.toml and pyproject.toml have different addresses"
        );
        Ok((!of_crates.is_empty()).then(|| of_crates.to_owned()))
    }
}

/// Whether a requirement such as `0.1` accepts a version such as `0.1.3`.
fn is_requirement_of(requirement: &str, version: &str) -> bool {
    version
        .strip_prefix(requirement)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The value at a path of keys.
fn at<'a>(table: &'a Table, path: &[&str]) -> Option<&'a Value> {
    let (last, parents) = path.split_last()?;
    let mut table = table;
    for key in parents {
        table = table.get(*key)?.as_table()?;
    }
    table.get(*last)
}

#[cfg(test)]
mod tests;
