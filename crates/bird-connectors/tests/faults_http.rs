//! HTTP gone wrong, over raw sockets: each fault with its kind, its outcome, its number of attempts and a message that
//! names the cause, and what may not be repeated is not.

use std::io::Write as _;
use std::time::{Duration, Instant};

use bird_connectors::{Client, Kind, Outcome};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use support::faults::{
    Expected, check, connector, delete, get, passing, persistent, send, settled,
};
use support::server::{Act, Server, answer, json};
use support::{CHANNEL, CONNECTOR, KEY, WORKSPACE, builder, client};
use tokio::net::TcpListener;

mod support;

#[tokio::test]
async fn connection_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let expected = Expected {
        kind: Kind::Transport,
        outcome: Outcome::NotSent,
        status: None,
        says: "no connection: tcp connect error: Connection refused",
    };
    let client = client(&url);
    check(&get(&client).await.unwrap_err(), 3, &expected);
    // Nothing was sent, so the write is tried again like everything else.
    check(&send(&client).await.unwrap_err(), 3, &expected);
}

#[tokio::test]
async fn an_unknown_host() {
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
        says: "no connection",
    };
    check(&send(&client).await.unwrap_err(), 1, &expected);
}

#[tokio::test]
async fn reset_before_the_head() {
    let expected = Expected {
        kind: Kind::Transport,
        outcome: Outcome::Unknown,
        status: None,
        says: "the connection broke before an answer came: Connection reset by peer",
    };
    persistent(Act::Reset, expected).await;
    passing(Act::Reset).await;
}

#[tokio::test]
async fn closed_before_the_head() {
    let expected = || Expected {
        kind: Kind::Transport,
        outcome: Outcome::Unknown,
        status: None,
        says: "the connection broke before an answer came: connection closed before message completed",
    };
    persistent(Act::Close(vec![]), expected()).await;
    persistent(Act::Close(b"HTTP/1.1 200 OK\r\nconte".to_vec()), expected()).await;
}

#[tokio::test]
async fn no_http_at_all() {
    let expected = Expected {
        kind: Kind::Transport,
        outcome: Outcome::Unknown,
        status: None,
        says: "the connection broke before an answer came: invalid HTTP version parsed",
    };
    persistent(
        Act::Close(b"SSH-2.0-OpenSSH_9.6\r\n\r\n".to_vec()),
        expected,
    )
    .await;
}

#[tokio::test]
async fn half_a_body() {
    let half = |length: &str| {
        Act::Close(format!("HTTP/1.1 201 Created\r\n{length}\r\n\r\n{{\"id\":").into_bytes())
    };
    let expected = |says| Expected {
        kind: Kind::Transport,
        outcome: Outcome::Unknown,
        status: Some(201),
        says,
    };
    let says = "the answer could not be read to its end: end of file before message length reached";
    persistent(half("content-length: 500"), expected(says)).await;
    let says = "the answer could not be read to its end: ";
    persistent(half("transfer-encoding: chunked"), expected(says)).await;
    passing(half("content-length: 500")).await;
}

#[tokio::test]
async fn a_content_length_that_is_too_short() {
    let body = "{\"id\":\"0c000000-0000-4000-8000-00000000000c\",\"name\":";
    let act = Act::Close(
        format!("HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{body}\"a\"}}").into_bytes(),
    );
    settled(
        act,
        Expected {
            kind: Kind::Decode,
            outcome: Outcome::Answered,
            status: Some(200),
            says: "the request succeeded, but its answer cannot be read: EOF while parsing",
        },
    )
    .await;
}

#[tokio::test]
async fn two_content_lengths_are_no_http() {
    let act = Act::Close(
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{} ".to_vec(),
    );
    let expected = Expected {
        kind: Kind::Transport,
        outcome: Outcome::Unknown,
        status: None,
        says: "invalid content-length parsed",
    };
    persistent(act, expected).await;
}

