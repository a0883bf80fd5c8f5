//! Alternatives that only a strict validator needs.
//!
//! The contract writes some facts as `anyOf`, so that a strict validator accepts every valid reply. The generated types
//! express them without alternatives: with an `Option`, an open enum or a tolerant reader.

use serde_json::{Value, json};

use crate::contract::{Object, each_schema};

/// Removes each alternative for a null, an empty string, or an unlisted value.
pub(crate) fn simplify(document: &mut Value) {
    each_schema(document, &mut |schema| {
        nullable_reference(schema);
        empty_string(schema);
        open_list(schema);
    });
}

/// `anyOf: [{$ref}, {type: object, nullable, maxProperties: 0}]` becomes `allOf: [{$ref}], nullable`.
fn nullable_reference(schema: &mut Object) {
    if let Some([reference, null]) = pair(schema)
        && reference.get("$ref").is_some()
        && null["nullable"] == true
        && null["maxProperties"] == 0
    {
        let reference = reference.clone();
        schema.remove("anyOf");
        schema.insert("allOf".to_owned(), json!([reference]));
        schema.insert("nullable".to_owned(), json!(true));
    }
}

/// `anyOf: [{type: string, format}, {type: string, maxLength: 0}]` becomes the first: the tolerant reader treats an empty
/// string as absent.
fn empty_string(schema: &mut Object) {
    if let Some([value, blank]) = pair(schema)
        && blank["maxLength"] == 0
    {
        let value = value.clone();
        replace(schema, value);
    }
}

/// `anyOf: [{type: string, x-open, enum}, {type: string}]` becomes the first: every enum is generated open.
fn open_list(schema: &mut Object) {
    if let Some([list, other]) = pair(schema)
        && list["x-open"] == true
        && *other == json!({"type": "string"})
    {
        let list = list.clone();
        replace(schema, list);
    }
}

fn pair(schema: &Object) -> Option<&[Value; 2]> {
    schema.get("anyOf")?.as_array()?.as_slice().try_into().ok()
}

/// Merges the alternative into the schema.
fn replace(schema: &mut Object, alternative: Value) {
    schema.remove("anyOf");
    if let Value::Object(alternative) = alternative {
        schema.extend(alternative);
    }
}

#[cfg(test)]
mod tests;
