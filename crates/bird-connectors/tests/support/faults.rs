//! Calls to a faulty server, and the errors that they must return.

use bird_connectors::{Client, Error, ErrorKind, RequestOutcome};
use serde_json::json;

use super::server::{Act, Server, json};
use super::{CHANNEL, CONNECTOR, KEY, WORKSPACE, client};

/// A read: the client may retry it even if its outcome is unknown.
pub(crate) async fn get(client: &Client) -> Result<(), Error> {
    let connectors = client.workspace(WORKSPACE).connectors();
    connectors.get(CONNECTOR).await.map(drop)
}

/// A write: the client may retry it only if the server has not processed it.
pub(crate) async fn send(client: &Client) -> Result<(), Error> {
    let channels = client.workspace(WORKSPACE).channels();
    channels
        .send_text(CHANNEL, "+31612345678", "Hello")
        .await
        .map(drop)
}

/// Returns whether the connector was already gone.
pub(crate) async fn delete(client: &Client) -> Result<bool, Error> {
    let connectors = client.workspace(WORKSPACE).connectors();
    connectors
        .delete(CONNECTOR)
        .await
        .map(|deleted| deleted.already_gone)
}

/// A response with a connector.
pub(crate) fn connector() -> Act {
    json(
        "200 OK",
        json!({"id": CONNECTOR, "name": "a", "createdAt": "2026-01-01T00:00:00Z"}),
    )
}

pub(crate) struct Expected {
    pub(crate) kind: ErrorKind,
    pub(crate) outcome: RequestOutcome,
    pub(crate) status: Option<u16>,
    /// A part of the error's message.
    pub(crate) message: &'static str,
}

#[track_caller]
pub(crate) fn check(error: &Error, attempts: u32, expected: &Expected) {
    let Expected {
        kind,
        outcome,
        status,
        message,
    } = *expected;
    let text = error.to_string();
    assert_eq!(
        (
            error.kind(),
            error.outcome(),
            error.status().map(|status| status.as_u16()),
            error.attempts()
        ),
        (kind, Some(outcome), status, attempts),
        "{text}"
    );
    assert!(text.contains(message), "{text}");
    assert!(!text.contains(KEY) && !text.contains("127.0.0.1"), "{text}");
}

/// The server has the same fault every time: a read is sent three times, a write once.
pub(crate) async fn persistent(act: Act, expected: Expected) {
    let server = Server::script([act]).await;
    let client = client(&server.url());
    check(&get(&client).await.unwrap_err(), 3, &expected);
    assert_eq!(server.count(), 3);
    check(&send(&client).await.unwrap_err(), 1, &expected);
    assert_eq!(server.count(), 4);
}

/// The server has the fault once: the retry of a read succeeds.
pub(crate) async fn transient(act: Act) {
    let server = Server::script([act, connector()]).await;
    get(&client(&server.url())).await.unwrap();
    assert_eq!(server.count(), 2);
}

/// The response is definitive, so the client does not retry reads or writes.
pub(crate) async fn definitive(act: Act, expected: Expected) {
    let server = Server::script([act]).await;
    let client = client(&server.url());
    check(&get(&client).await.unwrap_err(), 1, &expected);
    check(&send(&client).await.unwrap_err(), 1, &expected);
    assert_eq!(server.count(), 2);
}
