//! Complete responses that are unexpected: from a proxy, redirects, informational ones, and those of a retry.

use bird_connectors::{ErrorKind, RequestOutcome};
use serde_json::{Value, json};

use crate::support::faults::{
    Expected, check, connector, definitive, delete, get, persistent, send,
};
use crate::support::server::{Act, Server, json, response};
use crate::support::{self, CONNECTOR, WORKSPACE, client};

#[tokio::test]
async fn bad_gateway_page_of_a_proxy_has_unknown_outcome() {
    let page = "<html><h1>502 Bad Gateway</h1></html>";
    let act = response("502 Bad Gateway", "content-type: text/html\r\n", page);
    let expected = Expected {
        kind: ErrorKind::Server,
        outcome: RequestOutcome::Unknown,
        status: Some(502),
        message: "502 Bad Gateway; the response is not in the API's error format (text/html); a proxy may have sent it",
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
        kind: ErrorKind::Decode,
        outcome: RequestOutcome::Unknown,
        status: Some(200),
        message: "200 the response is a web page, not a response of the API: a proxy or a captive portal may have sent it",
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
                kind: ErrorKind::Api,
                outcome: RequestOutcome::Answered,
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
async fn delete_succeeds_although_its_body_is_broken() {
    for act in [
        // Truncated, malformed, compressed with nothing inside, and endless.
        Act::Close(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_vec()),
        Act::Close(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnonsense".to_vec()),
        response("200 OK", "content-encoding: gzip\r\n", "no gzip at all"),
        response("200 OK", "content-type: application/json\r\n", "{\"id\": "),
        Act::Stall(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n".to_vec()),
    ] {
        let server = Server::script([act]).await;
        assert!(!delete(&client(&server.url())).await.unwrap());
        assert_eq!(server.count(), 1);
    }
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
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::NotFound, 1));
    let connectors = client.workspace(WORKSPACE).connectors();
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
async fn raw_requests_follow_the_same_retry_rules() {
    let server = Server::script([Act::Reset, json("200 OK", json!({"a": 1}))]).await;
    let client = client(&server.url());
    let reply = client
        .request(http::Method::GET, "/thing")
        .send()
        .await
        .unwrap();
    assert_eq!(reply.json::<Value>().unwrap(), json!({"a": 1}));
    assert_eq!((reply.status().as_u16(), server.count()), (200, 2));
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
        (Some(RequestOutcome::Unknown), 1)
    );
    assert!(
        error
            .to_string()
            .starts_with("POST /thing: the connection broke"),
        "{error}"
    );
}
