//! Response bodies that are truncated, too large, compressed, empty or not text.

use std::io::Write as _;

use bird_connectors::{ErrorKind, RequestOutcome};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::support::faults::{Expected, definitive, get, persistent, send, transient};
use crate::support::server::{Act, Server, response};
use crate::support::{CONNECTOR, client};

#[tokio::test]
async fn truncated_body_has_unknown_outcome() {
    let half = |length: &str| {
        Act::Close(format!("HTTP/1.1 201 Created\r\n{length}\r\n\r\n{{\"id\":").into_bytes())
    };
    let expected = |message| Expected {
        kind: ErrorKind::Transport,
        outcome: RequestOutcome::Unknown,
        status: Some(201),
        message,
    };
    let message =
        "the response could not be read completely: end of file before message length reached";
    persistent(half("content-length: 500"), expected(message)).await;
    let message = "the response could not be read completely: ";
    persistent(half("transfer-encoding: chunked"), expected(message)).await;
    transient(half("content-length: 500")).await;
}

#[tokio::test]
async fn content_length_shorter_than_the_body_is_a_decode_error() {
    let body = "{\"id\":\"0c000000-0000-4000-8000-00000000000c\",\"name\":";
    let act = Act::Close(
        format!("HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{body}\"a\"}}").into_bytes(),
    );
    definitive(
        act,
        Expected {
            kind: ErrorKind::Decode,
            outcome: RequestOutcome::Answered,
            status: Some(200),
            message: "the request succeeded, but its response cannot be decoded: EOF while parsing",
        },
    )
    .await;
}

#[tokio::test]
async fn conflicting_content_lengths_are_a_transport_error() {
    let act = Act::Close(
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{} ".to_vec(),
    );
    let expected = Expected {
        kind: ErrorKind::Transport,
        outcome: RequestOutcome::Unknown,
        status: None,
        message: "invalid content-length parsed",
    };
    persistent(act, expected).await;
}

/// The largest response body that the client reads.
const LIMIT: usize = 16 * 1024 * 1024;

fn too_large() -> Expected {
    Expected {
        kind: ErrorKind::Decode,
        outcome: RequestOutcome::Answered,
        status: Some(200),
        message: "the request succeeded, but its response is larger than 16777216 bytes and was not read",
    }
}

