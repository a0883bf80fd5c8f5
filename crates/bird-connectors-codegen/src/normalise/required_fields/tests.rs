use serde_json::json;

use super::*;

#[test]
fn required_field_of_a_reply_stays_required_only_if_it_can_be_empty_or_is_the_id() {
    let mut document = json!({"components": {"schemas": {
        "Reply": {
            "required": ["id", "at", "name", "list", "map", "other", "status", "nested"],
            "properties": {
                "id": {"type": "string", "format": "uuid"},
                "at": {"type": "string", "format": "date-time"},
                "name": {"type": "string"},
                "list": {"type": "array"},
                "map": {"type": "object"},
                "other": {"$ref": "#/components/schemas/OtherId"},
                "status": {"allOf": [{"$ref": "#/components/schemas/Status"}]},
                "nested": {"type": "object", "properties": {}},
            },
        },
        "Request": {"required": ["at"], "properties": {"at": {"type": "string", "format": "date-time"}}},
        "OtherId": {"type": "string", "format": "uuid"},
        "Status": {"type": "string", "enum": ["active"]},
    }}});
    let reach = Reach {
        received: ["Reply".to_owned(), "Status".to_owned()].into(),
        sent: ["Request".to_owned()].into(),
        ..Reach::default()
    };
    relax_required_fields(&mut document, &reach);
    let schemas = &document["components"]["schemas"];
    assert_eq!(
        schemas["Reply"]["required"],
        json!(["id", "name", "list", "map", "status"])
    );
    assert_eq!(
        schemas["Reply"][REQUIRED],
        json!([
            "id", "at", "name", "list", "map", "other", "status", "nested"
        ])
    );
    assert_eq!(schemas["Request"]["required"], json!(["at"]));
}
