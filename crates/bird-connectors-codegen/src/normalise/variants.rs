//! Names of the alternatives of a `oneOf`.

use serde_json::{Value, json};

use crate::contract::each_schema;

/// Gives the inline alternatives of a `oneOf` a title from their JSON type, so that typify names the variants `Text` and
/// `List`, not `Variant0` and `Variant1`.
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
mod tests;