#[tokio::test]
async fn body_over_the_limit_is_rejected_by_its_content_length() {
    // The server sends only the head: the client rejects the length.
    let act =
        Act::Stall(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", LIMIT + 1).into());
    definitive(act, too_large()).await;
}

#[tokio::test]
async fn chunked_body_over_the_limit_is_rejected() {
    let chunk = vec![b' '; 1024 * 1024];
    let mut body = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..=LIMIT / chunk.len() {
        body.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        body.extend_from_slice(&chunk);
        body.extend_from_slice(b"\r\n");
    }
    definitive(Act::Stall(body), too_large()).await;
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn gzipped(status: &str, body: &[u8]) -> Act {
    gzipped_as("gzip", status, body)
}

/// A compressed response with this spelling of the encoding.
fn gzipped_as(encoding: &str, status: &str, body: &[u8]) -> Act {
    let body = gzip(body);
    let mut response = format!(
        "HTTP/1.1 {status}\r\ncontent-encoding: {encoding}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    response.extend_from_slice(&body);
    Act::Send(response)
}

#[tokio::test]
async fn body_limit_applies_to_the_decompressed_size() {
    definitive(gzipped("200 OK", &vec![b' '; LIMIT + 1]), too_large()).await;
    // A body of exactly the limit is read, but it is not JSON.
    let server = Server::script([gzipped("200 OK", &vec![b' '; LIMIT])]).await;
    let error = get(&client(&server.url())).await.unwrap_err();
    assert!(
        error.to_string().contains("cannot be decoded: EOF"),
        "{error}"
    );
    assert!(error.raw().unwrap().len() <= 64 * 1024);
}

#[tokio::test]
async fn gzip_body_is_decoded_and_invalid_gzip_is_reported() {
    let body = json!({"id": CONNECTOR, "name": "a", "createdAt": "2026-01-01T00:00:00Z"});
    let server = Server::script([gzipped("200 OK", body.to_string().as_bytes())]).await;
    get(&client(&server.url())).await.unwrap();

    let broken = response("200 OK", "content-encoding: gzip\r\n", "no gzip at all");
    let expected = Expected {
        kind: ErrorKind::Transport,
        outcome: RequestOutcome::Unknown,
        status: Some(200),
        message: "the response could not be read completely: invalid gzip header",
    };
    persistent(broken, expected).await;
}

#[tokio::test]
async fn every_spelling_of_gzip_is_decoded_and_limited() {
    let body = json!({"id": CONNECTOR, "name": "a", "createdAt": "2026-01-01T00:00:00Z"});
    for encoding in ["x-gzip", "GZIP", "X-GZIP"] {
        let act = gzipped_as(encoding, "200 OK", body.to_string().as_bytes());
        let server = Server::script([act]).await;
        get(&client(&server.url())).await.unwrap();
        definitive(
            gzipped_as(encoding, "200 OK", &vec![b' '; LIMIT + 1]),
            too_large(),
        )
        .await;
        let broken = response(
            "200 OK",
            &format!("content-encoding: {encoding}\r\n"),
            "no gzip at all",
        );
        let expected = Expected {
            kind: ErrorKind::Transport,
            outcome: RequestOutcome::Unknown,
            status: Some(200),
            message: "the response could not be read completely: ",
        };
        persistent(broken, expected).await;
        // An error response keeps its status and its message.
        let refused = json!({"code": "Forbidden", "message": "not for this key"}).to_string();
        let act = gzipped_as(encoding, "403 Forbidden", refused.as_bytes());
        let server = Server::script([act]).await;
        let error = get(&client(&server.url())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert!(error.to_string().contains("not for this key"), "{error}");
    }
}

#[tokio::test]
async fn error_response_over_the_limit_keeps_its_status() {
    let page = format!("<html>{}", " ".repeat(LIMIT + 1));
    let server = Server::script([response(
        "403 Forbidden",
        "content-type: text/html\r\n",
        &page,
    )])
    .await;
    let error = get(&client(&server.url())).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status().map(|status| status.as_u16())),
        (ErrorKind::PermissionDenied, Some(403))
    );
    assert!(error.raw().unwrap().starts_with("<html>"));
}

#[tokio::test]
async fn empty_success_body_is_a_decode_error() {
    for act in [
        response("200 OK", "", ""),
        Act::Send(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()),
    ] {
        let server = Server::script([act]).await;
        for error in [
            get(&client(&server.url())).await.unwrap_err(),
            send(&client(&server.url())).await.unwrap_err(),
        ] {
            assert_eq!(
                (error.kind(), error.outcome()),
                (ErrorKind::Decode, Some(RequestOutcome::Answered))
            );
            assert!(
                error
                    .to_string()
                    .contains("cannot be decoded: the body is empty"),
                "{error}"
            );
        }
        // The server has processed the write, so the client does not send it again.
        assert_eq!(server.count(), 2);
    }
}

#[tokio::test]
async fn body_that_is_not_utf8_is_a_decode_error() {
    let act = Act::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n\"\xff\xfe\"".to_vec());
    let expected = Expected {
        kind: ErrorKind::Decode,
        outcome: RequestOutcome::Answered,
        status: Some(200),
        message: "the request succeeded, but its response cannot be decoded: ",
    };
    definitive(act, expected).await;

    let act = Act::Send(b"HTTP/1.1 409 Conflict\r\ncontent-length: 2\r\n\r\n\xff\xfe".to_vec());
    let server = Server::script([act]).await;
    let error = send(&client(&server.url())).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.raw()),
        (ErrorKind::Conflict, Some("\u{fffd}\u{fffd}"))
    );
}
