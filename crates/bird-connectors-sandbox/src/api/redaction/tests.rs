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

#[test]
fn percent_encoded_secrets_are_masked_wherever_they_occur() {
    let redactor = Redactor::new(["a+b/c€".to_owned(), "plain".to_owned()]);
    for (text, expected) in [
        (
            "https://a.example/x/a%2Bb%2Fc%E2%82%AC/y%20z",
            "https://a.example/x/•••/y%20z",
        ),
        ("https://a.example/a+b/c%e2%82%ac", "https://a.example/•••"),
        (
            "https://a.example/a%2Bb/c€/%70lain%ff",
            "https://a.example/•••/•••%ff",
        ),
        (
            "/workspaces/%70%6C%61%69%6E was not found",
            "/workspaces/••• was not found",
        ),
        ("100 % of pl%61in, €%", "100 % of •••, €%"),
    ] {
        assert_eq!(redactor.text(text), expected);
        assert_eq!(redactor.url(text), expected);
        assert_eq!(redactor.json(&json!([text])), json!([expected]));
    }
}

#[test]
fn what_is_not_secret_stays_as_it_is() {
    let redactor = Redactor::new(["a+secret".to_owned()]);
    for url in [
        "https://hooks.example.com/a?flag&a=x%20y&b=1+2&&=&c=%E2%82%AC%ff#part?a=b&c",
        "https://hooks.example.com:8443/@team/a%20b?mail=a@b.example",
        "see https://hooks.example.com/a b?c d&e",
        "https://hooks.example.com/a?next=https://b.example/?x=%2B",
    ] {
        assert_eq!(redactor.url(url), url);
        assert_eq!(redactor.json(&json!(url)), json!(url));
    }
    for (url, expected) in [
        (
            "https://a.example/?flag&token=x%20y&b=1+2&c=a%2Bsecret&a%2Bsecret=1&d=a+secret",
            "https://a.example/?flag&token=•••&b=1+2&c=•••&•••&d=•••",
        ),
        (
            "https://a.example/?next=https%3A%2F%2Fb.example%2F%3Ftoken%3Dx&y=https://user:p@b.example",
            "https://a.example/?next=•••&y=•••",
        ),
        (
            "https://a.example/#access_token=x&y",
            "https://a.example/#access_token=•••&y",
        ),
        (
            "https://user:p@a.example/@x?y",
            "https://•••@a.example/@x?y",
        ),
        (
            "https://user:p@ss@a.example/@x?y",
            "https://•••@a.example/@x?y",
        ),
        (
            "https://user:p/ss@a.example/x?y",
            "https://•••@a.example/x?y",
        ),
        (
            "http://a b http://user:p@a.example/",
            "http://•••@a.example/",
        ),
    ] {
        assert_eq!(redactor.url(url), expected);
    }
}

#[test]
fn names_of_passwords_and_pins_are_secret_and_similar_words_are_not() {
    for name in [
        "pwd",
        "userPwd",
        "auth",
        "smtpAuth",
        "AUTH",
        "passphrase",
        "key_passphrase",
        "pin",
        "simPin",
        "PIN",
        "user-pin",
    ] {
        assert_eq!(
            Redactor::default().json(&json!({ name: "x" })),
            json!({ name: MASK }),
            "{name}"
        );
    }
    for name in [
        "author",
        "shipping",
        "pinned",
        "spinner",
        "key",
        "signature",
        "opinion",
    ] {
        let value = json!({ name: "x" });
        assert_eq!(Redactor::default().json(&value), value, "{name}");
    }
}

#[test]
fn values_of_the_authorization_header_are_masked_anywhere() {
    for (text, expected) in [
        ("Bearer abc123.x-y", "Bearer •••"),
        ("use bearer  abc123, please", "use bearer  •••, please"),
        (
            "x: AccessKey abcd\nAccessKey efgh",
            "x: AccessKey •••\nAccessKey •••",
        ),
        ("{\"a\": \"Bearer abc123\"", "{\"a\": \"Bearer •••\""),
        ("q=Bearer%20abc123&x", "q=Bearer%20•••&x"),
        ("é Bearer €abc", "é Bearer •••"),
        ("AccessKey YOUR_ACCESS_KEY", "AccessKey YOUR_ACCESS_KEY"),
        (
            "must be \"AccessKey\", a space",
            "must be \"AccessKey\", a space",
        ),
        (
            "forbearer abcdef, Bearer a, bearer ",
            "forbearer abcdef, Bearer a, bearer ",
        ),
    ] {
        assert_eq!(Redactor::default().text(text), expected);
    }
}

#[test]
fn parameters_of_signed_urls_and_json_in_strings_are_masked() {
    let redactor = Redactor::default();
    assert_eq!(
        redactor.url(
            "https://a.example/f?sig=a&signature=b&X-Amz-Signature=c&key=d&keys=e&X-Amz-Date=1"
        ),
        "https://a.example/f?sig=•••&signature=•••&X-Amz-Signature=•••&key=•••&keys=e&X-Amz-Date=1"
    );
    assert_eq!(
        redactor.json(&json!({ "config": "{\"password\": \"x\", \"a\": \"{\\\"pin\\\": 1}\"}" })),
        json!({ "config": "{\"a\":\"{\\\"pin\\\":\\\"•••\\\"}\",\"password\":\"•••\"}" })
    );
    let unchanged = json!({ "config": "{ \"a\":  1 }", "list": "[1,  2]", "text": "{x" });
    assert_eq!(redactor.json(&unchanged), unchanged);
}

#[cfg(feature = "ui")]
#[test]
fn secrets_of_a_body_are_collected_by_the_names_of_their_fields() {
    let body = json!({ "securityArguments": { "oauth": { "x": "one" } }, "list": [{ "token": "two", "name": "Shop" }] });
    let mut secrets = super::secrets_of(&body);
    secrets.sort();
    assert_eq!(secrets, ["one", "two"]);
}
