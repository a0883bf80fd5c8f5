use super::*;

#[test]
fn siblings_of_reference_are_kept() {
    let mut document = json!({"components": {"schemas": {"A": {"properties": {
        "lone": {"$ref": "B"},
        "nullable": {"$ref": "B", "nullable": true},
    }}}}});
    keep_reference_siblings(&mut document);
    assert_eq!(
        document["components"]["schemas"]["A"]["properties"],
        json!({
            "lone": {"$ref": "B"},
            "nullable": {"allOf": [{"$ref": "B"}], "nullable": true},
        })
    );
}
