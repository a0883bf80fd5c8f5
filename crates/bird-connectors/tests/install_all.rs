//! Onboarding many, end to end: the SDK against the sandbox, over real HTTP and in real time.

use std::error::Error as StdError;
use std::time::Duration;

use bird_connectors::templates::Sms;
use bird_connectors::{
    ChannelMessageType, Client, FileJournal, Kind, OnboardError, WaitError, Workspace,
};
use bird_connectors_sandbox::{Operation, Response, Rule, Sandbox, Script};
use futures_util::StreamExt as _;
use uuid::Uuid;

type Outcome = Result<(), Box<dyn StdError>>;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn workspace(sandbox: &Sandbox) -> Result<Workspace, bird_connectors::Error> {
    Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .build()?
        .workspace(sandbox.workspace_id())
}

fn templates(many: u128) -> impl Iterator<Item = Sms> {
    (0..many).map(|number| {
        Sms::new(format!("Shop {number}"))
            .phone_number_id(Uuid::from_u128(number + 1))
            .channel_message_type(ChannelMessageType::Conversational)
    })
}

#[tokio::test]
async fn onboarding_is_one_call() -> Outcome {
    let script = Script::timed(ms(50), ms(300));
    let sandbox = Sandbox::builder().default_script(script).start().await?;
    let connectors = workspace(&sandbox)?.connectors();
    let onboarding = connectors.install_all(templates(40)).until_ready();
    let mut results = onboarding.interval(ms(50), ms(100)).results();
    let mut numbers = Vec::new();
    while let Some((number, result)) = results.next().await {
        let onboarded = result?;
        assert!(!onboarded.ensured.adopted());
        assert_eq!(
            onboarded.ensured.connector().map(|one| one.name.clone()),
            Some(format!("Shop {number}"))
        );
        let channel = onboarded.ready.channel.ok_or("a channel")?;
        assert_eq!(channel.connector_id, Some(onboarded.ensured.id()));
        numbers.push(number);
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (0..40).collect::<Vec<_>>());
    assert_eq!(
        results.totals().to_string(),
        "40 created, 0 adopted, 0 failed, 0 pending"
    );
    assert_eq!(results.wait_totals().done, 40);
    assert_eq!(sandbox.count(Operation::CreateConnector), 40);
    // Once for all.
    assert_eq!(sandbox.count(Operation::ListConnectors), 1);

    // Again: nothing is created, and everything is ready at once.
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
async fn each_failure_says_where_it_came_about() -> Outcome {
    let script = Script::failing("rejected").scaled(0.05);
    let sandbox = Sandbox::builder().default_script(script).start().await?;
    sandbox.rule(Rule::on(Operation::CreateConnector).respond_with(Response::status(422)));
    let connectors = workspace(&sandbox)?.connectors();
    let onboarding = connectors
        .install_all(templates(5))
        .concurrency(1)
        .until_ready();
    let all = onboarding.interval(ms(50), ms(100)).await;
    assert_eq!(all.len(), 5);
    for (number, result) in &all {
        match (number, result) {
            (0, Err(OnboardError::Install(error))) => assert_eq!(error.kind(), Kind::Validation),
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
async fn a_run_that_was_dropped_is_resumed_from_its_journal() -> Outcome {
    let sandbox = Sandbox::start().await?;
    let connectors = workspace(&sandbox)?.connectors();
    let place = tempfile::tempdir()?;
    let path = place.path().join("onboarding.journal");
    {
        let journal = FileJournal::open(&path)?;
        let mut results = connectors
            .install_all(templates(60))
            .journal(journal)
            .results();
        for _ in 0..25 {
            let _ = results.next().await.ok_or("a result")?.1?;
        }
    }
    // What was under way may still arrive.
    tokio::time::sleep(ms(200)).await;
    let journal = FileJournal::open(&path)?;
    let resumed = connectors.install_all(templates(60)).journal(journal);
    let all = resumed
        .reconcile_window(ms(500))
        .recreate_after_window()
        .await;
    assert_eq!(all.len(), 60);
    assert!(all.iter().all(|(_, result)| result.is_ok()));
    assert_eq!(sandbox.connectors().len(), 60);
    Ok(())
}
