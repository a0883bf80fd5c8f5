use super::*;

#[test]
fn unknown_fields_are_kept_in_replies_only() {
    let mut document = json!({"components": {"schemas": {
        "Reply": {"properties": {"inner": {"properties": {}}, "map": {"additionalProperties": true}}},
        "Request": {"additionalProperties": false, "properties": {}},
    }}});
    let reach = Reach {
        received: ["Reply".to_owned()].into(),
        sent: ["Request".to_owned()].into(),
        ..Reach::default()
    };
    keep_unknown_fields(&mut document, &reach);
    assert_eq!(
        document["components"]["schemas"],
        json!({
            "Reply": {
                "additionalProperties": {},
                "properties": {
                    "inner": {"additionalProperties": {}, "properties": {}},
                    "map": {"additionalProperties": true},
                },
            },
            "Request": {"properties": {}},
        })
    );
}
