use serde_json::json;

use super::*;
use crate::open_enums;

#[test]
fn enum_has_a_member_for_each_value() {
    let document = json!({"components": {"schemas": {"ParcelState": {
        "description": "The state of a parcel.",
        "enum": ["in-transit", "2fa"],
        "x-enum-varnames": ["InTransit", "TwoFactor"],
    }}}});
    let source = source(&open_enums::collect(&document).unwrap()).unwrap();
    assert!(
        source.ends_with(
            "\n\n\nclass ParcelState(StrEnum):\n    \"\"\"The state of a parcel.\"\"\"\n\n    \
             IN_TRANSIT = \"in-transit\"\n    TWO_FACTOR = \"2fa\"\n"
        ),
        "{source}"
    );
}

#[test]
fn docstring_of_one_line_is_kept() {
    assert_eq!(
        docstring("A \"state\".", 4),
        "    \"\"\"A \\\"state\\\".\"\"\"\n"
    );
}

#[test]
fn long_docstring_has_a_summary_line() {
    let text = format!("A state. {}", "More words. ".repeat(12));
    let lines: Vec<String> = docstring(text.trim(), 4)
        .lines()
        .map(str::to_owned)
        .collect();
    assert_eq!(lines[..2], ["    \"\"\"A state.", ""]);
    assert!(lines[2].starts_with("    More words."));
    assert!(lines.iter().all(|line| line.len() <= WIDTH), "{lines:?}");
    assert_eq!(lines.last().unwrap(), "    \"\"\"");
}

#[test]
fn paragraphs_stay_apart() {
    assert_eq!(
        docstring("A state.\n\nNot certain:\nits values.", 0),
        "\"\"\"A state.\n\nNot certain: its values.\n\"\"\"\n"
    );
}
