use serde_json::json;

use super::*;

fn collect_one(schema: Value) -> Result<OpenEnum> {
    let document =
        json!({"components": {"schemas": {"Kind": schema, "Plain": {"type": "string"}}}});
    collect(&document).map(|mut all| all.remove(0))
}

#[test]
fn variant_name_is_derived_from_value() {
    for (value, name) in [
        ("active", "Active"),
        ("toll-free", "TollFree"),
        ("long_code number", "LongCodeNumber"),
        ("2fa", "X2fa"),
        ("inApp", "InApp"),
    ] {
        assert_eq!(variant_name(value), name);
    }
}

#[test]
fn variant_names_come_from_contract_if_it_has_them() {
    let open =
        collect_one(json!({"enum": ["2fa", "sms"], "x-enum-varnames": ["TwoFactor", "Sms"]}))
            .unwrap();
    assert_eq!(
        open.variants,
        [
            ("TwoFactor".to_owned(), "2fa".to_owned()),
            ("Sms".to_owned(), "sms".to_owned())
        ]
    );
}

#[test]
fn collect_fails_on_invalid_variant_names() {
    for (schema, reason) in [
        (json!({"enum": ["a", 1]}), "a value is not a string"),
        (
            json!({"enum": ["a"], "x-enum-varnames": []}),
            "1 values have 0 x-enum-varnames",
        ),
        (
            json!({"enum": ["a-b", "a_b"]}),
            "two values have the variant name AB",
        ),
        (
            json!({"enum": ["unknown"]}),
            "the variant name \"Unknown\" of the value \"unknown\" is invalid or reserved",
        ),
        (
            json!({"enum": ["?"]}),
            "the variant name \"\" of the value \"?\" is invalid or reserved",
        ),
    ] {
        let error = format!("{:#}", collect_one(schema).unwrap_err());
        assert!(
            error.starts_with("the enum Kind: ") && error.contains(reason),
            "{error}"
        );
    }
}
