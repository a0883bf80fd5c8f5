//! The code of the documentation site.

#![allow(clippy::expect_used, clippy::unwrap_used)]

// --8<-- [start:code]
use bird_connectors::models::{ChannelId, ConnectorId};
use bird_connectors::{Error, Workspace};

/// The code under test: returns the channel of a connector, or `None` if the connector was deleted.
async fn channel_of(workspace: &Workspace, id: ConnectorId) -> Result<Option<ChannelId>, Error> {
    match workspace.connectors().get(id).await {
        Ok(connector) => Ok(connector.channel_id()),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}
// --8<-- [end:code]

// --8<-- [start:mock]
use bird_connectors::Client;
use bird_connectors::models::{ErrorBody, WorkspaceId};
use bird_connectors_httpmock::MockServerExt as _;
use httpmock::MockServer;

#[tokio::test]
async fn deleted_connector_has_no_channel() -> Result<(), Error> {
    let server = MockServer::start_async().await;
    let workspace = WorkspaceId::from_u128(1);
    let connector = ConnectorId::from_u128(2);
    let mock = server.get_connector(|when, then| {
        when.workspace_id(&workspace).connector_id(&connector);
        then.client_error(404, &ErrorBody::new("NotFound", "no such connector"));
    });

    let client = Client::builder()
        .base_url(server.base_url())
        .access_key("test-key")
        .build()?;
    let channel = channel_of(&client.workspace(workspace), connector).await?;

    assert_eq!(channel, None);
    mock.assert();
    Ok(())
}
// --8<-- [end:mock]
