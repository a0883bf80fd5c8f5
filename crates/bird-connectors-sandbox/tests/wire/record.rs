//! The record of requests that the sandbox keeps for tests.

use std::time::Duration;

use bird_connectors_sandbox::behavior::RequestId;
use bird_connectors_sandbox::{Operation, Rule, Sandbox, Script};
use serde_json::json;

use crate::client::{Client, sms_install};
use crate::clock::{ManualClock, wait_until};

#[tokio::test(start_paused = true)]
async fn recorded_requests_equal_the_sent_requests() {
    let clock = ManualClock::hold();
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::new(&sandbox);
    let base = format!("/workspaces/{}", sandbox.workspace_id());
    client.get("/connectors?limit=2&pageToken=%2B%2F").await;
    clock.advance(Duration::from_secs(3)).await;
    client
        .send(
            "POST",
            "/connectors",
            &[("content-type", "application/json"), ("X-Mine", "Abc")],
            &sms_install("a").to_string(),
        )
        .await;
    client.get("/no%20such/path").await;
    client.send("PUT", "/connectors", &[], "not json").await;

    let requests = sandbox.requests();
    let summary: Vec<_> = requests
        .iter()
        .map(|request| {
            (
                request.operation,
                request.method.as_str(),
                request.path.clone(),
                request.status,
            )
        })
        .collect();
    assert_eq!(
        summary,
        [
            (
                Some(Operation::ListConnectors),
                "GET",
                format!("{base}/connectors"),
                Some(422)
            ),
            (
                Some(Operation::CreateConnector),
                "POST",
                format!("{base}/connectors"),
                Some(201)
            ),
            (None, "GET", format!("{base}/no%20such/path"), Some(404)),
            (None, "PUT", format!("{base}/connectors"), Some(405)),
        ]
    );
    assert_eq!(
        requests[0].query.as_deref(),
        Some("limit=2&pageToken=%2B%2F"),
        "the query is not decoded"
    );
    assert_eq!(
        (requests[1].query.clone(), requests[1].at),
        (None, Duration::from_secs(3))
    );
    assert_eq!(requests[1].header("x-mine"), Some("Abc"));
    assert_eq!(requests[1].body.as_ref().unwrap()["name"], "a");
    assert_eq!((&requests[0].body, &requests[3].body), (&None, &None));
}

#[tokio::test]
async fn recorded_authorization_contains_only_the_scheme() {
    let sandbox = Sandbox::start().await.unwrap();
    let key = sandbox.access_key().to_owned();
    Client::new(&sandbox).get("/connectors").await;
    Client::new(&sandbox)
        .authorization(Some(&key))
        .get("/connectors")
        .await;
    Client::new(&sandbox)
        .authorization(None)
        .get("/connectors")
        .await;
    let requests = sandbox.requests();
    let recorded: Vec<_> = requests
        .iter()
        .map(|request| request.header("authorization"))
        .collect();
    assert_eq!(recorded, [Some("AccessKey"), Some(""), None]);
    assert!(!format!("{requests:?}").contains(&key));
}

#[tokio::test]
async fn record_limit_bounds_requests_but_not_counts() {
    let sandbox = Sandbox::builder().record_limit(3).start().await.unwrap();
    let client = Client::new(&sandbox);
    for limit in 1..=5 {
        client.get(&format!("/connectors?limit={limit}")).await;
    }
    let queries: Vec<_> = sandbox
        .requests()
        .into_iter()
        .map(|request| (request.query.unwrap(), request.status))
        .collect();
    assert_eq!(
        queries,
        [
            ("limit=3".into(), Some(200)),
            ("limit=4".into(), Some(200)),
            ("limit=5".into(), Some(200))
        ]
    );
    assert_eq!(sandbox.count(Operation::ListConnectors), 5);
    sandbox.clear_requests();
    assert_eq!(
        (
            sandbox.requests().len(),
            sandbox.count(Operation::ListConnectors)
        ),
        (0, 0)
    );
    client.get("/channels").await;
    assert_eq!(
        (
            sandbox.requests().len(),
            sandbox.requests_to(Operation::ListChannels).len()
        ),
        (1, 1)
    );
}

#[tokio::test]
async fn record_limit_zero_keeps_only_counts() {
    let sandbox = Sandbox::builder().record_limit(0).start().await.unwrap();
    sandbox.default_script(Script::instant());
    let client = Client::new(&sandbox);
    let mut deleted = Vec::new();
    for round in 0..120 {
        let id = client.install(&format!("round {round}")).await;
        let channel = sandbox.channels()[0]["id"].as_str().unwrap().to_owned();
        let path = format!("/channels/{channel}");
        let message = json!({
            "receiver": { "contacts": [{ "identifierValue": "+31612345678" }] },
            "body": { "type": "text", "text": { "text": "Hello" } },
        });
        client
            .post(&format!("{path}/messages"), message)
            .await
            .json_with_status(202);
        let flag = json!({ "status": "active" });
        client
            .patch(&format!("{path}/conversational"), flag)
            .await
            .json_with_status(200);
        client
            .delete(&format!("/connectors/{id}"))
            .await
            .json_with_status(204);
        deleted.push(id);
    }
    assert_eq!(sandbox.count(Operation::CreateConnector), 120);
    assert_eq!((sandbox.requests().len(), sandbox.messages().len()), (0, 0));
    // The last hundred deleted connectors are kept, so that their events can still be delivered.
    let with_events: std::collections::BTreeSet<_> = sandbox
        .events()
        .iter()
        .map(|event| event.connector_id.to_string())
        .collect();
    let last: std::collections::BTreeSet<_> = deleted[20..].iter().cloned().collect();
    assert_eq!(with_events, last);
}

#[tokio::test(start_paused = true)]
async fn request_in_flight_is_recorded_without_a_status() {
    let clock = ManualClock::hold();
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.rule(Rule::on(Operation::ListConnectors).delay(Duration::from_secs(10)));
    let client = Client::new(&sandbox);
    let inspect = async {
        wait_until(|| sandbox.requests().len() == 1).await;
        clock.advance(Duration::from_secs(5)).await;
        let status = sandbox.requests()[0].status;
        clock.advance(Duration::from_secs(5)).await;
        status
    };
    let (response, during) = tokio::join!(client.get("/connectors"), inspect);
    assert_eq!(
        (during, response.status, sandbox.requests()[0].status),
        (None, 200, Some(200))
    );
}

#[tokio::test]
async fn request_id_header_follows_behavior() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::new(&sandbox);
    assert_eq!(client.get("/connectors").await.header("x-request-id"), None);
    sandbox.behavior(|behavior| behavior.request_id = RequestId::Header);
    let first = client.get("/connectors").await;
    let second = client.get("/nothing").await;
    assert!(first.header("x-request-id").is_some() && second.header("x-request-id").is_some());
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
}

#[tokio::test]
async fn inspection_covers_all_workspaces() {
    let other = uuid::Uuid::new_v4();
    let sandbox = Sandbox::builder()
        .add_workspace(other, uuid::Uuid::new_v4())
        .connectors(1)
        .start()
        .await
        .unwrap();
    Client::new(&sandbox)
        .with_base_path(format!("/workspaces/{other}"))
        .install("there")
        .await;
    let mut workspaces: Vec<_> = sandbox
        .connectors()
        .iter()
        .map(|connector| connector["workspaceId"].clone())
        .collect();
    workspaces.sort_by_key(|workspace| *workspace != json!(other));
    assert_eq!(workspaces, [json!(other), json!(sandbox.workspace_id())]);
    assert_eq!(sandbox.channels().len(), 1);
}
