//! Requests through an HTTP client of the caller: what it receives, and what the client does with its responses and errors. Time
//! is paused, because nothing waits for a socket.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bird_connectors::client::{
    HttpClient, HttpClientError, HttpRequest, HttpResponse, HttpResponseFuture,
};
use bird_connectors::templates::Telegram;
use bird_connectors::{Client, ConnectorId, Error, ErrorKind, RequestOutcome, WorkspaceId};
use tokio::time::Instant;

const CONNECTOR: &str = r#"{"id": "8362fa40-9ff1-5430-a3ab-79ecc61b96b1", "name": "Bot", "createdAt": "2026-01-01T00:00:00Z"}"#;

/// Returns the prepared results one after the other.
#[derive(Clone, Default)]
struct Script {
    results: Arc<Mutex<VecDeque<Result<HttpResponse, HttpClientError>>>>,
    requests: Arc<Mutex<Vec<HttpRequest>>>,
}

impl Script {
    fn new(results: impl IntoIterator<Item = Result<HttpResponse, HttpClientError>>) -> Self {
        Self {
            results: Arc::new(Mutex::new(results.into_iter().collect())),
            requests: Arc::default(),
        }
    }

    fn workspace(&self) -> bird_connectors::Workspace {
        let client = Client::builder()
            .base_url("https://simulation.example/prefix")
            .access_key("test-key")
            .http_client(self.clone());
        client.build().unwrap().workspace(WorkspaceId::from_u128(1))
    }

    fn sent(&self) -> usize {
        self.requests.lock().unwrap().len()
    }
}

impl HttpClient for Script {
    fn send(&self, request: HttpRequest) -> HttpResponseFuture {
        self.requests.lock().unwrap().push(request);
        let result = self.results.lock().unwrap().pop_front();
        Box::pin(async move {
            match result {
                Some(result) => result,
                None => std::future::pending().await,
            }
        })
    }
}

fn response(status: u16, body: impl Into<String>) -> Result<HttpResponse, HttpClientError> {
    let mut response = HttpResponse::new(body.into().into());
    *response.status_mut() = status.try_into().unwrap();
    Ok(response)
}

async fn create(script: &Script) -> Result<ConnectorId, Error> {
    let connectors = script.workspace().connectors();
    let created = connectors.install(Telegram::new("Bot")).await?;
    Ok(created.id())
}

#[tokio::test(start_paused = true)]
async fn http_client_receives_the_complete_request() {
    let script = Script::new([response(201, CONNECTOR)]);
    create(&script).await.unwrap();
    let requests = script.requests.lock().unwrap();
    let request = &requests[0];
    assert_eq!(request.method(), "POST");
    assert_eq!(
        request.uri(),
        "https://simulation.example/prefix/workspaces/00000000-0000-0000-0000-000000000001/connectors"
    );
    assert_eq!(request.headers()["authorization"], "AccessKey test-key");
    assert_eq!(request.headers()["content-type"], "application/json");
    let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
    assert_eq!(body["connectorTemplateRef"], "telegram:1");
}

#[tokio::test(start_paused = true)]
async fn create_is_retried_only_if_it_was_not_sent() {
    let refused = || Err(HttpClientError::not_sent("connection refused"));
    let script = Script::new([refused(), response(201, CONNECTOR)]);
    create(&script).await.unwrap();
    assert_eq!(script.sent(), 2);

    let lost = Err(HttpClientError::unknown("connection reset"));
    let script = Script::new([lost, response(201, CONNECTOR)]);
    let error = create(&script).await.unwrap_err();
    assert_eq!(error.outcome(), Some(RequestOutcome::Unknown));
    assert!(error.message().contains("connection reset"), "{error}");
    assert_eq!(script.sent(), 1);
}

#[tokio::test(start_paused = true)]
async fn read_is_retried_after_a_lost_response_and_after_429() {
    let mut limited = response(429, "{}").unwrap();
    let headers = limited.headers_mut();
    headers.insert("retry-after", "7".parse().unwrap());
    let lost = Err(HttpClientError::unknown("connection reset"));
    let script = Script::new([lost, Ok(limited), response(200, CONNECTOR)]);
    let start = Instant::now();
    let id: ConnectorId = "8362fa40-9ff1-5430-a3ab-79ecc61b96b1".parse().unwrap();
    let connector = script.workspace().connectors().get(id).await.unwrap();
    assert_eq!(connector.name, "Bot");
    assert_eq!(script.sent(), 3);
    assert!(start.elapsed() >= Duration::from_secs(7));
}

#[tokio::test(start_paused = true)]
async fn response_that_never_arrives_ends_with_timeout() {
    let script = Script::new([]);
    let error = create(&script).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(error.outcome(), Some(RequestOutcome::Unknown));
}

#[tokio::test(start_paused = true)]
async fn response_over_the_size_limit_is_an_error_with_known_outcome() {
    let large = " ".repeat(16 * 1024 * 1024 + 1);
    let script = Script::new([response(201, large.clone())]);
    let error = create(&script).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.outcome(), Some(RequestOutcome::Answered));

    let script = Script::new([response(422, large)]);
    let error = create(&script).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Validation);
}
