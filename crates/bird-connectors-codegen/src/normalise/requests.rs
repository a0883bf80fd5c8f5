//! Lists and maps in requests.

use serde_json::{Value, json};

use crate::contract::{Object, walk_schema};
use crate::reach::Reach;

/// Makes the optional lists and maps of requests nullable, so that an absent list differs from an empty one: an update
/// that omits the field keeps its value, and an update with an empty list clears it.
///
/// In replies both mean the same, and a plain list is the simpler type.
pub(crate) fn distinguish_empty_from_absent(document: &mut Value, reach: &Reach) {
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
        names.into_iter().any(|required| required == name)
    };
    let properties = object.get_mut("properties").and_then(Value::as_object_mut);
    for (name, property) in properties.into_iter().flatten() {
        if !is_required(name) && matches!(property["type"].as_str(), Some("array" | "object")) {
            property["nullable"] = json!(true);
        }
    }
}

#[cfg(test)]
mod tests;
