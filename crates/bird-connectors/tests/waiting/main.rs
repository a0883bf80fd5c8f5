//! Waiting for an install end to end: the SDK against the sandbox, over real HTTP and in real time, with short scripts and
//! intervals. Unit tests cover long waits, in paused time.

mod permissions;
mod responses;
mod resume;
#[path = "../support/mod.rs"]
mod support;

use std::error::Error as StdError;
use std::time::Duration;

use bird_connectors::install::Install;
use bird_connectors::models::{ChannelId, WorkspaceId};
use bird_connectors::templates::Sms;
use bird_connectors::wait::{
    Condition, Progress, Ready, StatusSource, Steps, UntilReady, WaitError, WaitOptions,
};
use bird_connectors::{ChannelMessageType, Client, ErrorKind, Workspace, wait};
use bird_connectors_sandbox::{ChannelField, Operation, Response, Rule, Sandbox, Script, Step};
use support::until;
use uuid::Uuid;

type TestResult = Result<(), Box<dyn StdError>>;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn workspace_with(sandbox: &Sandbox, key: &str) -> Result<Workspace, bird_connectors::Error> {
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key(key)
        .rate_limit(None)
        .build()?;
    Ok(client.workspace(WorkspaceId::from(sandbox.workspace_id())))
}

fn workspace(sandbox: &Sandbox) -> Result<Workspace, bird_connectors::Error> {
    workspace_with(sandbox, sandbox.access_key())
}

async fn install(workspace: &Workspace) -> Result<Install, bird_connectors::Error> {
    let sms = Sms::new(
        "Support NL",
        Uuid::from_u128(7),
        ChannelMessageType::Conversational,
    );
    workspace.connectors().install(sms).await
}

/// Long enough for a poll on a busy machine, for tests that wait for a timeout.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Short intervals, and a timeout that only a broken wait reaches.
fn options() -> WaitOptions {
    WaitOptions::new()
        .interval(ms(20), ms(50))
        .timeout(Duration::from_secs(60))
}

/// A wait with these options.
fn wait_for(install: &Install) -> UntilReady {
    install.until_ready().options(options())
}

/// Starts an install that follows this script.
async fn scripted(script: Script) -> Result<(Sandbox, Install), Box<dyn StdError>> {
    let sandbox = Sandbox::builder().default_script(script).start().await?;
    let install = install(&workspace(&sandbox)?).await?;
    Ok((sandbox, install))
}

/// Starts an install and follows a wait to its end. One of the steps happens after each poll, so the result does not
/// depend on the machine's speed.
async fn poll_by_poll(
    script: Script,
    steps_between_polls: impl IntoIterator<Item = Step>,
) -> Result<(Sandbox, Vec<Progress>, Option<WaitError>), Box<dyn StdError>> {
    let (sandbox, install) = scripted(script).await?;
    let mut steps_between_polls = steps_between_polls.into_iter();
    let mut progress = wait_for(&install).progress();
    let (mut polls, mut failure) = (Vec::new(), None);
    while let Some(poll) = progress.next().await {
        match poll {
            Ok(wait::Step::Poll(poll)) => polls.push(poll),
            Ok(_) => {}
            Err(error) => failure = Some(error),
        }
        if let Some(next) = steps_between_polls.next() {
            assert!(sandbox.apply_step(install.id().into(), next));
        }
    }
    Ok((sandbox, polls, failure))
}

/// Reads a wait to its end. Returns its polls and its result.
async fn read(mut steps: Steps) -> (Vec<Progress>, Result<Ready, WaitError>) {
    let mut polls = Vec::new();
    let result = loop {
        match steps.next().await {
            Some(Ok(wait::Step::Poll(poll))) => polls.push(poll),
            Some(Ok(wait::Step::Ready(ready))) => break Ok(ready),
            Some(Err(error)) => break Err(error),
            other => panic!("{other:?}"),
        }
    };
    assert!(steps.next().await.is_none(), "the result is the last item");
    (polls, result)
}

fn only_channel(sandbox: &Sandbox) -> Option<ChannelId> {
    sandbox.channels().first()?["id"].as_str()?.parse().ok()
}

#[tokio::test]
async fn ready_sms_channel_can_send_a_message() -> TestResult {
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
    assert_eq!(
        sandbox.messages()[0].channel_id,
        *ready.channel_id.as_uuid()
    );
    Ok(())
}

