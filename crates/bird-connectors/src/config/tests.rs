//! Validation of the access key, the base URL, paths and timeouts.

use super::*;

fn key(input: &str) -> Result<AccessKey, Error> {
    AccessKey::parse(SecretString::from(input), "access_key")
}

#[test]
fn invalid_access_key_is_rejected_and_not_shown() {
    for (input, message) in [
        ("", "is empty"),
        ("AccessKey abc", "name of a scheme"),
        ("ab\nc-marker", "is a space, a line break"),
        ("ab c-marker", "position 3"),
        ("schlüssel-marker", "position 5"),
    ] {
        let error = key(input).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert!(!format!("{error:?}").contains("marker"));
    }
    let good = key("c2VjcmV0+/=_-.").unwrap();
    assert_eq!(
        format!("{good:?} {:?}", good.header()),
        "[redacted] Sensitive"
    );
    assert_eq!(good.header().as_bytes(), b"AccessKey c2VjcmV0+/=_-.");
}

#[test]
fn base_url_keeps_its_prefix_without_the_trailing_slash() {
    for (input, expected) in [
        ("https://api.bird.com", "https://api.bird.com"),
        ("https://api.bird.com/", "https://api.bird.com"),
        (
            " https://gateway.example/bird/v1// ",
            "https://gateway.example/bird/v1",
        ),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://[::1]:1", "http://[::1]:1"),
        ("http://LOCALHOST:1", "http://localhost:1"),
    ] {
        assert_eq!(
            BaseUrl::parse(input, "base_url").unwrap().as_str(),
            expected
        );
    }
}

#[test]
fn unsafe_or_ambiguous_base_url_is_rejected() {
    for (input, message) in [
        ("", "is not a URL"),
        ("api.bird.com", "is not a URL"),
        ("ftp://api.bird.com", "does not start with https"),
        ("http://api.bird.com", "plain http"),
        ("http://127.0.0.1.evil.example", "plain http"),
        ("http://localhost.evil.example", "plain http"),
        ("http://10.0.0.1", "plain http"),
        ("https://api.bird.com?x=1", "query"),
        ("https://api.bird.com#x", "fragment"),
        ("https://user@api.bird.com", "user name"),
        ("https://:pw@api.bird.com", "password"),
    ] {
        let error = BaseUrl::parse(input, ENV_BASE_URL).unwrap_err().to_string();
        assert!(
            error.contains(message) && error.contains(ENV_BASE_URL),
            "{input}: {error}"
        );
    }
}

#[test]
fn joined_path_stays_below_the_base_url() {
    let base = BaseUrl::parse("https://gateway.example/v1/", "base_url").unwrap();
    let join = |path: &str| base.join(path, "GET something").map(String::from);
    assert_eq!(
        join("/a/b?c=d%2B").unwrap(),
        "https://gateway.example/v1/a/b?c=d%2B"
    );
    assert_eq!(join("/a//b").unwrap(), "https://gateway.example/v1/a//b");
    for path in [
        "",
        "a",
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil",
        "/a/../..",
        "/a/%2E%2e/b",
        "/./a",
        "/a#b",
        "/a\nb",
        "/a\tb",
        "@evil.example",
    ] {
        assert!(join(path).is_err(), "{path} was accepted");
    }
}

#[test]
fn zero_timeout_is_rejected_by_name() {
    let timeouts = Timeouts {
        attempt: Duration::ZERO,
        ..Timeouts::default()
    };
    assert!(
        timeouts
            .check()
            .unwrap_err()
            .to_string()
            .contains("attempt_timeout is zero")
    );
}
