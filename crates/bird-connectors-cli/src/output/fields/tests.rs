use serde_json::json;

use super::Column;

#[test]
fn cell_follows_a_path() {
    let item = json!({"channel": {"channelId": "c1"}, "streams": [{"name": "a"}]});
    assert_eq!(Column::custom("channel.channelId").cell(&item), "c1");
    assert_eq!(Column::custom("streams.0.name").cell(&item), "a");
    assert_eq!(Column::custom("channel.platform").cell(&item), "-");
    assert_eq!(Column::custom("channel.channelId.x").cell(&item), "-");
}

#[test]
fn cell_shows_each_type_of_value() {
    let item = json!({"n": 3, "yes": true, "none": null, "empty": "", "list": ["a", "b"], "object": {"k": 1}});
    let cell = |path| Column::custom(path).cell(&item);
    assert_eq!(cell("n"), "3");
    assert_eq!(cell("yes"), "yes");
    assert_eq!(cell("none"), "-");
    assert_eq!(cell("empty"), "-");
    assert_eq!(cell("list"), "a, b");
    assert_eq!(cell("object"), r#"{"k":1}"#);
}

#[test]
fn cell_replaces_control_characters() {
    let item = json!({"name": "a\u{1b}[2Jb\nc"});
    assert_eq!(Column::custom("name").cell(&item), "a [2Jb c");
    let item = json!({"name": "a\u{202e}b\u{2066}c\u{200b}d\u{e0041}é"});
    assert_eq!(
        Column::custom("name").cell(&item),
        r"a\u{202e}b\u{2066}c\u{200b}d\u{e0041}é"
    );
}

#[test]
fn column_that_no_item_has_is_reported_with_the_known_fields() {
    let items = [
        json!({"id": 1, "channel": null}),
        json!({"id": 2, "name": "A"}),
    ];
    for known in ["id", "name", "channel"] {
        assert_eq!(Column::custom(known).warning(&items), None);
    }
    let warning = Column::custom("nmae").warning(&items).unwrap();
    assert!(
        warning.contains("nmae") && warning.contains("channel, id"),
        "{warning}"
    );
    assert_eq!(Column::custom("nmae").warning(&[]), None);
}
