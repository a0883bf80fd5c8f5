use super::*;

/// The proxy for a server in this environment.
fn resolve_for(server: &str, variables: &[(&str, &str)]) -> Result<Option<Proxy>, Error> {
    let variable = |name: &'static str| {
        let found = variables.iter().find(|(other, _)| *other == name);
        let value = found.map(|(_, value)| (*value).to_owned());
        Ok(value.filter(|value| !value.trim().is_empty()))
    };
    let base_url = BaseUrl::parse(server, "base_url").unwrap();
    ProxySetting::Environment.resolve(&base_url, variable)
}

/// The proxy for the API in this environment.
fn resolve(variables: &[(&str, &str)]) -> Result<Option<Proxy>, Error> {
    resolve_for("https://api.bird.com", variables)
}

#[track_caller]
fn assert_url(variables: &[(&str, &str)], expected: Option<&str>) {
    let proxy = resolve(variables).unwrap();
    assert_eq!(proxy.as_ref().map(Proxy::url), expected, "{variables:?}");
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

#[test]
fn setting_is_read_like_a_variable() {
    let set = |url: &str| {
        let base_url = BaseUrl::parse("https://api.bird.com", "base_url").unwrap();
        let setting = ProxySetting::Url(url.into());
        setting.check()?;
        setting.resolve(&base_url, |_| panic!("the environment is not read"))
    };
    for url in [
        "proxy:3128",
        " proxy:3128\n",
        "http://proxy:3128",
        "http://proxy:3128/",
    ] {
        let proxy = set(url).unwrap().unwrap();
        let from_variable = resolve(&[("HTTPS_PROXY", url)]).unwrap().unwrap();
        assert_eq!(proxy.url(), from_variable.url());
        assert_eq!(
            proxy.to_string(),
            "the proxy proxy:3128 (from the setting `proxy`)"
        );
    }
    for url in ["", " ", "http://", "socks5://proxy", "a b", "proxy:port"] {
        let error = set(url).unwrap_err().to_string();
        assert!(error.contains(": invalid proxy: "), "{url}: {error}");
    }
}

#[test]
fn proxy_is_shown_with_address_and_source_but_without_credentials() {
    for (name, value, shown) in [
        ("https_proxy", "http://proxy:3128", "the proxy proxy:3128"),
        ("HTTPS_PROXY", "me:planted@proxy", "the proxy proxy:80"),
        (
            "all_proxy",
            "https://planted@10.1.2.3",
            "the proxy 10.1.2.3:443",
        ),
        (
            "ALL_PROXY",
            "http://me:planted@[::1]:8080/planted",
            "the proxy [::1]:8080",
        ),
    ] {
        let proxy = resolve(&[(name, value)]).unwrap().unwrap();
        let expected = format!("{shown} (from the environment variable {name})");
        assert_eq!(proxy.to_string(), expected);
        assert!(!format!("{proxy:?} {}", proxy.remedy()).contains("planted"));
        assert_eq!(proxy.has_credentials(), value.contains('@'));
    }
}

#[test]
fn proxy_variable_is_not_checked_if_the_server_is_excluded() {
    let malformed = ("https_proxy", "socks5://proxy");
    for excluded in [
        "*",
        "api.bird.com",
        ".bird.com:443",
        "example.com, bird.com",
    ] {
        assert_url(&[malformed, ("no_proxy", excluded)], None);
    }
    for excluded in [
        "",
        "example.com",
        "api.bird.com:80",
        "d.com",
        ".api.bird.com.example",
    ] {
        let error = resolve(&[malformed, ("no_proxy", excluded)]).unwrap_err();
        assert!(
            error.to_string().contains("variable https_proxy"),
            "{error}"
        );
    }
}

#[test]
fn excluded_server_is_connected_to_directly() {
    let proxied = |server: &str, list: &str| {
        let variables = [("HTTPS_PROXY", "http://a"), ("NO_PROXY", list)];
        resolve_for(server, &variables).unwrap().is_some()
    };
    for (server, list, expected) in [
        ("https://api.bird.com", "bird.com", false),
        ("https://api.bird.com", "api.bird.com:443", false),
        ("https://api.bird.com:8443", "api.bird.com:443", true),
        ("https://api.bird.com", "xapi.bird.com, rd.com", true),
        ("https://10.1.2.3", "10.0.0.0/8", false),
        ("https://10.1.2.3", "11.0.0.0/8, 10.1.2.4", true),
        ("https://10.1.2.3", "*", false),
        ("https://[fd00::1]:8443", "[fd00::1]:8443", false),
        ("https://[fd00::1]", "fd00::/8", false),
        ("https://[fd00::1]", "fe00::/8", true),
        ("https://b\u{fc}cher.example", "B\u{fc}cher.Example", false),
        // Plain http uses no proxy.
        ("http://127.0.0.1:4010", "", false),
    ] {
        assert_eq!(proxied(server, list), expected, "{server} {list}");
    }
}

#[track_caller]
fn excluded(list: &str) -> String {
    exclusions(list, Some(443)).unwrap().join(",")
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
    let upper = ("NO_PROXY", "api.bird.com");
    let proxy = ("HTTPS_PROXY", "http://a");
    assert_url(&[proxy, upper, ("no_proxy", "b.example")], Some("http://a"));
    assert_url(&[proxy, upper, ("no_proxy", " ")], None);
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
