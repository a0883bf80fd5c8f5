//! Applies that are stopped in order.

use bird_connectors::install::RecordedResource;

use super::*;

const LINES: [&str; 4] = [
    "{ name: A, template: line }",
    "{ name: B, template: line }",
    "{ name: C, template: line }",
    "{ name: D, template: line }",
];

fn sequential(stop: &ApplyStop) -> ApplyOptions {
    ApplyOptions {
        concurrency: 1,
        stop: Some(stop.clone()),
        ..ApplyOptions::default()
    }
}

/// Applies a plan, and stops it with the first result. Returns the names of the steps that have a result.
async fn stopped_at_first_result(
    world: &World,
    desired: &DesiredState,
    plan: &Plan,
) -> Vec<String> {
    let stop = ApplyStop::new();
    let options = sequential(&stop);
    let journal = Some(&world.journal);
    let results = plan.apply(&world.client, desired, journal, &options, |_| stop.stop());
    let results = results.await.unwrap();
    results
        .iter()
        .map(|result| {
            assert!(result.error().is_none(), "{result:?}");
            plan.steps[result.step].name.clone()
        })
        .collect()
}

#[tokio::test]
async fn stopped_apply_ends_after_the_steps_in_progress_and_can_be_repeated() {
    let world = World::new().await;
    let desired = world.file(&LINES, &[]);
    let plan = world.plan(&desired, &PlanOptions::default()).await;
    // The second create is in flight when the first result is reported.
    let done = stopped_at_first_result(&world, &desired, &plan).await;
    assert_eq!(done, ["A", "B"]);
    assert_eq!(world.sandbox.count(Operation::CreateConnector), 2);
    let records = world.journal.records().await.unwrap();
    let unresolved = |one: &RecordedResource| *one == RecordedResource::Unresolved;
    assert!(!records.iter().any(|record| unresolved(&record.resource)));
    assert_eq!(records.len(), 2);

    let plan = world.plan(&desired, &PlanOptions::default()).await;
    assert_eq!(world.apply(&desired, &plan).await.len(), 2);
    let plan = world.plan(&desired, &PlanOptions::default()).await;
    assert_eq!(plan.count(StepKind::Unchanged), LINES.len());
}

#[tokio::test]
async fn apply_that_is_stopped_before_it_starts_sends_nothing() {
    let world = World::new().await;
    let desired = world.file(&LINES, &[HOOK]);
    let plan = world.plan(&desired, &PlanOptions::default()).await;
    world.sandbox.clear_requests();
    let stop = ApplyStop::new();
    stop.stop();
    let options = sequential(&stop);
    let results = plan.apply(
        &world.client,
        &desired,
        Some(&world.journal),
        &options,
        |_| {},
    );
    assert!(results.await.unwrap().is_empty());
    assert!(world.sandbox.requests().is_empty());
}

#[tokio::test]
async fn stopped_apply_deletes_nothing_more() {
    let world = World::new().await;
    let all = world.file(&LINES, &[]);
    let plan = world.plan(&all, &PlanOptions::default()).await;
    world.apply(&all, &plan).await;
    let none = world.file(&[], &[]);
    let plan = world.plan(&none, &prune()).await;
    let done = stopped_at_first_result(&world, &none, &plan).await;
    assert!(done.len() < LINES.len(), "{done:?}");
    assert_eq!(world.sandbox.connectors().len(), LINES.len() - done.len());
}

#[tokio::test]
async fn stopped_replacement_also_creates_what_it_has_deleted() {
    let world = World::new().await;
    let sms = |name: &str, number: u8, kind: &str| {
        format!(
            "{{ name: {name}, template: sms, phone_number_id: 232d438f-9512-56f4-90a4-d0a17bf2823{number}, message_type: {kind} }}"
        )
    };
    let file = |kind| {
        let entries = [sms("A", 1, kind), sms("B", 2, kind), sms("C", 3, kind)];
        world.file(&entries.each_ref().map(String::as_str), &[])
    };
    let before = file("2fa");
    let plan = world.plan(&before, &PlanOptions::default()).await;
    world.apply(&before, &plan).await;

    let after = file("promotional");
    let replace = PlanOptions {
        replace: ["A", "B", "C"].map(str::to_owned).to_vec(),
        ..PlanOptions::default()
    };
    let plan = world.plan(&after, &replace).await;
    // All are deleted before the first one is created.
    let done = stopped_at_first_result(&world, &after, &plan).await;
    assert_eq!(done, ["A", "B", "C"]);
    let plan = world.plan(&after, &PlanOptions::default()).await;
    assert_eq!(plan.count(StepKind::Unchanged), 3, "{}", plan.to_text(true));
}
