//! An export, and a plan for it.

use bird_connectors_sandbox::behavior::{Arguments, Behavior, SigningKey};
use serde_json::json;

use super::*;
use crate::planner::{Plan, PlanOptions, StepKind};
use crate::test_support::World;

#[tokio::test]
async fn plan_for_an_export_has_no_changes_and_the_export_no_secret() {
    let world = World::new().await;
    std::fs::write(world.folder.path().join("token"), "planted-secret").unwrap();
    let number = "phone_number_id: 232d438f-9512-56f4-90a4-d0a17bf28237";
    let desired = world.file(
        &[
            &format!("{{ name: A, template: sms, {number}, message_type: 2fa }}"),
            &format!("{{ name: B, template: voice, {number} }}"),
            "{ name: C c, template: whatsapp, waba_id: '1', phone_id: '2', phone_number: '+31612345678', access_token: file:token }",
            "{ name: D, template: telegram, arguments: { botToken: file:token, other: [1, {a: true}] } }",
            "{ name: 'no', template: 'viber:1' }",
        ],
        &["{ event: channel.updated, url: 'https://hooks.example.com/bird', filters: {platformId: whatsapp}, signing_key: file:token, status: inactive }"],
    );
    let plan = world.plan(&desired, &PlanOptions::default()).await;
    world.apply(&desired, &plan).await;
    let plan = world.plan(&desired, &PlanOptions::default()).await;
    world.apply(&desired, &plan).await;

    let all = DesiredState::empty("exported", [world.workspace()]);
    let observed = world.observe(&all).await;
    let export = Export::new("exported", &observed).unwrap();
    let [arguments, _signing_keys] = &export.omitted[..] else {
        panic!("{:?}", export.omitted);
    };
    assert!(
        arguments.starts_with("arguments of connector ") && arguments.contains("(`no`)"),
        "{arguments}"
    );
    assert!(!export.yaml.contains("planted"), "{}", export.yaml);
    assert!(
        export.secrets.contains(&"env:C_C_ACCESS_TOKEN".to_owned()),
        "{:?}",
        export.secrets
    );
    let exported = DesiredState::parse(&[SourceFile::new("channels.yaml", &*export.yaml)]).unwrap();
    let plan = Plan::new(&exported, &observed, &PlanOptions::default());
    assert!(
        !plan.has_changes() && !plan.has_only_live(),
        "{}",
        plan.to_text(true)
    );
    assert_eq!(plan.count(StepKind::Adopt), 6);
}

#[tokio::test]
async fn connector_that_a_file_cannot_describe_is_omitted_and_only_live() {
    let world = World::new().await;
    let connector = |id: u128, template: &str| {
        let id = bird_connectors::ConnectorId::from_u128(id);
        json!({"id": id, "name": "X", "connectorTemplateRef": template, "createdAt": "2026-11-01T12:00:00Z"})
    };
    for (id, template) in [(1, "sms-messagebird:1"), (2, "line:1"), (3, "line:1")] {
        world.sandbox.insert_connector(connector(id, template));
    }
    let all = DesiredState::empty("acme", [world.workspace()]);
    let observed = world.observe(&all).await;
    let export = Export::new("acme", &observed).unwrap();
    // Neither of the two that a file cannot tell apart.
    assert_eq!(export.omitted.len(), 3, "{:?}", export.omitted);
    assert!(export.omitted[0].contains("the API does not return `phoneNumberId`"));
    assert!(export.omitted[1].contains("match") && export.omitted[2].contains("match"));
    let exported = DesiredState::parse(&[SourceFile::new("channels.yaml", &*export.yaml)]).unwrap();
    let plan = Plan::new(&exported, &observed, &PlanOptions::default());
    assert!(!plan.has_changes(), "{}", plan.to_text(true));
    assert!(Export::new("not a project", &observed).is_err());
}

#[tokio::test]
async fn identical_subscriptions_are_omitted_and_only_live() {
    let world = World::new().await;
    let workspace = world.client.workspace(world.workspace());
    let subscriptions = workspace.webhook_subscriptions();
    for event in ["channel.updated", "channel.updated", "channel.created"] {
        let new = bird_connectors::resources::NewSubscription::new(
            event,
            "https://hooks.example.com/bird",
        );
        subscriptions.create(new).await.unwrap();
    }
    let all = DesiredState::empty("acme", [world.workspace()]);
    let observed = world.observe(&all).await;
    let export = Export::new("acme", &observed).unwrap();
    let identical = |omitted: &&String| omitted.contains("identical");
    assert_eq!(export.omitted.iter().filter(identical).count(), 2);
    let exported = DesiredState::parse(&[SourceFile::new("channels.yaml", &*export.yaml)]).unwrap();
    let plan = Plan::new(&exported, &observed, &PlanOptions::default());
    assert!(!plan.has_changes(), "{}", plan.to_text(true));
    assert_eq!(plan.count(StepKind::OnlyLive), 2);
}

#[tokio::test]
async fn what_the_api_does_not_return_is_named() {
    let absent = |one: &mut Behavior| {
        one.arguments = Arguments::Absent;
        one.signing_key = SigningKey::Never;
    };
    let world = World::with(|builder| builder.behavior(absent)).await;
    std::fs::write(world.folder.path().join("token"), "planted-secret").unwrap();
    let desired = world.file(
        &["{ name: D, template: telegram, arguments: { botToken: file:token } }"],
        &["{ event: channel.updated, url: 'https://hooks.example.com/bird', signing_key: file:token }"],
    );
    let plan = world.plan(&desired, &PlanOptions::default()).await;
    world.apply(&desired, &plan).await;
    let observed = world.observe(&desired).await;
    let export = Export::new("acme", &observed).unwrap();
    let [arguments, key] = &export.omitted[..] else {
        panic!("{:?}", export.omitted);
    };
    assert!(
        arguments.starts_with("arguments of connector "),
        "{arguments}"
    );
    assert!(
        key.starts_with("signing keys of 1 webhook subscriptions "),
        "{key}"
    );
    let exported = DesiredState::parse(&[SourceFile::new("channels.yaml", &*export.yaml)]).unwrap();
    let plan = Plan::new(&exported, &observed, &PlanOptions::default());
    assert!(
        !plan.has_changes() && !plan.has_only_live(),
        "{}",
        plan.to_text(true)
    );
}

#[tokio::test]
async fn subscription_that_a_file_must_not_contain_is_omitted() {
    let world = World::new().await;
    let subscription = |id: u128, url: &str| {
        serde_json::from_value(json!({
            "id": bird_connectors::models::SubscriptionId::from_u128(id),
            "organizationId": bird_connectors::models::OrganizationId::from_u128(1),
            "workspaceId": world.workspace(),
            "service": "channels",
            "event": "channel.updated",
            "url": url,
            "status": "active",
            "signingKey": "planted-secret",
        }))
        .unwrap()
    };
    let observed = ObservedState::default().with_subscriptions(
        world.workspace(),
        [
            subscription(1, "http://hooks.example.com/bird"),
            subscription(2, "https://hooks.example.com/bird"),
        ],
    );
    let export = Export::new("acme", &observed).unwrap();
    let [omitted] = &export.omitted[..] else {
        panic!("{:?}", export.omitted);
    };
    assert!(omitted.contains("https"), "{omitted}");
    let exported = DesiredState::parse(&[SourceFile::new("channels.yaml", &*export.yaml)]).unwrap();
    let plan = Plan::new(&exported, &observed, &PlanOptions::default());
    assert!(
        !plan.has_changes() && plan.has_only_live(),
        "{}",
        plan.to_text(true)
    );
}
