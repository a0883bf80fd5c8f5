//! Applies against the sandbox.

mod ownership;
mod stopping;

use std::sync::Arc;

use bird_connectors_sandbox::Operation;
use serde_json::json;

use super::*;
use crate::planner::{PlanOptions, StepKind};
use crate::secret_reference::SecretError;
use crate::test_support::{World, prune};

const HOOK: &str = "{ event: channel.updated, url: 'https://hooks.example.com/bird' }";

fn kinds(plan: &Plan) -> Vec<(StepKind, Action)> {
    plan.steps
        .iter()
        .map(|step| (step.kind, step.action))
        .collect()
}

#[tokio::test]
async fn second_plan_is_empty_and_a_second_apply_sends_nothing() {
    let world = World::new().await;
    let desired = world.file(
        &[
            "{ name: A, template: line }",
            "{ name: B, template: telegram }",
        ],
        &[HOOK],
    );
    let plan = world.plan(&desired, &PlanOptions::default()).await;
    assert_eq!(kinds(&plan), [(StepKind::Create, Action::Create); 3]);
    let results = world.apply(&desired, &plan).await;
    assert!(
        results
            .iter()
            .all(|one| one.result.as_ref().unwrap().as_str() == "created")
    );

    let plan = world.plan(&desired, &PlanOptions::default()).await;
    assert_eq!(kinds(&plan), [(StepKind::Unchanged, Action::None); 3]);
    assert!(!plan.has_changes() && !plan.has_only_live());
    world.sandbox.clear_requests();
    assert!(world.apply(&desired, &plan).await.is_empty());
    assert!(world.sandbox.requests().is_empty());
    assert_eq!(world.sandbox.connectors().len(), 2);
}

#[tokio::test]
async fn plan_shows_exactly_the_drift_and_replaces_only_on_request() {
    let world = World::new().await;
    let sms = |kind: &str| {
        format!(
            "{{ name: A, template: sms, phone_number_id: 232d438f-9512-56f4-90a4-d0a17bf28237, message_type: {kind} }}"
        )
    };
    let desired = world.file(&[&sms("2fa"), "{ name: B, template: line }"], &[]);
    let plan = world.plan(&desired, &PlanOptions::default()).await;
    world.apply(&desired, &plan).await;

    let desired = world.file(&[&sms("promotional"), "{ name: B, template: line }"], &[]);
    let plan = world.plan(&desired, &PlanOptions::default()).await;
    assert_eq!(
        kinds(&plan),
        [
            (StepKind::Differs, Action::None),
            (StepKind::Unchanged, Action::None)
        ]
    );
    let [difference] = &plan.steps[0].differences[..] else {
        panic!("{plan:?}");
    };
    assert_eq!(difference.field, "arguments.channelMessageType");
    assert_eq!(difference.wanted, Some(json!("promotional")));
    assert!(plan.has_changes());
    assert!(world.apply(&desired, &plan).await.is_empty());

    let replace = PlanOptions {
        replace: vec!["test/sms-messagebird/A".to_owned()],
        ..PlanOptions::default()
    };
    let plan = world.plan(&desired, &replace).await;
    assert_eq!(plan.steps[0].action, Action::Replace);
    assert!(
        plan.to_text(false)
            .starts_with("These stop:\n  test/sms-messagebird/A: channel ")
    );
    world.apply(&desired, &plan).await;
    assert_eq!(world.sandbox.connectors().len(), 2);
    let plan = world.plan(&desired, &PlanOptions::default()).await;
    assert!(!plan.has_changes(), "{}", plan.to_text(true));
    // The same command can be repeated.
    let plan = world.plan(&desired, &replace).await;
    assert!(!plan.has_changes(), "{}", plan.to_text(true));
    // A name that the files do not know is a conflict.
    let unknown = PlanOptions {
        replace: vec!["test/sms-messagebird/C".to_owned()],
        ..PlanOptions::default()
    };
    let plan = world.plan(&desired, &unknown).await;
    assert_eq!(plan.conflicts.len(), 1);
    assert!(plan.check(&ApplyOptions::default()).is_err());
}

