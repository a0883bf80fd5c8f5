use std::sync::Arc;

use bird_connectors_api::SharedTransport;
use bird_connectors_sandbox::{Fault, Operation, Rule, Sandbox, Script};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};

use crate::Result;

/// Code with a generated client, and its faults.
mod old {
    use crate::Result;

    // --8<-- [start:old]
    use std::time::Duration;

    use bird_connectors_api::types::{
        ChannelId, ConnectorId, CreateConnector, NumberId, WorkspaceId,
    };
    use bird_connectors_api::{Client, Error};
    use serde_json::json;
    use tokio::time::sleep;

    pub(crate) async fn create(
        client: &Client,
        ws: &WorkspaceId,
        number: NumberId,
    ) -> Result<ConnectorId> {
        let mut body = CreateConnector::new("Support NL");
        body.connector_template_ref = Some("sms-messagebird:1".to_owned());
        let arguments = json!({"phoneNumberId": number, "channelMessageType": "conversational"});
        body.arguments = arguments.as_object().cloned();
        loop {
            match client.create_connector(ws, &body).await {
                Ok(connector) => return Ok(connector.into_inner().id),
                Err(Error::CommunicationError(_)) => sleep(Duration::from_secs(1)).await, // (1)
                Err(error) => return Err(error.into()),                                   // (2)
            }
        }
    }

    pub(crate) async fn names(client: &Client, ws: &WorkspaceId) -> Result<Vec<String>> {
        let page = client.list_connectors(ws, None, None, None, None, None); // (3)
        let connectors = page.await?.into_inner().results;
        Ok(connectors
            .into_iter()
            .map(|connector| connector.name)
            .collect())
    }

    pub(crate) async fn wait(
        client: &Client,
        ws: &WorkspaceId,
        id: ConnectorId,
    ) -> Result<ChannelId> {
        loop {
            let connector = client.get_connector(ws, &id).await?; // (4)
            if let Some(channel) = connector.channel_id() {
                return Ok(channel); // (5)
            }
            sleep(Duration::from_secs(1)).await; // (6)
        }
    }
    // --8<-- [end:old]
}

/// The same code with the SDK.
mod new {
    use crate::Result;

    // --8<-- [start:new]
    use bird_connectors::models::{ChannelId, ConnectorId, NumberId};
    use bird_connectors::templates::Sms;
    use bird_connectors::{ChannelMessageType, Workspace};

    pub(crate) async fn create(workspace: &Workspace, number: NumberId) -> Result<ConnectorId> {
        let sms = Sms::new("Support NL", number, ChannelMessageType::Conversational);
        Ok(workspace.connectors().ensure(sms).await?.id())
    }

    pub(crate) async fn names(workspace: &Workspace) -> Result<Vec<String>> {
        let mut names = Vec::new();
        let mut connectors = workspace.connectors().list().items();
        while let Some(connector) = connectors.next().await {
            names.push(connector?.name);
        }
        Ok(names)
    }

    pub(crate) async fn wait(workspace: &Workspace, id: ConnectorId) -> Result<ChannelId> {
        let install = workspace.connectors().follow(id);
        Ok(install.until_ready().await?.channel_id)
    }
    // --8<-- [end:new]
}

fn generated_client(sandbox: &Sandbox) -> bird_connectors_api::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let key = format!("AccessKey {}", sandbox.access_key());
    let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(&key).unwrap())]);
    let http = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .default_headers(headers)
        .build()
        .unwrap();
    let transport = SharedTransport::new(http.clone());
    bird_connectors_api::Client::new_with_client(&sandbox.base_url(), http, transport)
}

#[tokio::test]
async fn lost_response_is_an_error_of_the_generated_client_only() {
    let (sandbox, workspace) = crate::sandbox().await;
    let client = generated_client(&sandbox);
    let number = sandbox.numbers()[0].id().into();
    let lost = Rule::on(Operation::CreateConnector).fault(Fault::LostResponse);
    sandbox.rule(lost.clone());
    let error = old::create(&client, &workspace.id(), number)
        .await
        .unwrap_err();
    // The connector of the first create is in the way of the second one, and the error does not name it.
    let only = sandbox.connectors()[0]["id"].as_str().unwrap().to_owned();
    assert!(error.to_string().contains("409"), "{error}");
    assert!(!error.to_string().contains(&only), "{error}");

    sandbox.rule(lost);
    let adopted = new::create(&workspace, number).await.unwrap();
    assert_eq!(adopted.to_string(), only);
}

#[tokio::test]
async fn long_list_is_cut_off_by_the_generated_client() {
    let (sandbox, workspace) = crate::sandbox().await;
    sandbox.add_connectors(25);
    let client = generated_client(&sandbox);
    let names = old::names(&client, &workspace.id()).await.unwrap();
    assert_eq!(names.len(), 10);
    assert_eq!(new::names(&workspace).await.unwrap().len(), 25);
}

#[tokio::test]
async fn one_failed_poll_ends_the_wait_of_the_generated_client() {
    let (sandbox, workspace) = crate::sandbox().await;
    let client = generated_client(&sandbox);
    let id = new::create(&workspace, sandbox.numbers()[0].id().into())
        .await
        .unwrap();
    sandbox.rule(Rule::on(Operation::GetConnector).fault(Fault::Html(503)));
    assert!(old::wait(&client, &workspace.id(), id).await.is_err());
    sandbox.rule(Rule::on(Operation::GetConnector).fault(Fault::Html(503)));
    let channel = new::wait(&workspace, id).await.unwrap();
    assert_eq!(sandbox.channels()[0]["id"], channel.to_string());
}

#[tokio::test]
async fn channel_that_cannot_send_is_returned_by_the_generated_client() -> Result {
    let (sandbox, workspace) = crate::sandbox().await;
    let client = generated_client(&sandbox);
    sandbox.next_install(Script::pending(std::time::Duration::ZERO));
    let number = sandbox.numbers()[0].id().into();
    let id = old::create(&client, &workspace.id(), number).await?;
    old::wait(&client, &workspace.id(), id).await?;
    assert_ne!(sandbox.channels()[0]["status"], "active");
    Ok(())
}
