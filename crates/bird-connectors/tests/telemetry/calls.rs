//! The spans and events of calls.

use std::collections::BTreeSet;

use bird_connectors::ErrorKind;
use bird_connectors::client::{CallOptions, Method, RateLimits, TraceContext};
use bird_connectors_api::Operation as Contract;
use bird_connectors_catalogue::{ACCESS_TOKEN, INVITATION_TOKEN, Ids, SIGNING_KEY, entries};
use futures_util::future::join_all;
use serde_json::json;
use tracing::Instrument as _;

use crate::check;
use crate::collector::Collector;
use crate::support::server::{Act, Recorded, Server, json, response};
use crate::support::{CONNECTOR, WORKSPACE, builder, client, until};

/// A server that repeats the whole request in every response.
fn echo(status: &'static str) -> impl Fn(usize, &Recorded) -> Act {
    move |_, request| {
        let text = request.text();
        let key = request.header("authorization").unwrap_or_default();
        let headers = format!("x-request-id: {key}\r\ncontent-type: application/json\r\n");
        let body =
            json!({"code": text, "message": text, "status": key, "channel": {"status": text}});
        response(status, &headers, &body.to_string())
    }
}

#[tokio::test]
async fn every_operation_emits_documented_fields_and_no_others() {
    let (collector, _guard) = Collector::start();
    let mut fields = BTreeSet::new();
    for status in ["200 OK", "404 Not Found", "503 Service Unavailable"] {
        let server = Server::responding(echo(status)).await;
        let once = CallOptions::new().max_attempts(1);
        let client = client(&server.url()).with_options(once).unwrap();
        let entries = entries();
        let calls = entries
            .iter()
            .flat_map(|entry| entry.calls.iter().map(|call| (entry.operation.id(), call)));
        for (id, call) in calls {
            let context = format!("{status} to {id}: {}", call.note);
            let sent = (call.send)(client.clone(), Ids::default()).await;
            let undecodable = sent.is_err_and(|error| error.kind() == ErrorKind::Decode);
            let emitted = collector.take();
            check(&context, &emitted);
            let call = emitted
                .iter()
                .find(|one| one.name == "call")
                .expect(&context);
            let contract = Contract::find(id).unwrap();
            assert_eq!(call.get("bird.operation"), contract.id);
            assert_eq!(call.get("otel.name"), contract.id);
            assert_eq!(call.get("bird.workspace.id"), WORKSPACE.to_string());
            let code = &status[..3];
            // After a 404 for a channel, the client checks whether the id belongs to a connector.
            let looks_up = code == "404" && contract.path.contains("{channelId}");
            let spans = emitted.iter().filter(|one| one.is_span);
            let of_the_call = spans.filter(|one| {
                !looks_up
                    || one.get("url.template")
                        != "/workspaces/{workspaceId}/connectors/{connectorId}"
            });
            for span in of_the_call {
                assert_eq!(span.get("http.request.method"), contract.method.as_str());
                assert_eq!(span.get("url.template"), contract.path, "{context}");
                assert_eq!(span.get("server.address"), "127.0.0.1");
                assert!(server.url().ends_with(span.get("server.port")));
                assert_eq!(span.get("http.response.status_code"), code, "{context}");
                let error = match code {
                    "200" if undecodable && span.name == "call" => "decode",
                    "200" => "",
                    _ => code,
                };
                assert_eq!(span.get("error.type"), error, "{context}");
            }
            let attempt = emitted
                .iter()
                .find(|one| one.name == "attempt")
                .expect(&context);
            let name = format!("{} {}", contract.method, contract.path);
            assert_eq!(attempt.get("otel.name"), name);
            assert_eq!(attempt.get("network.protocol.version"), "1.1");
            let url = attempt.get("url.full");
            assert!(url.starts_with(&server.url()), "{context}: {url}");
            let path = url[server.url().len()..].split('?').next().unwrap();
            assert_eq!(path.split('/').count(), contract.path.split('/').count());
            let failure = emitted
                .iter()
                .any(|one| one.name == "request failed without a definitive response");
            assert_eq!(failure, code == "503", "{context}");
            fields.extend(emitted.into_iter().flat_map(|one| one.fields.into_keys()));
        }
    }
    assert!(fields.len() >= 12, "{fields:?}");
}

