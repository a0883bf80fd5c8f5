//! Rules: scripted responses, failures and latency.

use std::time::Duration;

use bird_connectors_sandbox::{Operation, Response, Rule, Sandbox};
use serde_json::json;
use tokio::time::Instant;

use crate::client::{Client, sms_install};
use crate::clock::{ManualClock, alive_tasks, run_other_tasks, wait_until};

async fn statuses(client: &Client, path: &str, calls: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..calls {
        statuses.push(client.get(path).await.status);
    }
    statuses
}

#[tokio::test]
async fn fail_next_fails_the_next_calls_in_order() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::new(&sandbox);
    sandbox.fail_next(Operation::ListConnectors, 503, 2);
    sandbox.fail_next(Operation::ListConnectors, 429, 1);
    assert_eq!(
        client.get("/channels").await.status,
        200,
        "the rule is for another operation"
    );
    assert_eq!(
        statuses(&client, "/connectors", 5).await,
        [503, 503, 429, 200, 200]
    );
    assert_eq!(sandbox.count(Operation::ListConnectors), 5);
}

#[tokio::test]
async fn rule_applies_to_the_nth_call_or_to_all_calls() {
    let sandbox = Sandbox::builder()
        .rule(
            Rule::on(Operation::ListChannels)
                .always()
                .respond_with(Response::status(500)),
        )
        .start()
        .await
        .unwrap();
    let client = Client::new(&sandbox);
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

#[test]
#[should_panic(expected = "invalid nth: expected 1 or more, got 0")]
fn rule_for_call_number_zero_is_refused() {
    let _ = Rule::on(Operation::ListConnectors).nth(0);
}

#[tokio::test]
async fn rule_with_a_condition_applies_only_to_matching_requests() {
    let sandbox = Sandbox::builder().connectors(3).start().await.unwrap();
    let client = Client::new(&sandbox);
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
async fn scripted_response_is_sent_unchanged() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::new(&sandbox);
    let next =
        |reply: Response| sandbox.rule(Rule::on(Operation::ListConnectors).respond_with(reply));

    next(
        Response::status(503)
            .header("Retry-After", "2")
            .header("x-a", "1")
            .header("x-a", "2"),
    );
    let response = client.get("/connectors").await;
    assert_eq!(
        (response.status, response.header("retry-after")),
        (503, Some("2"))
    );
    assert_eq!(response.headers.get_all("x-a").iter().count(), 2);
    assert_eq!(response.code(), "ServiceUnavailable");

    next(Response::text(502, "text/html", "<h1>Bad Gateway</h1>"));
    let response = client.get("/connectors").await;
    assert_eq!(
        (response.body.as_str(), response.header("content-type")),
        ("<h1>Bad Gateway</h1>", Some("text/html"))
    );

    next(
        Response::json(200, json!({ "results": [1], "nextPageToken": "again" }))
            .header("content-type", "text/plain"),
    );
    let response = client.get("/connectors").await;
    assert_eq!(
        (
            response.json()["results"][0].as_i64(),
            response.header("content-type")
        ),
        (Some(1), Some("text/plain"))
    );

    next(Response::empty(500));
    let response = client.get("/connectors").await;
    assert_eq!(
        (
            response.status,
            response.body.as_str(),
            response.header("content-type")
        ),
        (500, "", None)
    );

    next(Response::status(302));
    let response = client.get("/connectors").await;
    assert_eq!((response.status, response.body.as_str()), (302, ""));
    next(
        Response::status(500)
            .header("bad name", "x")
            .header("x-bad", "a\nb"),
    );
    assert_eq!(
        client.get("/connectors").await.status,
        500,
        "headers that HTTP does not allow are dropped"
    );
}

#[tokio::test]
async fn failed_call_is_processed_only_with_after_processing() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::new(&sandbox);
    sandbox.fail_next(Operation::CreateConnector, 500, 1);
    assert_eq!(
        client.post("/connectors", sms_install("a")).await.status,
        500
    );
    assert!(sandbox.connectors().is_empty());
    sandbox.rule(
        Rule::on(Operation::CreateConnector)
            .respond_with(Response::status(500))
            .after_processing(),
    );
    assert_eq!(
        client.post("/connectors", sms_install("a")).await.status,
        500
    );
    assert_eq!(sandbox.connectors()[0]["name"], "a");
}

/// Makes a call that the sandbox answers after these delays, one after another, and not earlier. Returns its status.
async fn status_after(
    clock: &ManualClock,
    sandbox: &Sandbox,
    path: &'static str,
    delays: &[Duration],
) -> u16 {
    let client = Client::new(sandbox);
    let earlier = sandbox.requests().len();
    let call = tokio::spawn(async move { client.get(path).await.status });
    wait_until(|| sandbox.requests().len() > earlier).await;
    let recorded_status = || sandbox.requests()[earlier].status;
    for delay in delays {
        assert_eq!(recorded_status(), None, "answered before {delay:?}");
        clock.advance(*delay - Duration::from_millis(1)).await;
        assert_eq!(recorded_status(), None, "answered before {delay:?}");
        clock.advance(Duration::from_millis(1)).await;
    }
    run_other_tasks().await;
    assert!(recorded_status().is_some(), "not answered after {delays:?}");
    call.await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn delays_of_several_rules_add_up() {
    const BEFORE_PROCESSING: Duration = Duration::from_secs(3);
    const BEFORE_RESPONSE: Duration = Duration::from_secs(4);
    let clock = ManualClock::hold();
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.delay(Operation::ListConnectors, BEFORE_PROCESSING);
    sandbox.rule(Rule::on(Operation::ListConnectors).delay_response(BEFORE_RESPONSE));
    sandbox.fail_next(Operation::ListConnectors, 503, 1);
    let start = Instant::now();
    let delays = [BEFORE_PROCESSING, BEFORE_RESPONSE];
    assert_eq!(
        status_after(&clock, &sandbox, "/connectors", &delays).await,
        503
    );
    assert_eq!(start.elapsed(), Duration::from_secs(7));
    let delays = [BEFORE_PROCESSING];
    assert_eq!(
        status_after(&clock, &sandbox, "/connectors", &delays).await,
        200
    );
    assert_eq!(start.elapsed(), Duration::from_secs(10));
    assert_eq!(status_after(&clock, &sandbox, "/channels", &[]).await, 200);
    assert_eq!(start.elapsed(), Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn disconnect_during_a_delay_cancels_the_call_unless_it_is_processed() {
    let clock = ManualClock::hold();
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
        let client = Client::new(&sandbox);
        sandbox.rule(rule);
        let tasks = alive_tasks();
        tokio::select! {
            _ = client.post("/connectors", sms_install("a")) => panic!("the call is delayed"),
            () = wait_until(|| sandbox.count(Operation::CreateConnector) == 1) => {}
        }
        // The connection's task ends when the sandbox notices the disconnect.
        wait_until(|| alive_tasks() == tasks).await;
        clock.advance(Duration::from_secs(60)).await;
        assert_eq!(sandbox.connectors().len(), connectors);
        assert_eq!(
            sandbox.requests_to(Operation::CreateConnector)[0].status,
            None,
            "the call is never answered"
        );
    }
}
