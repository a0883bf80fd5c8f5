//! The requests of the generated client, as the transport gets them.

#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use bird_connectors_api::{
    Client, Error, Operation, ResponseFuture, SentSecret, SharedTransport, Transport,
    types::{
        ChannelId, ChannelStatus, ConnectorId, CreateConnector, SubscriptionId,
        UpdateWebhookSubscription, WorkspaceId,
    },
};
use reqwest::Request;
use serde_json::{Value, json};

const WORKSPACE: WorkspaceId = WorkspaceId::from_u128(0x7f4f_1d0a_0000_4000_8000_0000_0000_0001);
const CONNECTOR: ConnectorId = ConnectorId::from_u128(0x0b9f_2c1e_0000_4000_8000_0000_0000_0002);
const SUBSCRIPTION: SubscriptionId =
    SubscriptionId::from_u128(0x4c1b_7e52_0000_4000_8000_0000_0000_0006);
const CHANNEL: ChannelId = ChannelId::from_u128(0x8362_fa40_9ff1_5430_a3ab_79ec_c61b_96b1);

/// Responds to every request with the same body, and records the last request.
#[derive(Debug)]
struct Recorder {
    status: u16,
    body: Value,
    last: Mutex<Option<(&'static str, Request)>>,
}

impl Transport for Recorder {
    fn execute<'a>(&'a self, operation: &'static str, request: Request) -> ResponseFuture<'a> {
        *self.last.lock().unwrap() = Some((operation, request));
        let response = http::Response::builder()
            .status(self.status)
            .body(self.body.to_string())
            .unwrap();
        Box::pin(async { Ok(response.into()) })
    }
}

impl Recorder {
    fn new(status: u16, body: Value) -> (Arc<Self>, Client) {
        let recorder = Arc::new(Self {
            status,
            body,
            last: Mutex::default(),
        });
        let transport = SharedTransport(recorder.clone());
        (
            recorder,
            Client::new_with_client("https://api.example/v", http_client(), transport),
        )
    }

    fn last(&self) -> (&'static str, Request) {
        self.last
            .lock()
            .unwrap()
            .take()
            .expect("a request was sent")
    }
}

/// A client that only builds requests, so it needs no certificates.
fn http_client() -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .build()
        .unwrap()
}

fn body(request: &Request) -> Value {
    serde_json::from_slice(request.body().unwrap().as_bytes().unwrap()).unwrap()
}

#[tokio::test]
async fn list_parameters_are_repeated_and_the_page_token_is_encoded() {
    let (recorder, client) = Recorder::new(200, json!({"results": []}));
    let statuses = vec![ChannelStatus::Active, "hibernating".into()];
    let platforms = vec!["sms-messagebird".to_owned(), "whatsapp".to_owned()];
    client
        .list_channels(
            &WORKSPACE,
            Some(&vec![CHANNEL, ChannelId::from(*WORKSPACE.as_uuid())]),
            None,
            Some(1000),
            Some(false),
            Some("a+b/c=&d %"),
            Some(&platforms),
            None,
            None,
            Some(true),
            Some(&statuses),
            None,
        )
        .await
        .unwrap();
    let (operation, request) = recorder.last();
    assert_eq!(operation, "listChannels");
    assert_eq!(
        request.url().as_str(),
        "https://api.example/v/workspaces/7f4f1d0a-0000-4000-8000-000000000001/channels\
         ?channelIds=8362fa40-9ff1-5430-a3ab-79ecc61b96b1&channelIds=7f4f1d0a-0000-4000-8000-000000000001\
         &limit=1000&onlyMyChannels=false&pageToken=a%2Bb%2Fc%3D%26d+%25\
         &platform=sms-messagebird&platform=whatsapp&reverse=true&status=active&status=hibernating"
    );
}

#[tokio::test]
async fn absent_parameters_are_not_sent() {
    let (recorder, client) = Recorder::new(200, json!({"results": []}));
    client
        .list_connectors(&WORKSPACE, None, None, None, None, None)
        .await
        .unwrap();
    let (_, request) = recorder.last();
    assert_eq!(request.url().query(), None);
    assert_eq!(Vec::from_iter(request.headers().keys()), ["accept"]);
    assert_eq!(request.headers()["accept"], "application/json");
}

