use super::*;

#[test]
fn base_url_keeps_its_prefix_without_the_trailing_slash() {
    for (input, expected) in [
        ("https://api.bird.com", "https://api.bird.com"),
        ("https://api.bird.com/", "https://api.bird.com"),
        ("HTTPS://API.bird.com", "https://api.bird.com"),
        ("https://api.bird.com.", "https://api.bird.com."),
        (
            " https://gateway.example/v1/bird// ",
            "https://gateway.example/v1/bird",
        ),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://[::1]:1", "http://[::1]:1"),
        ("http://[::ffff:127.0.0.1]:1", "http://[::ffff:7f00:1]:1"),
        ("http://LOCALHOST:1", "http://localhost:1"),
        ("http://localhost.:1/a/", "http://localhost:1/a"),
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
        ("localhost:8080", "does not start with https"),
        ("http://api.bird.com", "plain http"),
        ("http://127.0.0.1.evil.example", "plain http"),
        ("http://localhost.evil.example", "plain http"),
        ("http://localhost..", "plain http"),
        ("http://10.0.0.1", "plain http"),
        ("http://[::ffff:10.0.0.1]", "plain http"),
        ("https://api.bird.com?x=1", "query"),
        ("https://api.bird.com#x", "fragment"),
        ("https://user@api.bird.com", "user name"),
        ("https://:pw@api.bird.com", "password"),
        ("https:///x", "has no host"),
        ("https://", "has no host"),
        ("https://:443", "is not a URL"),
        ("https://?x", "has no host"),
        ("https:\\\\api.bird.com", "contains a backslash"),
        ("https://api.bird.com\\x", "contains a backslash"),
        ("https:/api.bird.com", "two slashes"),
        ("https:api.bird.com", "two slashes"),
        ("https://api.bi\nrd.com", "a line break"),
        ("https://api.bird.com/a b", "contains a space"),
        ("https://api.bird.com..", "two dots"),
        ("https://api..bird.com", "two dots"),
        ("https://.bird.com", "a dot at its start"),
        ("https://.", "a dot at its start"),
        ("https://api.bird.com:0", "port 0"),
        ("https://api.bird.com:99999", "is not a URL"),
    ] {
        let error = BaseUrl::parse(input, "BIRD_BASE_URL")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(message) && error.contains("BIRD_BASE_URL"),
            "{input}: {error}"
        );
    }
}

#[test]
fn base_url_with_the_path_of_a_call_is_rejected_with_the_one_to_use() {
    for (input, part, prefix) in [
        (
            "https://api.bird.com/v1",
            "`/v1`",
            "use https://api.bird.com",
        ),
        (
            "https://api.bird.com/v1/",
            "`/v1`",
            "use https://api.bird.com",
        ),
        (
            "https://api.bird.com/workspaces/2d7a1e03-25e4-401e-bf1e-0ace545673d7/connectors",
            "`/workspaces`",
            "use https://api.bird.com",
        ),
        (
            "https://api.bird.com/v1/workspaces",
            "`/workspaces`",
            "use https://api.bird.com",
        ),
        (
            "https://api.bird.com/organizations/o/workspaces/w",
            "`/organizations`",
            "use https://api.bird.com",
        ),
        (
            "https://gateway.example:8443/bird/v1",
            "`/v1`",
            "use https://gateway.example:8443/bird",
        ),
    ] {
        let error = BaseUrl::parse(input, "base_url").unwrap_err();
        assert!(
            error.message().contains(part) && error.message().ends_with(prefix),
            "{input}: {error}"
        );
    }
}

#[test]
fn joined_path_stays_below_the_base_url() {
    let base = BaseUrl::parse("https://gateway.example/bird/", "base_url").unwrap();
    let join = |path: &str| base.join(path, "GET something").map(String::from);
    assert_eq!(
        join("/a/b?c=d%2B").unwrap(),
        "https://gateway.example/bird/a/b?c=d%2B"
    );
    assert_eq!(join("/a//b").unwrap(), "https://gateway.example/bird/a//b");
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
