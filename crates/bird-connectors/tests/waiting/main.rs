//! Waiting for an install, end to end: the SDK against the sandbox, over real HTTP and in real time. Scripts and
//! intervals are short; what takes long is tested in paused time beside the code.

mod resume;

use std::error::Error as StdError;
use std::time::Duration;

use bird_connectors::templates::Sms;
use bird_connectors::{
    ChannelMessageType, Client, Condition, Install, Kind, Progress, StatusSource, UntilReady,
    WaitError, Workspace,
};
use bird_connectors_sandbox::behavior::UnfilteredChannels;
use bird_connectors_sandbox::{
    AccessKey, ChannelField, Operation, Response, Rule, Sandbox, Script, Step,
};
use futures_util::StreamExt as _;
use serde_json::json;
use uuid::Uuid;

type Outcome = Result<(), Box<dyn StdError>>;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn workspace_with(sandbox: &Sandbox, key: &str) -> Result<Workspace, bird_connectors::Error> {
    Client::builder()
        .base_url(sandbox.base_url())
        .access_key(key)
        .rate_limit(None)
        .build()?
        .workspace(sandbox.workspace_id())
}

fn workspace(sandbox: &Sandbox) -> Result<Workspace, bird_connectors::Error> {
    workspace_with(sandbox, sandbox.access_key())
}

async fn install(workspace: &Workspace) -> Result<Install, bird_connectors::Error> {
    let sms = Sms::new("Support NL")
        .phone_number_id(Uuid::from_u128(7))
        .channel_message_type(ChannelMessageType::Conversational);
    workspace.connectors().install(sms).await
}

/// A wait with short pauses, and a deadline that only a broken wait comes to.
fn wait_for(install: &Install) -> UntilReady {
    install
        .until_ready()
        .interval(ms(20), ms(50))
        .deadline(Duration::from_secs(20))
}

/// Installs with this script.
async fn scripted(script: Script) -> Result<(Sandbox, Install), Box<dyn StdError>> {
    let sandbox = Sandbox::builder().default_script(script).start().await?;
    let install = install(&workspace(&sandbox)?).await?;
    Ok((sandbox, install))
}

/// Installs, and follows the wait to its end. After each poll the next of these steps happens, so that nothing depends
/// on how fast this machine is.
async fn poll_by_poll(
    script: Script,
    then: impl IntoIterator<Item = Step>,
) -> Result<(Sandbox, Vec<Progress>, Option<WaitError>), Box<dyn StdError>> {
    let (sandbox, install) = scripted(script).await?;
    let mut then = then.into_iter();
    let mut progress = wait_for(&install).progress();
    let (mut steps, mut end) = (Vec::new(), None);
    while let Some(step) = progress.next().await {
        match step {
            Ok(step) => steps.push(step),
            Err(error) => end = Some(error),
        }
        if let Some(next) = then.next() {
            assert!(sandbox.apply_step(install.id(), next));
        }
    }
    Ok((sandbox, steps, end))
}

fn only_channel(sandbox: &Sandbox) -> Option<Uuid> {
    sandbox.channels().first()?["id"].as_str()?.parse().ok()
}

#[tokio::test]
async fn an_sms_channel_becomes_ready_and_can_send() -> Outcome {
    let (sandbox, install) = scripted(Script::timed(ms(100), ms(300))).await?;
    let ready = wait_for(&install).await?;
    assert_eq!(Some(ready.channel_id), only_channel(&sandbox));
    assert_eq!(ready.confirmed_by, StatusSource::Channel);
    assert_eq!(
        ready.connector.and_then(|connector| connector.channel_id()),
        Some(ready.channel_id)
    );

    let channels = workspace(&sandbox)?.channels();
    channels
        .send_text(ready.channel_id, "+31612345678", "It works.")
        .await?;
    assert_eq!(sandbox.messages()[0].channel_id, ready.channel_id);
    Ok(())
}

