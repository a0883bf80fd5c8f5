use serde_json::json;

use super::{Row, parse_csv, parse_json_lines};

fn row(value: serde_json::Value) -> Row {
    serde_json::from_value(value).unwrap()
}

/// The lines and the rows of a CSV file.
fn csv(content: &str) -> Vec<(u64, Result<Row, String>)> {
    let rows = parse_csv(content.as_bytes()).unwrap();
    rows.into_iter().map(|row| (row.line, row.row)).collect()
}

#[test]
fn csv_row_with_a_wrong_number_of_fields_fails_alone() {
    let rows = csv("template,name\nsms,A,extra\nsms,B\nsms\n");
    let wrong = "the row has 3 fields, and the header has 2".to_owned();
    assert_eq!(rows[0], (2, Err(wrong)));
    assert_eq!(rows[1].1.clone().unwrap()["name"], "B");
    assert_eq!(rows[2].0, 4);
    assert!(rows[2].1.is_err());
}

#[test]
fn csv_of_a_spreadsheet_is_read_with_each_delimiter_and_byte_order_mark() {
    let expected = row(json!({"template": "line", "name": "Shop \"A\", B;C"}));
    for delimiter in [',', ';', '\t'] {
        let content = format!(
            "\u{feff}template{delimiter}name\r\nline{delimiter}\"Shop \"\"A\"\", B;C\"\r\n"
        );
        assert_eq!(csv(&content), [(2, Ok(expected.clone()))], "{content:?}");
    }
}

#[test]
fn csv_rows_without_values_are_skipped_and_lines_still_counted() {
    let rows = csv("template,name\n,\n\nline,A\n , \n,,,\n\"line\",\"B\nC\"\nline,D");
    let lines: Vec<u64> = rows.iter().map(|row| row.0).collect();
    assert_eq!(lines, [4, 7, 9]);
    assert!(rows.iter().all(|row| row.1.is_ok()), "{rows:?}");
}

#[test]
fn csv_quote_that_is_not_closed_fails_the_file() {
    let reason = parse_csv(b"template,name\nline,A\nline,\"B\nline,C\n").unwrap_err();
    assert_eq!(
        reason,
        "a quote is not closed in the row that begins in line 3"
    );
    let reason = parse_csv(b"template,\"name\nline,A\n").unwrap_err();
    assert!(reason.contains("quote"), "{reason}");
    // A quote inside of a field opens nothing.
    assert_eq!(csv("template,name\nline,5\" pizza\n").len(), 1);
}

#[test]
fn csv_row_that_looks_like_the_end_does_not_end_the_file() {
    let rows = csv("template,name\n\u{1}\nline,A\n\u{1}");
    let lines: Vec<u64> = rows.iter().map(|row| row.0).collect();
    assert_eq!(lines, [2, 3, 4]);
    assert!(rows[0].1.is_err() && rows[1].1.is_ok() && rows[2].1.is_err());
}

#[test]
fn csv_header_that_is_missing_or_repeats_a_column_fails_the_file() {
    for empty in ["", "\n", ",,\n", "\u{feff}"] {
        let reason = parse_csv(empty.as_bytes()).unwrap_err();
        assert_eq!(reason, "the file has no header", "{empty:?}");
    }
    let reason = parse_csv(b"template,name, name,,\nline,A,B,,\n").unwrap_err();
    assert_eq!(reason, "the column name occurs twice");
}

#[test]
fn csv_value_without_a_column_name_and_invalid_text_fail_their_rows() {
    let rows = parse_csv(b"template,name,,\nline,A,,\nline,B,,x\nline,\xe9,,\nline,C,,\n").unwrap();
    let failed: Vec<u64> = rows
        .iter()
        .filter(|row| row.row.is_err())
        .map(|row| row.line)
        .collect();
    assert_eq!(failed, [3, 4]);
    assert_eq!(rows.len(), 4);
}

#[test]
fn json_lines_skip_empty_lines_and_report_others() {
    let rows = parse_json_lines("\u{feff}{\"template\":\"line\",\"name\":null}\r\n\n[1]\n");
    assert_eq!(rows[0].row, Ok(row(json!({"template": "line"}))));
    assert_eq!(
        rows[1].row.clone().unwrap_err(),
        "the line is not a JSON object"
    );
    assert_eq!((rows.len(), rows[1].line), (2, 3));
}

#[test]
fn json_line_that_repeats_a_field_fails() {
    let rows = parse_json_lines(r#"{"template":"line","name":"A","name":"B"}"#);
    assert_eq!(
        rows[0].row.clone().unwrap_err(),
        "the line repeats the field name"
    );
}

#[test]
fn json_objects_of_arguments_and_secrets_become_columns() {
    let rows = parse_json_lines(
        r#"{"template":"line","arguments":{"a":{"b":1},"c":null},"security":{"oauth":{"token":"env:T"}}}"#,
    );
    let expected =
        json!({"template": "line", "arguments.a": {"b": 1}, "security.oauth.token": "env:T"});
    assert_eq!(rows[0].row, Ok(row(expected)));
}
