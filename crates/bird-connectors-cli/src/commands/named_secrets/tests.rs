use serde_json::json;

use super::{mask, masked, read};

#[test]
fn values_whose_names_suggest_a_secret_are_masked_at_any_depth() {
    let mut value = json!({
        "token": "planted", "apiKey": 1, "phoneNumberId": "id", "secret": null,
        "bot": [{"password": {"of": "planted"}, "name": "shop"}],
    });
    mask(&mut value);
    assert_eq!(
        value,
        json!({
            "token": "[redacted]", "apiKey": "[redacted]", "phoneNumberId": "id", "secret": null,
            "bot": [{"password": "[redacted]", "name": "shop"}],
        })
    );
    assert_eq!(masked("arguments.token", &json!("planted")), "[redacted]");
    assert_eq!(masked("arguments.name", &json!("shop")), "shop");
}

#[test]
fn secret_is_read_from_the_place_that_it_names() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "planted\n").unwrap();
    let location = format!("file:{}", file.path().display());
    let mut value = json!(location);
    read("--argument", "token", &mut value).unwrap();
    assert_eq!(value, "planted");

    let mut value = json!({"name": "env:X", "bots": [{"apiKey": location}], "pin": null});
    read("--argument", "settings", &mut value).unwrap();
    assert_eq!(
        value,
        json!({"name": "env:X", "bots": [{"apiKey": "planted"}], "pin": null})
    );
}

#[test]
fn secret_itself_is_refused_without_repeating_it() {
    for value in [json!("planted"), json!(4711), json!({"a": "planted"})] {
        let error = read("--argument", "token", &mut value.clone()).unwrap_err();
        let error = error.to_string();
        assert!(
            error.starts_with("--argument token (a secret, as its name suggests) "),
            "{error}"
        );
        assert!(error.contains("expected env:NAME"), "{error}");
        assert!(
            !error.contains("planted") && !error.contains("4711"),
            "{error}"
        );
    }
}
