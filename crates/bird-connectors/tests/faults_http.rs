//! HTTP faults over raw sockets: each error has the right kind, outcome, number of attempts and a message that names the
//! cause, and the client never retries a request that must not be sent twice.

use std::io::Write as _;
use std::time::{Duration, Instant};

use bird_connectors::{Client, Kind, Outcome};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use support::faults::{
    Expected, check, connector, definitive, delete, get, persistent, send, transient,
};
use support::server::{Act, Server, json, response};
use support::{CHANNEL, CONNECTOR, KEY, WORKSPACE, builder, client, until};
use tokio::net::TcpSocket;

mod support;

#[tokio::test]
async fn connection_refused_is_not_sent_and_retried_for_every_method() {
    // A bound socket that does not listen refuses connections, and no other test can get its port.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let expected = Expected {
        kind: Kind::Transport,
        outcome: Outcome::NotSent,
        status: None,
        message: "no connection: tcp connect error: Connection refused",
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
        kind: Kind::Transport,
        outcome: Outcome::NotSent,
        status: None,
        message: "no connection",
    };
    check(&send(&client).await.unwrap_err(), 1, &expected);
}

#[tokio::test]
async fn reset_before_the_response_head_has_unknown_outcome() {
    let expected = Expected {
        kind: Kind::Transport,
        outcome: Outcome::Unknown,
        status: None,
        message: "the connection broke before an answer came: Connection reset by peer",
    };
    persistent(Act::Reset, expected).await;
    transient(Act::Reset).await;
}

#[tokio::test]
async fn close_before_the_response_head_has_unknown_outcome() {
    let expected = || Expected {
        kind: Kind::Transport,
        outcome: Outcome::Unknown,
        status: None,
        message: "the connection broke before an answer came: connection closed before message completed",
    };
    persistent(Act::Close(vec![]), expected()).await;
    persistent(Act::Close(b"HTTP/1.1 200 OK\r\nconte".to_vec()), expected()).await;
}

#[tokio::test]
async fn response_in_another_protocol_has_unknown_outcome() {
    let expected = Expected {
        kind: Kind::Transport,
        outcome: Outcome::Unknown,
        status: None,
        message: "the connection broke before an answer came: invalid HTTP version parsed",
    };
    persistent(
        Act::Close(b"SSH-2.0-OpenSSH_9.6\r\n\r\n".to_vec()),
        expected,
    )
    .await;
}

#[tokio::test]
async fn truncated_body_has_unknown_outcome() {
    let half = |length: &str| {
        Act::Close(format!("HTTP/1.1 201 Created\r\n{length}\r\n\r\n{{\"id\":").into_bytes())
    };
    let expected = |message| Expected {
        kind: Kind::Transport,
        outcome: Outcome::Unknown,
        status: Some(201),
        message,
    };
    let message =
        "the answer could not be read to its end: end of file before message length reached";
    persistent(half("content-length: 500"), expected(message)).await;
    let message = "the answer could not be read to its end: ";
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
            kind: Kind::Decode,
            outcome: Outcome::Answered,
            status: Some(200),
            message: "the request succeeded, but its answer cannot be read: EOF while parsing",
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
        kind: Kind::Transport,
        outcome: Outcome::Unknown,
        status: None,
        message: "invalid content-length parsed",
    };
    persistent(act, expected).await;
}

/// The attempt timeout where a test waits for it: ample for a response on a busy machine.
const ATTEMPT: Duration = Duration::from_secs(4);

fn client_with_attempt_timeout(server: &Server) -> Client {
    builder(&server.url())
        .attempt_timeout(ATTEMPT)
        .build()
        .unwrap()
}

