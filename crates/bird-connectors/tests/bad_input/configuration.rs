//! Settings of the client, from code and from the environment.

use std::process::Output;
use std::time::Duration;

use bird_connectors::models::WorkspaceId;
use bird_connectors::{Client, ClientBuilder, ErrorKind};

use crate::support::{KEY, ORGANIZATION, WORKSPACE, builder, child, client};
use crate::{accepting_server, assert_rejected};

#[tokio::test]
async fn invalid_client_setting_is_rejected_by_name() {
    let reject = |change: fn(ClientBuilder) -> ClientBuilder, message: &str| {
        let error = change(builder("http://127.0.0.1:1")).build().unwrap_err();
        assert_rejected(&error, ErrorKind::Configuration, message);
        assert!(
            error.to_string().starts_with("set up the client: "),
            "{error}"
        );
    };
    reject(
        |client| client.access_key(""),
        "the access key is empty (access_key)",
    );
    reject(
        |client| client.access_key("planted-access-key\n"),
        "the character at position 19 is a space, a line break or not ASCII",
    );
    reject(
        |client| client.access_key("planted-access-key\u{a0}"),
        "the character at position 19",
    );
    reject(
        |client| client.access_key("AccessKey planted-access-key"),
        "pass the key alone",
    );
    reject(
        |client| client.access_key("Bearer planted-access-key"),
        "pass the key alone",
    );
    reject(
        |client| client.base_url("http://api.bird.com"),
        "(base_url) is plain http to another machine",
    );
    reject(
        |client| client.base_url("http://192.168.0.1"),
        "is plain http to another machine",
    );
    reject(
        |client| client.base_url("ftp://api.bird.com"),
        "does not start with https://",
    );
    reject(|client| client.base_url("api.bird.com"), "is not a URL");
    reject(|client| client.base_url(""), "is not a URL");
    reject(
        |client| client.base_url("https://api.bird.com/?a=b"),
        "has a query or a fragment",
    );
    reject(
        |client| client.base_url("https://api.bird.com/?"),
        "has a query or a fragment",
    );
    reject(
        |client| client.base_url("https://api.bird.com/#a"),
        "has a query or a fragment",
    );
    reject(
        |client| client.base_url("https://me:planted-access-key@api.bird.com"),
        "contains a user name or a password",
    );
    reject(|client| client.timeout(Duration::ZERO), "timeout is zero");
    reject(
        |client| client.attempt_timeout(Duration::ZERO),
        "attempt_timeout is zero",
    );
    reject(
        |client| client.connect_timeout(Duration::ZERO),
        "connect_timeout is zero",
    );
    reject(|client| client.max_attempts(0), "max_attempts is 0");
    reject(
        |client| client.retry_backoff(Duration::ZERO, Duration::from_secs(1)),
        "invalid retry_backoff: the initial pause is zero",
    );
    reject(
        |client| client.retry_backoff(Duration::from_secs(2), Duration::from_secs(1)),
        "invalid retry_backoff: the maximum pause (1s) is shorter than the initial pause (2s)",
    );
    reject(
        |client| client.proxy("me:planted-access-key@proxy:port"),
        "invalid proxy: it is not a URL",
    );
    reject(
        |client| client.proxy("socks5://me:planted-access-key@proxy:1080"),
        "invalid proxy: only http and https proxies are supported",
    );
    reject(
        |client| client.proxy("http://me:planted-access-key@"),
        "invalid proxy: it is not a URL",
    );
    reject(
        |client| client.root_certificate(b"planted-access-key"),
        "invalid root_certificate: it contains no certificate",
    );
    reject(
        |client| {
            client.root_certificate(
                "-----BEGIN CERTIFICATE-----\nplanted-access-key\n-----END CERTIFICATE-----\n",
            )
        },
        "invalid root_certificate: it is not valid PEM",
    );
    reject(
        |client| {
            client
                .root_certificate("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        },
        "invalid root_certificate: a certificate in it is malformed",
    );
    reject(
        |client| client.user_agent("my\napp"),
        "invalid user_agent: ",
    );

    let error = Client::builder().build().unwrap_err();
    assert_rejected(
        &error,
        ErrorKind::Configuration,
        "no access key is set: set the environment variable BIRD_ACCESS_KEY",
    );
}

#[tokio::test]
async fn missing_default_workspace_is_rejected() {
    let server = accepting_server().await;
    let client = client(&server.url());
    let error = client.default_workspace().unwrap_err();
    assert_rejected(
        &error,
        ErrorKind::Configuration,
        "the client has no default workspace: set workspace_id (in the environment: BIRD_WORKSPACE_ID), or pass a workspace id",
    );
    let error = client
        .organization(ORGANIZATION)
        .default_workspace()
        .unwrap_err();
    assert_rejected(
        &error,
        ErrorKind::Configuration,
        "the client has no default workspace",
    );
    let client = builder(&server.url())
        .workspace_id(WORKSPACE)
        .build()
        .unwrap();
    assert_eq!(client.default_workspace().unwrap().id(), WORKSPACE);
    let other = WorkspaceId::from_u128(2);
    assert_eq!(client.workspace(other).id(), other);
    assert_eq!(server.connections(), 0);
}

#[test]
fn invalid_environment_variable_is_rejected_by_name() {
    let workspace = WORKSPACE.to_string();
    let good = [
        ("BIRD_ACCESS_KEY", KEY),
        ("BIRD_WORKSPACE_ID", &workspace),
        ("BIRD_BASE_URL", "http://localhost:1"),
    ];
    let with = |name: &str, value: Option<&str>| {
        let rest = good.iter().copied().filter(|(other, _)| *other != name);
        let variables: Vec<_> = rest.chain(value.map(|value| (name, value))).collect();
        let Output { stdout, status, .. } = child::run("from_env", &variables);
        let text = String::from_utf8(stdout).unwrap();
        assert!(status.success() && !text.contains(KEY), "{text}");
        text
    };
    let valid = format!("workspace {WORKSPACE}\n");
    assert!(with("", None).contains(&valid));
    // The base URL has a default.
    assert!(with("BIRD_BASE_URL", None).contains(&valid));
    for (name, value, message) in [
        (
            "BIRD_ACCESS_KEY",
            None,
            "Configuration set up the client: no access key is set: set the environment variable BIRD_ACCESS_KEY",
        ),
        ("BIRD_ACCESS_KEY", Some(" "), "no access key is set"),
        (
            "BIRD_ACCESS_KEY",
            Some("planted-access-key\n"),
            "invalid access key (environment variable BIRD_ACCESS_KEY): the character at position 19 is a space, a line break",
        ),
        (
            "BIRD_WORKSPACE_ID",
            None,
            "the client has no default workspace",
        ),
        (
            "BIRD_WORKSPACE_ID",
            Some("Support"),
            "the environment variable BIRD_WORKSPACE_ID is not usable: invalid workspace id: expected a UUID",
        ),
        ("BIRD_BASE_URL", Some("https:///x"), "has no host"),
        (
            "BIRD_BASE_URL",
            Some("https:\\\\host"),
            "contains a backslash",
        ),
        ("BIRD_BASE_URL", Some("https://host.."), "two dots"),
        (
            "BIRD_BASE_URL",
            Some("https://api.bird.com/v1"),
            "use https://api.bird.com",
        ),
        (
            "BIRD_BASE_URL",
            Some("http://api.bird.com"),
            "the base URL (environment variable BIRD_BASE_URL) is plain http",
        ),
        (
            "BIRD_BASE_URL",
            Some("nonsense"),
            "the base URL (environment variable BIRD_BASE_URL) is not a URL",
        ),
    ] {
        let text = with(name, value);
        assert!(text.contains(message), "{text}");
    }
}
