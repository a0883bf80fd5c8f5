//! Bulk installs end to end: the SDK against the sandbox, over real HTTP and in real time.

use std::error::Error as StdError;
use std::time::Duration;

use bird_connectors::install::{FileJournal, OnboardError};
use bird_connectors::models::WorkspaceId;
use bird_connectors::templates::Sms;
use bird_connectors::wait::{WaitError, WaitOptions};
use bird_connectors::{ChannelMessageType, Client, ErrorKind, Workspace};
use bird_connectors_sandbox::{Operation, Response, Rule, Sandbox, Script};
use futures_util::StreamExt as _;
use support::until;
use uuid::Uuid;

mod support;

type TestResult = Result<(), Box<dyn StdError>>;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn workspace(sandbox: &Sandbox) -> Result<Workspace, bird_connectors::Error> {
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .build()?;
    Ok(client.workspace(WorkspaceId::from(sandbox.workspace_id())))
}

fn templates(count: u128) -> impl Iterator<Item = Sms> {
    (0..count).map(|number| {
        Sms::new(
            format!("Shop {number}"),
            Uuid::from_u128(number + 1),
            ChannelMessageType::Conversational,
        )
    })
}

#[tokio::test]
async fn bulk_install_creates_each_connector_once_and_waits_for_its_channel() -> TestResult {
    let script = Script::timed(ms(50), ms(300));
    let sandbox = Sandbox::builder().default_script(script).start().await?;
    let connectors = workspace(&sandbox)?.connectors();
    let installs = connectors.install_all(templates(40)).until_ready();
    let mut results = installs
        .options(WaitOptions::new().interval(ms(50), ms(100)))
        .results();
    let mut indexes = Vec::new();
    while let Some((index, result)) = results.next().await {
        let installed = result?;
        assert!(!installed.ensured.adopted());
        assert_eq!(
            installed.ensured.connector().map(|one| one.name.clone()),
            Some(format!("Shop {index}"))
        );
        let channel = installed.ready.channel.ok_or("no channel")?;
        assert_eq!(channel.connector_id, Some(installed.ensured.id()));
        indexes.push(index);
    }
    indexes.sort_unstable();
    assert_eq!(indexes, (0..40).collect::<Vec<_>>());
    assert_eq!(
        results.totals().to_string(),
        "40 created, 0 adopted, 0 failed, 0 pending"
    );
    assert_eq!(results.wait_totals().done, 40);
    assert_eq!(sandbox.count(Operation::CreateConnector), 40);
    // One list for all installs.
    assert_eq!(sandbox.count(Operation::ListConnectors), 1);

    // A second run creates nothing, and every channel is ready.
    let again = connectors.install_all(templates(40)).until_ready().await;
    assert!(
        again
            .iter()
            .all(|(_, result)| result.as_ref().is_ok_and(|one| one.ensured.adopted()))
    );
    assert_eq!(sandbox.count(Operation::CreateConnector), 40);
    Ok(())
}

#[tokio::test]
async fn failed_install_reports_whether_the_create_or_the_wait_failed() -> TestResult {
    let script = Script::failing("rejected").scaled(0.05);
    let sandbox = Sandbox::builder().default_script(script).start().await?;
    sandbox.rule(Rule::on(Operation::CreateConnector).respond_with(Response::status(422)));
    let connectors = workspace(&sandbox)?.connectors();
    let installs = connectors
        .install_all(templates(5))
        .concurrency(1)
        .until_ready();
    let all = installs
        .options(WaitOptions::new().interval(ms(50), ms(100)))
        .await;
    assert_eq!(all.len(), 5);
    for (index, result) in &all {
        match (index, result) {
            (0, Err(OnboardError::Install(error))) => {
                assert_eq!(error.kind(), ErrorKind::Validation)
            }
            (1.., Err(error @ OnboardError::Wait { ensured, .. })) => {
                assert_eq!(error.connector_id(), Some(ensured.id()));
                assert!(matches!(
                    error,
                    OnboardError::Wait {
                        error: WaitError::Failed { .. },
                        ..
                    }
                ));
                assert!(error.to_string().contains("the install failed"), "{error}");
            }
            other => return Err(format!("{other:?}").into()),
        }
    }
    Ok(())
}

#[tokio::test]
async fn dropped_run_resumes_from_its_journal_without_duplicates() -> TestResult {
    const CONCURRENCY: usize = 10;
    let sandbox = Sandbox::start().await?;
    // After 25 creates the sandbox stops responding. It processes every second one of the following.
    let never = Duration::from_secs(600);
    for number in 26..=60 {
        let create = Rule::on(Operation::CreateConnector).nth(number);
        sandbox.rule(match number % 2 {
            0 => create.delay(never),
            _ => create.delay_response(never),
        });
    }
    let connectors = workspace(&sandbox)?.connectors();
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("installs.journal");
    {
        let installs = connectors.install_all(templates(60));
        let installs = installs.journal(FileJournal::open(&path)?);
        let mut results = installs.concurrency(CONCURRENCY).results();
        for _ in 0..25 {
            let _ = results.next().await.ok_or("no result")?.1?;
        }
        // The run is dropped when every create in flight has reached the sandbox: none arrives afterwards.
        let in_flight = || sandbox.count(Operation::CreateConnector) == 25 + CONCURRENCY as u64;
        tokio::select! {
            result = results.next() => return Err(format!("{result:?}").into()),
            () = until("the creates in flight", in_flight) => {}
        }
    }
    sandbox.clear_rules();
    assert_eq!(sandbox.connectors().len(), 25 + CONCURRENCY / 2);
    let resumed = connectors.install_all(templates(60));
    let all = resumed
        .journal(FileJournal::open(&path)?)
        .reconcile_window(ms(500))
        .recreate_after_window()
        .await;
    assert_eq!(all.len(), 60);
    assert!(all.iter().all(|(_, result)| result.is_ok()));
    assert_eq!(sandbox.connectors().len(), 60);
    Ok(())
}
