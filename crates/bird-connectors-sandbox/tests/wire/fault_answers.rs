//! Faults of the answer: HTTP is in order, and what it carries is not.

use bird_connectors_sandbox::{Fault, Operation, Rule, Sandbox};
use serde_json::Value;

use crate::client::{Client, Seen, encode};
use crate::raw::ask;

async fn with(connectors: usize, fault: Fault) -> (Sandbox, Client) {
    let sandbox = Sandbox::builder()
        .connectors(connectors)
        .rule(Rule::on(Operation::ListConnectors).always().fault(fault))
        .start()
        .await
        .unwrap();
    let client = Client::of(&sandbox);
    (sandbox, client)
}

async fn listed(fault: Fault) -> Seen {
    with(2, fault).await.1.get("/connectors?limit=1").await
}

#[tokio::test]
async fn pages_for_people() {
    for (fault, status) in [
        (Fault::Html(500), 500),
        (Fault::Html(502), 502),
        (Fault::Html(503), 503),
        (Fault::Html(504), 504),
        (Fault::WrongContentType, 200),
    ] {
        let seen = listed(fault).await;
        assert_eq!(
            (seen.status, seen.header("content-type")),
            (status, Some("text/html"))
        );
        assert!(seen.text.starts_with("<html>"), "{}", seen.text);
    }
}

#[tokio::test]
async fn too_many_requests_with_and_without_a_hint() {
    for (seconds, header) in [(None, None), (Some(7), Some("7"))] {
        let seen = listed(Fault::TooManyRequests(seconds)).await;
        assert_eq!((seen.status, seen.header("retry-after")), (429, header));
        assert_eq!(seen.code(), "TooManyRequests");
    }
}

#[tokio::test]
async fn half_of_the_json_and_not_a_byte_missing() {
    let (sandbox, client) = with(1, Fault::TruncatedJson).await;
    let half = client.get("/connectors").await;
    sandbox.clear_rules();
    let whole = client.get("/connectors").await;
    assert_eq!(half.status, 200);
    assert_eq!(half.text, whole.text[..whole.text.len() / 2]);
    assert!(serde_json::from_str::<Value>(&half.text).is_err());
    // Where there is no body, one begins.
    let path = format!(
        "/connectors/{}",
        sandbox.connectors()[0]["id"].as_str().unwrap()
    );
    sandbox.rule(Rule::on(Operation::DeleteConnector).fault(Fault::TruncatedJson));
    let seen = client.delete(&path).await;
    assert_eq!((seen.status, seen.text.as_str()), (200, "{"));
}

#[tokio::test]
async fn bodies_that_are_nothing_of_the_apis() {
    let seen = listed(Fault::WrongShape).await;
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert!(seen.expect(200).is_array());
    let seen = listed(Fault::Empty).await;
    assert_eq!((seen.status, seen.text.as_str()), (200, ""));
    let (sandbox, _) = with(1, Fault::NotUtf8).await;
    let heard = ask(&sandbox, "GET", "/connectors", "").await;
    assert!(std::str::from_utf8(heard.body()).is_err());
    assert!(heard.head().starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn a_redirect_keeps_path_and_query() {
    let (sandbox, client) = with(1, Fault::Redirect("http://127.0.0.1:9".to_owned())).await;
    let seen = client.get("/connectors?limit=3").await;
    let expected = format!(
        "http://127.0.0.1:9/workspaces/{}/connectors?limit=3",
        sandbox.workspace_id()
    );
    assert_eq!(
        (seen.status, seen.header("location")),
        (307, Some(expected.as_str()))
    );
}

#[tokio::test]
async fn an_item_comes_twice() {
    let (sandbox, client) = with(3, Fault::DuplicateItems).await;
    let ids = client.get("/connectors").await.column("id");
    assert_eq!((ids.len(), &ids[0]), (4, &ids[3]));
    sandbox.clear_rules();
    assert_eq!(client.get("/connectors").await.column("id"), ids[..3]);
    // What is no list stays as it is.
    sandbox.rule(Rule::on(Operation::GetConnector).fault(Fault::DuplicateItems));
    assert_eq!(client.connector(&ids[0]).await["id"], ids[0].as_str());
}

#[tokio::test]
async fn tokens_go_round() {
    for length in [1, 3] {
        let (_sandbox, client) = with(3, Fault::TokenLoop(length)).await;
        let mut path = "/connectors?limit=2".to_owned();
        let (mut tokens, mut ids) = (Vec::new(), Vec::new());
        for _ in 0..=length {
            let seen = client.get(&path).await;
            ids.push(seen.column("id"));
            let token = seen.token().unwrap();
            path = format!("/connectors?limit=2&pageToken={}", encode(&token));
            tokens.push(token);
        }
        assert_eq!(tokens[0], tokens[length], "{tokens:?}");
        let distinct: std::collections::HashSet<_> = tokens.iter().collect();
        assert_eq!(distinct.len(), length);
        assert!(
            ids.iter().all(|page| *page == ids[0]),
            "always the first page"
        );
        assert_eq!(ids[0].len(), 2, "the limit is heeded");
    }
}
