//! Scripted replies, failures and latency.

use std::time::Duration;

use bird_connectors_sandbox::{Operation, Response, Rule, Sandbox};
use serde_json::json;
use tokio::time::{Instant, timeout};

use crate::client::{Client, sms};

async fn statuses(client: &Client, path: &str, calls: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..calls {
        statuses.push(client.get(path).await.status);
    }
    statuses
}

#[tokio::test]
async fn the_next_calls_fail_in_turn() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::of(&sandbox);
    sandbox.fail_next(Operation::ListConnectors, 503, 2);
    sandbox.fail_next(Operation::ListConnectors, 429, 1);
    assert_eq!(
        client.get("/channels").await.status,
        200,
        "another operation"
    );
    assert_eq!(
        statuses(&client, "/connectors", 5).await,
        [503, 503, 429, 200, 200]
    );
    assert_eq!(sandbox.count(Operation::ListConnectors), 5);
}

#[tokio::test]
async fn one_call_fails_or_all_do() {
    let sandbox = Sandbox::builder()
        .rule(
            Rule::on(Operation::ListChannels)
                .always()
                .respond_with(Response::status(500)),
        )
        .start()
        .await
        .unwrap();
    let client = Client::of(&sandbox);
    assert_eq!(client.get("/connectors").await.status, 200);
    sandbox.rule(
        Rule::on(Operation::ListConnectors)
            .nth(2)
            .respond_with(Response::status(502)),
    );
    sandbox.rule(
        Rule::on(Operation::ListConnectors)
            .nth(4)
            .respond_with(Response::status(504)),
    );
    assert_eq!(
        statuses(&client, "/connectors", 5).await,
        [200, 502, 200, 504, 200]
    );
    assert_eq!(statuses(&client, "/channels", 3).await, [500, 500, 500]);
    sandbox.clear_rules();
    assert_eq!(statuses(&client, "/channels", 1).await, [200]);
}

#[tokio::test]
async fn a_condition_picks_the_call() {
    let sandbox = Sandbox::builder().connectors(3).start().await.unwrap();
    let client = Client::of(&sandbox);
    let second_page = |request: &bird_connectors_sandbox::RecordedRequest| {
        request
            .query
            .as_ref()
            .is_some_and(|query| query.contains("pageToken"))
    };
    sandbox.rule(
        Rule::on(Operation::ListConnectors)
            .when(second_page)
            .respond_with(Response::status(503)),
    );
    sandbox.rule(
        Rule::on_any()
            .when(|request| request.method == "DELETE")
            .always()
            .respond_with(Response::status(500)),
    );
    assert_eq!(statuses(&client, "/connectors", 2).await, [200, 200]);
    assert_eq!(client.get("/connectors?pageToken=x").await.status, 503);
    assert_eq!(client.get("/connectors?pageToken=x").await.status, 422);
    assert_eq!(client.delete("/anything").await.status, 500);
}

#[tokio::test]
async fn a_reply_is_sent_as_it_is() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::of(&sandbox);
    let next =
        |reply: Response| sandbox.rule(Rule::on(Operation::ListConnectors).respond_with(reply));

    next(
        Response::status(503)
            .header("Retry-After", "2")
            .header("x-a", "1")
            .header("x-a", "2"),
    );
    let seen = client.get("/connectors").await;
    assert_eq!((seen.status, seen.header("retry-after")), (503, Some("2")));
    assert_eq!(seen.headers.get_all("x-a").iter().count(), 2);
    assert_eq!(seen.code(), "ServiceUnavailable");

    next(Response::text(502, "text/html", "<h1>Bad Gateway</h1>"));
    let seen = client.get("/connectors").await;
    assert_eq!(
        (seen.text.as_str(), seen.header("content-type")),
        ("<h1>Bad Gateway</h1>", Some("text/html"))
    );

    next(
        Response::json(200, json!({ "results": [1], "nextPageToken": "again" }))
            .header("content-type", "text/plain"),
    );
    let seen = client.get("/connectors").await;
    assert_eq!(
        (
            seen.json()["results"][0].as_i64(),
            seen.header("content-type")
        ),
        (Some(1), Some("text/plain"))
    );

    next(Response::empty(500));
    let seen = client.get("/connectors").await;
    assert_eq!(
        (seen.status, seen.text.as_str(), seen.header("content-type")),
        (500, "", None)
    );

    next(Response::status(302));
    let seen = client.get("/connectors").await;
    assert_eq!((seen.status, seen.text.as_str()), (302, ""));
    next(
        Response::status(500)
            .header("bad name", "x")
            .header("x-bad", "a\nb"),
    );
    assert_eq!(
        client.get("/connectors").await.status,
        500,
        "what HTTP does not allow is left out"
    );
}

#[tokio::test]
async fn a_failed_call_is_not_processed_unless_the_rule_says_so() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::of(&sandbox);
    sandbox.fail_next(Operation::CreateConnector, 500, 1);
    assert_eq!(client.post("/connectors", sms("a")).await.status, 500);
    assert!(sandbox.connectors().is_empty());
    sandbox.rule(
        Rule::on(Operation::CreateConnector)
            .respond_with(Response::status(500))
            .after_processing(),
    );
    assert_eq!(client.post("/connectors", sms("a")).await.status, 500);
    assert_eq!(sandbox.connectors()[0]["name"], "a");
}

#[tokio::test(start_paused = true)]
async fn latencies_add_up() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::of(&sandbox);
    sandbox.delay(Operation::ListConnectors, Duration::from_secs(3));
    sandbox.rule(Rule::on(Operation::ListConnectors).delay_response(Duration::from_secs(4)));
    sandbox.fail_next(Operation::ListConnectors, 503, 1);
    let start = Instant::now();
    assert_eq!(client.get("/connectors").await.status, 503);
    assert_eq!(start.elapsed(), Duration::from_secs(7));
    assert_eq!(client.get("/connectors").await.status, 200);
    assert_eq!(start.elapsed(), Duration::from_secs(10));
    client.get("/channels").await;
    assert_eq!(start.elapsed(), Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_gives_up_leaves_its_call_undone_or_done() {
    for (rule, connectors) in [
        (
            Rule::on(Operation::CreateConnector).delay(Duration::from_secs(30)),
            0,
        ),
        (
            Rule::on(Operation::CreateConnector).delay_response(Duration::from_secs(30)),
            1,
        ),
    ] {
        let sandbox = Sandbox::start().await.unwrap();
        let client = Client::of(&sandbox);
        sandbox.rule(rule);
        assert!(
            timeout(Duration::from_secs(5), client.post("/connectors", sms("a")))
                .await
                .is_err()
        );
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(sandbox.connectors().len(), connectors);
        assert_eq!(
            sandbox.requests_to(Operation::CreateConnector)[0].status,
            None,
            "never answered"
        );
    }
}
