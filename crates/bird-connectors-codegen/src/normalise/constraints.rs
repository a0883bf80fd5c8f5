//! Constraints on values. The API checks them; the generated types do not.

use serde_json::Value;

use crate::contract::each_schema;

/// The keywords that typify turns into validated newtypes or narrower integers, and the defaults, which it would send.
const CONSTRAINTS: [&str; 15] = [
    "default",
    "example",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
    "uniqueItems",
];

/// Removes constraints and defaults, and widens `int32`. A reply that violates a documented constraint must still be
/// readable, and whether a request is valid is up to the API.
pub(crate) fn drop_constraints(document: &mut Value) {
    each_schema(document, &mut |schema| {
        schema.retain(|key, _| !CONSTRAINTS.contains(&key.as_str()));
        if schema.get("type").is_some_and(|kind| kind == "integer") {
            schema.remove("format");
        }
    });
}

#[cfg(test)]
mod tests;