#[tokio::test]
async fn progress_shows_each_change_and_ends_ready() -> Outcome {
    let then = [
        Step::NoChannel(ChannelField::EmptyId),
        Step::Channel("pending".into()),
        Step::Status("carrier-review".into()),
        Step::Stage("almost".into()),
        Step::Status("active".into()),
    ];
    let (_sandbox, steps, error) = poll_by_poll(Script::never(), then).await?;
    assert!(error.is_none());
    let seen: Vec<_> = steps
        .iter()
        .map(|step| {
            (
                step.poll,
                step.channel_id.is_some(),
                step.status.as_deref(),
                step.stage.as_deref(),
                step.ready,
            )
        })
        .collect();
    let (pending, review) = (Some("pending"), Some("carrier-review"));
    let (accepted, almost) = (Some("accepted"), Some("almost"));
    let expected = [
        (1, false, pending, accepted, false),
        (2, false, pending, accepted, false),
        (3, true, pending, accepted, false),
        (4, true, review, accepted, false),
        (5, true, review, almost, false),
        (6, true, Some("active"), almost, true),
    ];
    assert_eq!(seen, expected);
    Ok(())
}

#[tokio::test]
async fn the_default_settings_do_and_useless_ones_are_refused() -> Outcome {
    let (sandbox, install) = scripted(Script::instant()).await?;
    let ready = install.until_ready().await?;
    assert_eq!(
        (Some(ready.channel_id), ready.polls),
        (only_channel(&sandbox), 1)
    );
    let last = install.progress().collect::<Vec<_>>().await.pop();
    assert!(last.is_some_and(|step| step.is_ok_and(|step| step.ready)));

    let too_fast = install.until_ready().interval(ms(9), ms(50));
    assert!(matches!(too_fast.await, Err(WaitError::Invalid(_))));
    Ok(())
}

#[tokio::test]
async fn a_failed_install_says_what_said_so() -> Outcome {
    let (_sandbox, install) = scripted(Script::failing("Rejected").scaled(0.1)).await?;
    let error = wait_for(&install).await.unwrap_err();
    let WaitError::Failed {
        status,
        source,
        report,
        ..
    } = &error
    else {
        return Err(error.into());
    };
    assert_eq!(status, "Rejected");
    assert!([StatusSource::Channel, StatusSource::ReadinessChannel].contains(source));
    assert_eq!(report.stage.as_deref(), Some("verifying"));
    assert!(
        error
            .to_string()
            .contains("says `Rejected`; delete the connector, then install again"),
        "{error}"
    );
    assert_eq!(error.connector_id(), Some(install.id()));
    Ok(())
}

#[tokio::test]
async fn conditions_and_failure_words_of_the_callers_own() -> Outcome {
    let words = ["pending", "failed", "wired"];
    let (sandbox, install) = scripted(Script::statuses(ms(150), words)).await?;
    let ready = wait_for(&install)
        .failure_statuses(["broken"])
        .until(Condition::status("wired"))
        .forever()
        .await?;
    assert_eq!(
        ready.channel.and_then(|channel| channel.status),
        Some("wired".into())
    );

    let error = wait_for(&install)
        .failure_statuses(["WIRED"])
        .await
        .unwrap_err();
    assert!(matches!(error, WaitError::Failed { .. }), "{error}");

    let ready = wait_for(&install).until(Condition::has_channel()).await?;
    assert_eq!(Some(ready.channel_id), only_channel(&sandbox));

    let number = Condition::matches(|channel| channel.identifier.is_some());
    assert!(wait_for(&install).until(number).await?.channel.is_some());
    Ok(())
}

