use serde_json::json;

use super::{list, object};
use crate::output::Column;

const COLUMNS: &[Column] = &[Column::new("id", "id"), Column::new("name", "name")];

fn plain(styled: &str) -> String {
    anstream::adapter::strip_str(styled).to_string()
}

#[test]
fn list_has_a_header_and_a_line_per_item() {
    let items = [
        json!({"id": "232d438f-9512-56f4-90a4-d0a17bf28237", "name": "Support NL"}),
        json!({"id": "ecbed75b-5c5f-566c-a6fb-70a0d0f0cf29"}),
    ];
    let expected = "\
ID                                    NAME
232d438f-9512-56f4-90a4-d0a17bf28237  Support NL
ecbed75b-5c5f-566c-a6fb-70a0d0f0cf29  -";
    assert_eq!(plain(&list(&items, COLUMNS, None)), expected);
}

#[test]
fn list_wraps_names_and_not_ids_on_a_narrow_terminal() {
    let items = [
        json!({"id": "232d438f-9512-56f4-90a4-d0a17bf28237", "name": "Support of the Netherlands"}),
    ];
    let text = plain(&list(&items, COLUMNS, Some(56)));
    assert!(
        text.contains("232d438f-9512-56f4-90a4-d0a17bf28237"),
        "{text}"
    );
    assert!(text.lines().all(|line| line.len() <= 56), "{text}");
    assert!(text.lines().count() > 2, "{text}");
}

#[test]
fn list_on_a_terminal_that_is_too_narrow_has_a_block_per_item() {
    let items = [
        json!({"id": "232d438f-9512-56f4-90a4-d0a17bf28237", "name": "Support of the Netherlands"}),
        json!({"id": "ecbed75b-5c5f-566c-a6fb-70a0d0f0cf29", "name": "Reception"}),
    ];
    let expected = "\
id    232d438f-9512-56f4-90a4-d0a17bf28237
name  Support of the Netherlands

id    ecbed75b-5c5f-566c-a6fb-70a0d0f0cf29
name  Reception";
    assert_eq!(plain(&list(&items, COLUMNS, Some(47))), expected);
    let table = plain(&list(&items, COLUMNS, Some(48)));
    assert!(table.starts_with("ID "), "{table}");
}

#[test]
fn empty_list_is_a_sentence_on_a_terminal_and_a_header_elsewhere() {
    assert_eq!(list(&[], COLUMNS, Some(80)), "no items");
    assert_eq!(plain(&list(&[], COLUMNS, None)), "ID  NAME");
}

#[test]
fn object_has_a_line_per_field() {
    let item = json!({"id": "1", "name": "Support NL"});
    assert_eq!(
        plain(&object(&item, COLUMNS, None)),
        "id    1\nname  Support NL"
    );
}