#[tokio::test]
async fn field_of_an_unexpected_form_is_reported_once_per_client() {
    let (collector, _guard) = Collector::start();
    let item = |id| json!({"id": id, "name": 7, "channel": {"channelId": "x"}, "future": 1});
    let server = Server::responding(move |_, request| {
        let text = request.text();
        let body = if text.contains(&format!("/connectors/{CONNECTOR}")) {
            item(json!(CONNECTOR))
        } else {
            // The page is decoded item by item, because an id is unreadable.
            json!({"results": [item(json!(CONNECTOR)), item(json!(CONNECTOR)), item(json!(7))]})
        };
        json("200 OK", body)
    })
    .await;
    let reports = || {
        let emitted = collector.take();
        check("undecoded", &emitted);
        let reports = emitted
            .into_iter()
            .filter(|one| one.name == "response field has an unexpected form");
        let fields = |one: crate::collector::Emitted| {
            let operation = one.get("bird.operation").to_owned();
            (operation, one.get("bird.field").to_owned())
        };
        reports.map(fields).collect::<Vec<_>>()
    };
    let first = client(&server.url());
    for (expected, list) in [
        (&["ConnectorChannel.channelId", "Connector.name"][..], true),
        (&[], true),
        (&[], false),
    ] {
        let connectors = first.workspace(WORKSPACE).connectors();
        if list {
            connectors.list().first_page().await.unwrap();
        } else {
            connectors.get(CONNECTOR).await.unwrap();
        }
        let expected: Vec<_> = expected
            .iter()
            .map(|field| ("listConnectors".to_owned(), (*field).to_owned()))
            .collect();
        let mut reported = reports();
        reported.sort_by_key(|(_, field)| std::cmp::Reverse(field.clone()));
        assert_eq!(reported, expected);
    }
    let second = client(&server.url());
    let workspace = second.workspace(WORKSPACE);
    workspace.connectors().get(CONNECTOR).await.unwrap();
    assert_eq!(reports().len(), 2);
}

#[tokio::test]
async fn retried_call_emits_each_attempt_each_pause_and_the_final_failure() {
    let (collector, _guard) = Collector::start();
    let server = Server::responding(|number, _| match number {
        0 => response(
            "503 Service Unavailable",
            "retry-after: 0.01\r\n",
            "planted",
        ),
        1 => Act::Close(Vec::new()),
        _ => response("429 Too Many Requests", "retry-after: 99\r\n", ""),
    })
    .await;
    let workspace = client(&server.url()).workspace(WORKSPACE);
    let error = workspace.connectors().get(CONNECTOR).await.unwrap_err();
    assert_eq!(
        (
            error.attempts(),
            error.status().map(|status| status.as_u16())
        ),
        (3, Some(429))
    );

    let emitted = collector.take();
    check("retries", &emitted);
    let attempts: Vec<_> = emitted.iter().filter(|one| one.name == "attempt").collect();
    let resends: Vec<_> = attempts
        .iter()
        .map(|span| {
            (
                span.get("http.request.resend_count"),
                span.get("error.type"),
            )
        })
        .collect();
    assert_eq!(
        resends,
        [("", "503"), ("1", "connection_lost"), ("2", "429")]
    );
    let retries: Vec<_> = emitted
        .iter()
        .filter(|one| one.name == "retrying")
        .map(|event| {
            (
                event.get("http.request.resend_count"),
                event.get("error.type"),
            )
        })
        .collect();
    assert_eq!(retries, [("1", "503"), ("2", "connection_lost")]);
    let pause: f64 = emitted
        .iter()
        .find(|one| one.name == "retrying")
        .and_then(|one| one.get("bird.pause").parse().ok())
        .unwrap();
    assert!((0.01..=0.5).contains(&pause), "{pause}");
    let failure = emitted.last().unwrap();
    assert_eq!(failure.name, "request failed without a definitive response");
    // The server may have processed the second attempt.
    assert_eq!(failure.get("bird.outcome"), "unknown");
    assert_eq!(failure.get("http.request.resend_count"), "2");
    let call = emitted.iter().find(|one| one.name == "call").unwrap();
    assert_eq!(call.get("http.request.resend_count"), "2");
    assert_eq!(call.get("http.response.status_code"), "429");
}

