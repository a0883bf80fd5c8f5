//! Pages and items that cannot be decoded, failed requests and token cycles.

use bird_connectors::ErrorKind;
use bird_connectors::list::Checkpoint;
use bird_connectors_sandbox::{Operation, Response, Rule, Sandbox};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{parameter, workspace};

#[tokio::test]
async fn reason_of_a_long_undecodable_item_is_short() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.insert_connector(json!("x".repeat(1_000_000)));
    let list = workspace(&sandbox).connectors().list();
    let page = list.clone().first_page().await.unwrap();
    let reason = page.undecodable[0].reason.clone();
    assert!(reason.len() < 2_000, "{}", reason.len());
    assert_eq!(page.undecodable[0].raw.len(), 1_000_002);
    let error = list.items().next().await.unwrap().unwrap_err();
    assert!(error.to_string().len() < 5_000);
}

#[tokio::test]
async fn undecodable_item_is_reported_without_its_content() {
    let sandbox = Sandbox::start().await.unwrap();
    let raw = json!({"id": "not an id", "name": 5, "note": "private"});
    let mut expected = sandbox.add_connectors(57);
    sandbox.insert_connector(raw.clone());
    expected.extend(sandbox.add_connectors(42 + 10));
    let list = workspace(&sandbox).connectors().list();

    let page = list.clone().first_page().await.unwrap();
    let found: Vec<Uuid> = page
        .items
        .iter()
        .map(|connector| connector.id.into())
        .collect();
    assert_eq!(found, expected[..99]);
    let [undecodable] = &page.undecodable[..] else {
        panic!("{:?}", page.undecodable)
    };
    assert_eq!(undecodable.index, 57);
    assert_eq!(
        serde_json::from_str::<Value>(&undecodable.raw).unwrap(),
        raw
    );
    assert!(!format!("{page:?}").contains("private"));

    let mut items = list.items();
    let mut found: Vec<Uuid> = Vec::new();
    let mut errors = Vec::new();
    while let Some(item) = items.next().await {
        match item {
            Ok(connector) => found.push(connector.id.into()),
            Err(error) => {
                assert_eq!(found.len(), 57);
                errors.push(error);
            }
        }
    }
    assert_eq!(found, expected);
    let [error] = &errors[..] else {
        panic!("{errors:?}")
    };
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.raw(), Some(undecodable.raw.as_str()));
    let text = format!("{error} {error:?}");
    assert!(
        text.starts_with("list connectors: item 57 of a page cannot be decoded: "),
        "{text}"
    );
    assert!(!text.contains("private"));
}

#[tokio::test]
async fn list_resumes_from_the_checkpoint_of_an_error() {
    let sandbox = Sandbox::builder().connectors(12).start().await.unwrap();
    sandbox.rule(
        Rule::on(Operation::ListConnectors)
            .nth(3)
            .respond_with(Response::status(503)),
    );
    let list = |sandbox| workspace(sandbox).connectors().list().page_size(5);
    let partial = list(&sandbox).collect_up_to(100).await.unwrap_err();
    assert_eq!(
        partial.error.status().map(|status| status.as_u16()),
        Some(503)
    );
    assert_eq!(partial.collected.items.len(), 10);

    let stored = serde_json::to_string(partial.error.checkpoint().unwrap()).unwrap();
    let checkpoint: Checkpoint = serde_json::from_str(&stored).unwrap();
    let rest = list(&sandbox)
        .resume_from(checkpoint)
        .collect_up_to(100)
        .await
        .unwrap();
    assert_eq!((rest.items.len(), rest.checkpoint), (2, None));
}

#[tokio::test]
async fn response_that_is_not_a_page_is_an_error_with_a_checkpoint() {
    let sandbox = Sandbox::builder().connectors(12).start().await.unwrap();
    for response in [
        Response::json(200, json!({"items": []})),
        Response::json(200, json!({"results": 5})),
        Response::json(200, json!({"results": [], "nextPageToken": [5]})),
        Response::text(200, "text/html", "<html>welcome</html>"),
        Response::empty(200),
    ] {
        sandbox.rule(
            Rule::on(Operation::ListConnectors)
                .nth(2)
                .respond_with(response),
        );
        let list = workspace(&sandbox).connectors().list().page_size(5);
        let mut items = list.clone().items();
        for _ in 0..5 {
            items.next().await.unwrap().unwrap();
        }
        let error = items.next().await.unwrap().unwrap_err();
        assert_eq!(
            (error.kind(), error.status().map(|status| status.as_u16())),
            (ErrorKind::Decode, Some(200))
        );
        assert!(items.next().await.is_none());
        let rest = list.resume_from(error.checkpoint().unwrap().clone());
        assert_eq!(rest.collect_up_to(100).await.unwrap().items.len(), 7);
    }
}

#[tokio::test]
async fn list_stops_with_error_on_token_cycle() {
    let sandbox = Sandbox::start().await.unwrap();
    let page = |next: &str| Response::json(200, json!({"results": [], "nextPageToken": next}));
    sandbox.rule(
        Rule::on(Operation::ListNumbers)
            .always()
            .respond_with(page("b"))
            .when(|request| parameter(request, "pageToken").as_deref() == Some("a")),
    );
    sandbox.rule(
        Rule::on(Operation::ListNumbers)
            .always()
            .respond_with(page("a")),
    );
    let pages = workspace(&sandbox).numbers().list().pages();
    let pages: Vec<_> = pages.take(9).collect().await;
    let (last, pages) = pages.split_last().unwrap();
    assert_eq!(last.as_ref().unwrap_err().kind(), ErrorKind::CursorCycle);
    assert!(pages.len() > 2 && pages.iter().all(Result::is_ok));
}

#[tokio::test]
async fn json_labelled_as_html_is_read_by_every_call() {
    let sandbox = Sandbox::start().await.unwrap();
    let id = "0b9f2c1e-0000-4000-8000-000000000002";
    let item = json!({"id": id, "name": "Line", "createdAt": "2026-01-01T00:00:00Z"});
    let html = |body: Value| Response::text(200, "text/html; charset=utf-8", body.to_string());
    for (token, results) in [
        (json!("more"), json!([item, {"id": 7}])),
        (json!(null), json!([item])),
    ] {
        sandbox.rule(
            Rule::on(Operation::ListConnectors)
                .respond_with(html(json!({"results": results, "nextPageToken": token}))),
        );
    }
    let connectors = workspace(&sandbox).connectors();
    let all = connectors.list().collect_up_to(10).await.unwrap();
    assert_eq!((all.items.len(), all.undecodable.len()), (2, 1));
    sandbox.rule(Rule::on(Operation::GetConnector).respond_with(html(item)));
    let connector = connectors.get(id.parse().unwrap()).await.unwrap();
    assert_eq!(connector.name, "Line");
}

#[tokio::test]
async fn list_continues_with_a_page_token_that_is_a_number() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = 9_007_199_254_740_993_u64;
    sandbox.rule(
        Rule::on(Operation::ListNumbers)
            .always()
            .respond_with(Response::json(200, json!({})))
            .when(move |request| parameter(request, "pageToken") == Some(token.to_string())),
    );
    sandbox.rule(
        Rule::on(Operation::ListNumbers)
            .respond_with(Response::json(200, json!({"nextPageToken": token}))),
    );
    let pages = workspace(&sandbox).numbers().list().pages();
    let pages: Vec<_> = pages.collect().await;
    assert!(pages.iter().all(Result::is_ok), "{pages:?}");
    assert_eq!(pages.len(), 2);
}
