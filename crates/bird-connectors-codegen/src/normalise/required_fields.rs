//! Required fields of replies. The generated types read an object although they are missing or have an unexpected form.

use serde_json::Value;

use crate::contract::{Object, resolve};
use crate::reach::Reach;

/// The extension that keeps the contract's `required`, for constructors.
pub(crate) const REQUIRED: &str = "x-required";

/// Makes the fields optional whose type has no empty value, such as a date, except for `id`: an object whose id is
/// unreadable cannot be used. A string, a list and a map stay as they are, because they can be empty.
pub(crate) fn relax_required_fields(document: &mut Value, reach: &Reach) {
    let original = document.clone();
    let schemas = document.pointer_mut("/components/schemas");
    for (name, schema) in schemas.and_then(Value::as_object_mut).into_iter().flatten() {
        if !reach.received.contains(name) || reach.sent.contains(name) {
            continue;
        }
        let Some(schema) = schema.as_object_mut() else {
            continue;
        };
        relax(schema, &original);
    }
}

fn relax(schema: &mut Object, document: &Value) {
    let Some(Value::Array(required)) = schema.get("required").cloned() else {
        return;
    };
    let stays = |name: &Value| {
        name == "id"
            || name
                .as_str()
                .and_then(|name| schema.get("properties")?.get(name))
                .is_some_and(|property| can_be_empty(property, document))
    };
    let kept: Vec<Value> = required
        .iter()
        .filter(|name| stays(name))
        .cloned()
        .collect();
    if kept.len() < required.len() {
        schema.insert("required".to_owned(), Value::Array(kept));
        schema.insert(REQUIRED.to_owned(), Value::Array(required));
    }
}

fn can_be_empty(schema: &Value, document: &Value) -> bool {
    let reference = schema["$ref"]
        .as_str()
        .or_else(|| schema["allOf"][0]["$ref"].as_str());
    if let Some(reference) = reference {
        return resolve(document, reference).is_ok_and(|schema| can_be_empty(schema, document));
    }
    match schema["type"].as_str() {
        Some("string") => schema.get("format").is_none() && schema.get("x-secret").is_none(),
        Some("array") => true,
        Some("object") => schema.get("properties").is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
