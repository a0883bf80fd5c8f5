//! Idempotent webhook subscriptions against the sandbox.

use bird_connectors::models::WorkspaceId;
use bird_connectors::resources::{NewSubscription, WebhookSubscriptions};
use bird_connectors::{Client, ErrorKind, RequestOutcome};
use bird_connectors_sandbox::behavior::SigningKey;
use bird_connectors_sandbox::{Operation, Response, Rule, Sandbox};
use serde_json::json;

const URL: &str = "https://hooks.example.com/bird?tenant=42";

fn client(sandbox: &Sandbox) -> Client {
    Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .build()
        .unwrap()
}

fn subscriptions(sandbox: &Sandbox) -> WebhookSubscriptions {
    let workspace = client(sandbox).workspace(WorkspaceId::from(sandbox.workspace_id()));
    workspace.webhook_subscriptions()
}

fn updated() -> NewSubscription {
    NewSubscription::new("channel.updated", URL).signing_key("a key")
}

#[tokio::test]
async fn second_ensure_adopts_the_subscription() {
    let sandbox = Sandbox::start().await.unwrap();
    let older = client(&sandbox).organization(sandbox.organization_id());
    let older = older.workspace(WorkspaceId::from(sandbox.workspace_id()));
    let newer = subscriptions(&sandbox);
    let first = newer.ensure(updated()).await.unwrap();
    assert!(!first.adopted && first.signing_key_applied);
    for subscriptions in [newer, older.webhook_subscriptions()] {
        let again = subscriptions.ensure(updated()).await.unwrap();
        assert!(again.adopted);
        assert!(
            !again.signing_key_applied,
            "the response has no key to compare"
        );
        assert_eq!(again.subscription.id, first.subscription.id);
    }
    assert_eq!(sandbox.webhook_subscriptions().len(), 1);
    assert_eq!(sandbox.count(Operation::UpdateWebhookSubscription), 0);
}

#[tokio::test]
async fn ensure_matches_service_event_url_and_filters() {
    let sandbox = Sandbox::start().await.unwrap();
    let subscriptions = subscriptions(&sandbox);
    let filtered = || {
        updated()
            .filter("platformId", "whatsapp")
            .filter("channelStatus", "active")
    };
    let reordered = updated()
        .filter("channelStatus", "active")
        .filter("platformId", "whatsapp");
    let first = subscriptions.ensure(filtered()).await.unwrap();
    let typed = updated().platform_id("whatsapp").channel_status("active");
    for matching in [reordered, typed] {
        let again = subscriptions.ensure(matching).await.unwrap();
        assert_eq!(again.subscription.id, first.subscription.id);
    }
    let others = [
        updated(),
        updated().filter("channelStatus", "active"),
        updated().service("numbers"),
        NewSubscription::new("channel.created", URL),
        NewSubscription::new("channel.updated", format!("{URL}&more")),
    ];
    for (index, other) in others.into_iter().enumerate() {
        assert!(
            !subscriptions.ensure(other).await.unwrap().adopted,
            "{index}"
        );
    }
    // Null filters and no filters match.
    sandbox.insert_webhook_subscription(json!({
        "id": "8362fa40-9ff1-5430-a3ab-79ecc61b96b1", "organizationId": sandbox.organization_id(),
        "workspaceId": sandbox.workspace_id(), "service": "channels", "event": "sms.inbound", "url": URL,
        "status": "inactive", "eventFilters": null,
    }));
    let inbound = NewSubscription::new("sms.inbound", URL);
    let adopted = subscriptions.ensure(inbound).await.unwrap();
    assert!(
        adopted.adopted && adopted.signing_key_applied,
        "there is no key to apply"
    );
    assert_eq!(
        adopted.subscription.status.as_str(),
        "inactive",
        "ensure changes nothing"
    );
}

