use super::*;

/// The URL and the exclusions of the proxy for api.bird.com in this environment.
fn resolve(variables: &[(&str, &str)]) -> Result<Option<(String, String)>, Error> {
    let variable = |name: &'static str| {
        let found = variables.iter().find(|(other, _)| *other == name);
        let value = found.map(|(_, value)| (*value).to_owned());
        Ok(value.filter(|value| !value.trim().is_empty()))
    };
    let proxy = ProxySetting::Environment.resolve(Some(443), variable)?;
    Ok(proxy.map(|proxy| (proxy.url.expose_secret().to_owned(), proxy.excluded)))
}

#[track_caller]
fn assert_url(variables: &[(&str, &str)], expected: Option<&str>) {
    let url = resolve(variables).unwrap().map(|(url, _)| url);
    assert_eq!(url.as_deref(), expected, "{variables:?}");
}

#[test]
fn lower_case_variable_precedes_upper_case_and_empty_counts_as_unset() {
    let (lower, upper) = (("https_proxy", "http://a"), ("HTTPS_PROXY", "http://b"));
    let (all, other) = (("ALL_PROXY", "http://d"), ("all_proxy", "http://c"));
    assert_url(&[], None);
    assert_url(&[all, other, upper, lower], Some("http://a"));
    assert_url(&[all, other, upper], Some("http://b"));
    assert_url(&[all, other], Some("http://c"));
    assert_url(&[all], Some("http://d"));
    assert_url(&[upper, ("https_proxy", "")], Some("http://b"));
    assert_url(&[all, ("HTTPS_PROXY", " \n")], Some("http://d"));
    assert_url(&[("HTTPS_PROXY", ""), ("ALL_PROXY", "")], None);
    // Only for requests over plain http, which never use a proxy.
    assert_url(
        &[("HTTP_PROXY", "http://a"), ("http_proxy", "http://a")],
        None,
    );
}

#[test]
fn proxy_variable_without_a_scheme_is_a_plain_http_proxy() {
    assert_url(
        &[("HTTPS_PROXY", "proxy.example.com:3128\n")],
        Some("http://proxy.example.com:3128"),
    );
    assert_url(
        &[("HTTPS_PROXY", "me:secret@proxy:3128")],
        Some("http://me:secret@proxy:3128"),
    );
    assert_url(&[("HTTPS_PROXY", "HTTPS://proxy")], Some("HTTPS://proxy"));
}

#[test]
fn malformed_proxy_variable_is_rejected_by_name_and_not_shown() {
    for (value, message) in [
        (":3128", "it is not a URL"),
        ("http://", "it is not a URL"),
        ("http:///planted", "it is not a URL"),
        ("http:\\\\planted", "it is not a URL"),
        ("http://planted:99999", "it is not a URL"),
        ("http://planted:0", "it is not a URL"),
        ("http://plan\nted:3128", "it is not a URL"),
        ("a b", "it is not a URL"),
        ("socks5://me:planted@proxy:1080", "only http and https"),
        ("ftp://planted", "only http and https"),
    ] {
        for name in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
            let error = resolve(&[(name, value)]).unwrap_err().to_string();
            assert!(
                error.contains(&format!("invalid environment variable {name}: {message}")),
                "{value}: {error}"
            );
            assert!(!error.contains("planted"), "{error}");
        }
    }
}

#[track_caller]
fn excluded(list: &str) -> String {
    let variables = [("HTTPS_PROXY", "http://a"), ("NO_PROXY", list)];
    resolve(&variables).unwrap().unwrap().1
}

#[test]
fn every_form_of_an_exclusion_is_honoured() {
    for (list, expected) in [
        ("", ""),
        (" ,\n, ", ""),
        ("example.com", "example.com"),
        (".example.com", ".example.com"),
        ("*.example.com", ".example.com"),
        ("example.com.", "example.com"),
        ("Example.COM", "example.com"),
        ("b\u{fc}cher.example", "xn--bcher-kva.example"),
        ("my_host-1", "my_host-1"),
        ("a.example, b.example", "a.example,b.example"),
        (
            "a.example b.example\r\nc.example\t",
            "a.example,b.example,c.example",
        ),
        ("api.bird.com:443", "api.bird.com"),
        ("api.bird.com:8443", ""),
        ("*:80", ""),
        ("10.1.2.3", "10.1.2.3"),
        ("10.1.2.3:443", "10.1.2.3"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("[::1]:443", "::1"),
        ("[::1]:80", ""),
        ("fd00::/8", "fd00::/8"),
        ("[fd00::]/8", "fd00::/8"),
    ] {
        assert_eq!(excluded(list), expected, "{list:?}");
    }
    for list in ["*", "a.example, *", "*:443"] {
        assert_url(&[("HTTPS_PROXY", "http://a"), ("NO_PROXY", list)], None);
    }
    let both = [
        ("HTTPS_PROXY", "http://a"),
        ("NO_PROXY", "a"),
        ("no_proxy", "b"),
    ];
    assert_eq!(resolve(&both).unwrap().unwrap().1, "b");
    let empty = [
        ("HTTPS_PROXY", "http://a"),
        ("NO_PROXY", "a"),
        ("no_proxy", " "),
    ];
    assert_eq!(resolve(&empty).unwrap().unwrap().1, "a");
}

#[test]
fn malformed_exclusion_is_rejected_by_name_and_position() {
    for entry in [
        "10.0.0.0/33",
        "10.0.0.0/",
        "10.0.0.0/+8",
        "fd00::/129",
        "host/8",
        "http://example.com",
        "example.com:port",
        "example.com:",
        "example.com:99999",
        "a..b",
        ".",
        "..",
        "**",
        "192.168.*",
        "[::1",
        "[::1]x",
        "[example.com]",
        "a;b",
        "10.1",
    ] {
        let list = format!("a.example,{entry}");
        let variables = [("HTTPS_PROXY", "http://a"), ("NO_PROXY", &list)];
        let error = resolve(&variables).unwrap_err().to_string();
        assert!(
            error.contains("invalid environment variable NO_PROXY: entry 2 is not a host"),
            "{entry}: {error}"
        );
    }
}
