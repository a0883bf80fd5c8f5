//! The contract as a JSON document: how to parse it, and how to find operations, schemas and references in it.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Map, Value};

/// A JSON object.
pub(crate) type Object = Map<String, Value>;

/// The methods of a path item, in the order in which their operations are generated.
const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// Parses YAML. It sorts all keys, so that the output does not depend on the order of the contract.
pub(crate) fn parse(contract: &str) -> Result<Value> {
    let mut document: Value =
        serde_yaml_ng::from_str(contract).context("the contract is not valid YAML")?;
    document.sort_all_objects();
    ensure!(
        document["paths"].is_object(),
        "the contract has no paths: expected an OpenAPI document"
    );
    Ok(document)
}

/// An operation with its path and method.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OperationAt<'a> {
    /// The path template.
    pub(crate) path: &'a str,
    /// The method in lower case.
    pub(crate) method: &'static str,
    /// The operation object.
    pub(crate) operation: &'a Value,
}

impl<'a> OperationAt<'a> {
    /// Returns a string field of the operation, such as its id.
    pub(crate) fn string(&self, key: &str) -> Result<&'a str> {
        self.operation[key]
            .as_str()
            .with_context(|| format!("{} {} has no {key}", self.method, self.path))
    }
}

/// Returns all operations, ordered by path and method.
pub(crate) fn operations(document: &Value) -> Vec<OperationAt<'_>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, item)| {
            METHODS.iter().filter_map(move |method| {
                let operation = item.get(method)?;
                Some(OperationAt {
                    path,
                    method,
                    operation,
                })
            })
        })
        .collect()
}

/// Calls `change` with the method and the object of every operation.
pub(crate) fn each_operation(
    document: &mut Value,
    mut change: impl FnMut(&'static str, &mut Object) -> Result<()>,
) -> Result<()> {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for (_, item) in paths {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) {
                change(method, operation)?;
            }
        }
    }
    Ok(())
}

/// Returns the named schemas.
pub(crate) fn schemas(document: &Value) -> impl Iterator<Item = (&String, &Value)> {
    document["components"]["schemas"]
        .as_object()
        .into_iter()
        .flatten()
}

/// Calls `change` with every schema object of the document, outer ones first.
pub(crate) fn each_schema(document: &mut Value, change: &mut impl FnMut(&mut Object)) {
    let Some(document) = document.as_object_mut() else {
        return;
    };
    for (key, part) in document {
        match key.as_str() {
            "components" => {
                let parts = part.as_object_mut().into_iter().flatten();
                for (kind, entries) in parts {
                    if kind == "schemas" {
                        each_child(entries, change);
                    } else {
                        each_schema_below(entries, change);
                    }
                }
            }
            "paths" => each_schema_below(part, change),
            _ => {}
        }
    }
}

/// Finds the schemas of parameters, bodies and replies: the values of their `schema` keys.
fn each_schema_below(value: &mut Value, change: &mut impl FnMut(&mut Object)) {
    match value {
        Value::Object(object) => {
            for (key, inner) in object {
                match key.as_str() {
                    "schema" => walk_schema(inner, change),
                    "example" | "examples" => {}
                    _ => each_schema_below(inner, change),
                }
            }
        }
        Value::Array(list) => {
            for inner in list {
                each_schema_below(inner, change);
            }
        }
        _ => {}
    }
}

/// Calls `change` with a schema, then with every schema inside it.
pub(crate) fn walk_schema(schema: &mut Value, change: &mut impl FnMut(&mut Object)) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    change(object);
    for (key, inner) in object {
        match key.as_str() {
            "properties" | "allOf" | "oneOf" | "anyOf" => each_child(inner, change),
            "items" | "additionalProperties" | "not" => walk_schema(inner, change),
            _ => {}
        }
    }
}

fn each_child(value: &mut Value, change: &mut impl FnMut(&mut Object)) {
    match value {
        Value::Object(object) => object
            .values_mut()
            .for_each(|inner| walk_schema(inner, change)),
        Value::Array(list) => list.iter_mut().for_each(|inner| walk_schema(inner, change)),
        _ => {}
    }
}

/// Collects the `#/components/...` references inside a value.
pub(crate) fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, inner) in object {
                match inner.as_str() {
                    Some(reference) if key == "$ref" => {
                        found.insert(reference.to_owned());
                    }
                    _ => references(inner, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| references(inner, found)),
        _ => {}
    }
}

/// Returns the value that a reference such as `#/components/schemas/Connector` names.
pub(crate) fn resolve<'a>(document: &'a Value, reference: &str) -> Result<&'a Value> {
    let Some(pointer) = reference.strip_prefix('#') else {
        bail!("the reference {reference} is not within the contract");
    };
    document
        .pointer(pointer)
        .with_context(|| format!("the contract does not define {reference}"))
}

/// Fails if an object with properties or an enum has no name in the contract: typify would make one up.
pub(crate) fn check_names(document: &Value) -> Result<()> {
    let mut nameless = Vec::new();
    for (name, schema) in schemas(document) {
        let mut schema = schema.clone();
        let mut depth = 0;
        walk_schema(&mut schema, &mut |inner| {
            if depth > 0 && needs_a_name(inner) {
                nameless.push(name.clone());
            }
            depth += 1;
        });
    }
    let mut elsewhere = document.clone();
    if let Some(components) = elsewhere["components"].as_object_mut() {
        components.remove("schemas");
    }
    each_schema(&mut elsewhere, &mut |inner| {
        if needs_a_name(inner) {
            nameless.push("an operation".to_owned());
        }
    });
    ensure!(
        nameless.is_empty(),
        "objects with properties and enums need a name: move those inside {} to components/schemas",
        nameless.join(", ")
    );
    Ok(())
}

fn needs_a_name(schema: &Object) -> bool {
    schema.contains_key("properties") || schema.contains_key("enum")
}

#[cfg(test)]
mod tests;
