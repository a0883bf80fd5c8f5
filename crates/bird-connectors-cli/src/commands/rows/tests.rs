use serde_json::json;

use super::{EXAMPLE, Row, arguments, parse_csv, with_row_numbers};
use crate::args::template::TemplateArguments;

fn row(value: serde_json::Value) -> Row {
    serde_json::from_value(value).unwrap()
}

#[test]
fn example_has_a_valid_row_for_each_template() {
    let rows = parse_csv(EXAMPLE.as_bytes()).unwrap();
    assert_eq!(rows.len(), 3);
    for row in rows {
        let arguments = arguments(row.row.unwrap()).unwrap();
        assert!(
            crate::commands::template::missing(&arguments).is_empty(),
            "{arguments:?}"
        );
    }
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

#[test]
fn row_numbers_replace_the_indexes_of_templates() {
    assert_eq!(
        with_row_numbers("template 9 (`A`) is like template 0 (`B`), of template `line`"),
        "row 10 (`A`) is like row 1 (`B`), of template `line`"
    );
    for unchanged in ["invalid template `x`", "template 7", "a template "] {
        assert_eq!(with_row_numbers(unchanged), unchanged);
    }
}

#[test]
fn unknown_template_suggests_the_nearest() {
    let error = |template| arguments(row(json!({"template": template, "name": "A"}))).unwrap_err();
    let misspelled = error("whatsap");
    assert!(
        misspelled.contains("did you mean whatsapp? expected sms, voice"),
        "{misspelled}"
    );
    let capitals = error("SMS");
    assert!(capitals.contains("did you mean sms?"), "{capitals}");
    let other = error("fax");
    assert!(
        other.starts_with("unknown `template`: expected sms"),
        "{other}"
    );
}