#[tokio::test]
async fn a_server_that_goes_silent() {
    for (start, status) in [
        ("", None),
        ("HTTP/1.1 200 OK\r\ncontent-le", None),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"id\":",
            None,
        ),
    ] {
        let server = Server::script([Act::Stall(start.into()), connector()]).await;
        let client = builder(&server.url())
            .attempt_timeout(Duration::from_millis(300))
            .build()
            .unwrap();
        let error = send(&client).await.unwrap_err();
        check(
            &error,
            1,
            &Expected {
                kind: Kind::Timeout,
                outcome: Outcome::Unknown,
                status,
                says: "no whole answer within 300ms (outcome unknown, 1 attempt)",
            },
        );
        assert_eq!(server.count(), 1);

        let server = Server::script([Act::Stall(start.into()), connector()]).await;
        let client = builder(&server.url())
            .attempt_timeout(Duration::from_millis(300))
            .build()
            .unwrap();
        get(&client).await.unwrap();
        assert_eq!(server.count(), 2);
    }
}

#[tokio::test]
async fn the_total_time_is_never_exceeded() {
    let server = Server::script([Act::Stall(vec![])]).await;
    let client = builder(&server.url())
        .attempt_timeout(Duration::from_millis(400))
        .timeout(Duration::from_millis(700))
        .max_attempts(50)
        .build()
        .unwrap();
    let start = Instant::now();
    let error = get(&client).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(5), "{error}");
    assert_eq!(error.kind(), Kind::Timeout);
}

const CAP: usize = 16 * 1024 * 1024;

fn too_large() -> Expected {
    Expected {
        kind: Kind::Decode,
        outcome: Outcome::Answered,
        status: Some(200),
        says: "the request succeeded, but its answer is larger than 16777216 bytes and was not read",
    }
}