#[tokio::test]
async fn prune_deletes_only_what_the_project_owns() {
    let world = World::new().await;
    let connectors = world.client.workspace(world.workspace()).connectors();
    let foreign = bird_connectors::templates::Line::new("Foreign");
    let _ = connectors.install(foreign).await.unwrap();
    let both = world.file(
        &[
            "{ name: A, template: line }",
            "{ name: Foreign, template: line }",
        ],
        &[HOOK],
    );
    let plan = world.plan(&both, &PlanOptions::default()).await;
    world.apply(&both, &plan).await;
    let plan = world.plan(&both, &PlanOptions::default()).await;
    assert_eq!(plan.count(StepKind::Adopt), 1, "{}", plan.to_text(true));

    let none = world.file(&[], &[]);
    let plan = world.plan(&none, &PlanOptions::default()).await;
    assert!(plan.has_only_live() && !plan.has_changes());
    assert!(world.apply(&none, &plan).await.is_empty());
    let plan = world.plan(&none, &prune()).await;
    world.apply(&none, &plan).await;
    assert_eq!(world.sandbox.connectors().len(), 1);
    assert_eq!(world.sandbox.connectors()[0]["name"], "Foreign");
    assert!(world.sandbox.webhook_subscriptions().is_empty());

    // Both can be created again at once.
    let plan = world.plan(&both, &PlanOptions::default()).await;
    assert_eq!(plan.count(StepKind::Create), 2);
    world.apply(&both, &plan).await;

    // What is recorded as owned is pruned, too.
    let own = PlanOptions {
        own: vec!["Foreign".to_owned()],
        ..PlanOptions::default()
    };
    let plan = world.plan(&both, &own).await;
    world.apply(&both, &plan).await;
    let plan = world.plan(&both, &PlanOptions::default()).await;
    assert_eq!(plan.count(StepKind::Unchanged), 3, "{}", plan.to_text(true));
    let plan = world.plan(&none, &prune()).await;
    world.apply(&none, &plan).await;
    assert!(world.sandbox.connectors().is_empty());
}

#[tokio::test]
async fn large_prune_is_refused_unless_it_is_forced() {
    let world = World::new().await;
    let names: Vec<_> = (0..10)
        .map(|index| format!("{{ name: N{index}, template: line }}"))
        .collect();
    let entries: Vec<_> = names.iter().map(String::as_str).collect();
    let all = world.file(&entries, &[]);
    let plan = world.plan(&all, &PlanOptions::default()).await;
    world.apply(&all, &plan).await;
    let seven = world.file(&entries[..7], &[]);
    world
        .plan(&seven, &prune())
        .await
        .check(&ApplyOptions::default())
        .unwrap();
    let six = world.file(&entries[..6], &[]);
    let plan = world.plan(&six, &prune()).await;
    let error = plan
        .check(&ApplyOptions::default())
        .unwrap_err()
        .to_string();
    assert!(error.contains("would delete 4 of the 10"), "{error}");
    let forced = ApplyOptions {
        force: true,
        ..ApplyOptions::default()
    };
    plan.check(&forced).unwrap();
}

#[tokio::test]
async fn reviewed_plan_is_applied_and_another_one_sends_nothing() {
    let world = World::new().await;
    let desired = world.file(&["{ name: A, template: line }"], &[]);
    let reviewed = world.plan(&desired, &PlanOptions::default()).await.hash;
    let expect = ApplyOptions {
        expect: Some(reviewed.clone()),
        ..ApplyOptions::default()
    };
    // The same state gives the same plan.
    let plan = world.plan(&desired, &PlanOptions::default()).await;
    plan.check(&expect).unwrap();
    // What the files do not describe does not matter.
    world.sandbox.add_connectors(1);
    let plan = world.plan(&desired, &PlanOptions::default()).await;
    plan.check(&expect).unwrap();
    let connectors = world.client.workspace(world.workspace()).connectors();
    let line = bird_connectors::templates::Line::new("A");
    let _ = connectors.install(line).await.unwrap();
    let plan = world.plan(&desired, &PlanOptions::default()).await;
    world.sandbox.clear_requests();
    let applied = plan
        .apply(
            &world.client,
            &desired,
            Some(&world.journal),
            &expect,
            |_| {},
        )
        .await;
    assert!(matches!(applied, Err(ApplyError::Changed { .. })));
    assert!(world.sandbox.requests().is_empty());
}

