use super::*;

#[test]
fn inline_alternatives_get_titles() {
    let mut document = json!({"components": {"schemas": {"A": {"oneOf": [
        {"type": "string"}, {"type": "array"}, {"$ref": "#/components/schemas/B"},
    ]}}}});
    name_variants(&mut document);
    let titles = document["components"]["schemas"]["A"]["oneOf"]
        .as_array()
        .unwrap();
    assert_eq!(titles[0]["title"], "Text");
    assert_eq!(titles[1]["title"], "List");
    assert!(titles[2].get("title").is_none());
}
