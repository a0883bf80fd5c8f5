//! Dependency groups of `pyproject.toml` (PEP 735), resolved without pip: older versions of pip do not know them.

use anyhow::{Context as _, Result, bail, ensure};
use toml::{Table, Value};

/// The packages of a group, with those of the groups that it includes.
pub(super) fn resolve(pyproject: &str, name: &str) -> Result<Vec<String>> {
    let table: Table = pyproject.parse().context("invalid pyproject.toml")?;
    let groups = table
        .get("dependency-groups")
        .and_then(Value::as_table)
        .context("pyproject.toml has no table `dependency-groups`")?;
    let mut packages = Vec::new();
    collect(groups, name, &mut Vec::new(), &mut packages)?;
    Ok(packages)
}

fn collect(
    groups: &Table,
    name: &str,
    including: &mut Vec<String>,
    packages: &mut Vec<String>,
) -> Result<()> {
    ensure!(
        !including.iter().any(|other| other == name),
        "the dependency group {name} includes itself"
    );
    let group = groups
        .get(name)
        .and_then(Value::as_array)
        .with_context(|| format!("pyproject.toml has no dependency group {name}"))?;
    let invalid = format!(
        "invalid entry in the dependency group {name}: expected a string or `include-group`"
    );
    including.push(name.to_owned());
    for entry in group {
        match entry {
            Value::String(package) => packages.push(package.clone()),
            Value::Table(table) => match table.get("include-group").and_then(Value::as_str) {
                Some(included) => collect(groups, included, including, packages)?,
                None => bail!("{invalid}"),
            },
            _ => bail!("{invalid}"),
        }
    }
    including.pop();
    Ok(())
}

#[cfg(test)]
mod tests;
