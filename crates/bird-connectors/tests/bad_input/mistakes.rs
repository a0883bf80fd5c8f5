//! Mistakes that only the response reveals. The error names them.

use bird_connectors::models::{ChannelId, NumberId};
use bird_connectors::templates::Sms;
use bird_connectors::{Client, ErrorKind, RequestOutcome};
use bird_connectors_sandbox::behavior::InvalidDataDetails;
use bird_connectors_sandbox::{Operation, Sandbox};
use http::Method;
use serde_json::json;
use uuid::Uuid;

use crate::accepting_server;
use crate::support::faults::get;
use crate::support::server::{Server, json as json_response, response};
use crate::support::{CHANNEL, CONNECTOR, WORKSPACE, builder, client};

#[tokio::test]
async fn rejected_key_of_another_product_is_named() {
    for (key, named) in [
        ("bk_planted", "`bk_`, as keys of Bird's newer platform"),
        ("bird_live_planted", "`bird_live_`"),
        ("bird_test_planted", "`bird_test_`"),
        (
            "live_planted",
            "`live_`, as keys of the old MessageBird API",
        ),
        ("test_planted", "`test_`"),
        ("\"planted\"", "quotation marks"),
        ("planted", "check that it is complete"),
    ] {
        let body = json!({"code": "Unauthorized", "message": "no"});
        let server = Server::script([json_response("401 Unauthorized", body)]).await;
        let client = builder(&server.url()).access_key(key).build().unwrap();
        let error = get(&client).await.unwrap_err();
        assert_eq!(
            (error.kind(), server.count()),
            (ErrorKind::Authentication, 1)
        );
        let text = error.to_string();
        assert!(text.contains(named) && !text.contains("planted"), "{text}");
    }
}

#[tokio::test]
async fn not_modified_is_not_reported_as_a_redirect() {
    for status in ["304 Not Modified", "300 Multiple Choices", "399 Other"] {
        let server = Server::script([response(status, "", "")]).await;
        let error = get(&client(&server.url())).await.unwrap_err();
        assert_eq!((error.kind(), server.count()), (ErrorKind::Api, 1));
        let text = error.to_string();
        assert!(
            !text.contains("redirect") && text.contains("prox"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn web_page_for_a_create_is_of_unknown_outcome_and_not_a_success() {
    let page = response(
        "200 OK",
        "content-type: text/html\r\n",
        "<html>welcome</html>",
    );
    let server = Server::script([page]).await;
    let connectors = client(&server.url()).workspace(WORKSPACE).connectors();
    let error = connectors
        .install(Sms::new("a", NumberId::from_u128(1), "2fa"))
        .await
        .unwrap_err();
    assert_eq!(error.outcome(), Some(RequestOutcome::Unknown));
    assert!(error.unresolved().is_some());
    let text = error.to_string();
    assert!(
        text.contains("it may have been created") && !text.contains("it was created"),
        "{text}"
    );
}

#[tokio::test]
async fn path_of_any_length_makes_a_short_error() {
    let server = accepting_server().await;
    let client = client(&server.url());
    let long = "a".repeat(100_000_000);
    let not_a_path = client.request(Method::GET, &long);
    let debug = format!("{not_a_path:?}");
    let error = not_a_path.send().await.unwrap_err();
    let shown = format!("{error} {error:?} {}{debug}", error.action());
    assert!(shown.len() < 2_000, "{}", shown.len());
    assert_eq!(server.connections(), 0);
}

async fn sandbox() -> (Sandbox, Client) {
    let sandbox = Sandbox::builder().connectors(1).start().await.unwrap();
    let client = builder(&sandbox.base_url())
        .access_key(sandbox.access_key())
        .workspace_id(sandbox.workspace_id())
        .build()
        .unwrap();
    (sandbox, client)
}

#[tokio::test]
async fn channel_call_with_the_id_of_a_connector_says_so() {
    let (sandbox, client) = sandbox().await;
    let channels = client.default_workspace().unwrap().channels();
    let installed = &sandbox.connectors()[0];
    let id: Uuid = installed["id"].as_str().unwrap().parse().unwrap();
    let channel = installed["channel"]["channelId"].as_str().unwrap();
    let wrong = ChannelId::from(id);
    let mut lookups = 0;
    for error in [
        channels.get(wrong).await.unwrap_err(),
        channels.conversational(wrong).await.unwrap_err(),
        channels.set_conversational(wrong, true).await.unwrap_err(),
        channels
            .send_text(wrong, "+31612345678", "Hello")
            .await
            .unwrap_err(),
    ] {
        let text = error.to_string();
        assert!(error.is_not_found(), "{text}");
        assert!(text.contains("is the id of a connector"), "{text}");
        assert!(text.contains(channel), "{text}");
        lookups += 1;
    }
    assert_eq!(sandbox.count(Operation::GetConnector), lookups);

    // An id that is unknown altogether.
    let error = channels.get(CHANNEL).await.unwrap_err();
    assert!(
        error.is_not_found() && !error.to_string().contains("connector"),
        "{error}"
    );
    assert_eq!(sandbox.count(Operation::GetConnector), lookups + 1);

    // Only a 404 leads to a lookup, and one that fails changes nothing.
    sandbox.deny(Operation::GetConnector);
    let error = channels.get(wrong).await.unwrap_err();
    assert!(
        error.is_not_found() && !error.to_string().contains("connector"),
        "{error}"
    );
    sandbox.deny(Operation::GetChannel);
    let before = sandbox.count(Operation::GetConnector);
    assert!(
        channels
            .get(wrong)
            .await
            .unwrap_err()
            .is_permission_denied()
    );
    assert_eq!(sandbox.count(Operation::GetConnector), before);
}

#[tokio::test]
async fn details_of_a_422_are_kept_in_every_form() {
    for &form in InvalidDataDetails::ALL {
        let (sandbox, client) = sandbox().await;
        sandbox.behavior(|behavior| behavior.invalid_data_details = form);
        let path = format!("/workspaces/{}/connectors", sandbox.workspace_id());
        let create = client.request(Method::POST, &path).json(&json!({}));
        let error = create.send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation);
        assert!(error.message().contains("name is required"), "{error}");
        let fields = error.field_errors();
        let (has_fields, has_details) = match form {
            InvalidDataDetails::ByPath => (true, true),
            InvalidDataDetails::List => (false, true),
            _ => (false, false),
        };
        assert_eq!(!fields.is_empty(), has_fields, "{form:?}");
        assert_eq!(error.details().is_some(), has_details, "{form:?}");
    }
}

#[tokio::test]
async fn connector_without_a_channel_is_named_as_such() {
    let connector = json!({"id": CONNECTOR, "name": "a", "createdAt": "2026-01-01T00:00:00Z"});
    let server = Server::script([
        json_response(
            "404 Not Found",
            json!({"code": "NotFound", "message": "no"}),
        ),
        json_response("200 OK", connector),
    ])
    .await;
    let channels = client(&server.url()).workspace(WORKSPACE).channels();
    let error = channels
        .get(ChannelId::from(Uuid::from(CONNECTOR)))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("has no channel yet"), "{error}");
    assert_eq!(server.count(), 2);
}
