//! Webhook subscriptions: which ones are refused.

use bird_connectors_sandbox::behavior::WebhookPort;
use serde_json::{Value, json};

use crate::client::Client;
use crate::subscriptions::{body, create, path, plus, with};

#[tokio::test]
async fn invalid_creates_are_refused_with_every_reason() {
    let sandbox = with(|_| {}).await;
    let client = Client::of(&sandbox);
    let filter = |key: &str, value: Value| json!({ "key": key, "value": value });
    for (body, message) in [
        (
            json!({}),
            "service is required; event is required; url is required",
        ),
        (
            plus(body(), "service", json!(1)),
            "service must be a string",
        ),
        (
            plus(body(), "secret", json!("x")),
            "secret is not a known field",
        ),
        (
            plus(body(), "status", json!("active")),
            "status is not a known field",
        ),
        (
            plus(body(), "signingKey", json!(1)),
            "signingKey must be a string",
        ),
        (
            plus(body(), "signingKey", Value::Null),
            "signingKey must be a string",
        ),
        (
            plus(body(), "eventFilters", json!({})),
            "eventFilters must be an array or null",
        ),
        (
            plus(body(), "eventFilters", json!(["x"])),
            "eventFilters[0] must be an object",
        ),
        (
            plus(body(), "eventFilters", json!([{ "key": "channelId" }])),
            "eventFilters[0].value is required",
        ),
        (
            plus(
                body(),
                "eventFilters",
                json!([filter("channel", json!("x"))]),
            ),
            "eventFilters: \"channel\" is not a filter key of service channels",
        ),
        (
            plus(
                body(),
                "eventFilters",
                json!([
                    filter("channelId", json!("x")),
                    filter("channelId", json!("y"))
                ]),
            ),
            "eventFilters: only one channelId is allowed",
        ),
    ] {
        let seen = client.post("/webhook-subscriptions", body.clone()).await;
        assert_eq!(
            (seen.status, seen.code().as_str()),
            (422, "InvalidPayload"),
            "{body}"
        );
        assert_eq!(seen.message(), message, "{body}");
    }
    assert!(sandbox.webhook_subscriptions().is_empty());
    let nulls = plus(
        plus(body(), "eventFilters", Value::Null),
        "template",
        Value::Null,
    );
    create(&client, nulls).await;
    let other = json!({ "service": "payments", "event": "x", "url": "https://example.com", "eventFilters": [filter("anything", json!("x"))],
        "template": { "free": true } });
    assert_eq!(
        create(&client, other).await["template"],
        json!({ "free": true })
    );
}

#[tokio::test]
async fn urls_are_https_with_a_real_host() {
    let sandbox = with(|_| {}).await;
    let client = Client::of(&sandbox);
    for (number, url) in [
        "https://example.com",
        "https://a-b.example.com/x?y=z#w",
        "https://example.com:8443/x",
        "https://192.0.2.1/",
    ]
    .iter()
    .enumerate()
    {
        create(
            &client,
            plus(
                plus(body(), "url", json!(url)),
                "event",
                json!(format!("e{number}")),
            ),
        )
        .await;
    }
    for url in [
        "http://example.com",
        "HTTPS://example.com",
        "example.com",
        "https://localhost",
        "https://",
        "https:///x",
        "https://.com",
        "https://example.",
        "https://user@example.com",
        "https://exa mple.com",
        "https://example.com/\n",
        "https://exämple.com",
        "https://example.com:x",
        "https://example.com:99999",
        "https://[::1]/",
        "",
        "ftp://example.com",
    ] {
        let seen = client
            .post("/webhook-subscriptions", plus(body(), "url", json!(url)))
            .await;
        assert_eq!(
            (seen.status, seen.code().as_str()),
            (422, "InvalidPayload"),
            "{url}"
        );
        assert!(
            seen.message().starts_with("url "),
            "{url}: {}",
            seen.message()
        );
    }
    sandbox.behavior(|behavior| behavior.webhook_port = WebhookPort::Rejected);
    let seen = client
        .post(
            "/webhook-subscriptions",
            plus(body(), "url", json!("https://example.com:8443/")),
        )
        .await;
    assert_eq!(seen.message(), "url must not contain a port");
}

#[tokio::test]
async fn five_may_filter_the_same() {
    let sandbox = with(|_| {}).await;
    let client = Client::of(&sandbox);
    let filters = json!([{ "key": "platformId", "value": "line" }, { "key": "channelStatus", "value": "active" }]);
    let turned = json!([{ "key": "channelStatus", "value": "active" }, { "key": "platformId", "value": "line" }]);
    let mut last = Value::Null;
    for _ in 0..5 {
        last = create(&client, plus(body(), "eventFilters", filters.clone())).await;
    }
    let seen = client
        .post(
            "/webhook-subscriptions",
            plus(body(), "eventFilters", turned.clone()),
        )
        .await;
    assert_eq!(
        (seen.status, seen.code().as_str()),
        (422, "InvalidPayload"),
        "the order of filters makes no difference"
    );
    let other = create(&client, body()).await;
    assert_eq!(
        client
            .patch(&path(&other), json!({ "eventFilters": turned }))
            .await
            .status,
        422
    );
    client
        .patch(&path(&last), json!({ "eventFilters": filters }))
        .await
        .expect(200);
    client.delete(&path(&last)).await.expect(204);
    client
        .patch(&path(&other), json!({ "eventFilters": turned }))
        .await
        .expect(200);
    create(
        &client,
        plus(
            plus(body(), "eventFilters", turned),
            "event",
            json!("channel.created"),
        ),
    )
    .await;
}
