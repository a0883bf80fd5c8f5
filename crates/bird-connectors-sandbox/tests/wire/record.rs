//! What a test can read afterwards.

use std::time::Duration;

use bird_connectors_sandbox::behavior::RequestId;
use bird_connectors_sandbox::{Operation, Rule, Sandbox, Script};
use serde_json::json;

use crate::client::{Client, sms};

#[tokio::test(start_paused = true)]
async fn requests_are_kept_as_they_came() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::of(&sandbox);
    let base = format!("/workspaces/{}", sandbox.workspace_id());
    client.get("/connectors?limit=2&pageToken=%2B%2F").await;
    tokio::time::advance(Duration::from_secs(3)).await;
    client
        .send(
            "POST",
            "/connectors",
            &[("content-type", "application/json"), ("X-Mine", "Abc")],
            &sms("a").to_string(),
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
        "not decoded"
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
async fn of_the_key_only_the_scheme_is_kept() {
    let sandbox = Sandbox::start().await.unwrap();
    let key = sandbox.access_key().to_owned();
    Client::of(&sandbox).get("/connectors").await;
    Client::of(&sandbox)
        .authorization(Some(&key))
        .get("/connectors")
        .await;
    Client::of(&sandbox)
        .authorization(None)
        .get("/connectors")
        .await;
    let requests = sandbox.requests();
    let kept: Vec<_> = requests
        .iter()
        .map(|request| request.header("authorization"))
        .collect();
    assert_eq!(kept, [Some("AccessKey"), Some(""), None]);
    assert!(!format!("{requests:?}").contains(&key));
}

#[tokio::test]
async fn only_the_last_requests_are_kept_but_all_are_counted() {
    let sandbox = Sandbox::builder().record_limit(3).start().await.unwrap();
    let client = Client::of(&sandbox);
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
async fn a_long_run_leaves_counts_alone() {
    let sandbox = Sandbox::builder().record_limit(0).start().await.unwrap();
    sandbox.default_script(Script::instant());
    let client = Client::of(&sandbox);
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
            .expect(202);
        let flag = json!({ "status": "active" });
        client
            .patch(&format!("{path}/conversational"), flag)
            .await
            .expect(200);
        client
            .delete(&format!("/connectors/{id}"))
            .await
            .expect(204);
        deleted.push(id);
    }
    assert_eq!(sandbox.count(Operation::CreateConnector), 120);
    assert_eq!((sandbox.requests().len(), sandbox.messages().len()), (0, 0));
    // Of the connectors the last hundred, so that what happened to them can still be delivered.
    let told: std::collections::BTreeSet<_> = sandbox
        .events()
        .iter()
        .map(|event| event.connector_id.to_string())
        .collect();
    let last: std::collections::BTreeSet<_> = deleted[20..].iter().cloned().collect();
    assert_eq!(told, last);
}

#[tokio::test(start_paused = true)]
async fn a_request_in_flight_is_kept_without_a_status() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.rule(Rule::on(Operation::ListConnectors).delay(Duration::from_secs(10)));
    let client = Client::of(&sandbox);
    let call = client.get("/connectors");
    let look = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        sandbox.requests()[0].status
    };
    let (seen, during) = tokio::join!(call, look);
    assert_eq!(
        (during, seen.status, sandbox.requests()[0].status),
        (None, 200, Some(200))
    );
}

#[tokio::test]
async fn request_ids_come_on_request() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::of(&sandbox);
    assert_eq!(client.get("/connectors").await.header("x-request-id"), None);
    sandbox.behavior(|behavior| behavior.request_id = RequestId::Header);
    let first = client.get("/connectors").await;
    let second = client.get("/nothing").await;
    assert!(first.header("x-request-id").is_some() && second.header("x-request-id").is_some());
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
}

#[tokio::test]
async fn state_covers_all_workspaces() {
    let other = uuid::Uuid::new_v4();
    let sandbox = Sandbox::builder()
        .add_workspace(other, uuid::Uuid::new_v4())
        .connectors(1)
        .start()
        .await
        .unwrap();
    Client::of(&sandbox)
        .at(format!("/workspaces/{other}"))
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
