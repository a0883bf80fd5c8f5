//! References with sibling keys.

use serde_json::{Value, json};

use crate::contract::each_schema;

/// Rewrites `{$ref, nullable, description}` as `{allOf: [{$ref}], nullable, description}`.
///
/// OpenAPI 3.0 ignores the siblings of `$ref`: without `nullable`, a null would make its object undecodable.
pub(crate) fn keep_reference_siblings(document: &mut Value) {
    each_schema(document, &mut |schema| {
        if schema.len() > 1
            && let Some(reference) = schema.remove("$ref")
        {
            schema.insert("allOf".to_owned(), json!([{"$ref": reference}]));
        }
    });
}

#[cfg(test)]
mod tests;
