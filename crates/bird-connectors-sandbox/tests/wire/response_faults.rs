//! Faults in the response: the HTTP is valid, but its content is not.

use bird_connectors_sandbox::{Fault, Operation, Rule, Sandbox};
use serde_json::Value;

use crate::client::{Client, ClientResponse, percent_encode};
use crate::raw_connection::send_raw;

async fn sandbox_with(connectors: usize, fault: Fault) -> (Sandbox, Client) {
    let sandbox = Sandbox::builder()
        .connectors(connectors)
        .rule(Rule::on(Operation::ListConnectors).always().fault(fault))
        .start()
        .await
        .unwrap();
    let client = Client::new(&sandbox);
    (sandbox, client)
}

async fn list_with(fault: Fault) -> ClientResponse {
    sandbox_with(2, fault)
        .await
        .1
        .get("/connectors?limit=1")
        .await
}

#[tokio::test]
async fn html_faults_send_an_html_page() {
    for (fault, status) in [
        (Fault::Html(500), 500),
        (Fault::Html(502), 502),
        (Fault::Html(503), 503),
        (Fault::Html(504), 504),
        (Fault::WrongContentType, 200),
    ] {
        let response = list_with(fault).await;
        assert_eq!(
            (response.status, response.header("content-type")),
            (status, Some("text/html"))
        );
        assert!(response.body.starts_with("<html>"), "{}", response.body);
    }
}

#[tokio::test]
async fn too_many_requests_sends_the_given_retry_after() {
    for (seconds, header) in [(None, None), (Some(7), Some("7"))] {
        let response = list_with(Fault::TooManyRequests(seconds)).await;
        assert_eq!(
            (response.status, response.header("retry-after")),
            (429, header)
        );
        assert_eq!(response.code(), "TooManyRequests");
    }
}

#[tokio::test]
async fn truncated_json_sends_half_of_the_body() {
    let (sandbox, client) = sandbox_with(1, Fault::TruncatedJson).await;
    let half = client.get("/connectors").await;
    sandbox.clear_rules();
    let whole = client.get("/connectors").await;
    assert_eq!(half.status, 200);
    assert_eq!(half.body, whole.body[..whole.body.len() / 2]);
    assert!(serde_json::from_str::<Value>(&half.body).is_err());
    // A response without a body gets one byte of a JSON object.
    let path = format!(
        "/connectors/{}",
        sandbox.connectors()[0]["id"].as_str().unwrap()
    );
    sandbox.rule(Rule::on(Operation::DeleteConnector).fault(Fault::TruncatedJson));
    let response = client.delete(&path).await;
    assert_eq!((response.status, response.body.as_str()), (200, "{"));
}

#[tokio::test]
async fn malformed_body_faults_send_unusable_bodies() {
    let response = list_with(Fault::WrongShape).await;
    assert_eq!(response.header("content-type"), Some("application/json"));
    assert!(response.json_with_status(200).is_array());
    let response = list_with(Fault::Empty).await;
    assert_eq!((response.status, response.body.as_str()), (200, ""));
    let (sandbox, _) = sandbox_with(1, Fault::NotUtf8).await;
    let response = send_raw(&sandbox, "GET", "/connectors", "").await;
    assert!(std::str::from_utf8(response.body()).is_err());
    assert!(response.head().starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn redirect_keeps_path_and_query() {
    let (sandbox, client) = sandbox_with(1, Fault::Redirect("http://127.0.0.1:9".to_owned())).await;
    let response = client.get("/connectors?limit=3").await;
    let expected = format!(
        "http://127.0.0.1:9/workspaces/{}/connectors?limit=3",
        sandbox.workspace_id()
    );
    assert_eq!(
        (response.status, response.header("location")),
        (307, Some(expected.as_str()))
    );
}

#[tokio::test]
async fn duplicate_items_repeats_the_first_item() {
    let (sandbox, client) = sandbox_with(3, Fault::DuplicateItems).await;
    let ids = client.get("/connectors").await.field("id");
    assert_eq!((ids.len(), &ids[0]), (4, &ids[3]));
    sandbox.clear_rules();
    assert_eq!(client.get("/connectors").await.field("id"), ids[..3]);
    // A response that is not a list is unchanged.
    sandbox.rule(Rule::on(Operation::GetConnector).fault(Fault::DuplicateItems));
    assert_eq!(client.connector(&ids[0]).await["id"], ids[0].as_str());
}

#[tokio::test]
async fn token_loop_returns_the_first_page_with_cycling_tokens() {
    for length in [1, 3] {
        let (_sandbox, client) = sandbox_with(3, Fault::TokenLoop(length)).await;
        let mut path = "/connectors?limit=2".to_owned();
        let (mut tokens, mut ids) = (Vec::new(), Vec::new());
        for _ in 0..=length {
            let response = client.get(&path).await;
            ids.push(response.field("id"));
            let token = response.next_page_token().unwrap();
            path = format!("/connectors?limit=2&pageToken={}", percent_encode(&token));
            tokens.push(token);
        }
        assert_eq!(tokens[0], tokens[length], "{tokens:?}");
        let distinct: std::collections::HashSet<_> = tokens.iter().collect();
        assert_eq!(distinct.len(), length);
        assert!(
            ids.iter().all(|page| *page == ids[0]),
            "every page is the first page"
        );
        assert_eq!(ids[0].len(), 2, "the page has the requested limit");
    }
}
