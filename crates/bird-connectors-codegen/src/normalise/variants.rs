//! Readable names for alternatives.

use serde_json::{Value, json};

use crate::contract::each_schema;

/// Titles the inline alternatives of a `oneOf` by their JSON type, so that typify calls the variants `Text` and `List`
/// and not `Variant0` and `Variant1`.
pub(crate) fn name_variants(document: &mut Value) {
    each_schema(document, &mut |schema| {
        let alternatives = schema.get_mut("oneOf").and_then(Value::as_array_mut);
        for alternative in alternatives.into_iter().flatten() {
            let title = match alternative["type"].as_str() {
                Some("string") => "Text",
                Some("array") => "List",
                Some("object") => "Object",
                Some("integer" | "number") => "Number",
                Some("boolean") => "Flag",
                _ => continue,
            };
            alternative["title"] = json!(title);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_alternatives_are_titled() {
        let mut document = json!({"components": {"schemas": {"A": {"oneOf": [
            {"type": "string"}, {"type": "array"}, {"$ref": "#/components/schemas/B"},
        ]}}}});
        name_variants(&mut document);
        let titles = document["components"]["schemas"]["A"]["oneOf"]
            .as_array()
            .unwrap();
        assert_eq!(titles[0]["title"], "Text");
        assert_eq!(titles[1]["title"], "List");
        assert!(titles[2].get("title").is_none());
    }
}
