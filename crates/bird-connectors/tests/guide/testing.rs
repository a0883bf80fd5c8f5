// --8<-- [start:code]
use std::error::Error;

use bird_connectors::models::{ChannelId, NumberId};
use bird_connectors::templates::Sms;
use bird_connectors::{ChannelMessageType, Workspace};

/// The code under test.
async fn onboard(workspace: &Workspace, number: NumberId) -> Result<ChannelId, Box<dyn Error>> {
    let sms = Sms::new("Support", number, ChannelMessageType::Conversational);
    let install = workspace.connectors().ensure(sms).await?;
    Ok(install.until_ready().await?.channel_id)
}
// --8<-- [end:code]

// --8<-- [start:sandbox]
use bird_connectors::Client;
use bird_connectors_sandbox::{Fault, Operation, Rule, Sandbox, Script};

#[tokio::test]
async fn onboarding_survives_a_lost_response() -> Result<(), Box<dyn Error>> {
    let sandbox = Sandbox::builder()
        .default_script(Script::instant())
        // The first create is processed, but its response is lost.
        .rule(Rule::on(Operation::CreateConnector).fault(Fault::LostResponse))
        .start()
        .await?;
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .workspace_id(sandbox.workspace_id())
        .build()?;

    let number = sandbox.numbers()[0].id().into();
    let channel = onboard(&client.default_workspace()?, number).await?;

    assert_eq!(sandbox.channels()[0]["id"], channel.to_string());
    assert_eq!(sandbox.count(Operation::CreateConnector), 1);
    Ok(())
}

#[tokio::test]
async fn onboarding_reports_a_failed_install() -> Result<(), Box<dyn Error>> {
    let sandbox = Sandbox::start().await?;
    sandbox.next_install(Script::failing("rejected"));
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .workspace_id(sandbox.workspace_id())
        .build()?;

    let number = sandbox.numbers()[0].id().into();
    let error = onboard(&client.default_workspace()?, number)
        .await
        .unwrap_err();

    assert!(error.to_string().contains("rejected"));
    Ok(())
}
// --8<-- [end:sandbox]
