use serde_json::Value;

use super::*;

fn repaired(json: &[u8]) -> String {
    repair(json).unwrap().json
}

#[test]
fn valid_json_is_unchanged() {
    for json in [
        r#"{"a": [1, -2.5e3, "x\"\\\u00e9\n", null, true]}"#,
        r#""\ud83d\ude00""#,
        r#"[1e308, 18446744073709551615]"#,
        r#""1e999 \\ud83d""#,
        "",
    ] {
        assert_eq!(repaired(json.as_bytes()), json);
    }
}

#[test]
fn lone_surrogate_escape_becomes_the_replacement_character() {
    for (json, expected) in [
        (r#""a\ud83d""#, "a\u{fffd}"),
        (r#""\ude00b""#, "\u{fffd}b"),
        (r#""\ud83d\ud83d\ude00""#, "\u{fffd}\u{1f600}"),
        (r#""\ud83d\n""#, "\u{fffd}\n"),
        (r#""\uD83D é""#, "\u{fffd} é"),
    ] {
        let read: String = serde_json::from_str(&repaired(json.as_bytes())).unwrap();
        assert_eq!(read, expected);
    }
}

#[test]
fn byte_order_mark_and_invalid_utf8_are_repaired() {
    assert_eq!(repaired(b"\xef\xbb\xbf{}"), "{}");
    assert_eq!(repaired(b"[\"a\xff\"]"), "[\"a\u{fffd}\"]");
}

#[test]
fn number_that_overflows_is_quoted() {
    assert_eq!(
        repaired(b"[1e999,-1e999, 1e3]"),
        r#"["1e999","-1e999", 1e3]"#
    );
}

#[test]
fn integer_beyond_64_bits_is_quoted() {
    for number in [
        "18446744073709551616",
        "-9223372036854775809",
        "123456789012345678901234567890",
    ] {
        for before in 0..16 {
            let json = format!("{}[{number}]", " ".repeat(before));
            assert!(may_have_large_integer(json.as_bytes()), "{json}");
            assert_eq!(repaired(json.as_bytes()).trim(), format!("[\"{number}\"]"));
        }
    }
    for number in [
        "18446744073709551615",
        "-9223372036854775808",
        "0.1234567890123456789",
    ] {
        assert_eq!(repaired(number.as_bytes()), number);
    }
}

#[test]
fn ids_dates_and_phone_numbers_are_not_suspected_to_be_large_integers() {
    for json in [
        r#"{"id": "83620040-9001-5430-1230-790012345678", "at": "2026-01-01T00:00:00.123456789Z"}"#,
        r#"["+31612345678", 1767225600000, 123456789012345678, "/:/:/:/:/:/:/:/:/:/:/:/:"]"#,
    ] {
        assert!(!may_have_large_integer(json.as_bytes()), "{json}");
    }
}

#[test]
fn depth_is_measured_outside_of_strings_and_bounded() {
    assert_eq!(repair(br#"[{"[[[": []}]"#).unwrap().depth, 3);
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(repair(nested(512).as_bytes()).unwrap().depth, 512);
    assert!(repair(nested(513).as_bytes()).is_none());
}

#[test]
fn damaged_json_is_repaired_without_a_panic() {
    for json in [
        &b"\"\\"[..],
        b"\"\\u",
        b"\"\\ud8",
        b"\"\\ud83d",
        b"-",
        b"1e",
        b"\xff",
        b"\"\\\xff\"",
    ] {
        let json = repaired(json);
        let _ = serde_json::from_str::<Value>(&json);
    }
}