#[tokio::test]
async fn secrets_are_sent_and_appear_nowhere_else() {
    let world = World::new().await;
    std::fs::write(world.folder.path().join("token"), "planted-secret\n").unwrap();
    let desired = world.file(
        &["{ name: A, template: telegram, arguments: { botToken: file:token }, security_arguments: { oauth: { accessToken: file:token } } }"],
        &["{ event: channel.updated, url: 'https://hooks.example.com/bird', signing_key: file:token }"],
    );
    let plan = world.plan(&desired, &PlanOptions::default()).await;
    let results = world.apply(&desired, &plan).await;
    let sent = world.sandbox.requests_to(Operation::CreateConnector);
    let body = sent[0].body.as_ref().unwrap();
    assert_eq!(
        body["securityArguments"]["oauth"]["accessToken"],
        "planted-secret"
    );
    assert_eq!(body["arguments"]["botToken"], "planted-secret");
    let again = world.plan(&desired, &PlanOptions::default()).await;
    for shown in [
        plan.to_text(true),
        plan.to_markdown(),
        plan.to_json().to_string(),
        again.to_json().to_string(),
        format!("{plan:?} {results:?} {desired:?}"),
        world.journal_text(),
    ] {
        assert!(!shown.contains("planted"), "{shown}");
    }
    assert!(!again.has_changes(), "{}", again.to_text(true));

    // A secret that cannot be read stops the apply before anything is sent.
    std::fs::remove_file(world.folder.path().join("token")).unwrap();
    let more = world.file(
        &[
            "{ name: B, template: telegram, arguments: { botToken: file:token } }",
            "{ name: C, template: line }",
        ],
        &[],
    );
    let plan = world.plan(&more, &PlanOptions::default()).await;
    world.sandbox.clear_requests();
    let options = ApplyOptions::default();
    let error = plan
        .apply(&world.client, &more, Some(&world.journal), &options, |_| {})
        .await;
    assert!(matches!(error, Err(ApplyError::Secrets(_))));
    assert!(world.sandbox.requests().is_empty());
}

#[tokio::test]
async fn connector_that_was_deleted_by_hand_is_missing_and_created_again() {
    let world = World::new().await;
    let desired = world.file(&["{ name: A, template: line }"], &[HOOK]);
    let plan = world.plan(&desired, &PlanOptions::default()).await;
    let results = world.apply(&desired, &plan).await;
    let StepOutcome::CreatedConnector(connector) = *results[0].result.as_ref().unwrap() else {
        panic!("{results:?}");
    };
    // An apply without actions records that the connector was listed.
    let plan = world.plan(&desired, &PlanOptions::default()).await;
    assert!(world.apply(&desired, &plan).await.is_empty());
    let workspace = world.client.workspace(world.workspace());
    workspace.connectors().delete(connector).await.unwrap();
    let StepOutcome::CreatedSubscription(id) = *results[1].result.as_ref().unwrap() else {
        panic!("{results:?}");
    };
    workspace.webhook_subscriptions().delete(id).await.unwrap();
    let plan = world.plan(&desired, &PlanOptions::default()).await;
    assert_eq!(kinds(&plan), [(StepKind::Missing, Action::Create); 2]);
    world.apply(&desired, &plan).await;
    let plan = world.plan(&desired, &PlanOptions::default()).await;
    assert_eq!(kinds(&plan), [(StepKind::Unchanged, Action::None); 2]);
}

#[tokio::test]
async fn status_of_a_subscription_is_updated() {
    let world = World::new().await;
    let desired = world.file(&[], &[HOOK]);
    let plan = world.plan(&desired, &PlanOptions::default()).await;
    world.apply(&desired, &plan).await;
    let inactive = HOOK.replace(" }", ", status: inactive }");
    let desired = world.file(&[], &[&inactive]);
    let plan = world.plan(&desired, &PlanOptions::default()).await;
    assert_eq!(kinds(&plan), [(StepKind::Differs, Action::Update)]);
    world.apply(&desired, &plan).await;
    assert_eq!(
        world.sandbox.webhook_subscriptions()[0]["status"],
        "inactive"
    );
    assert!(
        !world
            .plan(&desired, &PlanOptions::default())
            .await
            .has_changes()
    );
}

/// The API does not return signing keys, so that only the user knows that one has changed.
#[tokio::test]
async fn signing_key_is_sent_again_only_on_request() {
    let world = World::new().await;
    let file = world.folder.path().join("key");
    std::fs::write(&file, "first-planted-key").unwrap();
    let hook = |event: &str| {
        format!(
            "{{ event: {event}, url: 'https://hooks.example.com/bird', signing_key: file:key }}"
        )
    };
    let (one, other) = (hook("channel.updated"), hook("channel.created"));
    let desired = world.file(&[], &[&one, &other, &HOOK.replace("bird", "unsigned")]);
    let plan = world.plan(&desired, &PlanOptions::default()).await;
    world.apply(&desired, &plan).await;
    std::fs::write(&file, "second-planted-key").unwrap();
    let plan = world.plan(&desired, &PlanOptions::default()).await;
    assert!(!plan.has_changes());
    assert!(
        plan.to_text(true)
            .contains("send it with `update_signing_key`")
    );

    let options = |name: &str| PlanOptions {
        update_signing_key: vec![name.to_owned()],
        ..PlanOptions::default()
    };
    // By the URL, which both have, and not by something without a key.
    let plan = world
        .plan(&desired, &options("https://hooks.example.com/bird"))
        .await;
    let update = (StepKind::Unchanged, Action::Update);
    let unsigned = (StepKind::Unchanged, Action::None);
    assert_eq!(kinds(&plan), [update, update, unsigned]);
    assert!(plan.has_changes());
    let results = world.apply(&desired, &plan).await;
    assert!(!format!("{plan:?}{results:?}{}", plan.to_json()).contains("planted"));
    let keys: Vec<_> = world
        .sandbox
        .webhook_subscriptions()
        .iter()
        .map(|one| one["signingKey"].clone())
        .collect();
    let second = json!("second-planted-key");
    assert_eq!(keys[..2], [second.clone(), second]);
    for name in ["https://hooks.example.com/unsigned", "channel.deleted"] {
        let plan = world.plan(&desired, &options(name)).await;
        assert_eq!(plan.conflicts[0].subject, "update_signing_key");
    }
    let plan = world
        .plan(&desired, &options("test/webhook/channel.created"))
        .await;
    assert_eq!(kinds(&plan), [unsigned, update, unsigned]);
}