#[tokio::test]
async fn a_body_over_the_cap_with_its_length() {
    // Only the head is sent: the length alone is enough to say no.
    let act = Act::Stall(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", CAP + 1).into());
    settled(act, too_large()).await;
}

#[tokio::test]
async fn a_body_over_the_cap_in_chunks() {
    let chunk = vec![b' '; 1024 * 1024];
    let mut body = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..=CAP / chunk.len() {
        body.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        body.extend_from_slice(&chunk);
        body.extend_from_slice(b"\r\n");
    }
    settled(Act::Stall(body), too_large()).await;
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn zipped(status: &str, body: &[u8]) -> Act {
    let body = gzip(body);
    let mut answer = format!(
        "HTTP/1.1 {status}\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend_from_slice(&body);
    Act::Send(answer)
}

#[tokio::test]
async fn a_compressed_body_counts_by_what_it_becomes() {
    settled(zipped("200 OK", &vec![b' '; CAP + 1]), too_large()).await;
    // Just below the cap it is read, and found to be no JSON.
    let server = Server::script([zipped("200 OK", &vec![b' '; CAP])]).await;
    let error = get(&client(&server.url())).await.unwrap_err();
    assert!(error.to_string().contains("cannot be read: EOF"), "{error}");
    assert!(error.raw().unwrap().len() <= 64 * 1024);
}

#[tokio::test]
async fn compression_is_understood_and_its_faults_are_named() {
    let body = json!({"id": CONNECTOR, "name": "a", "createdAt": "2026-01-01T00:00:00Z"});
    let server = Server::script([zipped("200 OK", body.to_string().as_bytes())]).await;
    get(&client(&server.url())).await.unwrap();

    let broken = answer("200 OK", "content-encoding: gzip\r\n", "no gzip at all");
    let expected = Expected {
        kind: Kind::Transport,
        outcome: Outcome::Unknown,
        status: Some(200),
        says: "the answer could not be read to its end: Invalid gzip header",
    };
    persistent(broken, expected).await;
}

#[tokio::test]
async fn an_endless_error_page_is_still_that_error() {
    let page = format!("<html>{}", " ".repeat(CAP + 1));
    let server = Server::script([answer(
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
async fn a_page_of_a_proxy() {
    let page = "<html><h1>502 Bad Gateway</h1></html>";
    let act = answer("502 Bad Gateway", "content-type: text/html\r\n", page);
    let expected = Expected {
        kind: Kind::Server,
        outcome: Outcome::Unknown,
        status: Some(502),
        says: "502 Bad Gateway; the answer is not in the API's error format (text/html), a proxy may have sent it",
    };
    persistent(act.clone(), expected).await;
    let server = Server::script([act]).await;
    let error = send(&client(&server.url())).await.unwrap_err();
    assert_eq!(error.raw(), Some(page));
}

#[tokio::test]
async fn a_page_for_people_is_no_success() {
    let page = "<html><h1>Sign in to the network</h1></html>";
    let act = answer("200 OK", "content-type: text/html; charset=utf-8\r\n", page);
    let expected = || Expected {
        kind: Kind::Decode,
        outcome: Outcome::Unknown,
        status: Some(200),
        says: "200 the answer is a web page and nothing of the API's: a proxy or the sign-in of a network may have sent it",
    };
    settled(act.clone(), expected()).await;
    // A delete reads no body, but a stranger's word is not enough.
    let server = Server::script([act]).await;
    let error = delete(&client(&server.url())).await.unwrap_err();
    check(&error, 1, &expected());
    assert_eq!(error.raw(), Some(page));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::script([connector()]).await;
    for status in [
        "301 Moved",
        "302 Found",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let location = format!("location: {}/stolen\r\n", elsewhere.url());
        settled(
            answer(status, &location, ""),
            Expected {
                kind: Kind::Api,
                outcome: Outcome::Answered,
                status: Some(status[..3].parse().unwrap()),
                says: "redirects are not followed: check the base URL",
            },
        )
        .await;
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn a_delete_needs_no_body() {
    for act in [
        Act::Send(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()),
        answer("200 OK", "", ""),
        // What a server says of nothing is nothing.
        answer("200 OK", "content-type: text/html\r\n", ""),
        answer("202 Accepted", "content-type: text/plain\r\n", "gone soon"),
        json("200 OK", json!({"id": CONNECTOR})),
    ] {
        let server = Server::script([act]).await;
        assert!(!delete(&client(&server.url())).await.unwrap());
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn an_empty_success_where_a_body_is_due() {
    for act in [
        answer("200 OK", "", ""),
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
        // The write was processed: it is not made again.
        assert_eq!(server.count(), 2);
    }
}

#[tokio::test]
async fn a_body_that_is_no_text() {
    let act = Act::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n\"\xff\xfe\"".to_vec());
    let expected = Expected {
        kind: Kind::Decode,
        outcome: Outcome::Answered,
        status: Some(200),
        says: "the request succeeded, but its answer cannot be read: ",
    };
    settled(act, expected).await;

    let act = Act::Send(b"HTTP/1.1 409 Conflict\r\ncontent-length: 2\r\n\r\n\xff\xfe".to_vec());
    let server = Server::script([act]).await;
    let error = send(&client(&server.url())).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.raw()),
        (Kind::Conflict, Some("\u{fffd}\u{fffd}"))
    );
}

#[tokio::test]
async fn interim_answers_are_passed_over() {
    let Act::Send(last) = connector() else {
        unreachable!()
    };
    let mut bytes =
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".to_vec();
    bytes.extend_from_slice(&last);
    let server = Server::script([Act::Send(bytes)]).await;
    get(&client(&server.url())).await.unwrap();
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn switching_protocols_is_no_success() {
    let act = Act::Stall(
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n".to_vec(),
    );
    let server = Server::script([act]).await;
    let client = builder(&server.url())
        .attempt_timeout(Duration::from_secs(2))
        .max_attempts(1)
        .build()
        .unwrap();
    let error = send(&client).await.unwrap_err();
    assert_ne!(error.kind(), Kind::Decode, "{error}");
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn not_found_after_a_lost_delete_is_the_wish_fulfilled() {
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
    // On the first attempt it is what it is, unless that is fine.
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
async fn idle_connections_are_used_again_and_a_closed_one_costs_nothing() {
    // The server closes after each answer without saying so: the next write finds a dead connection.
    let Act::Send(body) = json("202 Accepted", json!({"id": CHANNEL})) else {
        unreachable!()
    };
    let server = Server::script([Act::Close(body)]).await;
    let client = client(&server.url());
    for nth in 1..=5 {
        send(&client).await.unwrap();
        assert_eq!(server.count(), nth);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn beyond_the_contract_the_same_rules_hold() {
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
