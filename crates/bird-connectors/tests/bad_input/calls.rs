//! Arguments of calls.

use bird_connectors::ErrorKind;
use bird_connectors::list::Checkpoint;
use bird_connectors::models::{NumberId, WebhookService, WorkspaceId};
use bird_connectors::resources::{NewSubscription, SubscriptionUpdate};
use bird_connectors::templates::{Custom, Instagram, Sms};
use http::Method;
use serde_json::json;

use crate::support::{CHANNEL, CONNECTOR, SUBSCRIPTION, WORKSPACE, client};
use crate::{accepting_server, assert_rejected};

#[tokio::test]
async fn invalid_template_is_rejected() {
    let server = accepting_server().await;
    let workspace = client(&server.url()).workspace(WORKSPACE);
    let connectors = workspace.connectors();
    for (error, message) in [
        (
            connectors
                .install(Sms::new("a", NumberId::from_u128(1), " "))
                .await,
            "`channelMessageType` is empty",
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
        assert_rejected(&error.unwrap_err(), ErrorKind::InvalidInput, message);
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn invalid_page_size_or_checkpoint_is_rejected() {
    let server = accepting_server().await;
    let workspace = client(&server.url()).workspace(WORKSPACE);
    let error = workspace
        .connectors()
        .list()
        .page_size(0)
        .first_page()
        .await
        .unwrap_err();
    assert_rejected(
        &error,
        ErrorKind::InvalidInput,
        "list connectors: page_size is 0; the minimum is 1",
    );
    let error = workspace
        .channels()
        .list()
        .page_size(1001)
        .first_page()
        .await
        .unwrap_err();
    assert_rejected(
        &error,
        ErrorKind::InvalidInput,
        "page_size is 1001; the maximum for this list is 1000",
    );
    let error = workspace
        .numbers()
        .list()
        .page_size(101)
        .first_page()
        .await
        .unwrap_err();
    assert_rejected(&error, ErrorKind::InvalidInput, "page_size is 101");

    let checkpoint = |token: &str| -> Checkpoint {
        let filters = json!({
            "capabilities": null, "country": null, "country_codes": [], "number_string": null, "number_type": null,
            "prefix": null, "provider_ids": [], "search_term": null, "status": null,
        });
        serde_json::from_value(json!({
            "v": 1, "operation": "listNumbers", "workspace": WORKSPACE, "filters": filters, "page_size": 10, "token": token,
        }))
        .unwrap()
    };
    let numbers = workspace.numbers();
    let list = numbers.list().resume_from(checkpoint(&"t".repeat(8001)));
    let error = list.first_page().await.unwrap_err();
    assert_rejected(
        &error,
        ErrorKind::InvalidInput,
        "the page token has 8001 bytes",
    );
    let list = numbers.list_long_codes().resume_from(checkpoint("t"));
    let error = list.first_page().await.unwrap_err();
    assert_rejected(
        &error,
        ErrorKind::InvalidInput,
        "belongs to `listNumbers`, not to `listLongCodeNumbers`",
    );
    assert_eq!(server.connections(), 0);

    let list = numbers.list().resume_from(checkpoint(&"t".repeat(8000)));
    let _ = list.first_page().await;
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn raw_request_path_that_leaves_the_base_url_is_rejected() {
    let server = accepting_server().await;
    let elsewhere = accepting_server().await;
    let other_origin = format!("{}/workspaces", elsewhere.url());
    for (base, path, message) in [
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
        ("", "/..", "must not contain a `.` or `..` segment"),
        (
            "/prefix",
            "/a/../../b",
            "must not contain a `.` or `..` segment",
        ),
        (
            "/prefix",
            "/%2e%2E/b",
            "must not contain a `.` or `..` segment",
        ),
        (
            "/prefix",
            "/a/.%2e",
            "must not contain a `.` or `..` segment",
        ),
        ("", "/./a", "must not contain a `.` or `..` segment"),
        (
            "",
            "/a#b",
            "must not contain a fragment or control characters",
        ),
        (
            "",
            "/a\r\nx-header: y",
            "must not contain a fragment or control characters",
        ),
        (
            "",
            "/a\tb",
            "must not contain a fragment or control characters",
        ),
    ] {
        let client = client(&format!("{}{base}", server.url()));
        let error = client.request(Method::GET, path).send().await.unwrap_err();
        assert_rejected(&error, ErrorKind::InvalidInput, message);
        assert!(!error.to_string().contains('\n'), "{error}");
    }
    assert_eq!((server.connections(), elsewhere.connections()), (0, 0));
    // Other dots are allowed.
    let client = client(&server.url());
    let request = client.request(Method::GET, "/a..b/.c/...?x=../..");
    request.send().await.unwrap();
    assert_eq!(server.requests()[0].target, "/a..b/.c/...?x=../..");
}

#[tokio::test]
async fn raw_request_body_that_is_not_json_is_rejected() {
    let server = accepting_server().await;
    let body = std::collections::BTreeMap::from([(vec![1], 2)]);
    let request = client(&server.url())
        .request(Method::POST, "/a")
        .json(&body);
    let error = request.send().await.unwrap_err();
    assert_rejected(
        &error,
        ErrorKind::InvalidInput,
        "POST /a: the body cannot be serialized as JSON: key must be a string",
    );
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn message_without_receiver_or_text_is_rejected() {
    let server = accepting_server().await;
    let channels = client(&server.url()).workspace(WORKSPACE).channels();
    let error = channels.send_text(CHANNEL, " ", "Hello").await.unwrap_err();
    assert_rejected(
        &error,
        ErrorKind::InvalidInput,
        "send a text message: invalid `to`: the receiver is empty: expected the identifier of a contact",
    );
    let error = channels
        .send_text(CHANNEL, "+31612345678", "")
        .await
        .unwrap_err();
    assert_rejected(
        &error,
        ErrorKind::InvalidInput,
        "send a text message: invalid `text`: the text is empty: expected",
    );
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn invalid_webhook_subscription_is_rejected() {
    let server = accepting_server().await;
    let workspace = client(&server.url()).workspace(WORKSPACE);
    let subscriptions = workspace.webhook_subscriptions();
    for (url, message) in [
        ("http://hooks.example.com/", "the URL is not https"),
        ("ftp://hooks.example.com/", "the URL is not https"),
        ("https://localhost/", "has no host name with a dot"),
        ("https://hooks/", "has no host name with a dot"),
        ("https://hooks./", "has no host name with a dot"),
        ("https://127.0.0.1/", "has no host name with a dot"),
        ("https://[::1]/", "has no host name with a dot"),
        ("hooks.example.com", "the URL is invalid"),
        ("", "the URL is invalid"),
        ("https://", "the URL is invalid"),
    ] {
        let new = NewSubscription::new("channel.updated", url);
        let error = subscriptions.create(new).await.unwrap_err();
        assert_rejected(&error, ErrorKind::InvalidInput, message);
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
        assert_rejected(&error, ErrorKind::InvalidInput, message);
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
    assert_rejected(&error, ErrorKind::InvalidInput, "the event is empty");
    let error = subscriptions
        .update(SUBSCRIPTION, SubscriptionUpdate::new())
        .await
        .unwrap_err();
    assert_rejected(
        &error,
        ErrorKind::InvalidInput,
        "the update has no changes; set at least one field",
    );
    assert_eq!(server.connections(), 0);

    // The server decides about ports and about host names with a dot.
    for url in ["https://hooks.example.com:8443/a?b=c", "https://a.b"] {
        let _ = subscriptions
            .create(NewSubscription::new("channel.updated", url))
            .await;
    }
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn wait_token_of_another_workspace_is_rejected() {
    let server = accepting_server().await;
    let client = client(&server.url());
    let token = client
        .workspace(WORKSPACE)
        .connectors()
        .follow(CONNECTOR)
        .token();
    let other = client.workspace(WorkspaceId::from_u128(2)).connectors();
    let error = other.resume(token).unwrap_err();
    assert_rejected(
        &error,
        ErrorKind::InvalidInput,
        "the wait token belongs to workspace",
    );
    assert_eq!(server.connections(), 0);
}
