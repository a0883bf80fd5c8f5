//! Waiting for many installs, end to end: the SDK against the sandbox, over real HTTP and in real time. Scripts and
//! intervals are short; what takes long is tested in paused time beside the code.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::time::Duration;

use bird_connectors::templates::Sms;
use bird_connectors::{ChannelMessageType, Client, Install, Kind, WaitAll, WaitError, Workspace};
use bird_connectors_sandbox::behavior::{ChannelIdsFilter, UnfilteredChannels};
use bird_connectors_sandbox::{AccessKey, Operation, Sandbox, Script};
use futures_util::StreamExt as _;
use uuid::Uuid;

type Outcome = Result<(), Box<dyn StdError>>;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn workspace(sandbox: &Sandbox, key: &str) -> Result<Workspace, bird_connectors::Error> {
    Client::builder()
        .base_url(sandbox.base_url())
        .access_key(key)
        .build()?
        .workspace(sandbox.workspace_id())
}

async fn installs(
    workspace: &Workspace,
    many: u128,
) -> Result<Vec<Install>, bird_connectors::Error> {
    let mut installs = Vec::new();
    for number in 0..many {
        let sms = Sms::new(format!("Shop {number}"))
            .phone_number_id(Uuid::from_u128(number + 1))
            .channel_message_type(ChannelMessageType::Conversational);
        installs.push(workspace.connectors().install(sms).await?);
    }
    Ok(installs)
}

/// Short pauses, and a deadline that only a broken wait comes to.
fn brisk(wait: WaitAll) -> WaitAll {
    wait.interval(ms(100), ms(200))
        .deadline(Duration::from_secs(30))
}

#[tokio::test]
async fn installs_ids_and_tokens_are_followed_with_one_list() -> Outcome {
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
    let mut results = brisk(
        workspace
            .connectors()
            .wait_all::<bird_connectors::InstallRef>(all),
    )
    .results();
    let mut channels = BTreeMap::new();
    while let Some((connector, result)) = results.next().await {
        channels.insert(connector, result?.channel_id);
    }
    for channel in sandbox.channels() {
        let id = |name: &str| {
            channel[name]
                .as_str()
                .and_then(|id| id.parse::<Uuid>().ok())
        };
        let connector = id("connectorId").ok_or("a connector")?;
        assert_eq!(channels.remove(&connector), id("id"));
    }
    assert!(channels.is_empty());
    let totals = results.totals();
    assert_eq!((totals.done, totals.failed, totals.pending), (30, 0, 0));
    assert_eq!(totals.gets as usize, sandbox.requests().len() - created);
    assert!(sandbox.count(Operation::ListChannels) > 0);
    Ok(())
}

#[tokio::test]
async fn every_reading_of_the_lists_comes_to_the_same() -> Outcome {
    for unfiltered in [
        UnfilteredChannels::All,
        UnfilteredChannels::OnlyPreview,
        UnfilteredChannels::WithoutPreviewAndPending,
    ] {
        for by_ids in [ChannelIdsFilter::Applied, ChannelIdsFilter::Ignored] {
            let sandbox = Sandbox::builder()
                .add_access_key(AccessKey::documented_permissions("by-the-book"))
                .default_script(Script::timed(ms(100), ms(400)))
                .behavior(|behavior| {
                    behavior.unfiltered_channels = unfiltered;
                    behavior.channel_ids_filter = by_ids;
                })
                .connectors(5)
                .start()
                .await?;
            let workspace = workspace(&sandbox, "by-the-book")?;
            let installs = installs(&workspace, 12).await?;
            let wait = workspace
                .connectors()
                .wait_all(installs.iter().map(Install::id));
            for (_, result) in brisk(wait).await {
                result?;
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn failed_ones_and_those_that_do_not_finish_say_so() -> Outcome {
    let sandbox = Sandbox::builder()
        .default_script(Script::failing("rejected").scaled(0.1))
        .start()
        .await?;
    let workspace = workspace(&sandbox, sandbox.access_key())?;
    let failing = installs(&workspace, 3).await?;
    let unknown = Uuid::from_u128(77);
    let all = failing.iter().map(Install::id).chain([unknown]);
    let wait = workspace.connectors().wait_all(all);
    let results = wait.interval(ms(50), ms(100)).deadline(ms(2000)).await;
    assert_eq!(results.len(), 4);
    for (connector, result) in results {
        match result {
            Err(WaitError::Failed { status, .. }) => assert_eq!(status, "rejected"),
            Err(WaitError::TimedOut(report)) => {
                assert_eq!((connector, report.token.connector()), (unknown, unknown));
                assert_eq!(
                    report.last_poll_error.map(|error| error.kind()),
                    Some(Kind::NotFound)
                );
            }
            other => return Err(format!("{other:?}").into()),
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_dropped_wait_asks_nothing_more() -> Outcome {
    let sandbox = Sandbox::builder()
        .default_script(Script::pending(ms(0)))
        .start()
        .await?;
    let workspace = workspace(&sandbox, sandbox.access_key())?;
    let installs = installs(&workspace, 3).await?;
    let mut results = brisk(workspace.connectors().wait_all(installs)).results();
    assert!(tokio::time::timeout(ms(400), results.next()).await.is_err());
    drop(results);
    // What was under way may still arrive.
    tokio::time::sleep(ms(200)).await;
    let asked = sandbox.requests().len();
    tokio::time::sleep(ms(300)).await;
    assert_eq!(sandbox.requests().len(), asked);
    Ok(())
}