#[tokio::test]
async fn raw_request_hides_its_path_and_an_unknown_method() {
    let (collector, _guard) = Collector::start();
    let server = Server::responding(echo("200 OK")).await;
    let method = Method::from_bytes(b"PLANTED").unwrap();
    let path = format!(
        "/workspaces/{WORKSPACE}/{}?key={}",
        ACCESS_TOKEN, INVITATION_TOKEN
    );
    let request = client(&server.url()).request(method, &path);
    request.query("token", SIGNING_KEY).send().await.unwrap();
    let emitted = collector.take();
    check("raw request", &emitted);
    let attempt = emitted.iter().find(|one| one.name == "attempt").unwrap();
    assert_eq!(attempt.get("otel.name"), "HTTP");
    assert_eq!(attempt.get("http.request.method"), "_OTHER");
    assert_eq!(attempt.get("url.template"), "");
    assert_eq!(
        attempt.get("url.full"),
        format!("{}/REDACTED", server.url())
    );
    assert_eq!(emitted[0].get("otel.name"), "");
    assert_eq!(emitted[0].get("bird.workspace.id"), WORKSPACE.to_string());
    assert!(!format!("{emitted:?}").contains("PLANTED"));
}

#[tokio::test]
async fn url_of_a_request_has_its_ids_but_no_values_of_its_query() {
    let (collector, _guard) = Collector::start();
    let server = Server::responding(|_, _| json("200 OK", json!({"results": []}))).await;
    let workspace = client(&server.url()).workspace(WORKSPACE);
    let list = workspace.numbers().list_long_codes();
    let list = list.number_string("+31612345678");
    list.page_size(7).first_page().await.unwrap();
    let emitted = collector.take();
    check("a list", &emitted);
    let attempt = emitted.iter().find(|one| one.name == "attempt").unwrap();
    let base = server.url();
    let mut parts = attempt.get("url.full").split(['?', '&']);
    assert_eq!(
        parts.next(),
        Some(&*format!("{base}/workspaces/{WORKSPACE}/numbers-long-code"))
    );
    let mut query: Vec<_> = parts.collect();
    query.sort_unstable();
    assert_eq!(query, ["limit=REDACTED", "numberString=REDACTED"]);
    assert!(!format!("{emitted:?}").contains("31612345678"));
}

#[tokio::test]
async fn wait_for_a_rate_limit_slot_is_emitted() {
    let (collector, _guard) = Collector::start();
    let server = Server::responding(|_, _| json("200 OK", json!({"results": []}))).await;
    let client = builder(&server.url()).rate_limit(RateLimits { get: 20, post: 1 });
    let workspace = client.build().unwrap().workspace(WORKSPACE);
    // All calls request a slot at the same time, so those after the second must wait, even on a slow machine.
    let calls = (0..8).map(|_| async { workspace.numbers().list().first_page().await });
    for page in join_all(calls).await {
        page.unwrap();
    }
    let emitted = collector.take();
    check("slots", &emitted);
    let wait = emitted
        .iter()
        .find(|one| one.name == "waited for a rate-limit slot");
    let waited: f64 = wait.unwrap().get("bird.elapsed").parse().unwrap();
    assert!(waited > 0.0 && waited < 10.0, "{waited}");
}

#[tokio::test]
async fn call_that_is_dropped_ends_as_cancelled() {
    let (collector, _guard) = Collector::start();
    let server = Server::responding(|_, _| Act::Stall(Vec::new())).await;
    let connectors = client(&server.url()).workspace(WORKSPACE).connectors();
    tokio::select! {
        _ = connectors.get(CONNECTOR) => panic!("there is no response"),
        () = until("the request", || !server.requests().is_empty()) => {}
    }
    let emitted = collector.take();
    check("a dropped call", &emitted);
    for name in ["call", "attempt"] {
        let span = emitted.iter().find(|one| one.name == name).unwrap();
        assert_eq!(span.get("error.type"), "cancelled", "{name}");
        assert_eq!(span.get("otel.status_code"), "ERROR", "{name}");
    }
}

