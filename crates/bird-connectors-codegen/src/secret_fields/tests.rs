use serde_json::json;

use super::*;

#[test]
fn field_is_secret_if_it_or_its_values_are() {
    let document = json!({"components": {"schemas": {
        "A": {"properties": {
            "key": {"type": "string", "x-secret": true},
            "keys": {"additionalProperties": {"additionalProperties": {"x-secret": true}}},
            "list": {"items": {"x-secret": true}},
            "held": {"$ref": "#/components/schemas/B"},
            "plain": {"type": "string"},
        }},
        "B": {"properties": {"inner": {"x-secret": true}}},
    }}});
    assert_eq!(
        Vec::from_iter(collect(&document)),
        ["inner", "key", "keys", "list"]
    );
}
