use bird_connectors_api::from_json;

use super::*;

#[test]
fn page_with_an_invalid_item_keeps_the_other_items() {
    let page = item_by_item::<u8>(
        br#"{"results":[1, {"a" : 300},2],"nextPageToken":"t","more":1}"#,
        from_json,
    )
    .unwrap();
    let raw = page.entries[1].as_ref().unwrap_err();
    assert_eq!((raw.index, raw.raw.as_str()), (1, r#"{"a" : 300}"#));
    assert_eq!(
        (page.entries[0].as_ref(), page.entries[2].as_ref()),
        (Ok(&1), Ok(&2))
    );
    assert_eq!(page.next.as_deref(), Some("t"));
}

#[test]
fn invalid_and_deeply_nested_items_are_reported_individually() {
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let body = format!(r#"{{"results":["a","\ud800",null,{deep},"b"]}}"#);
    let page = item_by_item::<String>(body.as_bytes(), from_json).unwrap();
    let read: Vec<_> = page.entries.iter().map(Result::is_ok).collect();
    assert_eq!(read, [true, true, false, false, true]);
    assert_eq!(page.entries[3].as_ref().unwrap_err().raw, deep);
}

#[test]
fn debug_shows_the_reason_and_not_the_item() {
    let page = item_by_item::<u8>(br#"{"results":[{"name":"Jo"}]}"#, from_json).unwrap();
    let item = page.entries[0].as_ref().unwrap_err();
    let text = format!("{item:?}");
    assert!(
        text.contains("invalid type: map") && text.contains("bytes: 13"),
        "{text}"
    );
    assert!(!text.contains("Jo"), "{text}");
}

#[test]
fn body_that_is_not_a_page_is_not_decoded_as_an_empty_page() {
    for body in [
        "",
        r#"{"more":1}"#,
        "[]",
        "null",
        r#"{"results":{}}"#,
        r#"{"results":[]"#,
    ] {
        assert!(
            item_by_item::<u8>(body.as_bytes(), from_json).is_none(),
            "{body}"
        );
    }
    assert!(
        item_by_item::<u8>(br#"{"results":[],"nextPageToken":""}"#, from_json)
            .unwrap()
            .next
            .is_none()
    );
}

#[test]
fn page_without_results_is_empty_if_it_has_a_token_or_no_other_field() {
    for (body, next) in [
        (r#"{"nextPageToken":"t","total":3}"#, Some("t")),
        (r#"{"nextPageToken":17}"#, Some("17")),
        (
            r#"{"nextPageToken":123456789012345678901234}"#,
            Some("123456789012345678901234"),
        ),
        ("{}", None),
        (r#"{"nextPageToken":null}"#, None),
        (r#"{"nextPageToken":1.5,"results":null}"#, Some("1.5")),
        (r#"{"nextPageToken":{},"results":null}"#, None),
    ] {
        let page = item_by_item::<u8>(body.as_bytes(), from_json).unwrap();
        assert_eq!(
            (page.entries.len(), page.next.as_deref()),
            (0, next),
            "{body}"
        );
    }
}

#[test]
fn damaged_bytes_cost_no_other_item() {
    let page = item_by_item::<String>(
        b"\xef\xbb\xbf{\"results\":[\"a\xff\",7,\"b\",\"\\ud83d\"]}",
        from_json,
    )
    .unwrap();
    let read: Vec<_> = page
        .entries
        .iter()
        .map(|entry| entry.as_deref().ok())
        .collect();
    assert_eq!(read, [Some("a\u{fffd}"), None, Some("b"), Some("\u{fffd}")]);
}
