//! Webhook subscriptions by both path families.

use bird_connectors_sandbox::behavior::{DeleteResponse, EmptyFields, SigningKey};
use bird_connectors_sandbox::{Behavior, Sandbox};
use serde_json::{Value, json};

use crate::client::{Client, STRANGE_NUMBER};

pub(crate) async fn with(choose: impl FnOnce(&mut Behavior)) -> Sandbox {
    Sandbox::builder().behavior(choose).start().await.unwrap()
}

fn organization(sandbox: &Sandbox) -> Client {
    Client::of(sandbox).at(format!(
        "/organizations/{}/workspaces/{}",
        sandbox.organization_id(),
        sandbox.workspace_id()
    ))
}

pub(crate) fn body() -> Value {
    json!({ "service": "channels", "event": "channel.updated", "url": "https://example.com/hook?tenant=42" })
}

pub(crate) fn plus(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

pub(crate) async fn create(client: &Client, body: Value) -> Value {
    client
        .post("/webhook-subscriptions", body)
        .await
        .expect(201)
}

pub(crate) fn path(subscription: &Value) -> String {
    format!(
        "/webhook-subscriptions/{}",
        subscription["id"].as_str().unwrap()
    )
}

#[tokio::test]
async fn both_families_share_one_store() {
    let sandbox = with(|_| {}).await;
    let (newer, older) = (Client::of(&sandbox), organization(&sandbox));
    let first = create(&newer, body()).await;
    let second = create(&older, plus(body(), "event", json!("channel.created"))).await;
    assert_eq!(first["organizationId"], json!(sandbox.organization_id()));
    assert_eq!(first["workspaceId"], json!(sandbox.workspace_id()));
    assert_eq!(first["status"], "active");
    assert_eq!(first["url"], "https://example.com/hook?tenant=42");
    for client in [&newer, &older] {
        assert_eq!(
            client.get("/webhook-subscriptions").await.results(),
            [first.clone(), second.clone()]
        );
        assert_eq!(client.get(&path(&second)).await.expect(200), second);
    }
    older
        .patch(&path(&first), json!({ "status": "inactive" }))
        .await
        .expect(200);
    assert_eq!(
        newer.get(&path(&first)).await.expect(200)["status"],
        "inactive"
    );
    newer.delete(&path(&second)).await.expect(204);
    assert_eq!(older.get(&path(&second)).await.status, 404);
    assert_eq!(older.delete(&path(&second)).await.status, 404);
}

#[tokio::test]
async fn the_signing_key_is_shown_when_set_always_or_never() {
    let with_key = plus(body(), "signingKey", json!("very-secret"));
    for (reading, on_create, on_get) in [
        (SigningKey::WhenSet, true, false),
        (SigningKey::Always, true, true),
        (SigningKey::Never, false, false),
    ] {
        let sandbox = with(|behavior| behavior.signing_key = reading).await;
        let client = Client::of(&sandbox);
        let created = create(&client, with_key.clone()).await;
        let shows = |value: &Value| value.get("signingKey").is_some();
        assert_eq!(shows(&created), on_create, "{reading:?}");
        assert_eq!(
            shows(&client.get(&path(&created)).await.expect(200)),
            on_get,
            "{reading:?}"
        );
        assert_eq!(
            shows(&client.get("/webhook-subscriptions").await.results()[0]),
            on_get,
            "{reading:?}"
        );
        assert_eq!(
            shows(
                &client
                    .patch(&path(&created), json!({ "status": "active" }))
                    .await
                    .expect(200)
            ),
            on_get,
            "{reading:?}"
        );
        let renewed = client
            .patch(&path(&created), json!({ "signingKey": "other" }))
            .await
            .expect(200);
        assert_eq!(shows(&renewed), on_create, "{reading:?}");
        assert_eq!(
            sandbox.webhook_subscriptions()[0]["signingKey"],
            "other",
            "a test can look"
        );
    }
}

#[tokio::test]
async fn empty_fields_are_null_or_absent() {
    for (reading, present) in [(EmptyFields::Null, true), (EmptyFields::Absent, false)] {
        let sandbox = with(|behavior| behavior.empty_fields = reading).await;
        let created = create(&Client::of(&sandbox), body()).await;
        for field in ["eventFilters", "template"] {
            assert_eq!(
                created.get(field),
                present.then_some(&Value::Null),
                "{reading:?} {field}"
            );
        }
        assert_eq!(created.get("signingKey"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn an_update_changes_what_it_names() {
    let sandbox = with(|_| {}).await;
    let client = Client::of(&sandbox);
    let filters = json!([{ "key": "channelId", "value": STRANGE_NUMBER }]);
    let created = create(
        &client,
        plus(
            plus(body(), "eventFilters", filters.clone()),
            "template",
            json!("t"),
        ),
    )
    .await;
    tokio::time::advance(std::time::Duration::from_secs(1)).await;
    let seen = client
        .patch(&path(&created), json!({ "url": "https://example.org/" }))
        .await
        .expect(200);
    let mut expected = created.clone();
    expected["url"] = json!("https://example.org/");
    expected["updatedAt"] = seen["updatedAt"].clone();
    assert_eq!(seen, expected);
    assert_ne!(seen["updatedAt"], created["updatedAt"]);
    assert_eq!(client.get(&path(&created)).await.expect(200), seen);
    let seen = client
        .patch(
            &path(&created),
            json!({ "eventFilters": null, "template": null }),
        )
        .await
        .expect(200);
    assert_eq!(
        (&seen["eventFilters"], &seen["template"]),
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
        let seen = client.patch(&path(&created), body.clone()).await;
        assert_eq!(
            (seen.status, seen.message().as_str()),
            (422, message),
            "{body}"
        );
    }
    let strange = format!("/webhook-subscriptions/{STRANGE_NUMBER}");
    assert_eq!(
        client
            .patch(&strange, json!({ "status": "active" }))
            .await
            .status,
        404
    );
    assert_eq!(client.get(&strange).await.status, 404);
}

#[tokio::test]
async fn a_delete_answers_like_any_other() {
    let sandbox = with(|behavior| behavior.delete_response = DeleteResponse::Body200).await;
    let client = Client::of(&sandbox);
    let created = create(&client, body()).await;
    assert_eq!(client.delete(&path(&created)).await.expect(200), created);
}

#[tokio::test]
async fn the_delivery_log_is_empty_but_for_what_a_test_puts_there() {
    let sandbox = with(|_| {}).await;
    let client = Client::of(&sandbox);
    let created = create(&client, body()).await;
    let logs = format!("{}/logs", path(&created));
    assert!(client.get(&logs).await.results().is_empty());
    let entry = |id: &str, status: &str| json!({ "requestId": id, "attemptCount": 1, "httpStatusCode": 200, "executionStatus": status });
    let id = created["id"].as_str().unwrap().parse().unwrap();
    for (request, status) in [("r-1", "one"), ("r-2", "two"), ("r-3", "one")] {
        sandbox.insert_delivery(id, entry(request, status));
    }
    assert_eq!(
        client.get(&logs).await.column("requestId"),
        ["r-1", "r-2", "r-3"]
    );
    assert_eq!(
        client
            .get(&format!("{logs}?executionStatus=one&limit=1"))
            .await
            .column("requestId"),
        ["r-1"]
    );
    assert_eq!(
        client
            .get(&format!("{logs}/details?requestId=r-2"))
            .await
            .expect(200),
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
    let strange = format!("/webhook-subscriptions/{STRANGE_NUMBER}/logs");
    assert_eq!(client.get(&strange).await.status, 404);
    assert_eq!(
        client
            .get(&format!("{strange}/details?requestId=r-1"))
            .await
            .status,
        404
    );
    assert_eq!(organization(&sandbox).get(&logs).await.results().len(), 3);
}

#[tokio::test]
async fn events_on_offer_are_those_of_channels() {
    let sandbox = with(|_| {}).await;
    let client = Client::of(&sandbox);
    for path in [
        "/available-webhooks",
        "/available-webhooks?service=channels&limit=1",
    ] {
        let offer = client.get(path).await.results().remove(0);
        assert_eq!(offer["service"], "channels");
        assert_eq!(
            (&offer["events"][0]["name"], &offer["events"][1]["name"]),
            (&json!("channel.created"), &json!("channel.updated"))
        );
        assert!(
            offer["events"][0]["filterKeys"]
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
async fn raw_json_is_listed_as_it_is() {
    let sandbox = with(|_| {}).await;
    let client = Client::of(&sandbox);
    let odd = json!({ "id": STRANGE_NUMBER, "status": "sleeping" });
    sandbox.insert_webhook_subscription(odd.clone());
    assert_eq!(
        client.get("/webhook-subscriptions").await.results(),
        [odd.clone()]
    );
    assert_eq!(client.get(&path(&odd)).await.expect(200), odd);
    assert_eq!(
        client
            .patch(&path(&odd), json!({ "status": "active" }))
            .await
            .status,
        404,
        "there is nothing to change"
    );
    client.delete(&path(&odd)).await.expect(204);
    assert_eq!(client.get(&path(&odd)).await.status, 404);
}