#[tokio::test]
async fn silent_server_times_out_each_attempt() {
    let stall = |start: &'static str| async move {
        let acts = || [Act::Stall(start.into()), connector()];
        let write = async {
            let server = Server::script(acts()).await;
            let error = send(&client_with_attempt_timeout(&server))
                .await
                .unwrap_err();
            let expected = Expected {
                kind: Kind::Timeout,
                outcome: Outcome::Unknown,
                status: None,
                message: "no whole answer within 4s (outcome unknown, 1 attempt)",
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
        stall(""),
        stall("HTTP/1.1 200 OK\r\ncontent-le"),
        stall("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"id\":"),
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
    assert_eq!(error.kind(), Kind::Timeout);
}

/// The largest response body that the client reads.
const LIMIT: usize = 16 * 1024 * 1024;

fn too_large() -> Expected {
    Expected {
        kind: Kind::Decode,
        outcome: Outcome::Answered,
        status: Some(200),
        message: "the request succeeded, but its answer is larger than 16777216 bytes and was not read",
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
    let body = gzip(body);
    let mut response = format!(
        "HTTP/1.1 {status}\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
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
    assert!(error.to_string().contains("cannot be read: EOF"), "{error}");
    assert!(error.raw().unwrap().len() <= 64 * 1024);
}

#[tokio::test]
async fn gzip_body_is_decoded_and_invalid_gzip_is_reported() {
    let body = json!({"id": CONNECTOR, "name": "a", "createdAt": "2026-01-01T00:00:00Z"});
    let server = Server::script([gzipped("200 OK", body.to_string().as_bytes())]).await;
    get(&client(&server.url())).await.unwrap();

    let broken = response("200 OK", "content-encoding: gzip\r\n", "no gzip at all");
    let expected = Expected {
        kind: Kind::Transport,
        outcome: Outcome::Unknown,
        status: Some(200),
        message: "the answer could not be read to its end: Invalid gzip header",
    };
    persistent(broken, expected).await;
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
        (error.kind(), error.status()),
        (Kind::PermissionDenied, Some(403))
    );
    assert!(error.raw().unwrap().starts_with("<html>"));
}

#[tokio::test]
async fn bad_gateway_page_of_a_proxy_has_unknown_outcome() {
    let page = "<html><h1>502 Bad Gateway</h1></html>";
    let act = response("502 Bad Gateway", "content-type: text/html\r\n", page);
    let expected = Expected {
        kind: Kind::Server,
        outcome: Outcome::Unknown,
        status: Some(502),
        message: "502 Bad Gateway; the answer is not in the API's error format (text/html), a proxy may have sent it",
    };
    persistent(act.clone(), expected).await;
    let server = Server::script([act]).await;
    let error = send(&client(&server.url())).await.unwrap_err();
    assert_eq!(error.raw(), Some(page));
}

#[tokio::test]
async fn web_page_with_status_200_is_an_error() {
    let page = "<html><h1>Sign in to the network</h1></html>";
    let act = response("200 OK", "content-type: text/html; charset=utf-8\r\n", page);
    let expected = || Expected {
        kind: Kind::Decode,
        outcome: Outcome::Unknown,
        status: Some(200),
        message: "200 the answer is a web page and nothing of the API's: a proxy or the sign-in of a network may have sent it",
    };
    definitive(act.clone(), expected()).await;
    // A delete needs no body, but a success that the API did not send does not count.
    let server = Server::script([act]).await;
    let error = delete(&client(&server.url())).await.unwrap_err();
    check(&error, 1, &expected());
    assert_eq!(error.raw(), Some(page));
}

#[tokio::test]
async fn redirect_is_not_followed() {
    let elsewhere = Server::script([connector()]).await;
    for status in [
        "301 Moved",
        "302 Found",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let location = format!("location: {}/stolen\r\n", elsewhere.url());
        definitive(
            response(status, &location, ""),
            Expected {
                kind: Kind::Api,
                outcome: Outcome::Answered,
                status: Some(status[..3].parse().unwrap()),
                message: "redirects are not followed: check the base URL",
            },
        )
        .await;
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn delete_succeeds_without_a_json_body() {
    for act in [
        Act::Send(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()),
        response("200 OK", "", ""),
        // The content type of an empty body does not matter.
        response("200 OK", "content-type: text/html\r\n", ""),
        response("202 Accepted", "content-type: text/plain\r\n", "gone soon"),
        json("200 OK", json!({"id": CONNECTOR})),
    ] {
        let server = Server::script([act]).await;
        assert!(!delete(&client(&server.url())).await.unwrap());
        assert_eq!(server.count(), 1);
    }
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
                (Kind::Decode, Some(Outcome::Answered))
            );
            assert!(
                error
                    .to_string()
                    .contains("cannot be read: the body is empty"),
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
        kind: Kind::Decode,
        outcome: Outcome::Answered,
        status: Some(200),
        message: "the request succeeded, but its answer cannot be read: ",
    };
    definitive(act, expected).await;

    let act = Act::Send(b"HTTP/1.1 409 Conflict\r\ncontent-length: 2\r\n\r\n\xff\xfe".to_vec());
    let server = Server::script([act]).await;
    let error = send(&client(&server.url())).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.raw()),
        (Kind::Conflict, Some("\u{fffd}\u{fffd}"))
    );
}

#[tokio::test]
async fn informational_responses_are_skipped() {
    let Act::Send(final_response) = connector() else {
        unreachable!()
    };
    let mut bytes =
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".to_vec();
    bytes.extend_from_slice(&final_response);
    let server = Server::script([Act::Send(bytes)]).await;
    get(&client(&server.url())).await.unwrap();
    assert_eq!(server.count(), 1);
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
    assert_ne!(error.kind(), Kind::Decode, "{error}");
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn delete_succeeds_when_its_retry_finds_nothing() {
    let gone = || {
        json(
            "404 Not Found",
            json!({"code": "NotFound", "message": "no connector"}),
        )
    };
    for lost in [
        Act::Reset,
        Act::Close(vec![]),
        json("503 Service Unavailable", "{}"),
    ] {
        let server = Server::script([lost, gone()]).await;
        assert!(delete(&client(&server.url())).await.unwrap());
        assert_eq!(server.count(), 2);
    }
    // On the first attempt it is an error, unless the caller accepts a missing connector.
    let server = Server::script([gone()]).await;
    let client = client(&server.url());
    let error = delete(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Kind::NotFound, 1));
    let connectors = client.workspace(WORKSPACE).unwrap().connectors();
    assert!(
        connectors
            .delete(CONNECTOR)
            .missing_ok()
            .await
            .unwrap()
            .already_gone
    );
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

#[tokio::test]
async fn raw_requests_follow_the_same_retry_rules() {
    let server = Server::script([Act::Reset, json("200 OK", json!({"a": 1}))]).await;
    let client = client(&server.url());
    let reply = client
        .request(http::Method::GET, "/thing")
        .send()
        .await
        .unwrap();
    assert_eq!(reply.json::<Value>().unwrap(), json!({"a": 1}));
    assert_eq!((reply.status(), server.count()), (200, 2));
    assert!(
        reply
            .json::<Vec<u8>>()
            .unwrap_err()
            .to_string()
            .starts_with("GET /thing: 200 the request succeeded")
    );

    let server = Server::script([Act::Reset]).await;
    let client = support::client(&server.url());
    let request = client.request(http::Method::POST, "/thing?token=hidden");
    let error = request.send().await.unwrap_err();
    assert_eq!(
        (error.outcome(), error.attempts()),
        (Some(Outcome::Unknown), 1)
    );
    assert!(
        error
            .to_string()
            .starts_with("POST /thing: the connection broke"),
        "{error}"
    );
}
