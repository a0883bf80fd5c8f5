//! What cannot be right is refused with a clear error, and nothing is sent.

use std::process::Output;
use std::time::Duration;

use bird_connectors::models::{WebhookService, WorkspaceId};
use bird_connectors::templates::{Custom, Instagram, Sms};
use bird_connectors::{
    Checkpoint, Client, ClientBuilder, Error, Kind, NewSubscription, Outcome, SubscriptionUpdate,
};
use http::Method;
use serde_json::json;
use support::server::{Server, response};
use support::{
    CHANNEL, CONNECTOR, KEY, ORGANIZATION, SUBSCRIPTION, WORKSPACE, builder, child, client,
};

mod support;

#[track_caller]
fn refused(error: &Error, kind: Kind, says: &str) {
    let text = error.to_string();
    assert_eq!(
        (error.kind(), error.outcome()),
        (kind, Some(Outcome::NotSent)),
        "{text}"
    );
    assert_eq!(error.attempts(), 0);
    assert!(text.contains(says), "{text}");
    assert!(!text.contains(KEY), "{text}");
}

/// A server that would answer, so that only a refusal explains an error.
async fn willing() -> Server {
    Server::script([response("200 OK", "", "{}")]).await
}

#[tokio::test]
async fn settings() {
    let refuse = |change: fn(ClientBuilder) -> ClientBuilder, says: &str| {
        let error = change(builder("http://127.0.0.1:1")).build().unwrap_err();
        refused(&error, Kind::Configuration, says);
        assert!(
            error.to_string().starts_with("set up the client: "),
            "{error}"
        );
    };
    refuse(
        |client| client.access_key(""),
        "the access key is empty (access_key)",
    );
    refuse(
        |client| client.access_key("planted-access-key\n"),
        "a line break or another character at position 19",
    );
    refuse(
        |client| client.access_key("planted-access-key\u{a0}"),
        "at position 19",
    );
    refuse(
        |client| client.access_key("AccessKey planted-access-key"),
        "give the key alone",
    );
    refuse(
        |client| client.access_key("Bearer planted-access-key"),
        "give the key alone",
    );
    refuse(
        |client| client.base_url("http://api.bird.com"),
        "(base_url) is plain http to another machine",
    );
    refuse(
        |client| client.base_url("http://192.168.0.1"),
        "is plain http to another machine",
    );
    refuse(
        |client| client.base_url("ftp://api.bird.com"),
        "does not start with https://",
    );
    refuse(|client| client.base_url("api.bird.com"), "is not a URL");
    refuse(|client| client.base_url(""), "is not a URL");
    refuse(
        |client| client.base_url("https://api.bird.com/?a=b"),
        "has a query or a fragment",
    );
    refuse(
        |client| client.base_url("https://api.bird.com/?"),
        "has a query or a fragment",
    );
    refuse(
        |client| client.base_url("https://api.bird.com/#a"),
        "has a query or a fragment",
    );
    refuse(
        |client| client.base_url("https://me:planted-access-key@api.bird.com"),
        "holds a user name or a password",
    );
    refuse(|client| client.timeout(Duration::ZERO), "timeout is zero");
    refuse(
        |client| client.attempt_timeout(Duration::ZERO),
        "attempt_timeout is zero",
    );
    refuse(
        |client| client.connect_timeout(Duration::ZERO),
        "connect_timeout is zero",
    );
    refuse(|client| client.max_attempts(0), "max_attempts is 0");
    refuse(
        |client| client.user_agent("my\napp"),
        "user_agent has characters",
    );

    let error = Client::builder().build().unwrap_err();
    refused(
        &error,
        Kind::Configuration,
        "there is no access key: set the environment variable BIRD_ACCESS_KEY",
    );
}

#[tokio::test]
async fn no_default_workspace() {
    let server = willing().await;
    let client = client(&server.url());
    let error = client.workspace(None).unwrap_err();
    refused(
        &error,
        Kind::Configuration,
        "no workspace is given, and there is no default: pass its id, or set BIRD_WORKSPACE_ID",
    );
    let error = client
        .organization(ORGANIZATION)
        .workspace(None)
        .unwrap_err();
    refused(&error, Kind::Configuration, "no workspace is given");
    let client = builder(&server.url())
        .workspace_id(WORKSPACE)
        .build()
        .unwrap();
    assert_eq!(client.workspace(None).unwrap().id(), WORKSPACE);
    let other = WorkspaceId::from_u128(2);
    assert_eq!(client.workspace(other).unwrap().id(), other);
    assert_eq!(server.connections(), 0);
}

