use serde_json::json;

use super::{EXAMPLE, Row, arguments, parse_csv, parse_json_lines};
use crate::args::template::TemplateArguments;

fn row(value: serde_json::Value) -> Row {
    serde_json::from_value(value).unwrap()
}

#[test]
fn example_has_a_valid_row_for_each_template() {
    let rows = parse_csv(EXAMPLE.as_bytes()).unwrap();
    assert_eq!(rows.len(), 3);
    for row in rows {
        let arguments = arguments(row.unwrap()).unwrap();
        assert!(
            crate::commands::template::missing(&arguments).is_empty(),
            "{arguments:?}"
        );
    }
}

#[test]
fn csv_row_with_a_wrong_number_of_fields_fails_alone() {
    let rows = parse_csv(b"template,name\nsms,A,extra\nsms,B\n").unwrap();
    assert_eq!(
        rows[0].clone().unwrap_err(),
        "the row has 3 fields, and the header has 2"
    );
    assert_eq!(rows[1].clone().unwrap()["name"], "B");
}

#[test]
fn json_lines_skip_empty_lines_and_report_others() {
    let rows = parse_json_lines("{\"template\":\"line\",\"name\":null}\n\n[1]\n");
    assert_eq!(rows[0].clone().unwrap(), row(json!({"template": "line"})));
    assert!(rows[1].is_err());
    assert_eq!(rows.len(), 2);
}

#[test]
fn free_fields_become_arguments_and_secrets() {
    let converted = arguments(row(json!({
        "template": "telegram",
        "name": "Bot",
        "arguments.botName": "shop_bot",
        "security.token.botToken": "env:BOT_TOKEN",
    })));
    let Ok(TemplateArguments::Telegram(telegram)) = converted else {
        panic!("{converted:?}");
    };
    assert_eq!(
        telegram.free.argument,
        [("botName".to_owned(), json!("shop_bot"))]
    );
    assert_eq!(
        telegram.free.security_argument[0].as_str(),
        "token.botToken=env:BOT_TOKEN"
    );
}

#[test]
fn invalid_rows_name_the_field() {
    for (value, reason) in [
        (json!({"name": "A"}), "`template` is missing"),
        (json!({"template": "smss"}), "unknown `template`"),
        (
            json!({"template": "sms", "phone_number_id": "x"}),
            "`phone_number_id`: invalid number id",
        ),
        (
            json!({"template": "voice", "mesage_type": "2fa"}),
            "the template voice has no field mesage_type",
        ),
        (
            json!({"template": "line", "conversational": "maybe"}),
            "`conversational` is neither",
        ),
    ] {
        let error = arguments(row(value)).unwrap_err();
        assert!(error.starts_with(reason), "{error}");
    }
}
