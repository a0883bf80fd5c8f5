//! A mock answers the request that it describes, and no other.

#![allow(clippy::panic, clippy::unwrap_used)]

use bird_connectors_api::{
    Call, Client, Error,
    types::{
        Channel, ChannelId, ChannelPage, ConnectorId, Conversational, ErrorBody,
        UpdateConversational, WorkspaceId,
    },
};
use bird_connectors_httpmock::MockServerExt as _;
use httpmock::MockServer;

const ONE: WorkspaceId = WorkspaceId::from_u128(1);
const TWO: ChannelId = ChannelId::from_u128(2);
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
    Client::new_with_client(&server.base_url(), http.clone(), Call::new(http))
}

/// The status of an error reply. Where no mock matches, httpmock answers 404 by itself.
fn status<T>(result: Result<T, Error<()>>) -> u16 {
    match result {
        Err(Error::UnexpectedResponse(reply)) => reply.status().as_u16(),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("a mock answered"),
    }
}

#[tokio::test]
async fn path_parameters_are_all_compared() {
    let server = MockServer::start_async().await;
    let client = client(&server);
    let mock = server.get_channel(|when, then| {
        when.workspace_id(&ONE).channel_id(&TWO);
        then.ok(&Channel::new(TWO));
    });
    assert_eq!(client.get_channel(&ONE, &TWO).await.unwrap().id, TWO);
    for (workspace, channel) in [(1, 1), (2, 2), (2, 1)] {
        let workspace = WorkspaceId::from_u128(workspace);
        let channel = ChannelId::from_u128(channel);
        assert_eq!(status(client.get_channel(&workspace, &channel).await), 404);
    }
    mock.assert_calls(1);
}

#[tokio::test]
async fn bodies_are_compared() {
    let server = MockServer::start_async().await;
    let client = client(&server);
    server.update_channel_conversational(|when, then| {
        when.body(&UpdateConversational::new("active".into()));
        then.ok(&Conversational::new("active".into()));
    });
    let active = UpdateConversational::new("active".into());
    client
        .update_channel_conversational(&ONE, &TWO, &active)
        .await
        .unwrap();
    let inactive = UpdateConversational::new("inactive".into());
    assert_eq!(
        status(
            client
                .update_channel_conversational(&ONE, &TWO, &inactive)
                .await
        ),
        404
    );
}

#[tokio::test]
async fn optional_parameters_are_compared_or_must_be_absent() {
    let server = MockServer::start_async().await;
    let client = client(&server);
    server.list_numbers(|when, then| {
        when.limit(5).page_token(None);
        then.server_error(503, &ErrorBody::new("Unavailable", "try later"));
    });
    assert_eq!(status(client.list_numbers(&ONE, Some(5), None).await), 503);
    assert_eq!(status(client.list_numbers(&ONE, Some(6), None).await), 404);
    assert_eq!(
        status(client.list_numbers(&ONE, Some(5), Some("next")).await),
        404
    );
}

#[tokio::test]
async fn list_parameters_are_matched_through_httpmock() {
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
            &ONE,
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
async fn a_delete_is_answered_without_a_body() {
    let server = MockServer::start_async().await;
    server.delete_connector(|_, then| {
        then.no_content();
    });
    let reply = client(&server)
        .delete_connector(&ONE, &CONNECTOR)
        .await
        .unwrap();
    assert_eq!(reply.status(), 204);
}

#[test]
#[should_panic(expected = "left == right")]
fn an_error_helper_refuses_a_status_of_another_class() {
    let server = MockServer::start();
    server.get_connector(|_, then| {
        then.client_error(500, &ErrorBody::new("Broken", "not a client error"));
    });
}
