use serde_json::json;

use super::*;

#[test]
fn list_parameters_are_dropped_inline_and_by_reference() {
    let mut document = json!({
        "paths": {"/a": {"get": {"parameters": [
            {"name": "one", "in": "query", "schema": {"type": "string"}},
            {"name": "many", "in": "query", "schema": {"type": "array"}},
            {"$ref": "#/components/parameters/many"},
        ]}}},
        "components": {"parameters": {"many": {"in": "query", "schema": {"type": "array"}}}},
    });
    drop_array_queries(&mut document).unwrap();
    let kept = document["paths"]["/a"]["get"]["parameters"]
        .as_array()
        .unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0]["name"], "one");
}
