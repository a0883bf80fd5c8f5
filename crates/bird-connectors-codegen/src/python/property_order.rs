//! The order in which the contract lists the properties of a schema.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde_yaml_ng::Value;

/// The names of the properties of every named schema, in the order of the contract.
///
/// Everywhere else the generator sorts keys, so that the order of the contract has no effect. In Python it is part of the
/// API: it is the order of `__match_args__`, and of the attributes in `repr`.
#[derive(Debug)]
pub(crate) struct PropertyOrder(BTreeMap<String, Vec<String>>);

impl PropertyOrder {
    /// Reads the contract, which is YAML.
    pub(crate) fn of(contract: &str) -> Result<Self> {
        let document: Value =
            serde_yaml_ng::from_str(contract).context("the contract is not valid YAML")?;
        let schemas = entries(&document["components"]["schemas"]);
        let orders = schemas.map(|(name, schema)| {
            let properties = entries(&schema["properties"]).map(|(property, _)| property);
            (name, properties.collect())
        });
        Ok(Self(orders.collect()))
    }

    /// Returns the names of the properties of a schema.
    pub(crate) fn of_schema(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }
}

fn entries(mapping: &Value) -> impl Iterator<Item = (String, &Value)> {
    let entries = mapping.as_mapping().into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.as_str()?.to_owned(), value)))
}

#[cfg(test)]
mod tests;
