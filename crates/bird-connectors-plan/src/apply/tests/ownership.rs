//! Who owns what after an apply that was killed, after changes by hand, and after a 409.

use std::time::Duration;

use bird_connectors::ConnectorId;
use bird_connectors::install::RecordedResource;
use bird_connectors::resources::NewSubscription;
use bird_connectors::templates::{Line, Sms};
use bird_connectors_sandbox::behavior::{Duplicates, UncommittedCreates};
use bird_connectors_sandbox::{Operation, Rule, Script};
use tokio::time::sleep;

use super::{HOOK, kinds};
use crate::apply::{ApplyOptions, StepOutcome};
use crate::desired::DesiredState;
use crate::planner::{Action, Plan, PlanOptions, StepKind};
use crate::test_support::{World, prune};

const NUMBER: &str = "232d438f-9512-56f4-90a4-d0a17bf28237";

/// Drops the apply once the sandbox has processed a create, as if the process was killed before the response.
async fn kill_at(world: &World, desired: &DesiredState, operation: Operation) {
    kill_with(world, desired, &PlanOptions::default(), operation).await;
}

async fn kill_with(
    world: &World,
    desired: &DesiredState,
    options: &PlanOptions,
    operation: Operation,
) {
    let plan = world.plan(desired, options).await;
    let late = Rule::on(operation).delay_response(Duration::from_secs(600));
    world.sandbox.rule(late);
    let options = ApplyOptions::default();
    let before = world.sandbox.count(operation);
    let created = async {
        while world.sandbox.count(operation) == before {
            sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::select! {
        results = plan.apply(&world.client, desired, Some(&world.journal), &options, |_| {}) => {
            panic!("the apply has ended: {results:?}")
        }
        () = created => {}
    }
    world.sandbox.clear_rules();
}

async fn plan(world: &World, desired: &DesiredState) -> Plan {
    world.plan(desired, &PlanOptions::default()).await
}

#[tokio::test]
async fn create_of_a_killed_apply_is_recorded_by_the_next_one_and_can_be_pruned() {
    for (connectors, subscriptions, operation) in [
        (
            &["{ name: A, template: line }"][..],
            &[][..],
            Operation::CreateConnector,
        ),
        (&[], &[HOOK], Operation::CreateWebhookSubscription),
    ] {
        let world =
            World::with(|builder| builder.behavior(|one| one.duplicates = Duplicates::Allowed))
                .await;
        let desired = world.file(connectors, subscriptions);
        kill_at(&world, &desired, operation).await;
        let records = world.journal.records().await.unwrap();
        assert_eq!(records[0].resource, RecordedResource::Unresolved);
        assert_eq!(records[0].owner.as_deref(), Some("acme"));

        let next = plan(&world, &desired).await;
        assert_eq!(kinds(&next), [(StepKind::Adopt, Action::Own)]);
        assert!(next.has_changes());
        assert!(next.to_text(false).contains("the next one records it"));
        world.sandbox.clear_requests();
        let results = world.apply(&desired, &next).await;
        assert_eq!(*results[0].result.as_ref().unwrap(), StepOutcome::Owned);
        assert!(world.sandbox.requests().is_empty());
        let next = plan(&world, &desired).await;
        assert_eq!(kinds(&next), [(StepKind::Unchanged, Action::None)]);

        let none = world.file(&[], &[]);
        let next = world.plan(&none, &prune()).await;
        world.apply(&none, &next).await;
        assert!(world.sandbox.connectors().is_empty());
        assert!(world.sandbox.webhook_subscriptions().is_empty());
        assert!(world.journal.records().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn create_of_a_killed_apply_that_files_do_not_describe_any_more_is_pruned() {
    for operation in [
        Operation::CreateConnector,
        Operation::CreateWebhookSubscription,
    ] {
        let world = World::new().await;
        let desired = if operation == Operation::CreateConnector {
            world.file(&["{ name: A, template: line }"], &[])
        } else {
            world.file(&[], &[HOOK])
        };
        kill_at(&world, &desired, operation).await;
        let none = world.file(&[], &[]);
        let next = world.plan(&none, &prune()).await;
        assert_eq!(kinds(&next), [(StepKind::OnlyLive, Action::Delete)]);
        world.apply(&none, &next).await;
        assert!(world.sandbox.connectors().is_empty());
        assert!(world.sandbox.webhook_subscriptions().is_empty());
        assert!(world.journal.records().await.unwrap().is_empty());
    }
}

/// Two connectors can come from the create, and one of them is that of somebody else.
#[tokio::test]
async fn ambiguous_create_of_a_killed_apply_is_not_pruned() {
    let world =
        World::with(|builder| builder.behavior(|one| one.duplicates = Duplicates::Allowed)).await;
    let desired = world.file(&["{ name: A, template: line }"], &[]);
    kill_at(&world, &desired, Operation::CreateConnector).await;
    let connectors = world.client.workspace(world.workspace()).connectors();
    let _ = connectors.install(Line::new("A")).await.unwrap();
    let none = world.file(&[], &[]);
    let next = world.plan(&none, &prune()).await;
    assert_eq!(kinds(&next), [(StepKind::OnlyLive, Action::None); 2]);
}

/// The create of somebody else is not listed yet, so that the apply sends one, too.
#[tokio::test]
async fn connector_of_a_409_is_adopted_and_not_owned() {
    let world = World::with(|builder| {
        builder.behavior(|one| one.uncommitted_creates = UncommittedCreates::Detected)
    })
    .await;
    let late = Script::instant().commit_after(Duration::from_millis(300));
    world.sandbox.next_install(late);
    let connectors = world.client.workspace(world.workspace()).connectors();
    let foreign = connectors.install(Line::new("A")).await.unwrap().id();

    let desired = world.file(&["{ name: A, template: line }"], &[]);
    let first = plan(&world, &desired).await;
    assert_eq!(kinds(&first), [(StepKind::Create, Action::Create)]);
    let results = world.apply(&desired, &first).await;
    let adopted = StepOutcome::AdoptedConnector(foreign);
    assert_eq!(*results[0].result.as_ref().unwrap(), adopted);
    assert_eq!(world.sandbox.count(Operation::CreateConnector), 2);

    let next = plan(&world, &desired).await;
    assert_eq!(kinds(&next), [(StepKind::Adopt, Action::None)]);
    let none = world.file(&[], &[]);
    let next = world.plan(&none, &prune()).await;
    assert_eq!(kinds(&next), [(StepKind::OnlyLive, Action::None)]);
    assert_eq!(world.sandbox.connectors().len(), 1);
}

fn sms(message_type: &str) -> String {
    format!("{{ name: A, template: sms, phone_number_id: {NUMBER}, message_type: {message_type} }}")
}

/// Somebody deletes the connector of the project and creates another one for the same number.
async fn replaced_by_hand(world: &World, desired: &DesiredState) -> ConnectorId {
    let first = plan(world, desired).await;
    let results = world.apply(desired, &first).await;
    let StepOutcome::CreatedConnector(id) = *results[0].result.as_ref().unwrap() else {
        panic!("{results:?}");
    };
    let connectors = world.client.workspace(world.workspace()).connectors();
    connectors.delete(id).await.unwrap();
    let other = Sms::new("A", NUMBER.parse::<uuid::Uuid>().unwrap(), "promotional");
    connectors.install(other).await.unwrap().id()
}

#[tokio::test]
async fn connector_that_somebody_replaced_can_be_replaced_again() {
    let world = World::new().await;
    let desired = world.file(&[&sms("2fa")], &[]);
    replaced_by_hand(&world, &desired).await;
    let next = plan(&world, &desired).await;
    assert_eq!(kinds(&next), [(StepKind::Differs, Action::None)]);
    assert!(!next.steps[0].owned);
    let replace = PlanOptions {
        replace: vec!["A".to_owned()],
        ..PlanOptions::default()
    };
    let next = world.plan(&desired, &replace).await;
    world.apply(&desired, &next).await;
    let next = plan(&world, &desired).await;
    assert_eq!(kinds(&next), [(StepKind::Unchanged, Action::None)]);
    assert_eq!(world.sandbox.connectors().len(), 1);
}

#[tokio::test]
async fn connector_and_subscription_that_somebody_replaced_can_be_owned() {
    let world = World::new().await;
    let desired = world.file(&[&sms("promotional")], &[HOOK]);
    replaced_by_hand(&world, &desired).await;
    let subscriptions = world
        .client
        .workspace(world.workspace())
        .webhook_subscriptions();
    let listed = subscriptions.list().first_page().await.unwrap().items;
    subscriptions.delete(listed[0].id).await.unwrap();
    let new = NewSubscription::new("channel.updated", "https://hooks.example.com/bird");
    subscriptions.create(new).await.unwrap();

    let next = plan(&world, &desired).await;
    assert_eq!(kinds(&next), [(StepKind::Adopt, Action::None); 2]);
    let own = PlanOptions {
        own: vec!["A".to_owned(), "channel.updated".to_owned()],
        ..PlanOptions::default()
    };
    let next = world.plan(&desired, &own).await;
    world.apply(&desired, &next).await;
    let next = plan(&world, &desired).await;
    assert_eq!(kinds(&next), [(StepKind::Unchanged, Action::None); 2]);
    // The same command can be repeated; a name that the files do not know stays a conflict.
    let next = world.plan(&desired, &own).await;
    assert!(!next.has_changes(), "{}", next.to_text(true));
    let unknown = PlanOptions {
        own: vec!["B".to_owned()],
        ..PlanOptions::default()
    };
    let next = world.plan(&desired, &unknown).await;
    assert_eq!(next.conflicts.len(), 1, "{}", next.to_text(true));
}

#[tokio::test]
async fn killed_apply_is_repeated_with_the_same_options() {
    let world = World::new().await;
    std::fs::write(world.folder.path().join("key"), "planted-key").unwrap();
    let signed = HOOK.replace(" }", ", signing_key: file:key }");
    let first = world.file(&[&sms("2fa")], &[]);
    world.apply(&first, &plan(&world, &first).await).await;

    let desired = world.file(&[&sms("promotional")], &[&signed]);
    let mut options = PlanOptions {
        replace: vec!["A".to_owned()],
        ..PlanOptions::default()
    };
    kill_with(&world, &desired, &options, Operation::CreateConnector).await;
    // What the stopped apply was creating is owned without the option, and with it.
    options.own = vec!["A".to_owned(), "A".to_owned()];
    options.update_signing_key = vec!["channel.updated".to_owned()];
    for own in [Vec::new(), options.own.clone()] {
        options.own = own;
        let next = world.plan(&desired, &options).await;
        assert_eq!(next.conflicts, [], "{}", next.to_text(true));
        assert_eq!(next.steps[0].action, Action::Own);
    }
    let next = world.plan(&desired, &options).await;
    world.apply(&desired, &next).await;
    assert_eq!(world.sandbox.connectors().len(), 1);
    let next = world.plan(&desired, &options).await;
    assert_eq!(next.conflicts, [], "{}", next.to_text(true));
    assert_eq!(next.steps[0].action, Action::None);
}

#[tokio::test]
async fn what_another_project_created_is_neither_owned_nor_pruned() {
    let world = World::new().await;
    let connectors = world.client.workspace(world.workspace()).connectors();
    let other = connectors.ensure(Line::new("A"));
    let other = other.journal(world.journal.journal()).owner("other");
    let _ = other.await.unwrap();
    let desired = world.file(&["{ name: A, template: line }"], &[]);
    let next = plan(&world, &desired).await;
    assert_eq!(kinds(&next), [(StepKind::Adopt, Action::None)]);
    let own = PlanOptions {
        own: vec!["A".to_owned()],
        ..PlanOptions::default()
    };
    let next = world.plan(&desired, &own).await;
    let options = ApplyOptions::default();
    let results = next.apply(
        &world.client,
        &desired,
        Some(&world.journal),
        &options,
        |_| {},
    );
    let results = results.await.unwrap();
    let error = results[0].error().unwrap().to_string();
    assert!(error.contains("belongs to `other` already"), "{error}");
    let none = world.file(&[], &[]);
    let next = world.plan(&none, &prune()).await;
    assert_eq!(kinds(&next), [(StepKind::OnlyLive, Action::None)]);
}
