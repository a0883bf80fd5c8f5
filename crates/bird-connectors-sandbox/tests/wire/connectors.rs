//! Connectors: list, get, readiness and delete.

use bird_connectors_sandbox::behavior::{
    CreateStatus, DeleteResponse, Readiness, ReleaseStatusQuery,
};
use bird_connectors_sandbox::{Behavior, Sandbox, Script};
use serde_json::json;

use crate::client::{Client, sms_install};

/// A sandbox with this behavior, in which installs succeed immediately.
pub(crate) async fn instant_sandbox(change: impl FnOnce(&mut Behavior)) -> Sandbox {
    Sandbox::builder()
        .default_script(Script::instant())
        .behavior(change)
        .start()
        .await
        .unwrap()
}

#[tokio::test]
async fn create_status_follows_behavior() {
    let sandbox = instant_sandbox(|behavior| behavior.create_status = CreateStatus::Ok200).await;
    assert_eq!(
        Client::new(&sandbox)
            .post("/connectors", sms_install("a"))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn connector_list_filters_by_exact_template_reference() {
    let sandbox = instant_sandbox(|_| {}).await;
    let client = Client::new(&sandbox);
    for reference in ["line:1", "telegram:1", "line:2", "line:1"] {
        let name = format!("{reference} {}", sandbox.connectors().len());
        client
            .post(
                "/connectors",
                json!({ "name": name, "connectorTemplateRef": reference }),
            )
            .await
            .json_with_status(201);
    }
    assert_eq!(
        client
            .get("/connectors?templateRef=line%3A1")
            .await
            .field("name"),
        ["line:1 0", "line:1 3"]
    );
    assert_eq!(
        client
            .get("/connectors?templateRef=line:2")
            .await
            .field("name"),
        ["line:2 2"]
    );
    assert!(
        client
            .get("/connectors?templateRef=line")
            .await
            .results()
            .is_empty(),
        "the filter needs the exact reference"
    );
    assert_eq!(
        client
            .get("/connectors?reverse=true&limit=2")
            .await
            .field("name"),
        ["line:1 3", "line:2 2"]
    );
}

#[tokio::test]
async fn include_release_status_parameter_follows_behavior() {
    let sandbox = instant_sandbox(|_| {}).await;
    let client = Client::new(&sandbox);
    assert_eq!(
        client
            .get("/connectors?includeReleaseStatus=true")
            .await
            .status,
        200
    );
    assert_eq!(
        client
            .get("/connectors?includeReleaseStatus=yes")
            .await
            .status,
        422
    );
    sandbox.behavior(|behavior| behavior.release_status_query = ReleaseStatusQuery::Unknown);
    assert_eq!(
        client
            .get("/connectors?includeReleaseStatus=true")
            .await
            .code(),
        "InvalidParameter"
    );
}

#[tokio::test]
async fn delete_removes_the_connector_and_its_channel() {
    let sandbox = instant_sandbox(|_| {}).await;
    let client = Client::new(&sandbox);
    let id = client.install("a").await;
    let channel = sandbox.channels()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        client.get(&format!("/channels/{channel}")).await.status,
        200
    );
    let response = client.delete(&format!("/connectors/{id}")).await;
    assert_eq!((response.status, response.body.as_str()), (204, ""));
    for path in [
        format!("/connectors/{id}"),
        format!("/connectors/{id}/status"),
        format!("/channels/{channel}"),
        format!("/channels/{channel}/conversational"),
    ] {
        let response = client.get(&path).await;
        assert_eq!(
            (response.status, response.code().as_str()),
            (404, "ResourceNotFound"),
            "{path}"
        );
    }
    assert!(client.get("/connectors").await.results().is_empty());
    assert!(client.get("/channels").await.results().is_empty());
    assert_eq!(
        client.delete(&format!("/connectors/{id}")).await.status,
        404,
        "the second delete answers 404"
    );
}

#[tokio::test]
async fn delete_response_follows_behavior() {
    for (deleted, status, has_body) in [
        (DeleteResponse::NoContent204, 204, false),
        (DeleteResponse::Empty200, 200, false),
        (DeleteResponse::Body200, 200, true),
        (DeleteResponse::Accepted202, 202, false),
    ] {
        let sandbox = instant_sandbox(|behavior| behavior.delete_response = deleted).await;
        let client = Client::new(&sandbox);
        let id = client.install("a").await;
        let before = client.connector(&id).await;
        let response = client.delete(&format!("/connectors/{id}")).await;
        assert_eq!(
            (response.status, response.body.is_empty()),
            (status, !has_body),
            "{deleted:?}"
        );
        if has_body {
            assert_eq!(response.json(), before);
        }
        assert!(sandbox.connectors().is_empty(), "{deleted:?}");
    }
}

#[tokio::test]
async fn readiness_endpoint_follows_behavior() {
    let body = json!({ "name": "t", "connectorTemplateRef": "telegram:1" });
    for (readiness, sms_status, telegram_status) in [
        (Readiness::AllTemplates, 200, 200),
        (Readiness::SmsOnly, 200, 404),
        (Readiness::NoTemplate, 404, 404),
    ] {
        let sandbox = instant_sandbox(|behavior| behavior.readiness = readiness).await;
        let client = Client::new(&sandbox);
        let sms = client.install("a").await;
        let telegram = client
            .post("/connectors", body.clone())
            .await
            .json_with_status(201)["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let response = client.get(&format!("/connectors/{sms}/status")).await;
        assert_eq!(response.status, sms_status, "{readiness:?}");
        if sms_status == 200 {
            let expected = json!({ "channel": { "status": "active", "stage": "ready" }, "number": { "status": "active" } });
            assert_eq!(response.json(), expected);
        }
        let response = client.get(&format!("/connectors/{telegram}/status")).await;
        assert_eq!(response.status, telegram_status, "{readiness:?}");
        if telegram_status == 200 {
            assert_eq!(
                response.json(),
                json!({ "channel": { "status": "active", "stage": "ready" } }),
                "without a number there is no number status"
            );
        }
    }
}

#[tokio::test]
async fn script_overrides_the_readiness_behavior() {
    let sandbox = instant_sandbox(|behavior| behavior.readiness = Readiness::NoTemplate).await;
    let client = Client::new(&sandbox);
    sandbox.next_install(Script::instant().readiness(true));
    let id = client.install("a").await;
    assert_eq!(
        client.get(&format!("/connectors/{id}/status")).await.status,
        200
    );
    sandbox.behavior(|behavior| behavior.readiness = Readiness::AllTemplates);
    sandbox.next_install(Script::instant().readiness(false));
    let id = client.install("b").await;
    assert_eq!(
        client.get(&format!("/connectors/{id}/status")).await.status,
        404
    );
}

#[tokio::test]
async fn raw_connector_json_is_listed_unchanged() {
    let sandbox = Sandbox::builder().connectors(1).start().await.unwrap();
    let client = Client::new(&sandbox);
    let odd = json!({ "id": "8362fa40-9ff1-f430-a3ab-79ecc61b96b1", "name": "odd", "createdAt": "2026-01-01T00:00:00.123456789Z",
        "connectorTemplateRef": "new:7", "futureField": { "a": [1, 2] } });
    sandbox.insert_connector(odd.clone());
    sandbox.insert_connector(json!({ "id": 5 }));
    sandbox.insert_connector(json!("not even an object"));
    sandbox.add_connectors(1);

    let results = client.get("/connectors").await.results();
    assert_eq!(results.len(), 5);
    assert_eq!(
        &results[1..4],
        [odd.clone(), json!({ "id": 5 }), json!("not even an object")]
    );
    assert_eq!(
        client.get("/connectors?templateRef=new:7").await.results(),
        [odd.clone()]
    );
    assert_eq!(
        client
            .connector("8362fa40-9ff1-f430-a3ab-79ecc61b96b1")
            .await,
        odd
    );
    assert_eq!(
        client
            .get("/connectors/8362fa40-9ff1-f430-a3ab-79ecc61b96b1/status")
            .await
            .status,
        404
    );
    assert_eq!(
        client
            .delete("/connectors/8362fa40-9ff1-f430-a3ab-79ecc61b96b1")
            .await
            .status,
        204
    );
    assert_eq!(client.get("/connectors").await.results().len(), 4);
}
