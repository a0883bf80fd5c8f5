//! The contract as a JSON document: reading it, and finding one's way in it.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Map, Value};

/// A JSON object.
pub(crate) type Object = Map<String, Value>;

/// The methods that a path item can hold, in the order in which they are generated.
const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// Reads YAML. Keys are sorted, so that moving a block in the contract changes nothing in the output.
pub(crate) fn parse(text: &str) -> Result<Value> {
    let mut document: Value =
        serde_yaml_ng::from_str(text).context("the contract is not valid YAML")?;
    document.sort_all_objects();
    ensure!(
        document["paths"].is_object(),
        "the contract has no paths: is it an OpenAPI document?"
    );
    Ok(document)
}

/// One operation and where it stands.
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
    /// A text of the operation itself, such as its id.
    pub(crate) fn text(&self, key: &str) -> Result<&'a str> {
        self.operation[key]
            .as_str()
            .with_context(|| format!("{} {} has no {key}", self.method, self.path))
    }
}

/// All operations, by path and method.
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

/// The named schemas.
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

/// Walks parameters, bodies and replies down to their `schema` entries.
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

/// Calls `change` with a schema and with every schema inside it.
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

/// The `#/components/...` references inside a value.
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

/// The value behind a reference like `#/components/schemas/Connector`.
pub(crate) fn resolve<'a>(document: &'a Value, reference: &str) -> Result<&'a Value> {
    let Some(pointer) = reference.strip_prefix('#') else {
        bail!("{reference} points outside the contract");
    };
    document
        .pointer(pointer)
        .with_context(|| format!("{reference} points at nothing"))
}

/// Refuses what would be generated under a name that nobody chose.
pub(crate) fn check_names(document: &Value) -> Result<()> {
    let mut nameless = Vec::new();
    for (name, schema) in schemas(document) {
        let mut schema = schema.clone();
        let mut depth = 0;
        walk_schema(&mut schema, &mut |inner| {
            if depth > 0 && wants_a_name(inner) {
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
        if wants_a_name(inner) {
            nameless.push("an operation".to_owned());
        }
    });
    ensure!(
        nameless.is_empty(),
        "objects with properties and enums need names of their own: move those inside {} to components/schemas",
        nameless.join(", ")
    );
    Ok(())
}

fn wants_a_name(schema: &Object) -> bool {
    schema.contains_key("properties") || schema.contains_key("enum")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn operations_come_by_path_and_method() {
        let contract = "
            paths:
              /b: {post: {operationId: three}, get: {operationId: two}}
              /a: {parameters: [], delete: {operationId: one}}";
        let document = parse(contract).unwrap();
        let ids: Vec<_> = operations(&document)
            .iter()
            .map(|at| at.text("operationId").unwrap())
            .collect();
        assert_eq!(ids, ["one", "two", "three"]);
    }

    #[test]
    fn every_schema_is_visited_wherever_it_stands() {
        let mut document = json!({
            "paths": {"/a": {"get": {
                "parameters": [{"schema": {"title": "parameter"}, "example": {"schema": {"title": "no schema"}}}],
                "responses": {"200": {"content": {"application/json": {"schema": {"title": "reply"}}}}},
            }}},
            "components": {
                "schemas": {"A": {
                    "title": "outer",
                    "properties": {"schema": {"title": "property", "items": {"title": "item"}}},
                    "additionalProperties": {"title": "rest"},
                    "oneOf": [{"title": "variant"}],
                }},
                "parameters": {"p": {"schema": {"title": "shared"}}},
            },
        });
        let mut titles = Vec::new();
        each_schema(&mut document, &mut |schema| {
            titles.push(schema["title"].as_str().unwrap().to_owned());
        });
        titles.sort();
        assert_eq!(
            titles,
            [
                "item",
                "outer",
                "parameter",
                "property",
                "reply",
                "rest",
                "shared",
                "variant"
            ]
        );
    }

    #[test]
    fn a_reference_that_leads_nowhere_is_named() {
        let error = resolve(&json!({}), "#/components/schemas/Gone").unwrap_err();
        assert!(error.to_string().contains("schemas/Gone points at nothing"));
    }

    #[test]
    fn nameless_objects_and_enums_are_refused() {
        let inner = json!({"components": {"schemas": {"Parcel": {
            "properties": {"size": {"properties": {"height": {}}}},
        }}}});
        let error = check_names(&inner).unwrap_err().to_string();
        assert!(error.contains("inside Parcel"), "{error}");

        let parameter =
            json!({"paths": {"/a": {"get": {"parameters": [{"schema": {"enum": ["x"]}}]}}}});
        let error = check_names(&parameter).unwrap_err().to_string();
        assert!(error.contains("inside an operation"), "{error}");

        let named =
            json!({"components": {"schemas": {"Size": {"properties": {}}, "Kind": {"enum": []}}}});
        check_names(&named).unwrap();
    }

    #[test]
    fn what_is_no_openapi_document_is_refused() {
        assert!(parse("a: b").unwrap_err().to_string().contains("no paths"));
        assert!(parse("a: [").unwrap_err().to_string().contains("YAML"));
    }
}
