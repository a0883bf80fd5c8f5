//! Limits on values: the API checks them, the generated types do not.

use serde_json::Value;

use crate::contract::each_schema;

/// What typify would turn into a validated newtype, into a narrower integer, or into a value that is sent unasked.
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

/// Removes limits and defaults, and widens `int32`: a reply that breaks a documented limit must still be readable, and
/// in a request the API has the last word.
pub(crate) fn drop_constraints(document: &mut Value) {
    each_schema(document, &mut |schema| {
        schema.retain(|key, _| !CONSTRAINTS.contains(&key.as_str()));
        if schema.get("type").is_some_and(|kind| kind == "integer") {
            schema.remove("format");
        }
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn limits_go_and_meaning_stays() {
        let mut document = json!({"components": {"schemas": {"A": {
            "type": "object",
            "minProperties": 1,
            "properties": {
                "pattern": {"type": "string", "pattern": "^a$", "minLength": 1, "description": "A property of that name."},
                "size": {"type": "integer", "format": "int32", "minimum": 1, "default": 10},
                "id": {"type": "string", "format": "uuid"},
                "tags": {"type": "array", "uniqueItems": true, "items": {"type": "string", "maxLength": 3}},
            },
        }}}});
        drop_constraints(&mut document);
        assert_eq!(
            document["components"]["schemas"]["A"],
            json!({
                "type": "object",
                "properties": {
                    "pattern": {"type": "string", "description": "A property of that name."},
                    "size": {"type": "integer"},
                    "id": {"type": "string", "format": "uuid"},
                    "tags": {"type": "array", "items": {"type": "string"}},
                },
            })
        );
    }
}
