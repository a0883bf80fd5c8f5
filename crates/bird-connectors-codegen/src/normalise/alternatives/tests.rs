use super::*;

fn simplified(schema: Value) -> Value {
    let mut document = json!({"components": {"schemas": {"A": {"properties": {"a": schema}}}}});
    simplify(&mut document);
    document["components"]["schemas"]["A"]["properties"]["a"].take()
}

#[test]
fn reference_or_null_becomes_nullable_reference() {
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
fn id_or_empty_string_becomes_id() {
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
fn listed_value_or_any_string_becomes_enum() {
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
fn other_alternatives_are_kept() {
    for schema in [
        json!({"oneOf": [{"type": "string"}, {"type": "array"}]}),
        json!({"anyOf": [{"$ref": "#/components/schemas/B"}, {"$ref": "#/components/schemas/C"}]}),
        json!({"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "string"}]}),
        json!({"anyOf": [{"type": "string", "x-open": true, "enum": ["a"]}, {"type": "integer"}]}),
    ] {
        assert_eq!(simplified(schema.clone()), schema);
    }
}
