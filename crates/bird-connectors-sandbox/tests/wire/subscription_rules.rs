//! Validation of webhook subscriptions.

use bird_connectors_sandbox::behavior::WebhookPort;
use serde_json::{Value, json};

use crate::client::Client;
use crate::subscriptions::{
    create, sandbox_with, subscription_body, subscription_path, with_field,
};

#[tokio::test]
async fn invalid_subscription_answers_422_with_all_errors() {
    let sandbox = sandbox_with(|_| {}).await;
    let client = Client::new(&sandbox);
    let filter = |key: &str, value: Value| json!({ "key": key, "value": value });
    for (body, message) in [
        (
            json!({}),
            "service is required; event is required; url is required",
        ),
        (
            with_field(subscription_body(), "service", json!(1)),
            "service must be a string",
        ),
        (
            with_field(subscription_body(), "secret", json!("x")),
            "secret is not a known field",
        ),
        (
            with_field(subscription_body(), "status", json!("active")),
            "status is not a known field",
        ),
        (
            with_field(subscription_body(), "signingKey", json!(1)),
            "signingKey must be a string",
        ),
        (
            with_field(subscription_body(), "signingKey", Value::Null),
            "signingKey must be a string",
        ),
        (
            with_field(subscription_body(), "eventFilters", json!({})),
            "eventFilters must be an array or null",
        ),
        (
            with_field(subscription_body(), "eventFilters", json!(["x"])),
            "eventFilters[0] must be an object",
        ),
        (
            with_field(
                subscription_body(),
                "eventFilters",
                json!([{ "key": "channelId" }]),
            ),
            "eventFilters[0].value is required",
        ),
        (
            with_field(
                subscription_body(),
                "eventFilters",
                json!([filter("channel", json!("x"))]),
            ),
            "eventFilters: \"channel\" is not a filter key of service channels",
        ),
        (
            with_field(
                subscription_body(),
                "eventFilters",
                json!([
                    filter("channelId", json!("x")),
                    filter("channelId", json!("y"))
                ]),
            ),
            "eventFilters: only one channelId is allowed",
        ),
    ] {
        let response = client.post("/webhook-subscriptions", body.clone()).await;
        assert_eq!(
            (response.status, response.code().as_str()),
            (422, "InvalidPayload"),
            "{body}"
        );
        assert_eq!(response.message(), message, "{body}");
    }
    assert!(sandbox.webhook_subscriptions().is_empty());
    let nulls = with_field(
        with_field(subscription_body(), "eventFilters", Value::Null),
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
async fn subscription_url_must_be_https_with_a_domain_name() {
    let sandbox = sandbox_with(|_| {}).await;
    let client = Client::new(&sandbox);
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
            with_field(
                with_field(subscription_body(), "url", json!(url)),
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
        let response = client
            .post(
                "/webhook-subscriptions",
                with_field(subscription_body(), "url", json!(url)),
            )
            .await;
        assert_eq!(
            (response.status, response.code().as_str()),
            (422, "InvalidPayload"),
            "{url}"
        );
        assert!(
            response.message().starts_with("url "),
            "{url}: {}",
            response.message()
        );
    }
    sandbox.behavior(|behavior| behavior.webhook_port = WebhookPort::Rejected);
    let response = client
        .post(
            "/webhook-subscriptions",
            with_field(
                subscription_body(),
                "url",
                json!("https://example.com:8443/"),
            ),
        )
        .await;
    assert_eq!(response.message(), "url must not contain a port");
}

#[tokio::test]
async fn sixth_subscription_with_the_same_filters_answers_422() {
    let sandbox = sandbox_with(|_| {}).await;
    let client = Client::new(&sandbox);
    let filters = json!([{ "key": "platformId", "value": "line" }, { "key": "channelStatus", "value": "active" }]);
    let reordered = json!([{ "key": "channelStatus", "value": "active" }, { "key": "platformId", "value": "line" }]);
    let mut last = Value::Null;
    for _ in 0..5 {
        last = create(
            &client,
            with_field(subscription_body(), "eventFilters", filters.clone()),
        )
        .await;
    }
    let response = client
        .post(
            "/webhook-subscriptions",
            with_field(subscription_body(), "eventFilters", reordered.clone()),
        )
        .await;
    assert_eq!(
        (response.status, response.code().as_str()),
        (422, "InvalidPayload"),
        "the order of filters does not matter"
    );
    let other = create(&client, subscription_body()).await;
    assert_eq!(
        client
            .patch(
                &subscription_path(&other),
                json!({ "eventFilters": reordered })
            )
            .await
            .status,
        422
    );
    client
        .patch(
            &subscription_path(&last),
            json!({ "eventFilters": filters }),
        )
        .await
        .json_with_status(200);
    client
        .delete(&subscription_path(&last))
        .await
        .json_with_status(204);
    client
        .patch(
            &subscription_path(&other),
            json!({ "eventFilters": reordered }),
        )
        .await
        .json_with_status(200);
    create(
        &client,
        with_field(
            with_field(subscription_body(), "eventFilters", reordered),
            "event",
            json!("channel.created"),
        ),
    )
    .await;
}
