//! Connections that fail, break or go silent before a complete response.

use std::time::{Duration, Instant};

use bird_connectors::{Client, ErrorKind, RequestOutcome};
use serde_json::json;
use tokio::net::TcpSocket;

use crate::support::faults::{Expected, check, connector, get, persistent, send, transient};
use crate::support::server::{Act, Server, json};
use crate::support::{CHANNEL, KEY, builder, client, until};

#[tokio::test]
async fn connection_refused_is_not_sent_and_retried_for_every_method() {
    // A bound socket that does not listen refuses connections, and reserves its port against other tests.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let expected = Expected {
        kind: ErrorKind::Transport,
        outcome: RequestOutcome::NotSent,
        status: None,
        message: "connection failed: tcp connect error: Connection refused",
    };
    let client = client(&url);
    check(&get(&client).await.unwrap_err(), 3, &expected);
    // Nothing was sent, so the client retries the write as well.
    check(&send(&client).await.unwrap_err(), 3, &expected);
}

#[tokio::test]
async fn unknown_host_is_not_sent() {
    let client = Client::builder()
        .access_key(KEY)
        .base_url("https://no-such-host.invalid")
        .max_attempts(1)
        .build()
        .unwrap();
    let expected = Expected {
        kind: ErrorKind::Transport,
        outcome: RequestOutcome::NotSent,
        status: None,
        message: "connection failed",
    };
    check(&send(&client).await.unwrap_err(), 1, &expected);
}

#[tokio::test]
async fn reset_before_the_response_head_has_unknown_outcome() {
    let expected = Expected {
        kind: ErrorKind::Transport,
        outcome: RequestOutcome::Unknown,
        status: None,
        message: "the connection broke before a response arrived: Connection reset by peer",
    };
    persistent(Act::Reset, expected).await;
    transient(Act::Reset).await;
}

#[tokio::test]
async fn close_before_the_response_head_has_unknown_outcome() {
    let expected = || Expected {
        kind: ErrorKind::Transport,
        outcome: RequestOutcome::Unknown,
        status: None,
        message: "the connection broke before a response arrived: connection closed before message completed",
    };
    persistent(Act::Close(vec![]), expected()).await;
    persistent(Act::Close(b"HTTP/1.1 200 OK\r\nconte".to_vec()), expected()).await;
}

#[tokio::test]
async fn response_in_another_protocol_has_unknown_outcome() {
    let expected = Expected {
        kind: ErrorKind::Transport,
        outcome: RequestOutcome::Unknown,
        status: None,
        message: "the connection broke before a response arrived: invalid HTTP version parsed",
    };
    persistent(
        Act::Close(b"SSH-2.0-OpenSSH_9.6\r\n\r\n".to_vec()),
        expected,
    )
    .await;
}

/// The attempt timeout of tests that wait for it: long enough for a response on a busy machine.
const ATTEMPT: Duration = Duration::from_secs(4);

fn client_with_attempt_timeout(server: &Server) -> Client {
    builder(&server.url())
        .attempt_timeout(ATTEMPT)
        .build()
        .unwrap()
}

#[tokio::test]
async fn silent_server_times_out_each_attempt() {
    let stall = |start: &'static str, status| async move {
        let acts = || [Act::Stall(start.into()), connector()];
        let write = async {
            let server = Server::script(acts()).await;
            let error = send(&client_with_attempt_timeout(&server))
                .await
                .unwrap_err();
            let expected = Expected {
                kind: ErrorKind::Timeout,
                outcome: RequestOutcome::Unknown,
                status,
                message: "no complete response within 4s (outcome unknown, 1 attempt)",
            };
            check(&error, 1, &expected);
            assert_eq!(server.count(), 1);
        };
        let read = async {
            let server = Server::script(acts()).await;
            get(&client_with_attempt_timeout(&server)).await.unwrap();
            assert_eq!(server.count(), 2);
        };
        tokio::join!(write, read);
    };
    tokio::join!(
        stall("", None),
        stall("HTTP/1.1 200 OK\r\ncontent-le", None),
        stall(
            "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"id\":",
            Some(200)
        ),
    );
}

#[tokio::test]
async fn total_timeout_limits_all_attempts_together() {
    let server = Server::script([Act::Stall(vec![])]).await;
    let client = builder(&server.url())
        .attempt_timeout(Duration::from_millis(400))
        .timeout(Duration::from_millis(700))
        .max_attempts(50)
        .build()
        .unwrap();
    let start = Instant::now();
    let error = get(&client).await.unwrap_err();
    // Without the limit, 50 attempts would take more than 20 s.
    assert!(start.elapsed() < Duration::from_secs(15), "{error}");
    assert!(error.attempts() <= 2, "{error}");
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn switching_protocols_is_an_error() {
    let act = Act::Stall(
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n".to_vec(),
    );
    let server = Server::script([act]).await;
    let client = builder(&server.url())
        .attempt_timeout(ATTEMPT)
        .max_attempts(1)
        .build()
        .unwrap();
    let error = send(&client).await.unwrap_err();
    assert_ne!(error.kind(), ErrorKind::Decode, "{error}");
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn closed_idle_connection_is_replaced_without_an_error() {
    // The server closes the connection after each response without announcing it.
    let Act::Send(body) = json("202 Accepted", json!({"id": CHANNEL})) else {
        unreachable!()
    };
    let server = Server::script([Act::Close(body)]).await;
    let client = client(&server.url());
    for number in 1..=5 {
        send(&client).await.unwrap();
        assert_eq!(server.count(), number);
        // The client has noticed: it has closed its side as well.
        until("the client to close", || server.closed() == number).await;
    }
}