/// Plays a part of [`environment`], in a process of its own.
#[test]
fn child() {
    let Some(part) = child::part() else {
        return;
    };
    assert_eq!(part, "from_env");
    match Client::from_env().and_then(|client| client.workspace(None)) {
        Ok(workspace) => println!("workspace {}", workspace.id()),
        Err(error) => println!("{:?} {error}", error.kind()),
    }
}

#[test]
fn environment() {
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
    let found = format!("workspace {WORKSPACE}\n");
    assert!(with("", None).contains(&found));
    // Without a base URL it is the service itself.
    assert!(with("BIRD_BASE_URL", None).contains(&found));
    for (name, value, says) in [
        (
            "BIRD_ACCESS_KEY",
            None,
            "Configuration set up the client: there is no access key: set the environment variable BIRD_ACCESS_KEY",
        ),
        ("BIRD_ACCESS_KEY", Some(" "), "there is no access key"),
        (
            "BIRD_ACCESS_KEY",
            Some("planted-access-key\n"),
            "the access key (environment variable BIRD_ACCESS_KEY) has a space, a line break",
        ),
        (
            "BIRD_WORKSPACE_ID",
            None,
            "no workspace is given, and there is no default",
        ),
        (
            "BIRD_WORKSPACE_ID",
            Some("Support"),
            "the environment variable BIRD_WORKSPACE_ID is not a workspace id; one looks like",
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
        assert!(text.contains(says), "{text}");
    }
}

#[tokio::test]
async fn templates() {
    let server = willing().await;
    let workspace = client(&server.url()).workspace(WORKSPACE).unwrap();
    let connectors = workspace.connectors();
    for (error, says) in [
        (
            connectors.install(Sms::new("a")).await,
            "`channelMessageType` is missing",
        ),
        (
            connectors.install(Instagram::new(" ")).await,
            "the name is empty",
        ),
        (
            connectors.install(Custom::new("sms", "a")).await,
            "the reference is not of the form `slug:version`",
        ),
    ] {
        refused(&error.unwrap_err(), Kind::InvalidInput, says);
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn lists() {
    let server = willing().await;
    let workspace = client(&server.url()).workspace(WORKSPACE).unwrap();
    let error = workspace
        .connectors()
        .list()
        .page_size(0)
        .first_page()
        .await
        .unwrap_err();
    refused(
        &error,
        Kind::InvalidInput,
        "list connectors: page_size is 0; it starts at 1",
    );
    let error = workspace
        .channels()
        .list()
        .page_size(1001)
        .first_page()
        .await
        .unwrap_err();
    refused(
        &error,
        Kind::InvalidInput,
        "page_size is 1001; the API takes 1000 at the most here",
    );
    let error = workspace
        .numbers()
        .list()
        .page_size(101)
        .first_page()
        .await
        .unwrap_err();
    refused(&error, Kind::InvalidInput, "page_size is 101");

    let checkpoint = |token: &str| -> Checkpoint {
        serde_json::from_value(json!({
            "v": 1, "operation": "listNumbers", "workspace": WORKSPACE, "filters": {}, "page_size": 10, "token": token,
        }))
        .unwrap()
    };
    let numbers = workspace.numbers();
    let list = numbers.list().from(checkpoint(&"t".repeat(8001)));
    let error = list.first_page().await.unwrap_err();
    refused(&error, Kind::InvalidInput, "the page token has 8001 bytes");
    let list = numbers.list_long_codes().from(checkpoint("t"));
    let error = list.first_page().await.unwrap_err();
    refused(
        &error,
        Kind::InvalidInput,
        "belongs to `listNumbers`, not to `listLongCodeNumbers`",
    );
    assert_eq!(server.connections(), 0);

    let list = numbers.list().from(checkpoint(&"t".repeat(8000)));
    let _ = list.first_page().await;
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn paths_beyond_the_contract() {
    let server = willing().await;
    let elsewhere = willing().await;
    let other_origin = format!("{}/workspaces", elsewhere.url());
    for (base, path, says) in [
        (
            "",
            other_origin.as_str(),
            "the path must start with a slash",
        ),
        (
            "",
            "https://evil.example/",
            "the path must start with a slash",
        ),
        ("", "workspaces", "the path must start with a slash"),
        ("", "", "the path must start with a slash"),
        ("", "@evil.example/", "the path must start with a slash"),
        ("", "//evil.example/", "`//` at its start"),
        ("", "/\\evil.example/", "backslashes"),
        ("", "/a\\..\\b", "backslashes"),
        ("", "/..", "no `.` or `..` segment"),
        ("/prefix", "/a/../../b", "no `.` or `..` segment"),
        ("/prefix", "/%2e%2E/b", "no `.` or `..` segment"),
        ("/prefix", "/a/.%2e", "no `.` or `..` segment"),
        ("", "/./a", "no `.` or `..` segment"),
        ("", "/a#b", "no fragment and no control characters"),
        (
            "",
            "/a\r\nx-header: y",
            "no fragment and no control characters",
        ),
        ("", "/a\tb", "no fragment and no control characters"),
    ] {
        let client = client(&format!("{}{base}", server.url()));
        let error = client.request(Method::GET, path).send().await.unwrap_err();
        refused(&error, Kind::InvalidInput, says);
        assert!(!error.to_string().contains('\n'), "{error}");
    }
    assert_eq!((server.connections(), elsewhere.connections()), (0, 0));
    // Dots elsewhere are nobody's business.
    let client = client(&server.url());
    let request = client.request(Method::GET, "/a..b/.c/...?x=../..");
    request.send().await.unwrap();
    assert_eq!(server.requests()[0].target, "/a..b/.c/...?x=../..");
}

#[tokio::test]
async fn a_body_that_is_no_json() {
    let server = willing().await;
    let body = std::collections::BTreeMap::from([(vec![1], 2)]);
    let request = client(&server.url())
        .request(Method::POST, "/a")
        .json(&body);
    let error = request.send().await.unwrap_err();
    refused(
        &error,
        Kind::InvalidInput,
        "POST /a: the body is no JSON: key must be a string",
    );
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn messages() {
    let server = willing().await;
    let channels = client(&server.url())
        .workspace(WORKSPACE)
        .unwrap()
        .channels();
    let error = channels.send_text(CHANNEL, " ", "Hello").await.unwrap_err();
    refused(
        &error,
        Kind::InvalidInput,
        "send a text message: the receiver is empty",
    );
    let error = channels
        .send_text(CHANNEL, "+31612345678", "")
        .await
        .unwrap_err();
    refused(
        &error,
        Kind::InvalidInput,
        "send a text message: the text is empty",
    );
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn webhook_subscriptions() {
    let server = willing().await;
    let workspace = client(&server.url()).workspace(WORKSPACE).unwrap();
    let subscriptions = workspace.webhook_subscriptions();
    for (url, says) in [
        ("http://hooks.example.com/", "the URL is not https"),
        ("ftp://hooks.example.com/", "the URL is not https"),
        ("https://localhost/", "has no host name with a dot"),
        ("https://hooks/", "has no host name with a dot"),
        ("https://hooks./", "has no host name with a dot"),
        ("https://127.0.0.1/", "has no host name with a dot"),
        ("https://[::1]/", "has no host name with a dot"),
        ("hooks.example.com", "the URL cannot be read"),
        ("", "the URL cannot be read"),
        ("https://", "the URL cannot be read"),
    ] {
        let new = NewSubscription::new("channel.updated", url);
        let error = subscriptions.create(new).await.unwrap_err();
        refused(&error, Kind::InvalidInput, says);
        assert!(
            error
                .to_string()
                .starts_with("create a webhook subscription: "),
            "{error}"
        );
        let update = SubscriptionUpdate::new().url(url);
        let error = subscriptions
            .update(SUBSCRIPTION, update)
            .await
            .unwrap_err();
        refused(&error, Kind::InvalidInput, says);
        assert!(
            error
                .to_string()
                .starts_with("update a webhook subscription: "),
            "{error}"
        );
    }
    let new =
        NewSubscription::new(" ", "https://hooks.example.com/").service(WebhookService::Numbers);
    let error = subscriptions.create(new).await.unwrap_err();
    refused(&error, Kind::InvalidInput, "the event is empty");
    let error = subscriptions
        .update(SUBSCRIPTION, SubscriptionUpdate::new())
        .await
        .unwrap_err();
    refused(
        &error,
        Kind::InvalidInput,
        "nothing is to be changed: name at least one field",
    );
    assert_eq!(server.connections(), 0);

    // A port is the server's to judge, and so is anything else behind a name with a dot.
    for url in ["https://hooks.example.com:8443/a?b=c", "https://a.b"] {
        let _ = subscriptions
            .create(NewSubscription::new("channel.updated", url))
            .await;
    }
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn a_token_of_another_workspace() {
    let server = willing().await;
    let client = client(&server.url());
    let token = client
        .workspace(WORKSPACE)
        .unwrap()
        .connectors()
        .follow(CONNECTOR)
        .token();
    let other = client
        .workspace(WorkspaceId::from_u128(2))
        .unwrap()
        .connectors();
    let error = other.resume(token).unwrap_err();
    refused(
        &error,
        Kind::InvalidInput,
        "the wait token belongs to workspace",
    );
    assert_eq!(server.connections(), 0);
}
