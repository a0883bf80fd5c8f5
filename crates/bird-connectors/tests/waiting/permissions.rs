//! Access keys that cannot read every source.

use bird_connectors::ErrorKind;
use bird_connectors::models::ChannelId;
use bird_connectors::wait::{Condition, StatusSource, WaitError};
use bird_connectors_sandbox::behavior::UnfilteredChannels;
use bird_connectors_sandbox::{AccessKey, Operation, Sandbox, Script};
use serde_json::json;

use super::{
    TestResult, install, ms, only_channel, options, scripted, wait_for, workspace, workspace_with,
};

#[tokio::test]
async fn key_with_the_documented_permissions_finds_the_channel_in_the_list() -> TestResult {
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
        // Denied once, and then not read again.
        assert_eq!(sandbox.count(Operation::GetConnector), 1);
        assert_eq!(sandbox.count(Operation::GetConnectorStatus), 1);
    }
    Ok(())
}

#[tokio::test]
async fn newest_listed_channel_counts_and_an_undecodable_one_is_skipped() -> TestResult {
    let (sandbox, install) = scripted(Script::pending(ms(0))).await?;
    sandbox.deny(Operation::GetConnector);
    let new = ChannelId::from_u128(0xb);
    sandbox.insert_channel(json!({ "id": 7 }));
    sandbox.insert_channel(json!({
        "id": new, "connectorId": install.id(), "status": "carrier-review", "createdAt": "2100-01-01T00:00:00Z",
    }));
    let install = workspace(&sandbox)?.connectors().follow(install.id());
    // Only an unfiltered list contains a channel with an undocumented status.
    let review = Condition::status("carrier-review");
    let wait = install.until_ready().options(options().until(review));
    assert_eq!(wait.await?.channel_id, new);
    Ok(())
}

#[tokio::test]
async fn readiness_confirms_a_channel_that_the_key_may_not_read() -> TestResult {
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
async fn key_without_read_permissions_gets_an_error_that_names_them() -> TestResult {
    let (sandbox, install) = scripted(Script::pending(ms(50))).await?;
    sandbox.deny(Operation::GetConnector);
    sandbox.deny(Operation::ListChannels);
    let error = wait_for(&install).await.unwrap_err();
    assert!(matches!(error, WaitError::Denied { .. }), "{error}");
    let message = error.to_string();
    assert!(
        message.contains("the access key cannot read any source"),
        "{message}"
    );
    assert!(
        message.contains("needs the permission `view /workspaces/*/channels`"),
        "{message}"
    );
    Ok(())
}

#[tokio::test]
async fn invalid_key_ends_the_wait() -> TestResult {
    let (sandbox, install) = scripted(Script::pending(ms(0))).await?;
    let other = workspace_with(&sandbox, "another-key")?;
    let error = wait_for(&other.connectors().resume(install.token())?)
        .await
        .unwrap_err();
    let WaitError::Denied { error, report, .. } = &error else {
        return Err(error.into());
    };
    assert_eq!((error.kind(), report.polls), (ErrorKind::Authentication, 1));
    Ok(())
}
