//! Lists and maps in requests.

use serde_json::{Value, json};

use crate::{contract::Object, contract::walk_schema, reach::Reach};

/// Makes optional lists and maps of request schemas nullable, so that "no list" and "an empty list" differ: the first
/// leaves the field out, the second is how an update clears it.
///
/// In replies both mean the same, and a plain list is the easier type.
pub(crate) fn tell_empty_from_absent(document: &mut Value, reach: &Reach) {
    let schemas = document.pointer_mut("/components/schemas");
    for (name, schema) in schemas.and_then(Value::as_object_mut).into_iter().flatten() {
        if reach.sent.contains(name) {
            walk_schema(schema, &mut set_nullable);
        }
    }
}

fn set_nullable(object: &mut Object) {
    let required = object.get("required").cloned().unwrap_or_default();
    let is_required = |name: &str| {
        let names = required.as_array().into_iter().flatten();
        names.into_iter().any(|one| one == name)
    };
    let properties = object.get_mut("properties").and_then(Value::as_object_mut);
    for (name, property) in properties.into_iter().flatten() {
        if !is_required(name) && matches!(property["type"].as_str(), Some("array" | "object")) {
            property["nullable"] = json!(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_optional_collections_of_requests_change() {
        let schema = json!({
            "required": ["must"],
            "properties": {
                "must": {"type": "array"},
                "list": {"type": "array"},
                "map": {"type": "object"},
                "text": {"type": "string"},
            },
        });
        let mut document = json!({"components": {"schemas": {"Out": schema, "In": schema}}});
        let reach = Reach {
            sent: ["Out".to_owned()].into(),
            received: ["In".to_owned()].into(),
            ..Reach::default()
        };
        tell_empty_from_absent(&mut document, &reach);
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["In"], schema);
        assert_eq!(
            schemas["Out"]["properties"],
            json!({
                "must": {"type": "array"},
                "list": {"type": "array", "nullable": true},
                "map": {"type": "object", "nullable": true},
                "text": {"type": "string"},
            })
        );
    }
}
