//! Bulk waits end to end: the SDK against the sandbox, over real HTTP and in real time, with short scripts and intervals.
//! Unit tests cover long waits, in paused time.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::time::Duration;

use bird_connectors::install::Install;
use bird_connectors::models::{ChannelId, ConnectorId, WorkspaceId};
use bird_connectors::templates::Sms;
use bird_connectors::wait::{WaitAll, WaitError, WaitOptions};
use bird_connectors::{ChannelMessageType, Client, ErrorKind, Workspace};
use bird_connectors_sandbox::behavior::{ChannelIdsFilter, UnfilteredChannels};
use bird_connectors_sandbox::{AccessKey, Operation, Rule, Sandbox, Script};
use support::until;
use uuid::Uuid;

mod support;

type TestResult = Result<(), Box<dyn StdError>>;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn workspace(sandbox: &Sandbox, key: &str) -> Result<Workspace, bird_connectors::Error> {
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key(key)
        .build()?;
    Ok(client.workspace(WorkspaceId::from(sandbox.workspace_id())))
}

async fn installs(
    workspace: &Workspace,
    count: u128,
) -> Result<Vec<Install>, bird_connectors::Error> {
    let mut installs = Vec::new();
    for number in 0..count {
        let sms = Sms::new(
            format!("Shop {number}"),
            Uuid::from_u128(number + 1),
            ChannelMessageType::Conversational,
        );
        installs.push(workspace.connectors().install(sms).await?);
    }
    Ok(installs)
}

/// Short intervals, and a timeout that only a broken wait reaches.
fn short_intervals(wait: WaitAll) -> WaitAll {
    wait.options(
        WaitOptions::new()
            .interval(ms(100), ms(200))
            .timeout(Duration::from_secs(60)),
    )
}

#[tokio::test]
async fn bulk_wait_follows_installs_ids_and_tokens() -> TestResult {
    let script = Script::timed(ms(100), ms(600));
    let sandbox = Sandbox::builder().default_script(script).start().await?;
    let workspace = workspace(&sandbox, sandbox.access_key())?;
    let installs = installs(&workspace, 30).await?;
    let created = sandbox.requests().len();

    let ids: Vec<_> = installs.iter().map(Install::id).collect();
    let tokens = installs[10..20].iter().map(Install::token);
    let all = installs[..10].iter().map(Into::into);
    let all = all
        .chain(tokens.map(Into::into))
        .chain(ids[20..].iter().map(|id| (*id).into()));
    let mut results = short_intervals(
        workspace
            .connectors()
            .wait_all::<bird_connectors::wait::InstallRef>(all),
    )
    .results();
    let mut channels = BTreeMap::new();
    while let Some(wait) = results.next().await {
        channels.insert(wait.connector_id, wait.result?.channel_id);
    }
    for channel in sandbox.channels() {
        let connector: ConnectorId = channel["connectorId"]
            .as_str()
            .ok_or("no connector")?
            .parse()?;
        let id: ChannelId = channel["id"].as_str().ok_or("no id")?.parse()?;
        assert_eq!(channels.remove(&connector), Some(id));
    }
    assert!(channels.is_empty());
    let totals = results.totals();
    assert_eq!((totals.ready, totals.failed, totals.pending), (30, 0, 0));
    assert_eq!(totals.gets as usize, sandbox.requests().len() - created);
    assert!(sandbox.count(Operation::ListChannels) > 0);
    Ok(())
}

#[tokio::test]
async fn bulk_wait_follows_listed_connectors() -> TestResult {
    let script = Script::timed(ms(100), ms(300));
    let sandbox = Sandbox::builder().default_script(script).start().await?;
    let workspace = workspace(&sandbox, sandbox.access_key())?;
    installs(&workspace, 3).await?;
    let connectors = workspace.connectors().list().collect_up_to(10).await?.items;

    let results = short_intervals(workspace.connectors().wait_all(&connectors)).await;
    assert_eq!(results.len(), 3);
    for wait in results {
        let name = wait
            .result?
            .connector
            .ok_or("the connector that was passed")?
            .name;
        assert!(name.starts_with("Shop"), "{name}");
    }

    let mut foreign = connectors[0].clone();
    foreign.workspace_id = Some(WorkspaceId::from_u128(1));
    let [wait] = &short_intervals(workspace.connectors().wait_all([foreign])).await[..] else {
        return Err("one result".into());
    };
    assert!(
        matches!(wait.result, Err(WaitError::Invalid(_))),
        "{wait:?}"
    );
    Ok(())
}

