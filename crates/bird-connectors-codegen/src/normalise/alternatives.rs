//! Alternatives that only OpenAPI's letter asks for.
//!
//! The contract spells some facts as `anyOf`, so that a strict validator reads them as they are meant. The
//! generated types say the same without alternatives, by an `Option`, an open enum or a tolerant reader.

use serde_json::{Value, json};

use crate::contract::{Object, each_schema};

/// Puts the plain form in place of each alternative that stands for a null, for a blank text, or for values that are
/// not listed.
pub(crate) fn simplify(document: &mut Value) {
    each_schema(document, &mut |schema| {
        nullable_reference(schema);
        blank_text(schema);
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

/// `anyOf: [{type: string, format}, {type: string, maxLength: 0}]` becomes the first: the tolerant reader takes a blank
/// text for an absent one.
fn blank_text(schema: &mut Object) {
    if let Some([value, blank]) = pair(schema)
        && blank["maxLength"] == 0
    {
        let value = value.clone();
        replace(schema, value);
    }
}

/// `anyOf: [{type: string, x-open, enum}, {type: string}]` becomes the first: every list of values is generated open.
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

/// Puts what the alternative says beside what the schema itself says.
fn replace(schema: &mut Object, alternative: Value) {
    schema.remove("anyOf");
    if let Value::Object(alternative) = alternative {
        schema.extend(alternative);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn simplified(schema: Value) -> Value {
        let mut document = json!({"components": {"schemas": {"A": {"properties": {"a": schema}}}}});
        simplify(&mut document);
        document["components"]["schemas"]["A"]["properties"]["a"].take()
    }

    #[test]
    fn a_null_beside_a_reference_makes_it_nullable() {
        let schema = json!({
            "description": "Perhaps.",
            "anyOf": [
                {"$ref": "#/components/schemas/B"},
                {"type": "object", "nullable": true, "maxProperties": 0},
            ],
        });
        assert_eq!(
            simplified(schema),
            json!({"description": "Perhaps.", "allOf": [{"$ref": "#/components/schemas/B"}], "nullable": true})
        );
    }

    #[test]
    fn a_blank_beside_an_id_goes() {
        let schema = json!({
            "description": "An id.",
            "anyOf": [{"type": "string", "format": "uuid"}, {"type": "string", "maxLength": 0}],
        });
        assert_eq!(
            simplified(schema),
            json!({"description": "An id.", "type": "string", "format": "uuid"})
        );
    }

    #[test]
    fn any_text_beside_a_list_of_values_goes() {
        let schema = json!({
            "description": "Either.",
            "anyOf": [
                {"type": "string", "x-open": true, "enum": ["a"], "x-enum-varnames": ["A"]},
                {"type": "string"},
            ],
        });
        assert_eq!(
            simplified(schema),
            json!({"description": "Either.", "type": "string", "x-open": true, "enum": ["a"], "x-enum-varnames": ["A"]})
        );
    }

    #[test]
    fn alternatives_that_differ_in_their_meaning_stay() {
        for schema in [
            json!({"oneOf": [{"type": "string"}, {"type": "array"}]}),
            json!({"anyOf": [{"$ref": "#/components/schemas/B"}, {"$ref": "#/components/schemas/C"}]}),
            json!({"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "string"}]}),
            json!({"anyOf": [{"type": "string", "x-open": true, "enum": ["a"]}, {"type": "integer"}]}),
        ] {
            assert_eq!(simplified(schema.clone()), schema);
        }
    }
}
