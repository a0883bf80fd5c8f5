//! Bulk installs end to end: the SDK against the sandbox, over real HTTP and in real time.

use std::error::Error as StdError;
use std::time::Duration;

use bird_connectors::install::{FileJournal, InstallItem};
use bird_connectors::models::WorkspaceId;
use bird_connectors::templates::{Sms, Telegram, Voice};
use bird_connectors::wait::{WaitError, WaitOptions};
use bird_connectors::{ChannelMessageType, Client, ErrorKind, Workspace};
use bird_connectors_sandbox::{Operation, Response, Rule, Sandbox, Script};
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
    while let Some(install) = results.next().await {
        let ensured = install.result?;
        assert!(!ensured.adopted());
        assert_eq!(
            ensured.connector().map(|one| one.name.clone()),
            Some(format!("Shop {}", install.index))
        );
        let ready = install.ready.ok_or("no wait")??;
        let channel = ready.channel.ok_or("no channel")?;
        assert_eq!(channel.connector_id, Some(ensured.id()));
        indexes.push(install.index);
    }
    indexes.sort_unstable();
    assert_eq!(indexes, (0..40).collect::<Vec<_>>());
    assert_eq!(
        results.totals().to_string(),
        "40 created, 0 adopted, 0 failed, 0 pending"
    );
    assert_eq!(results.wait_totals().ready, 40);
    assert_eq!(sandbox.count(Operation::CreateConnector), 40);
    // One list for all installs.
    assert_eq!(sandbox.count(Operation::ListConnectors), 1);

    // A second run creates nothing, and every channel is ready.
    let again = connectors.install_all(templates(40)).until_ready().await;
    assert!(again.iter().all(|install| {
        let ensured = install.result.as_ref();
        ensured.is_ok_and(|ensured| ensured.adopted()) && install.channel_id().is_some()
    }));
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
    for install in &all {
        match (install.index, &install.result, &install.ready) {
            (0, Err(error), None) => assert_eq!(error.kind(), ErrorKind::Validation),
            (1.., Ok(ensured), Some(Err(error))) => {
                assert_eq!(install.connector_id(), Some(ensured.id()));
                assert!(matches!(error, WaitError::Failed { .. }));
                assert!(error.to_string().contains("the install failed"), "{error}");
            }
            other => return Err(format!("{other:?}").into()),
        }
        let error = install.error().ok_or("no error")?.to_string();
        let expected = match &install.result {
            Err(error) => error.to_string(),
            Ok(_) => "the install failed".to_owned(),
        };
        assert!(error.contains(&expected), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn mixture_of_templates_and_failed_rows_has_one_result_each() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let connectors = workspace(&sandbox)?.connectors();
    let number = Uuid::from_u128(1);
    let items: [InstallItem; 4] = [
        Voice::new("Reception", number).into(),
        InstallItem::invalid("line 2: no number"),
        Telegram::new("Bot").into(),
        Telegram::new(" ").into(),
    ];
    let mut all = connectors.install_all(items).await;
    all.sort_by_key(|install| install.index);
    let errors: Vec<_> = all
        .iter()
        .map(|install| install.error().map(|error| error.to_string()))
        .collect();
    assert_eq!(
        errors,
        [
            None,
            Some("create a connector: line 2: no number [errors#invalid_input]".to_owned()),
            None,
            Some("create a connector: invalid template `telegram:1`: the name is empty [errors#invalid_input]".to_owned()),
        ]
    );
    assert_eq!(sandbox.count(Operation::CreateConnector), 2);
    Ok(())
}

#[tokio::test]
async fn stopped_run_waits_for_no_more_channels() -> TestResult {
    let script = Script::pending(ms(10));
    let sandbox = Sandbox::builder().default_script(script).start().await?;
    let connectors = workspace(&sandbox)?.connectors();
    let mut results = connectors.install_all(templates(3)).until_ready().results();
    {
        let mut next = std::pin::pin!(results.next());
        // No channel becomes ready.
        tokio::select! {
            _ = &mut next => return Err("a channel is ready".into()),
            () = until("the channels are polled", || sandbox.count(Operation::ListChannels) > 0) => {}
        }
    }
    results.stop();
    let mut indexes = Vec::new();
    while let Some(install) = results.next().await {
        assert!(install.result.is_ok() && install.ready.is_none() && install.error().is_none());
        indexes.push(install.index);
    }
    indexes.sort_unstable();
    assert_eq!(indexes, [0, 1, 2]);
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
            let _ = results.next().await.ok_or("no result")?.result?;
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
    assert!(all.iter().all(|install| install.result.is_ok()));
    assert_eq!(sandbox.connectors().len(), 60);
    Ok(())
}
