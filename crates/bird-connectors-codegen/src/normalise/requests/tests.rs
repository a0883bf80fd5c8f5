use super::*;

#[test]
fn only_optional_collections_of_requests_become_nullable() {
    let schema = json!({
        "required": ["must"],
        "properties": {
            "must": {"type": "array"},
            "list": {"type": "array"},
            "map": {"type": "object"},
            "text": {"type": "string"},
        },
    });
    let mut document = json!({"components": {"schemas": {"Out": schema, "In": schema}}});
    let reach = Reach {
        sent: ["Out".to_owned()].into(),
        received: ["In".to_owned()].into(),
        ..Reach::default()
    };
    distinguish_empty_from_absent(&mut document, &reach);
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["In"], schema);
    assert_eq!(
        schemas["Out"]["properties"],
        json!({
            "must": {"type": "array"},
            "list": {"type": "array", "nullable": true},
            "map": {"type": "object", "nullable": true},
            "text": {"type": "string"},
        })
    );
}
