//! Webhook subscriptions under both path families.

use bird_connectors_sandbox::behavior::{DeleteResponse, EmptyFields, SigningKey};
use bird_connectors_sandbox::{Behavior, Sandbox};
use serde_json::{Value, json};

use crate::client::{Client, UNKNOWN_ID};
use crate::clock::ManualClock;

pub(crate) async fn sandbox_with(change: impl FnOnce(&mut Behavior)) -> Sandbox {
    Sandbox::builder().behavior(change).start().await.unwrap()
}

fn organization_client(sandbox: &Sandbox) -> Client {
    Client::new(sandbox).with_base_path(format!(
        "/organizations/{}/workspaces/{}",
        sandbox.organization_id(),
        sandbox.workspace_id()
    ))
}

pub(crate) fn subscription_body() -> Value {
    json!({ "service": "channels", "event": "channel.updated", "url": "https://example.com/hook?tenant=42" })
}

pub(crate) fn with_field(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

pub(crate) async fn create(client: &Client, body: Value) -> Value {
    client
        .post("/webhook-subscriptions", body)
        .await
        .json_with_status(201)
}

pub(crate) fn subscription_path(subscription: &Value) -> String {
    format!(
        "/webhook-subscriptions/{}",
        subscription["id"].as_str().unwrap()
    )
}

#[tokio::test]
async fn both_path_families_share_subscriptions() {
    let sandbox = sandbox_with(|_| {}).await;
    let workspace = Client::new(&sandbox);
    let organization = organization_client(&sandbox);
    let first = create(&workspace, subscription_body()).await;
    let second = create(
        &organization,
        with_field(subscription_body(), "event", json!("channel.created")),
    )
    .await;
    assert_eq!(first["organizationId"], json!(sandbox.organization_id()));
    assert_eq!(first["workspaceId"], json!(sandbox.workspace_id()));
    assert_eq!(first["status"], "active");
    assert_eq!(first["url"], "https://example.com/hook?tenant=42");
    for client in [&workspace, &organization] {
        assert_eq!(
            client.get("/webhook-subscriptions").await.results(),
            [first.clone(), second.clone()]
        );
        assert_eq!(
            client
                .get(&subscription_path(&second))
                .await
                .json_with_status(200),
            second
        );
    }
    organization
        .patch(&subscription_path(&first), json!({ "status": "inactive" }))
        .await
        .json_with_status(200);
    assert_eq!(
        workspace
            .get(&subscription_path(&first))
            .await
            .json_with_status(200)["status"],
        "inactive"
    );
    workspace
        .delete(&subscription_path(&second))
        .await
        .json_with_status(204);
    assert_eq!(
        organization.get(&subscription_path(&second)).await.status,
        404
    );
    assert_eq!(
        organization
            .delete(&subscription_path(&second))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn signing_key_in_responses_follows_behavior() {
    let with_key = with_field(subscription_body(), "signingKey", json!("very-secret"));
    for (signing_key, on_create, on_get) in [
        (SigningKey::WhenSet, true, false),
        (SigningKey::Always, true, true),
        (SigningKey::Never, false, false),
    ] {
        let sandbox = sandbox_with(|behavior| behavior.signing_key = signing_key).await;
        let client = Client::new(&sandbox);
        let created = create(&client, with_key.clone()).await;
        let contains_key = |value: &Value| value.get("signingKey").is_some();
        assert_eq!(contains_key(&created), on_create, "{signing_key:?}");
        assert_eq!(
            contains_key(
                &client
                    .get(&subscription_path(&created))
                    .await
                    .json_with_status(200)
            ),
            on_get,
            "{signing_key:?}"
        );
        assert_eq!(
            contains_key(&client.get("/webhook-subscriptions").await.results()[0]),
            on_get,
            "{signing_key:?}"
        );
        assert_eq!(
            contains_key(
                &client
                    .patch(&subscription_path(&created), json!({ "status": "active" }))
                    .await
                    .json_with_status(200)
            ),
            on_get,
            "{signing_key:?}"
        );
        let changed = client
            .patch(
                &subscription_path(&created),
                json!({ "signingKey": "other" }),
            )
            .await
            .json_with_status(200);
        assert_eq!(contains_key(&changed), on_create, "{signing_key:?}");
        assert_eq!(
            sandbox.webhook_subscriptions()[0]["signingKey"],
            "other",
            "a test can inspect the key"
        );
    }
}

#[tokio::test]
async fn empty_subscription_fields_follow_behavior() {
    for (empty_fields, present) in [(EmptyFields::Null, true), (EmptyFields::Absent, false)] {
        let sandbox = sandbox_with(|behavior| behavior.empty_fields = empty_fields).await;
        let created = create(&Client::new(&sandbox), subscription_body()).await;
        for field in ["eventFilters", "template"] {
            assert_eq!(
                created.get(field),
                present.then_some(&Value::Null),
                "{empty_fields:?} {field}"
            );
        }
        assert_eq!(created.get("signingKey"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn update_changes_only_the_given_fields() {
    let clock = ManualClock::hold();
    let sandbox = sandbox_with(|_| {}).await;
    let client = Client::new(&sandbox);
    let filters = json!([{ "key": "channelId", "value": UNKNOWN_ID }]);
    let created = create(
        &client,
        with_field(
            with_field(subscription_body(), "eventFilters", filters.clone()),
            "template",
            json!("t"),
        ),
    )
    .await;
    clock.advance(std::time::Duration::from_secs(1)).await;
    let response = client
        .patch(
            &subscription_path(&created),
            json!({ "url": "https://example.org/" }),
        )
        .await
        .json_with_status(200);
    let mut expected = created.clone();
    expected["url"] = json!("https://example.org/");
    expected["updatedAt"] = response["updatedAt"].clone();
    assert_eq!(response, expected);
    assert_ne!(response["updatedAt"], created["updatedAt"]);
    assert_eq!(
        client
            .get(&subscription_path(&created))
            .await
            .json_with_status(200),
        response
    );
    let response = client
        .patch(
            &subscription_path(&created),
            json!({ "eventFilters": null, "template": null }),
        )
        .await
        .json_with_status(200);
    assert_eq!(
        (&response["eventFilters"], &response["template"]),
        (&Value::Null, &Value::Null)
    );

    for (body, message) in [
        (
            json!({}),
            "at least one of url, signingKey, status, eventFilters and template is required",
        ),
        (
            json!({ "url": "http://example.com" }),
            "url must begin with https://",
        ),
        (
            json!({ "status": "paused" }),
            "status must be active or inactive, not \"paused\"",
        ),
        (
            json!({ "event": "channel.created" }),
            "event is not a known field",
        ),
        (
            json!({ "eventFilters": [{ "key": "x", "value": "y" }] }),
            "eventFilters: \"x\" is not a filter key of service channels",
        ),
    ] {
        let response = client
            .patch(&subscription_path(&created), body.clone())
            .await;
        assert_eq!(
            (response.status, response.message().as_str()),
            (422, message),
            "{body}"
        );
    }
    let unknown = format!("/webhook-subscriptions/{UNKNOWN_ID}");
    assert_eq!(
        client
            .patch(&unknown, json!({ "status": "active" }))
            .await
            .status,
        404
    );
    assert_eq!(client.get(&unknown).await.status, 404);
}

#[tokio::test]
async fn subscription_delete_response_follows_behavior() {
    let sandbox = sandbox_with(|behavior| behavior.delete_response = DeleteResponse::Body200).await;
    let client = Client::new(&sandbox);
    let created = create(&client, subscription_body()).await;
    assert_eq!(
        client
            .delete(&subscription_path(&created))
            .await
            .json_with_status(200),
        created
    );
}

#[tokio::test]
async fn delivery_log_contains_inserted_entries() {
    let sandbox = sandbox_with(|_| {}).await;
    let client = Client::new(&sandbox);
    let created = create(&client, subscription_body()).await;
    let logs = format!("{}/logs", subscription_path(&created));
    assert!(client.get(&logs).await.results().is_empty());
    let entry = |id: &str, status: &str| json!({ "requestId": id, "attemptCount": 1, "httpStatusCode": 200, "executionStatus": status });
    let id = created["id"].as_str().unwrap().parse().unwrap();
    for (request, status) in [("r-1", "one"), ("r-2", "two"), ("r-3", "one")] {
        sandbox.insert_delivery(id, entry(request, status));
    }
    assert_eq!(
        client.get(&logs).await.field("requestId"),
        ["r-1", "r-2", "r-3"]
    );
    assert_eq!(
        client
            .get(&format!("{logs}?executionStatus=one&limit=1"))
            .await
            .field("requestId"),
        ["r-1"]
    );
    assert_eq!(
        client
            .get(&format!("{logs}/details?requestId=r-2"))
            .await
            .json_with_status(200),
        entry("r-2", "two")
    );
    assert_eq!(
        client
            .get(&format!("{logs}/details?requestId=r-9"))
            .await
            .status,
        404
    );
    assert_eq!(
        client.get(&format!("{logs}/details")).await.message(),
        "requestId is required"
    );
    let unknown = format!("/webhook-subscriptions/{UNKNOWN_ID}/logs");
    assert_eq!(client.get(&unknown).await.status, 404);
    assert_eq!(
        client
            .get(&format!("{unknown}/details?requestId=r-1"))
            .await
            .status,
        404
    );
    assert_eq!(
        organization_client(&sandbox)
            .get(&logs)
            .await
            .results()
            .len(),
        3
    );
}

#[tokio::test]
async fn available_webhooks_lists_channel_events() {
    let sandbox = sandbox_with(|_| {}).await;
    let client = Client::new(&sandbox);
    for path in [
        "/available-webhooks",
        "/available-webhooks?service=channels&limit=1",
    ] {
        let service = client.get(path).await.results().remove(0);
        assert_eq!(service["service"], "channels");
        assert_eq!(
            (&service["events"][0]["name"], &service["events"][1]["name"]),
            (&json!("channel.created"), &json!("channel.updated"))
        );
        assert!(
            service["events"][0]["filterKeys"]
                .as_array()
                .unwrap()
                .contains(&json!("channelStatus"))
        );
    }
    assert!(
        client
            .get("/available-webhooks?service=payments")
            .await
            .results()
            .is_empty()
    );
}

#[tokio::test]
async fn raw_subscription_json_is_listed_unchanged() {
    let sandbox = sandbox_with(|_| {}).await;
    let client = Client::new(&sandbox);
    let odd = json!({ "id": UNKNOWN_ID, "status": "sleeping" });
    sandbox.insert_webhook_subscription(odd.clone());
    assert_eq!(
        client.get("/webhook-subscriptions").await.results(),
        [odd.clone()]
    );
    assert_eq!(
        client
            .get(&subscription_path(&odd))
            .await
            .json_with_status(200),
        odd
    );
    assert_eq!(
        client
            .patch(&subscription_path(&odd), json!({ "status": "active" }))
            .await
            .status,
        404,
        "raw JSON cannot be updated"
    );
    client
        .delete(&subscription_path(&odd))
        .await
        .json_with_status(204);
    assert_eq!(client.get(&subscription_path(&odd)).await.status, 404);
}