#[tokio::test]
async fn number_is_looked_up_and_an_unknown_one_is_a_conflict() {
    let world = World::new().await;
    let numbers = world.client.workspace(world.workspace()).numbers();
    let numbers = numbers.list().first_page().await.unwrap().items;
    let number = numbers[0].number_string.as_deref().unwrap();
    let entry = format!("{{ name: A, template: voice, phone_number: '{number}' }}");
    let desired = world.file(
        &[
            &entry,
            "{ name: B, template: voice, phone_number: '+4915100000000' }",
        ],
        &[],
    );
    let plan = world.plan(&desired, &PlanOptions::default()).await;
    assert_eq!(kinds(&plan), [(StepKind::Create, Action::Create)]);
    assert_eq!(plan.conflicts[0].subject, "test/voice-messagebird/B");
    assert!(plan.to_text(false).starts_with(
        "conflict: test/voice-messagebird/B: the workspace has no number +4915100000000"
    ));
}

#[tokio::test]
async fn resolver_returns_the_secrets_in_place_of_the_environment() {
    let world = World::new().await;
    let desired = world.file(
        &[
            "{ name: A, template: telegram, arguments: { botToken: env:BIRD_PLAN_TEST_UNSET, more: { apiKey: file:token } } }",
            "{ name: B, template: telegram, arguments: { botToken: env:BIRD_PLAN_TEST_UNSET } }",
        ],
        &["{ event: channel.updated, url: 'https://hooks.example.com/bird', signing_key: file:token }"],
    );
    let plan = world.plan(&desired, &PlanOptions::default()).await;
    let references = plan.secret_references(&desired);
    let shown: Vec<_> = references.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["env:BIRD_PLAN_TEST_UNSET", "file:token"]);
    assert_eq!(references[0].resolved(), "env:BIRD_PLAN_TEST_UNSET");
    let token = world.folder.path().join("token");
    assert_eq!(
        references[1].resolved(),
        format!("file:{}", token.display())
    );

    let refused = ApplyOptions {
        secrets: Some(Arc::new(|reference| {
            Err(SecretError::new(reference, "is not in the vault"))
        })),
        ..ApplyOptions::default()
    };
    world.sandbox.clear_requests();
    let journal = Some(&world.journal);
    let error = plan.apply(&world.client, &desired, journal, &refused, |_| {});
    let error = error.await.unwrap_err().to_string();
    assert!(
        error.contains("the secret file:token is not in the vault"),
        "{error}"
    );
    assert!(world.sandbox.requests().is_empty());

    let resolved = ApplyOptions {
        secrets: Some(Arc::new(|reference| {
            Ok(SentSecret::from(format!("planted-{reference}")))
        })),
        ..ApplyOptions::default()
    };
    assert!(!format!("{resolved:?}").contains("planted"));
    let results = plan.apply(&world.client, &desired, journal, &resolved, |_| {});
    assert!(results.await.unwrap().iter().all(|one| one.result.is_ok()));
    let sent = world.sandbox.requests_to(Operation::CreateConnector);
    let bodies = format!("{:?}", sent.iter().map(|one| &one.body).collect::<Vec<_>>());
    assert!(
        bodies.contains("planted-env:BIRD_PLAN_TEST_UNSET")
            && bodies.contains("planted-file:token")
    );
    assert!(!world.journal_text().contains("planted"));
    // A plan without creates needs no secrets.
    let again = world.plan(&desired, &PlanOptions::default()).await;
    assert!(again.secret_references(&desired).is_empty());
}
