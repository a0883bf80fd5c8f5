//! A mock responds to the requests that it describes, and to no others.

#![allow(clippy::panic, clippy::unwrap_used)]

use bird_connectors_api::{
    Client, Error, SharedTransport,
    types::{
        Channel, ChannelId, ChannelPage, ConnectorId, Conversational, ErrorBody,
        UpdateConversational, WorkspaceId,
    },
};
use bird_connectors_httpmock::MockServerExt as _;
use httpmock::MockServer;

const WORKSPACE: WorkspaceId = WorkspaceId::from_u128(1);
const CHANNEL: ChannelId = ChannelId::from_u128(2);
const CONNECTOR: ConnectorId = ConnectorId::from_u128(3);

fn client(server: &MockServer) -> Client {
    let provider = rustls::crypto::ring::default_provider().into();
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let http = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .build()
        .unwrap();
    Client::new_with_client(&server.base_url(), http.clone(), SharedTransport::new(http))
}

/// The status of an error response. If no mock matches, httpmock returns 404.
fn status<T>(result: Result<T, Error<()>>) -> u16 {
    match result {
        Err(Error::UnexpectedResponse(response)) => response.status().as_u16(),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("a mock responded with success"),
    }
}

#[tokio::test]
async fn mock_compares_every_path_parameter() {
    let server = MockServer::start_async().await;
    let client = client(&server);
    let mock = server.get_channel(|when, then| {
        when.workspace_id(&WORKSPACE).channel_id(&CHANNEL);
        then.ok(&Channel::new(CHANNEL));
    });
    assert_eq!(
        client.get_channel(&WORKSPACE, &CHANNEL).await.unwrap().id,
        CHANNEL
    );
    for (workspace, channel) in [(1, 1), (2, 2), (2, 1)] {
        let workspace = WorkspaceId::from_u128(workspace);
        let channel = ChannelId::from_u128(channel);
        assert_eq!(status(client.get_channel(&workspace, &channel).await), 404);
    }
    mock.assert_calls(1);
}

#[tokio::test]
async fn mock_compares_the_body() {
    let server = MockServer::start_async().await;
    let client = client(&server);
    server.update_channel_conversational(|when, then| {
        when.body(&UpdateConversational::new("active".into()));
        then.ok(&Conversational::new("active".into()));
    });
    let active = UpdateConversational::new("active".into());
    client
        .update_channel_conversational(&WORKSPACE, &CHANNEL, &active)
        .await
        .unwrap();
    let inactive = UpdateConversational::new("inactive".into());
    assert_eq!(
        status(
            client
                .update_channel_conversational(&WORKSPACE, &CHANNEL, &inactive)
                .await
        ),
        404
    );
}

#[tokio::test]
async fn mock_compares_optional_parameters_and_their_absence() {
    let server = MockServer::start_async().await;
    let client = client(&server);
    server.list_use_cases(|when, then| {
        when.limit(5).page_token(None);
        then.server_error(503, &ErrorBody::new("Unavailable", "try later"));
    });
    assert_eq!(
        status(client.list_use_cases(&WORKSPACE, Some(5), None).await),
        503
    );
    assert_eq!(
        status(client.list_use_cases(&WORKSPACE, Some(6), None).await),
        404
    );
    assert_eq!(
        status(
            client
                .list_use_cases(&WORKSPACE, Some(5), Some("next"))
                .await
        ),
        404
    );
}

#[tokio::test]
async fn list_parameters_are_matched_with_httpmock() {
    let server = MockServer::start_async().await;
    let client = client(&server);
    let mock = server.list_channels(|when, then| {
        when.into_inner()
            .query_param("status", "active")
            .query_param("status", "pending");
        then.ok(&ChannelPage::new(Vec::new()));
    });
    let statuses = vec!["active".into(), "pending".into()];
    client
        .list_channels(
            &WORKSPACE,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            Some(&statuses),
            None,
        )
        .await
        .unwrap();
    mock.assert();
}

#[tokio::test]
async fn mocked_delete_responds_without_a_body() {
    let server = MockServer::start_async().await;
    server.delete_connector(|_, then| {
        then.no_content();
    });
    let response = client(&server)
        .delete_connector(&WORKSPACE, &CONNECTOR)
        .await
        .unwrap();
    assert_eq!(response.status(), 204);
}

#[test]
#[should_panic(expected = "left == right")]
fn error_function_panics_on_a_status_of_another_class() {
    let server = MockServer::start();
    server.get_connector(|_, then| {
        then.client_error(500, &ErrorBody::new("Broken", "not a client error"));
    });
}