#[tokio::test]
async fn bulk_wait_ends_under_every_behavior_of_the_channel_list() -> TestResult {
    for unfiltered in [
        UnfilteredChannels::All,
        UnfilteredChannels::OnlyPreview,
        UnfilteredChannels::WithoutPreviewAndPending,
    ] {
        for ids_filter in [ChannelIdsFilter::Applied, ChannelIdsFilter::Ignored] {
            let sandbox = Sandbox::builder()
                .add_access_key(AccessKey::documented_permissions("by-the-book"))
                .default_script(Script::timed(ms(100), ms(400)))
                .behavior(|behavior| {
                    behavior.unfiltered_channels = unfiltered;
                    behavior.channel_ids_filter = ids_filter;
                })
                .connectors(5)
                .start()
                .await?;
            let workspace = workspace(&sandbox, "by-the-book")?;
            let installs = installs(&workspace, 12).await?;
            let wait = workspace
                .connectors()
                .wait_all(installs.iter().map(Install::id));
            for wait in short_intervals(wait).await {
                wait.result?;
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn bulk_wait_reports_failed_and_unfinished_installs() -> TestResult {
    let sandbox = Sandbox::builder()
        .default_script(Script::failing("rejected").scaled(0.05))
        .start()
        .await?;
    let workspace = workspace(&sandbox, sandbox.access_key())?;
    let failing = installs(&workspace, 3).await?;
    let unknown = ConnectorId::from_u128(77);
    let all = failing.iter().map(Install::id).chain([unknown]);
    let wait = workspace.connectors().wait_all(all);
    // Long enough for the failing installs. The wait for the unknown connector always takes this long.
    let options = WaitOptions::new()
        .interval(ms(50), ms(100))
        .timeout(ms(6000));
    let results = wait.options(options).await;
    assert_eq!(results.len(), 4);
    for wait in results {
        match wait.result {
            Err(WaitError::Failed { status, .. }) => assert_eq!(status, "rejected"),
            Err(WaitError::TimedOut(report)) => {
                assert_eq!(
                    (wait.connector_id, report.token.connector_id()),
                    (unknown, unknown)
                );
                assert_eq!(
                    report.last_poll_error.map(|error| error.kind()),
                    Some(ErrorKind::NotFound)
                );
            }
            other => return Err(format!("{other:?}").into()),
        }
    }
    Ok(())
}

#[tokio::test]
async fn dropped_bulk_wait_sends_no_more_requests() -> TestResult {
    let sandbox = Sandbox::builder()
        .default_script(Script::pending(ms(0)))
        .start()
        .await?;
    let workspace = workspace(&sandbox, sandbox.access_key())?;
    let installs = installs(&workspace, 3).await?;
    // The sandbox never responds to the third list, so the wait has nothing else in flight when it is dropped.
    let hang = Rule::on(Operation::ListChannels).nth(3);
    sandbox.rule(hang.delay(Duration::from_secs(600)));
    let mut results = short_intervals(workspace.connectors().wait_all(installs)).results();
    let blocked = async {
        until("the third list", || {
            sandbox.count(Operation::ListChannels) == 3
        })
        .await;
        // Other reads of the same round end.
        tokio::time::sleep(ms(500)).await;
    };
    tokio::select! {
        result = results.next() => return Err(format!("{result:?}").into()),
        () = blocked => {}
    }
    drop(results);
    let requests = sandbox.requests().len();
    // Several intervals.
    tokio::time::sleep(ms(800)).await;
    assert_eq!(sandbox.requests().len(), requests);
    Ok(())
}
