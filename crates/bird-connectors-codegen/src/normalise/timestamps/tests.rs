use super::*;

#[test]
fn only_dates_become_timestamps() {
    let mut document = json!({"components": {"schemas": {"A": {"properties": {
        "at": {"type": "string", "format": "date-time", "description": "When."},
        "id": {"type": "string", "format": "uuid"},
    }}}}});
    let id = document["components"]["schemas"]["A"]["properties"]["id"].clone();
    type_timestamps(&mut document);
    let properties = &document["components"]["schemas"]["A"]["properties"];
    assert_eq!(properties["id"], id);
    assert_eq!(properties["at"]["description"], "When.");
    assert_eq!(
        properties["at"]["allOf"][0]["x-rust-type"]["path"],
        "bird_connectors_api::types::Timestamp"
    );
    assert!(properties["at"].get("format").is_none());
}
