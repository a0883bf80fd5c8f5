//! A program that depends on the packaged crates: `cargo xtask packages` builds it outside of the workspace and runs it.
//! It installs a channel in the sandbox with the SDK, and reads a connector from a mock.

use bird_connectors::models::{Connector, WorkspaceId};
use bird_connectors::{ChannelMessageType, Client, templates::Sms};
use bird_connectors_api::types::ChannelStatus;
use bird_connectors_httpmock::MockServerExt as _;
use bird_connectors_sandbox::{Operation, Sandbox, Script};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    install_in_sandbox().await?;
    read_from_mock().await
}

async fn install_in_sandbox() -> Result<()> {
    let sandbox = Sandbox::builder()
        .default_script(Script::instant())
        .start()
        .await?;
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .build()?;
    let workspace_id: WorkspaceId = sandbox.workspace_id().to_string().parse()?;
    let workspace = client.workspace(workspace_id);
    let numbers = workspace.numbers().list().first_page().await?;
    let number = numbers.items.first().ok_or("the workspace has no number")?;
    let template = Sms::new("Support NL", number.id, ChannelMessageType::Conversational);
    let ready = workspace
        .connectors()
        .install(template)
        .await?
        .until_ready()
        .await?;
    let channel = workspace.channels().get(ready.channel_id).await?;
    assert_eq!(channel.status, Some(ChannelStatus::Active));
    assert_eq!(sandbox.count(Operation::CreateConnector), 1);
    println!("the packaged SDK installed a channel in the packaged sandbox");
    Ok(())
}

async fn read_from_mock() -> Result<()> {
    let server = httpmock::MockServer::start_async().await;
    let client = Client::builder()
        .base_url(server.base_url())
        .access_key("test-key")
        .build()?;
    let connector: Connector = serde_json::from_value(serde_json::json!({
        "id": "0b9f2c1e-0000-4000-8000-000000000002",
        "name": "Support line",
        "createdAt": "2026-01-01T00:00:00Z",
    }))?;
    let workspace_id: WorkspaceId = "7f4f1d0a-0000-4000-8000-000000000001".parse()?;
    server.get_connector(|when, then| {
        when.workspace_id(&workspace_id);
        then.ok(&connector);
    });
    let workspace = client.workspace(workspace_id);
    let found = workspace.connectors().get(connector.id).await?;
    assert_eq!(found.name, "Support line");
    println!("the packaged SDK read a connector from the packaged mock");
    Ok(())
}