#[tokio::test]
async fn progress_reports_each_change_and_ends_ready() -> TestResult {
    let steps = [
        Step::NoChannel(ChannelField::EmptyId),
        Step::Channel("pending".into()),
        Step::Status("carrier-review".into()),
        Step::Stage("almost".into()),
        Step::Status("active".into()),
    ];
    let (_sandbox, polls, error) = poll_by_poll(Script::never(), steps).await?;
    assert!(error.is_none());
    let reported: Vec<_> = polls
        .iter()
        .map(|poll| {
            (
                poll.poll,
                poll.channel_id.is_some(),
                poll.status.as_deref(),
                poll.stage.as_deref(),
                poll.ready,
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
    assert_eq!(reported, expected);
    Ok(())
}

#[tokio::test]
async fn default_options_work_and_a_too_short_interval_is_rejected() -> TestResult {
    let (sandbox, install) = scripted(Script::instant()).await?;
    let ready = install.until_ready().await?;
    assert_eq!(
        (Some(ready.channel_id), ready.polls),
        (only_channel(&sandbox), 1)
    );
    let (polls, result) = read(install.progress()).await;
    assert!(polls.last().is_some_and(|poll| poll.ready));
    assert_eq!(result?.channel_id, ready.channel_id);

    let too_short = install
        .until_ready()
        .options(WaitOptions::new().interval(ms(9), ms(50)));
    assert!(matches!(too_short.await, Err(WaitError::Invalid(_))));
    Ok(())
}

#[tokio::test]
async fn failed_install_reports_the_status_and_the_resource() -> TestResult {
    let (_sandbox, install) = scripted(Script::failing("Rejected").scaled(0.1)).await?;
    let error = wait_for(&install).await.unwrap_err();
    let WaitError::Failed {
        status,
        reported_by,
        report,
        ..
    } = &error
    else {
        return Err(error.into());
    };
    assert_eq!(status, "Rejected");
    assert!([StatusSource::Channel, StatusSource::ReadinessChannel].contains(reported_by));
    assert_eq!(report.stage.as_deref(), Some("verifying"));
    assert!(
        error
            .to_string()
            .contains("is `Rejected`; delete the connector, then install or ensure again"),
        "{error}"
    );
    assert_eq!(error.connector_id(), Some(install.id()));
    Ok(())
}

#[tokio::test]
async fn custom_conditions_and_failure_statuses_replace_the_defaults() -> TestResult {
    let statuses = ["pending", "failed", "wired"];
    let (sandbox, install) = scripted(Script::statuses(ms(150), statuses)).await?;
    let wait_with = |options| install.until_ready().options(options);
    let wired = options()
        .failure_statuses(["broken"])
        .until(Condition::status("wired"))
        .no_timeout();
    let ready = wait_with(wired).await?;
    assert_eq!(
        ready.channel.and_then(|channel| channel.status),
        Some("wired".into())
    );

    let error = wait_with(options().failure_statuses(["WIRED"]))
        .await
        .unwrap_err();
    assert!(matches!(error, WaitError::Failed { .. }), "{error}");

    let ready = wait_with(options().until(Condition::has_channel())).await?;
    assert_eq!(Some(ready.channel_id), only_channel(&sandbox));

    let identified = Condition::matches(|channel| channel.identifier.is_some());
    let ready = wait_with(options().until(identified)).await?;
    assert!(ready.channel.is_some());
    Ok(())
}

#[tokio::test]
async fn timeout_reports_the_last_observation() -> TestResult {
    let (sandbox, install) = scripted(Script::pending(ms(50))).await?;
    let error = install
        .until_ready()
        .options(options().timeout(TIMEOUT))
        .await
        .unwrap_err();
    let WaitError::TimedOut(report) = &error else {
        return Err(error.into());
    };
    assert_eq!(
        report.channel.as_ref().map(|channel| channel.id),
        only_channel(&sandbox)
    );
    assert!(report.elapsed >= TIMEOUT);
    let message = error.to_string();
    let id = install.id();
    let elapsed = report.elapsed.as_secs_f64();
    let start = format!("wait for connector {id}: timed out after {elapsed:.1} s");
    let last = format!(
        ", last status `pending`, stage `provisioning`, {} polls",
        report.polls
    );
    assert!(message.starts_with(&start), "{message}");
    // In between, there is the error of a poll that the timeout has cut off, if there was one.
    assert!(message.contains(&last), "{message}");
    assert!(message.ends_with(" [errors#wait_timed_out]"), "{message}");
    Ok(())
}

#[tokio::test]
async fn timeout_cancels_a_hanging_request() -> TestResult {
    let (sandbox, install) = scripted(Script::instant()).await?;
    sandbox.delay(Operation::GetChannel, Duration::from_secs(600));
    let error = install
        .until_ready()
        .options(options().timeout(TIMEOUT))
        .await
        .unwrap_err();
    let WaitError::TimedOut(report) = &error else {
        return Err(error.into());
    };
    assert_eq!(
        report.last_poll_error.as_ref().map(|error| error.kind()),
        Some(ErrorKind::Timeout)
    );
    assert!(report.elapsed < Duration::from_secs(300));
    // The report keeps what the poll read before.
    assert!(report.readiness.is_some() && report.connector.is_some());
    Ok(())
}

#[tokio::test]
async fn wait_continues_until_the_connector_is_visible() -> TestResult {
    // Long enough for a first poll before the connector becomes visible.
    let script = Script::timed(ms(100), ms(300)).commit_after(TIMEOUT);
    let (_sandbox, install) = scripted(script).await?;
    let (polls, result) = read(wait_for(&install).progress()).await;
    result?;
    assert_eq!(
        polls[0].error.as_ref().map(|error| error.kind()),
        Some(ErrorKind::NotFound)
    );
    assert!(polls.last().is_some_and(|poll| poll.ready));
    Ok(())
}

#[tokio::test]
async fn replaced_channel_is_followed() -> TestResult {
    let [old, new] = [0xa, 0xb].map(ChannelId::from_u128);
    let script = Script::statuses(ms(0), ["pending"])
        .step(
            Duration::from_secs(3600),
            Step::Channel("the script has two channels".into()),
        )
        .channel_ids([old, new].map(Into::into));
    let steps = [
        Step::NoChannel(ChannelField::Null),
        Step::Channel("pending".into()),
        Step::Status("active".into()),
    ];
    let (_sandbox, polls, error) = poll_by_poll(script, steps).await?;
    assert!(error.is_none());
    let ids: Vec<_> = polls.iter().map(|poll| poll.channel_id).collect();
    assert_eq!(ids, [Some(old), None, Some(new), Some(new)]);
    Ok(())
}

#[tokio::test]
async fn template_without_readiness_becomes_ready_by_its_channel() -> TestResult {
    let script = Script::pending(ms(0)).readiness(false);
    let steps =
        ["pending", "pending", "pending", "active"].map(|status| Step::Status(status.into()));
    let (sandbox, polls, error) = poll_by_poll(script, steps).await?;
    assert!(error.is_none());
    assert_eq!(polls.len(), 5);
    // After the connector is visible, two 404 responses end the reads of readiness.
    assert!(sandbox.count(Operation::GetConnectorStatus) <= 3);
    Ok(())
}

#[tokio::test]
async fn deleted_connector_ends_the_wait() -> TestResult {
    let (_sandbox, polls, error) = poll_by_poll(Script::pending(ms(0)), [Step::Vanish]).await?;
    let error = error.ok_or("the wait succeeded")?;
    assert!(matches!(error, WaitError::Vanished(_)), "{error}");
    let message = error.to_string();
    assert!(
        message.contains("the connector no longer exists"),
        "{message}"
    );
    assert!(message.contains("last status `pending`"), "{message}");
    assert_eq!(polls.len(), 3);
    Ok(())
}

#[tokio::test]
async fn poll_makes_one_attempt_and_retry_after_delays_the_next_poll() -> TestResult {
    let (sandbox, install) = scripted(Script::instant()).await?;
    let rate_limited = Response::status(429).header("retry-after", "0.4");
    sandbox.rule(Rule::on(Operation::GetChannel).respond_with(Response::status(503)));
    sandbox.rule(Rule::on(Operation::GetChannel).respond_with(rate_limited));
    let (polls, _) = read(wait_for(&install).progress()).await;
    let attempts: Vec<_> = polls
        .iter()
        .filter_map(|poll| poll.error.as_ref())
        .map(|error| {
            (
                error.status().map(|status| status.as_u16()),
                error.attempts(),
            )
        })
        .collect();
    assert_eq!(attempts, [(Some(503), 1), (Some(429), 1)]);
    let reads = sandbox.requests_to(Operation::GetChannel);
    assert_eq!(reads.len(), 3);
    assert!(reads[2].at - reads[1].at >= ms(400));
    Ok(())
}

#[tokio::test]
async fn dropped_wait_sends_no_more_requests() -> TestResult {
    let (sandbox, install) = scripted(Script::pending(ms(0))).await?;
    // The sandbox never responds to the third read of the channel, so the wait has nothing else in flight when it is
    // dropped.
    let hang = Rule::on(Operation::GetChannel).nth(3);
    sandbox.rule(hang.delay(Duration::from_secs(600)));
    let mut wait = wait_for(&install).into_future();
    let blocked = async {
        let third = || sandbox.count(Operation::GetChannel) == 3;
        until("the third read of the channel", third).await;
        // Other reads of the same poll end.
        tokio::time::sleep(ms(500)).await;
    };
    tokio::select! {
        result = &mut wait => return Err(format!("{result:?}").into()),
        () = blocked => {}
    }
    drop(wait);
    let requests = sandbox.requests().len();
    // Several intervals.
    tokio::time::sleep(ms(500)).await;
    assert_eq!(sandbox.requests().len(), requests);
    Ok(())
}
