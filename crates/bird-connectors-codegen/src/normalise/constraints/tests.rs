use serde_json::json;

use super::*;

#[test]
fn constraints_are_dropped_and_types_are_kept() {
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
