//! What leaves the generated client, seen by the transport.

#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use bird_connectors_api::{
    Call, Client, Error, Operation, Reply, SentSecret, Transport,
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

/// Answers every request with the same reply, and keeps the last one.
#[derive(Debug)]
struct Recorder {
    status: u16,
    reply: Value,
    seen: Mutex<Option<(&'static str, Request)>>,
}

impl Transport for Recorder {
    fn execute<'a>(&'a self, operation: &'static str, request: Request) -> Reply<'a> {
        *self.seen.lock().unwrap() = Some((operation, request));
        let reply = http::Response::builder()
            .status(self.status)
            .body(self.reply.to_string())
            .unwrap();
        Box::pin(async { Ok(reply.into()) })
    }
}

impl Recorder {
    fn new(status: u16, reply: Value) -> (Arc<Self>, Client) {
        let recorder = Arc::new(Self {
            status,
            reply,
            seen: Mutex::default(),
        });
        let call = Call(recorder.clone());
        (
            recorder,
            Client::new_with_client("https://api.example/v", http_client(), call),
        )
    }

    fn seen(&self) -> (&'static str, Request) {
        self.seen
            .lock()
            .unwrap()
            .take()
            .expect("a request was sent")
    }
}

/// It only builds requests, so it needs no certificates.
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
async fn lists_in_a_query_are_repeated_and_tokens_encoded() {
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
    let (operation, request) = recorder.seen();
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
async fn nothing_is_sent_that_was_not_asked_for() {
    let (recorder, client) = Recorder::new(200, json!({"results": []}));
    client
        .list_connectors(&WORKSPACE, None, None, None, None, None)
        .await
        .unwrap();
    let (_, request) = recorder.seen();
    assert_eq!(request.url().query(), None);
    assert_eq!(Vec::from_iter(request.headers().keys()), ["accept"]);
    assert_eq!(request.headers()["accept"], "application/json");
}

#[tokio::test]
async fn a_delete_asks_for_json_and_takes_any_success_without_a_body() {
    for status in [200, 202, 204] {
        let (recorder, client) = Recorder::new(status, json!("whatever"));
        client
            .delete_connector(&WORKSPACE, &CONNECTOR)
            .await
            .unwrap();
        let (operation, request) = recorder.seen();
        assert_eq!(request.method(), Operation::find(operation).unwrap().method);
        assert_eq!(request.headers()["accept"], "application/json");
        assert!(!request.headers().contains_key("api-version"));
    }
}

#[tokio::test]
async fn a_request_body_carries_its_secrets_and_nothing_that_is_absent() {
    let reply = json!({"id": CONNECTOR, "name": "Line", "createdAt": "2026-01-01T00:00:00Z"});
    let (recorder, client) = Recorder::new(201, reply);
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
    let (_, request) = recorder.seen();
    assert_eq!(
        body(&request),
        json!({"name": "Line", "securityArguments": {"oauth": {"accessToken": "t0k"}}})
    );
}

#[tokio::test]
async fn an_update_can_clear_a_list() {
    let reply = json!({
        "id": SUBSCRIPTION, "organizationId": CHANNEL, "workspaceId": WORKSPACE, "service": "channels",
        "event": "channel.updated", "url": "https://example.com", "status": "active",
    });
    let (recorder, client) = Recorder::new(200, reply);
    let update = UpdateWebhookSubscription {
        event_filters: Some(Vec::new()),
        ..Default::default()
    };
    client
        .update_webhook_subscription(&WORKSPACE, &SUBSCRIPTION, &update)
        .await
        .unwrap();
    let (operation, request) = recorder.seen();
    assert_eq!(operation, "updateWebhookSubscription");
    assert_eq!(request.method(), "PATCH");
    assert_eq!(body(&request), json!({"eventFilters": []}));
}

#[tokio::test]
async fn any_success_is_read_and_every_error_arrives_whole() {
    let reply = json!({"id": CHANNEL});
    for status in [200, 203] {
        let (_, client) = Recorder::new(status, reply.clone());
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
async fn a_reply_that_cannot_be_read_comes_back_as_bytes() {
    let (_, client) = Recorder::new(200, json!({"id": "no-id"}));
    let error = client.get_channel(&WORKSPACE, &CHANNEL).await.unwrap_err();
    let Error::InvalidResponsePayload(bytes, _) = error else {
        panic!("{error}")
    };
    assert_eq!(bytes.as_ref(), br#"{"id":"no-id"}"#);
}

#[test]
fn calls_can_move_between_threads() {
    fn assert_send<T: Send>(_: &T) {}
    let (_, client) = Recorder::new(200, json!({}));
    assert_send(&client.get_channel(&WORKSPACE, &CHANNEL));
    assert_send(&client);
}

#[test]
fn debug_of_a_client_shows_its_transport_only() {
    let (_, client) = Recorder::new(200, json!({}));
    assert!(format!("{client:?}").contains("Recorder"));
}
