use serde_json::json;

use super::{MASK, Redactor};

#[test]
fn secret_fields_are_masked_and_their_structure_stays() {
    let body = json!({
        "name": "Shop",
        "securityArguments": { "oauth": { "accessToken": "a-secret" }, "basic": ["b-secret", null] },
        "invitationToken": "c-secret",
        "signingKey": "d-secret",
        "arguments": { "botToken": 17, "api_key": "e-secret", "phoneNumber": "+31612345678" },
        "nextPageToken": "not-a-secret",
    });
    let expected = json!({
        "name": "Shop",
        "securityArguments": { "oauth": { "accessToken": MASK }, "basic": [MASK, null] },
        "invitationToken": MASK,
        "signingKey": MASK,
        "arguments": { "botToken": MASK, "api_key": MASK, "phoneNumber": "+31612345678" },
        "nextPageToken": "not-a-secret",
    });
    assert_eq!(Redactor::default().json(&body), expected);
}

#[test]
fn known_secrets_are_masked_wherever_they_occur() {
    let redactor = Redactor::new([
        "key".to_owned(),
        "long-key".to_owned(),
        "long-key-2".to_owned(),
    ]);
    assert_eq!(
        redactor.text("long-key-2, long-key, key"),
        format!("{MASK}, {MASK}, key")
    );
    assert_eq!(
        redactor.json(&json!({ "long-key": ["a long-key"] })),
        json!({ MASK: [format!("a {MASK}")] })
    );
}

#[test]
fn secrets_of_queries_and_urls_are_masked() {
    let redactor = Redactor::new(["a+secret".to_owned()]);
    assert_eq!(
        redactor.query("limit=10&accessKey=x&name=a%2Bsecret&pageToken=y"),
        format!("limit=10&accessKey={MASK}&name={MASK}&pageToken=y")
    );
    assert_eq!(
        redactor.url("https://user:pass@hooks.example.com/a?token=x&y=1"),
        format!("https://{MASK}@hooks.example.com/a?token={MASK}&y=1")
    );
    assert_eq!(
        redactor.url("https://hooks.example.com/a"),
        "https://hooks.example.com/a"
    );
}

#[cfg(feature = "ui")]
#[test]
fn secrets_of_a_body_are_collected_by_the_names_of_their_fields() {
    let body = json!({ "securityArguments": { "oauth": { "x": "one" } }, "list": [{ "token": "two", "name": "Shop" }] });
    let mut secrets = super::secrets_of(&body);
    secrets.sort();
    assert_eq!(secrets, ["one", "two"]);
}