#[tokio::test]
async fn ensure_compares_a_signing_key_that_the_api_returns() {
    let sandbox = Sandbox::builder()
        .behavior(|behavior| behavior.signing_key = SigningKey::Always)
        .start()
        .await
        .unwrap();
    let subscriptions = subscriptions(&sandbox);
    subscriptions.ensure(updated()).await.unwrap();
    assert!(
        subscriptions
            .ensure(updated())
            .await
            .unwrap()
            .signing_key_applied
    );
    let other = updated().signing_key("another key");
    let adopted = subscriptions.ensure(other).await.unwrap();
    assert!(!adopted.signing_key_applied);
    assert!(!format!("{adopted:?}").contains("a key"));
}

#[tokio::test]
async fn several_matching_subscriptions_are_an_error_that_lists_them() {
    let sandbox = Sandbox::start().await.unwrap();
    let subscriptions = subscriptions(&sandbox);
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(subscriptions.create(updated()).await.unwrap().id);
    }
    let error = subscriptions.ensure(updated()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(error.details(), Some(&json!(ids)));
    let text = error.to_string();
    assert!(text.contains("delete all but one"), "{text}");
    assert!(
        ids.iter().all(|id| text.contains(&id.to_string())),
        "{text}"
    );
    assert_eq!(sandbox.count(Operation::CreateWebhookSubscription), 2);
}

#[tokio::test]
async fn sixth_subscription_with_matching_filters_fails_with_an_explanation() {
    let sandbox = Sandbox::start().await.unwrap();
    let subscriptions = subscriptions(&sandbox);
    let to = |number| NewSubscription::new("channel.updated", format!("{URL}{number}"));
    for number in 0..5 {
        subscriptions.ensure(to(number)).await.unwrap();
    }
    let error = subscriptions.ensure(to(5)).await.unwrap_err();
    assert_eq!(
        error.status().map(|status| status.as_u16()),
        Some(422),
        "the server decides"
    );
    let text = error.to_string();
    assert!(
        text.contains("allows 5 subscriptions with the same filters"),
        "{text}"
    );
    assert!(text.contains(&format!("{URL}4")), "{text}");
    // The explanation is not added to other errors.
    sandbox.fail_next(Operation::CreateWebhookSubscription, 422, 1);
    let other = NewSubscription::new("channel.created", URL);
    let error = subscriptions.ensure(other).await.unwrap_err();
    assert!(!error.to_string().contains("allows 5"), "{error}");
}

#[tokio::test]
async fn create_with_a_lost_response_is_found() {
    let sandbox = Sandbox::start().await.unwrap();
    let subscriptions = subscriptions(&sandbox);
    let lost = |status| {
        Rule::on(Operation::CreateWebhookSubscription)
            .times(1)
            .respond_with(Response::status(status))
    };
    sandbox.rule(lost(502).after_processing());
    let found = subscriptions.ensure(updated()).await.unwrap();
    assert!(found.adopted && !found.signing_key_applied);
    assert_eq!(sandbox.webhook_subscriptions().len(), 1);

    sandbox.rule(lost(502));
    let other = NewSubscription::new("channel.created", URL);
    let error = subscriptions.ensure(other).await.unwrap_err();
    assert_eq!(error.outcome(), Some(RequestOutcome::Unknown));
    assert_eq!(sandbox.webhook_subscriptions().len(), 1);
}

#[tokio::test]
async fn subscribe_to_channels_adopts_what_a_failed_attempt_created() {
    let sandbox = Sandbox::start().await.unwrap();
    let subscriptions = subscriptions(&sandbox);
    let second = Rule::on(Operation::CreateWebhookSubscription).nth(2);
    sandbox.rule(second.respond_with(Response::status(403)));
    let error = subscriptions
        .subscribe_to_channels(URL, "a key")
        .await
        .unwrap_err();
    assert!(error.is_permission_denied());
    let both = subscriptions
        .subscribe_to_channels(URL, "a key")
        .await
        .unwrap();
    assert!(both.created.adopted && !both.updated.adopted);
    let events = [&both.created, &both.updated].map(|one| one.subscription.event.as_str());
    assert_eq!(events, ["channel.created", "channel.updated"]);
    assert_eq!(sandbox.webhook_subscriptions().len(), 2);

    let error = subscriptions
        .subscribe_to_channels(URL, "")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let error = subscriptions
        .subscribe_to_channels("http://a.example.com", "k")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}
