//! References with something beside them.

use serde_json::{Value, json};

use crate::contract::each_schema;

/// Rewrites `{$ref, nullable, description}` as `{allOf: [{$ref}], nullable, description}`.
///
/// OpenAPI 3.0 ignores whatever stands beside `$ref`, so the `nullable` would be lost and a null would fail its object.
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
mod tests {
    use super::*;

    #[test]
    fn siblings_survive() {
        let mut document = json!({"components": {"schemas": {"A": {"properties": {
            "lone": {"$ref": "B"},
            "nullable": {"$ref": "B", "nullable": true},
        }}}}});
        keep_reference_siblings(&mut document);
        assert_eq!(
            document["components"]["schemas"]["A"]["properties"],
            json!({
                "lone": {"$ref": "B"},
                "nullable": {"allOf": [{"$ref": "B"}], "nullable": true},
            })
        );
    }
}