#[tokio::test]
async fn call_whose_response_cannot_be_decoded_is_an_error_of_its_span() {
    let (collector, _guard) = Collector::start();
    for (headers, body) in [
        ("content-type: application/json\r\n", "7"),
        ("content-type: text/html\r\n", "<html>Log in</html>"),
    ] {
        let server = Server::responding(move |_, _| response("200 OK", headers, body)).await;
        let workspace = client(&server.url()).workspace(WORKSPACE);
        let failed = [
            workspace.connectors().get(CONNECTOR).await.err(),
            workspace.numbers().list().first_page().await.err(),
        ];
        assert!(failed.iter().all(Option::is_some));
        let emitted = collector.take();
        check(body, &emitted);
        let of = |name| {
            let spans = emitted.iter().filter(move |one| one.name == name);
            spans
                .map(|span| (span.get("error.type"), span.get("otel.status_code")))
                .collect::<Vec<_>>()
        };
        assert_eq!(of("call"), [("decode", "ERROR"); 2], "{body}");
        assert_eq!(of("attempt"), [("", ""); 2], "{body}");
    }
}

#[tokio::test]
async fn page_with_an_item_that_cannot_be_decoded_is_no_error_of_its_span() {
    let (collector, _guard) = Collector::start();
    let server = Server::responding(|_, _| json("200 OK", json!({"results": [{"id": 7}]}))).await;
    let workspace = client(&server.url()).workspace(WORKSPACE);
    workspace.numbers().list().first_page().await.unwrap();
    let emitted = collector.take();
    let call = emitted.iter().find(|one| one.name == "call").unwrap();
    assert_eq!(call.get("error.type"), "");
}

#[tokio::test]
async fn status_that_arrived_before_a_timeout_is_recorded() {
    let (collector, _guard) = Collector::start();
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{".to_vec();
    let server = Server::responding(move |_, _| Act::Stall(head.clone())).await;
    let once = CallOptions::new()
        .attempt_timeout(std::time::Duration::from_millis(300))
        .max_attempts(1);
    let client = client(&server.url()).with_options(once).unwrap();
    let connectors = client.workspace(WORKSPACE).connectors();
    let error = connectors.get(CONNECTOR).await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(200));
    let emitted = collector.take();
    check("a stalled body", &emitted);
    for name in ["call", "attempt"] {
        let span = emitted.iter().find(|one| one.name == name).unwrap();
        assert_eq!(span.get("error.type"), "timeout", "{name}");
        assert_eq!(span.get("http.response.status_code"), "200", "{name}");
    }
}

#[tokio::test]
async fn page_that_is_fetched_ahead_belongs_to_the_span_of_the_caller() {
    let (collector, _guard) = Collector::start();
    let server = Server::responding(|number, _| {
        let token = (number < 3).then(|| number.to_string());
        json("200 OK", json!({"results": [], "nextPageToken": token}))
    })
    .await;
    let workspace = client(&server.url()).workspace(WORKSPACE);
    let pages = async {
        let mut pages = workspace.numbers().list().max_empty_pages(9).pages();
        while let Some(page) = pages.next().await {
            page.unwrap();
        }
    };
    pages.instrument(tracing::info_span!("import")).await;
    let emitted = collector.take();
    let calls = emitted.iter().filter(|one| one.name == "call");
    let within: Vec<_> = calls.map(|call| call.within.clone()).collect();
    assert!(within.len() > 1);
    assert!(
        within.iter().all(|within| within == &["import", "call"]),
        "{within:?}"
    );
}

#[tokio::test]
async fn trace_context_is_sent_with_each_attempt_if_the_client_has_one() {
    let server = Server::responding(|number, _| match number {
        0 => response("503 Service Unavailable", "retry-after: 0.01\r\n", ""),
        _ => json("200 OK", json!({"results": []})),
    })
    .await;
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let with = builder(&server.url())
        .trace_context(move || TraceContext::new(traceparent, "vendor=1"))
        .build()
        .unwrap();
    for client in [with, client(&server.url())] {
        let numbers = client.workspace(WORKSPACE).numbers();
        numbers.list().first_page().await.unwrap();
    }
    let sent: Vec<_> = server
        .requests()
        .iter()
        .map(|request| {
            let header = |name| request.header(name).map(str::to_owned);
            (header("traceparent"), header("tracestate"))
        })
        .collect();
    let context = (Some(traceparent.to_owned()), Some("vendor=1".to_owned()));
    assert_eq!(sent, [context.clone(), context, (None, None)]);
}
