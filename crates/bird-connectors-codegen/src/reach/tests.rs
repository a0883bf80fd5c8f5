use serde_json::json;

use super::*;

fn document() -> Value {
    json!({
        "paths": {"/a": {
            "parameters": [{"schema": {"$ref": "#/components/schemas/Kind"}}],
            "post": {
                "requestBody": {"$ref": "#/components/requestBodies/New"},
                "responses": {"200": {"$ref": "#/components/responses/Made"}, "404": {"content": {"x": {"schema": {"$ref": "#/components/schemas/Fault"}}}}},
            },
        }},
        "components": {
            "responses": {"Made": {"content": {"x": {"schema": {"$ref": "#/components/schemas/Made"}}}}},
            "requestBodies": {"New": {"content": {"x": {"schema": {"$ref": "#/components/schemas/New"}}}}},
            "schemas": {
                "New": {"properties": {"both": {"$ref": "#/components/schemas/Both"}}},
                "Fault": {"properties": {"self": {"$ref": "#/components/schemas/Fault"}, "both": {"$ref": "#/components/schemas/Both"}}},
                "Made": {"items": {"$ref": "#/components/schemas/Both"}},
                "Both": {},
                "Kind": {},
                "Hook": {"x-webhook": true},
                "Arguments": {"x-template": "a:1"},
            },
        },
    })
}

#[test]
fn references_are_followed_in_both_directions() {
    let reach = Reach::of(&document()).unwrap();
    assert_eq!(
        Vec::from_iter(reach.sent),
        ["Arguments", "Both", "Kind", "New"]
    );
    assert_eq!(
        Vec::from_iter(reach.received),
        ["Both", "Fault", "Hook", "Made"]
    );
    assert_eq!(Vec::from_iter(reach.replied), ["Both", "Made"]);
}

#[test]
fn reach_fails_on_unreferenced_schema() {
    let mut document = document();
    document["components"]["schemas"]["Lost"] = json!({});
    let error = Reach::of(&document).unwrap_err().to_string();
    assert!(
        error.contains("nothing refers to the schema Lost"),
        "{error}"
    );
}