#[tokio::test]
async fn delete_accepts_json_and_any_success_without_a_body() {
    for status in [200, 202, 204] {
        let (recorder, client) = Recorder::new(status, json!("ignored"));
        client
            .delete_connector(&WORKSPACE, &CONNECTOR)
            .await
            .unwrap();
        let (operation, request) = recorder.last();
        assert_eq!(request.method(), Operation::find(operation).unwrap().method);
        assert_eq!(request.headers()["accept"], "application/json");
        assert!(!request.headers().contains_key("api-version"));
    }
}

#[tokio::test]
async fn request_body_contains_secrets_and_omits_absent_fields() {
    let response = json!({"id": CONNECTOR, "name": "Line", "createdAt": "2026-01-01T00:00:00Z"});
    let (recorder, client) = Recorder::new(201, response);
    let mut connector = CreateConnector::new("Line");
    connector.security_arguments = Some(
        [(
            "oauth".to_owned(),
            [("accessToken".to_owned(), SentSecret::from("t0k"))].into(),
        )]
        .into(),
    );
    assert!(!format!("{connector:?}").contains("t0k"));

    let created = client
        .create_connector(&WORKSPACE, &connector)
        .await
        .unwrap();
    assert_eq!(created.status(), 201);
    assert_eq!(created.id, CONNECTOR);
    let (_, request) = recorder.last();
    assert_eq!(
        body(&request),
        json!({"name": "Line", "securityArguments": {"oauth": {"accessToken": "t0k"}}})
    );
}

#[tokio::test]
async fn update_can_clear_a_list() {
    let response = json!({
        "id": SUBSCRIPTION, "organizationId": CHANNEL, "workspaceId": WORKSPACE, "service": "channels",
        "event": "channel.updated", "url": "https://example.com", "status": "active",
    });
    let (recorder, client) = Recorder::new(200, response);
    let update = UpdateWebhookSubscription {
        event_filters: Some(Vec::new()),
        ..Default::default()
    };
    client
        .update_webhook_subscription(&WORKSPACE, &SUBSCRIPTION, &update)
        .await
        .unwrap();
    let (operation, request) = recorder.last();
    assert_eq!(operation, "updateWebhookSubscription");
    assert_eq!(request.method(), "PATCH");
    assert_eq!(body(&request), json!({"eventFilters": []}));
}

#[tokio::test]
async fn any_success_is_decoded_and_every_error_is_returned_undecoded() {
    let response = json!({"id": CHANNEL});
    for status in [200, 203] {
        let (_, client) = Recorder::new(status, response.clone());
        client.get_channel(&WORKSPACE, &CHANNEL).await.unwrap();
    }
    for status in [304, 400, 404, 429, 502] {
        let (_, client) = Recorder::new(status, json!({"code": "Why"}));
        let error = client.get_channel(&WORKSPACE, &CHANNEL).await.unwrap_err();
        let Error::UnexpectedResponse(response) = error else {
            panic!("{error}")
        };
        assert_eq!(response.status(), status);
        assert_eq!(response.text().await.unwrap(), r#"{"code":"Why"}"#);
    }
}

#[tokio::test]
async fn undecodable_response_is_returned_as_bytes() {
    let (_, client) = Recorder::new(200, json!({"id": "not-an-id"}));
    let error = client.get_channel(&WORKSPACE, &CHANNEL).await.unwrap_err();
    let Error::InvalidResponsePayload(bytes, _) = error else {
        panic!("{error}")
    };
    assert_eq!(bytes.as_ref(), br#"{"id":"not-an-id"}"#);
}

#[test]
fn calls_are_send() {
    fn assert_send<T: Send>(_: &T) {}
    let (_, client) = Recorder::new(200, json!({}));
    assert_send(&client.get_channel(&WORKSPACE, &CHANNEL));
    assert_send(&client);
}

#[test]
fn debug_of_client_shows_its_transport() {
    let (_, client) = Recorder::new(200, json!({}));
    assert!(format!("{client:?}").contains("Recorder"));
}
