//! The life of a file of channels without kills: plan, apply, apply again, changes by hand, export and prune.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use bird_connectors::models::SubscriptionId;
use bird_connectors::resources::SubscriptionUpdate;
use bird_connectors::templates::{Line, Sms};
use bird_connectors::{ConnectorId, NumberId, Workspace};
use bird_connectors_catalogue::ACCESS_TOKEN;
use bird_connectors_sandbox::Operation;
use serde_json::{Value, json};

use crate::commands::APPLY;
use crate::existing::Existing;
use crate::scenario::{CONNECTORS, FILE, JOURNAL, SMS, Scenario};

/// What the runs that are killed are compared with.
pub(crate) struct Life {
    /// The number of requests of an apply that creates everything.
    pub(crate) apply_requests: usize,
    /// What exists then.
    pub(crate) applied: Existing,
    /// The number of requests of an apply that prunes half of the connectors.
    pub(crate) prune_requests: usize,
    /// What exists then.
    pub(crate) pruned: Existing,
    /// The number of files in which no secret was found.
    pub(crate) files: usize,
}

const PLAN: [&str; 3] = ["plan", FILE, "--detailed-exitcode"];

pub(crate) async fn run(scenario: &Scenario) -> Result<Life> {
    let (apply_requests, applied) = create(scenario).await?;
    apply_again(scenario).await?;
    drift(scenario).await?;
    export(scenario).await?;
    let (prune_requests, pruned) = prune(scenario).await?;
    let files = scenario.search_secrets()?;
    Ok(Life {
        apply_requests,
        applied,
        prune_requests,
        pruned,
        files,
    })
}

async fn create(scenario: &Scenario) -> Result<(usize, Existing)> {
    scenario.command(&["validate", FILE], 0).await?;
    scenario.command(&["plan", FILE], 0).await?;
    scenario.command(&["plan", FILE, "--markdown"], 0).await?;
    let plan = scenario.json(&PLAN, 10).await?;
    check_counts(&plan, &[("create", scenario.resources())])?;

    scenario.sandbox.clear_requests();
    let hash = plan["hash"].as_str().context("the plan has no hash")?;
    let apply = [&APPLY[..], &["--expect", hash]].concat();
    let output = scenario.command(&apply, 0).await?;
    let created = output.lines().filter(|line| {
        let row: Value = serde_json::from_str(line).unwrap_or_default();
        row["result"] == "created"
    });
    ensure!(
        created.count() == scenario.resources(),
        "the apply must create everything: {output}"
    );
    let requests = scenario.sandbox.requests().len();
    let sent = scenario.sandbox.requests_to(Operation::CreateConnector);
    let with_secret = sent.iter().filter(|request| {
        let body = request.body.as_ref().map(Value::to_string);
        body.is_some_and(|body| body.contains(ACCESS_TOKEN))
    });
    ensure!(with_secret.count() > 0, "no create contains its secret");
    scenario.until_listed(scenario.connectors()).await;
    let existing = scenario.existing();
    ensure!(
        existing.len() == scenario.resources() && existing.values().all(|ids| ids.len() == 1),
        "{} of {} exist",
        existing.len(),
        scenario.resources()
    );
    println!(
        "apply: created {} connectors and {} webhook subscriptions with {requests} requests",
        scenario.connectors(),
        existing.len() - scenario.connectors()
    );
    Ok((requests, existing))
}

async fn apply_again(scenario: &Scenario) -> Result<()> {
    scenario.sandbox.clear_requests();
    let rows = scenario.json(&["apply", FILE], 0).await?;
    let requests = scenario.sandbox.requests();
    let lists = scenario.sandbox.count(Operation::ListConnectors)
        + scenario.sandbox.count(Operation::ListWebhookSubscriptions);
    ensure!(
        rows == json!([])
            && lists == requests.len() as u64
            && requests.len() == 2 * scenario.workspaces().count(),
        "a second apply must send one list of each kind per workspace: {} lists among {} requests: {rows}",
        lists,
        requests.len()
    );
    println!("apply again: nothing but {lists} lists");
    Ok(())
}

