use super::*;

fn reach(sent: &[&str], received: &[&str]) -> Reach {
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
    Reach {
        sent: names(sent),
        received: names(received),
        ..Reach::default()
    }
}

#[test]
fn secret_type_depends_on_direction() {
    let mut document = json!({"components": {"schemas": {
        "In": {"properties": {"key": {"type": "string", "x-secret": true, "description": "A key."}}},
        "Out": {"properties": {"keys": {"additionalProperties": {"type": "string", "x-secret": true}}}},
    }}});
    mark_secrets(&mut document, &reach(&["Out"], &["In"])).unwrap();
    let schemas = &document["components"]["schemas"];
    let received = &schemas["In"]["properties"]["key"];
    assert_eq!(
        received["allOf"][0]["x-rust-type"]["path"],
        "bird_connectors_api::Secret"
    );
    assert_eq!(received["description"], "A key.");
    let sent = &schemas["Out"]["properties"]["keys"]["additionalProperties"];
    assert_eq!(
        sent["allOf"][0]["x-rust-type"]["path"],
        "bird_connectors_api::SentSecret"
    );
}

#[test]
fn mark_secrets_fails_on_schema_with_both_directions() {
    let mut document =
        json!({"components": {"schemas": {"Key": {"properties": {"key": {"x-secret": true}}}}}});
    let error = mark_secrets(&mut document, &reach(&["Key"], &["Key"])).unwrap_err();
    assert!(error.to_string().contains("Key has a secret and is both"));
}
