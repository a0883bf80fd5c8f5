use serde_json::json;

use super::*;

fn contract(schema: Value) -> Value {
    json!({"components": {"schemas": {
        "ThingId": schema,
        "Thing": {"type": "object", "properties": {"id": {"type": "string", "format": "uuid"}}},
        "Name": {"type": "string"},
    }}})
}

#[test]
fn collect_finds_named_uuid_schemas_only() {
    let contract = contract(
        json!({"type": "string", "format": "uuid", "description": "An id.", "example": "e"}),
    );
    let ids = collect(&contract, &contract).unwrap();
    assert_eq!(
        ids,
        [TypedId {
            name: "ThingId".to_owned(),
            description: "An id.".to_owned(),
            example: "e".to_owned(),
        }]
    );
    let source = source(&ids).to_string();
    assert!(
        source.contains("typed_id ! (ThingId , \"thing id\" , \"e\")"),
        "{source}"
    );
}

#[test]
fn collect_fails_on_id_without_example() {
    let contract = contract(json!({"type": "string", "format": "uuid"}));
    let error = collect(&contract, &contract).unwrap_err().to_string();
    assert_eq!(error, "the id ThingId needs an example: errors quote it");
}