#[tokio::test]
async fn a_time_out_says_what_was_seen_last() -> Outcome {
    let (sandbox, install) = scripted(Script::pending(ms(50))).await?;
    let error = wait_for(&install).deadline(ms(400)).await.unwrap_err();
    let WaitError::TimedOut(report) = &error else {
        return Err(error.into());
    };
    assert_eq!(
        report.channel.as_ref().map(|channel| channel.id),
        only_channel(&sandbox)
    );
    assert!(report.elapsed >= ms(400));
    let text = error.to_string();
    let id = install.id();
    let expected = format!(
        ", last status `pending`, stage `provisioning`, {} polls",
        report.polls
    );
    assert!(
        text.starts_with(&format!("wait for connector {id}: timed out after 0.")),
        "{text}"
    );
    assert!(text.ends_with(&expected), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_deadline_cuts_a_request_that_hangs() -> Outcome {
    let (sandbox, install) = scripted(Script::instant()).await?;
    sandbox.delay(Operation::GetChannel, Duration::from_secs(60));
    let error = wait_for(&install).deadline(ms(100)).await.unwrap_err();
    let WaitError::TimedOut(report) = &error else {
        return Err(error.into());
    };
    assert_eq!(
        report.last_poll_error.as_ref().map(|error| error.kind()),
        Some(Kind::Timeout)
    );
    assert!(report.elapsed < Duration::from_secs(50));
    // What was read before the cut is kept.
    assert!(report.readiness.is_some() && report.connector.is_some());
    Ok(())
}

#[tokio::test]
async fn a_connector_that_is_committed_late_is_waited_for() -> Outcome {
    let script = Script::timed(ms(100), ms(300)).commit_after(ms(600));
    let (_sandbox, install) = scripted(script).await?;
    let steps: Vec<_> = wait_for(&install).progress().collect().await;
    let first = steps[0].as_ref().map_err(ToString::to_string)?;
    assert_eq!(
        first.error.as_ref().map(|error| error.kind()),
        Some(Kind::NotFound)
    );
    assert!(
        steps
            .last()
            .is_some_and(|step| step.as_ref().is_ok_and(|step| step.ready))
    );
    Ok(())
}

#[tokio::test]
async fn a_channel_that_is_replaced_is_followed() -> Outcome {
    let (old, new) = (Uuid::from_u128(0xa), Uuid::from_u128(0xb));
    let script = Script::statuses(ms(0), ["pending"])
        .step(
            Duration::from_secs(3600),
            Step::Channel("the script has two channels".into()),
        )
        .channel_ids([old, new]);
    let then = [
        Step::NoChannel(ChannelField::Null),
        Step::Channel("pending".into()),
        Step::Status("active".into()),
    ];
    let (_sandbox, steps, error) = poll_by_poll(script, then).await?;
    assert!(error.is_none());
    let ids: Vec<_> = steps.iter().map(|step| step.channel_id).collect();
    assert_eq!(ids, [Some(old), None, Some(new), Some(new)]);
    Ok(())
}

#[tokio::test]
async fn a_template_without_readiness_is_waited_for_all_the_same() -> Outcome {
    let script = Script::pending(ms(0)).readiness(false);
    let then = ["pending", "pending", "pending", "active"].map(|word| Step::Status(word.into()));
    let (sandbox, steps, error) = poll_by_poll(script, then).await?;
    assert!(error.is_none());
    assert_eq!(steps.len(), 5);
    // Absent twice, once the connector is known to be there, and then not asked again.
    assert!(sandbox.count(Operation::GetConnectorStatus) <= 3);
    Ok(())
}

#[tokio::test]
async fn a_key_by_the_book_finds_its_channel_in_the_list() -> Outcome {
    for unfiltered in [UnfilteredChannels::All, UnfilteredChannels::OnlyPreview] {
        let sandbox = Sandbox::builder()
            .add_access_key(AccessKey::documented_permissions("by-the-book"))
            .default_script(Script::timed(ms(100), ms(300)))
            .behavior(|behavior| behavior.unfiltered_channels = unfiltered)
            .connectors(5)
            .start()
            .await?;
        let workspace = workspace_with(&sandbox, "by-the-book")?;
        let install = workspace
            .connectors()
            .follow(install(&workspace).await?.id());
        let ready = wait_for(&install).await?;
        assert_eq!(
            (ready.confirmed_by, ready.connector),
            (StatusSource::Channel, None)
        );
        let own = ready.channel.and_then(|channel| channel.connector_id);
        assert_eq!(own, Some(install.id()));
        // Refused once, and not asked again.
        assert_eq!(sandbox.count(Operation::GetConnector), 1);
        assert_eq!(sandbox.count(Operation::GetConnectorStatus), 1);
    }
    Ok(())
}

#[tokio::test]
async fn the_newest_channel_in_the_list_counts_and_a_broken_entry_does_no_harm() -> Outcome {
    let (sandbox, install) = scripted(Script::pending(ms(0))).await?;
    sandbox.deny(Operation::GetConnector);
    let new = Uuid::from_u128(0xb);
    sandbox.insert_channel(json!({ "id": 7 }));
    sandbox.insert_channel(json!({
        "id": new, "connectorId": install.id(), "status": "carrier-review", "createdAt": "2100-01-01T00:00:00Z",
    }));
    let install = workspace(&sandbox)?.connectors().follow(install.id());
    // Only the list without a filter shows a status that is not documented.
    let review = Condition::status("carrier-review");
    assert_eq!(wait_for(&install).until(review).await?.channel_id, new);
    Ok(())
}

#[tokio::test]
async fn readiness_stands_in_for_a_channel_that_may_not_be_read() -> Outcome {
    let (sandbox, install) = scripted(Script::timed(ms(50), ms(200))).await?;
    sandbox.deny(Operation::GetChannel);
    let ready = wait_for(&install).await?;
    assert_eq!(Some(ready.channel_id), only_channel(&sandbox));
    assert_eq!(
        (ready.confirmed_by, ready.channel),
        (StatusSource::ReadinessChannel, None)
    );
    Ok(())
}

#[tokio::test]
async fn a_key_that_may_read_nothing_is_told_what_it_lacks() -> Outcome {
    let (sandbox, install) = scripted(Script::pending(ms(50))).await?;
    sandbox.deny(Operation::GetConnector);
    sandbox.deny(Operation::ListChannels);
    let error = wait_for(&install).await.unwrap_err();
    assert!(matches!(error, WaitError::Denied { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("nothing is left that this access key may read"),
        "{text}"
    );
    assert!(
        text.contains("needs the permission `view /workspaces/*/channels`"),
        "{text}"
    );
    Ok(())
}

#[tokio::test]
async fn a_key_that_is_not_accepted_ends_the_wait() -> Outcome {
    let (sandbox, install) = scripted(Script::pending(ms(0))).await?;
    let other = workspace_with(&sandbox, "some-other-key")?;
    let error = wait_for(&other.connectors().resume(install.token())?)
        .await
        .unwrap_err();
    let WaitError::Denied { error, report, .. } = &error else {
        return Err(error.into());
    };
    assert_eq!((error.kind(), report.polls), (Kind::Authentication, 1));
    Ok(())
}

#[tokio::test]
async fn a_connector_that_is_deleted_meanwhile_has_vanished() -> Outcome {
    let (_sandbox, steps, error) = poll_by_poll(Script::pending(ms(0)), [Step::Vanish]).await?;
    let error = error.ok_or("it is gone")?;
    assert!(matches!(error, WaitError::Vanished(_)), "{error}");
    let text = error.to_string();
    assert!(text.contains("it does not exist any more"), "{text}");
    assert!(text.contains("last status `pending`"), "{text}");
    assert_eq!(steps.len(), 3);
    Ok(())
}

#[tokio::test]
async fn each_poll_is_one_attempt_and_retry_after_delays_the_next() -> Outcome {
    let (sandbox, install) = scripted(Script::instant()).await?;
    let pause = Response::status(429).header("retry-after", "0.4");
    sandbox.rule(Rule::on(Operation::GetChannel).respond_with(Response::status(503)));
    sandbox.rule(Rule::on(Operation::GetChannel).respond_with(pause));
    let steps: Vec<_> = wait_for(&install).progress().collect().await;
    let attempts: Vec<_> = steps
        .iter()
        .filter_map(|step| step.as_ref().ok()?.error.as_ref())
        .map(|error| (error.status(), error.attempts()))
        .collect();
    assert_eq!(attempts, [(Some(503), 1), (Some(429), 1)]);
    let asked = sandbox.requests_to(Operation::GetChannel);
    assert_eq!(asked.len(), 3);
    assert!(asked[2].at - asked[1].at >= ms(400));
    Ok(())
}

#[tokio::test]
async fn a_dropped_wait_asks_nothing_more() -> Outcome {
    let (sandbox, install) = scripted(Script::pending(ms(0))).await?;
    let wait = wait_for(&install).into_future();
    assert!(tokio::time::timeout(ms(150), wait).await.is_err());
    // What was under way may still arrive.
    tokio::time::sleep(ms(200)).await;
    let asked = sandbox.requests().len();
    assert!(asked > 1);
    tokio::time::sleep(ms(200)).await;
    assert_eq!(sandbox.requests().len(), asked);
    Ok(())
}