/// Each change by hand must be the only one in the plan.
async fn drift(scenario: &Scenario) -> Result<()> {
    let mut workspaces = scenario.workspaces();
    let (first, second) = (workspaces.next(), workspaces.next());
    let client = scenario.client()?;
    let first = client.workspace(first.context("no workspace")?);
    let second = client.workspace(second.context("no workspace")?);

    // A connector is deleted.
    second
        .connectors()
        .delete(find(&second, "line 9").await?)
        .await?;
    let plan = scenario.json(&PLAN, 10).await?;
    check_counts(
        &plan,
        &[("missing", 1), ("unchanged", scenario.resources() - 1)],
    )?;
    check_change(&plan, "missing", "w1/line/line 9", &[])?;
    scenario.command(&APPLY, 0).await?;
    scenario.until_listed(scenario.connectors()).await;
    check_empty(scenario).await?;

    // A connector is replaced by one with another message type.
    let connectors = first.connectors();
    connectors.delete(find(&first, SMS).await?).await?;
    let number = NumberId::from_u128(1);
    let _ = connectors
        .install(Sms::new(SMS, number, "promotional"))
        .await?;
    scenario.until_listed(scenario.connectors()).await;
    let plan = scenario.json(&PLAN, 10).await?;
    check_counts(
        &plan,
        &[("differs", 1), ("unchanged", scenario.resources() - 1)],
    )?;
    let address = format!("w0/sms-messagebird/{SMS}");
    check_change(
        &plan,
        "differs",
        &address,
        &["arguments.channelMessageType"],
    )?;
    let replace = [&APPLY[..], &["--replace", &address, "--yes"]].concat();
    scenario.command(&replace, 0).await?;
    scenario.until_listed(scenario.connectors()).await;
    check_empty(scenario).await?;

    // A subscription is deactivated.
    let subscriptions = first.webhook_subscriptions();
    let id: SubscriptionId = subscriptions.list().first_page().await?.items[0].id;
    let inactive = SubscriptionUpdate::new().status("inactive");
    subscriptions.update(id, inactive).await?;
    let plan = scenario.json(&PLAN, 10).await?;
    check_counts(
        &plan,
        &[("differs", 1), ("unchanged", scenario.resources() - 1)],
    )?;
    check_change(&plan, "differs", "w0/webhook/channel.updated", &["status"])?;
    scenario.command(&APPLY, 0).await?;
    check_empty(scenario).await?;

    // A connector is created, which a prune must not delete.
    let by_hand = first.connectors().install(Line::new("by hand")).await?;
    scenario.until_listed(scenario.connectors() + 1).await;
    let plan = scenario.json(&PLAN, 11).await?;
    check_counts(
        &plan,
        &[("only_live", 1), ("unchanged", scenario.resources())],
    )?;
    let prune = ["apply", FILE, "--prune", "--yes"];
    ensure!(
        scenario.json(&prune, 0).await? == json!([]),
        "a prune must not delete what the project does not own"
    );
    first.connectors().delete(by_hand.id()).await?;
    println!("changes by hand: each is the only one in the plan, and an apply reverts it");
    Ok(())
}

async fn find(workspace: &Workspace, name: &str) -> Result<ConnectorId> {
    let listed = workspace.connectors().list().first_page().await?.items;
    let found = listed.iter().find(|connector| connector.name == name);
    Ok(found
        .with_context(|| format!("there is no connector `{name}`"))?
        .id)
}

/// The plan of an exported file has nothing to do.
async fn export(scenario: &Scenario) -> Result<()> {
    let ids: Vec<_> = scenario.workspaces().map(|id| id.to_string()).collect();
    let mut arguments = vec!["export", "--project", "drill"];
    arguments.extend(ids.iter().map(String::as_str));
    let exported = scenario.command(&arguments, 0).await?;
    fs::write(scenario.path("exported.yaml"), exported)?;
    scenario.command(&["validate", "exported.yaml"], 0).await?;
    let plan = [
        "plan",
        "exported.yaml",
        "--journal",
        JOURNAL,
        "--detailed-exitcode",
    ];
    let plan = scenario.json(&plan, 0).await?;
    check_counts(&plan, &[("unchanged", scenario.resources())])?;
    println!("export: the plan of the exported file is empty");
    Ok(())
}

/// Deletes half of the connectors, which has to be forced.
async fn prune(scenario: &Scenario) -> Result<(usize, Existing)> {
    scenario.write(CONNECTORS / 2)?;
    scenario.sandbox.clear_requests();
    let prune = ["apply", FILE, "--prune", "--yes"];
    scenario.command(&prune, 5).await?;
    let deletes = || scenario.sandbox.count(Operation::DeleteConnector);
    ensure!(deletes() == 0, "a large prune must be refused");
    scenario.sandbox.clear_requests();
    let forced = [&prune[..], &["--force"]].concat();
    let rows = scenario.json(&forced, 0).await?;
    let half = scenario.connectors() / 2;
    ensure!(
        deletes() == half as u64 && rows.as_array().is_some_and(|rows| rows.len() == half),
        "the prune must delete half of the connectors: {rows}"
    );
    let requests = scenario.sandbox.requests().len();
    check_empty(scenario).await?;
    println!("prune: deleted {half} connectors with {requests} requests");
    Ok((requests, scenario.existing()))
}

async fn check_empty(scenario: &Scenario) -> Result<()> {
    let plan = scenario.json(&PLAN, 0).await?;
    ensure!(
        plan["has_changes"] == false && plan["has_only_live"] == false,
        "the plan must be empty: {plan}"
    );
    Ok(())
}

/// Checks the number of steps of these kinds, and that there are no others.
fn check_counts(plan: &Value, expected: &[(&str, usize)]) -> Result<()> {
    let counts = plan["counts"]
        .as_object()
        .context("the plan has no counts")?;
    for (kind, count) in counts {
        let known = expected.iter().find(|(known, _)| known == kind);
        let known = known.map_or(0, |(_, count)| *count);
        ensure!(
            *count == json!(known),
            "the plan has {count} steps of the kind {kind} and not {known}: {plan}"
        );
    }
    Ok(())
}

/// Checks the only step of this kind.
fn check_change(plan: &Value, kind: &str, address: &str, fields: &[&str]) -> Result<()> {
    let steps = plan["steps"].as_array().context("the plan has no steps")?;
    let step = steps.iter().find(|step| step["kind"] == kind);
    let step = step.with_context(|| format!("no step has the kind {kind}"))?;
    let differences = step["differences"].as_array();
    let differing: Vec<_> = differences
        .into_iter()
        .flatten()
        .map(|difference| &difference["field"])
        .collect();
    ensure!(
        step["address"] == address && differing == fields,
        "unexpected step: {step}"
    );
    Ok(())
}
