//! Faults at the socket: the exact bytes that the sandbox sends, and how the connection ends.

use std::time::Duration;

use bird_connectors_sandbox::{Fault, Operation, Response, Rule, Sandbox};
use tokio::time::Instant;

use crate::client::{Client, sms_install};
use crate::clock::{ManualClock, alive_tasks, run_other_tasks, wait_until};
use crate::raw_connection::{ConnectionEnd, RawConnection, RawResponse, is_refused, send_raw};

/// A sandbox with one connector, and this fault on every list of connectors.
async fn sandbox_with(fault: Fault) -> Sandbox {
    Sandbox::builder()
        .connectors(1)
        .rule(Rule::on(Operation::ListConnectors).always().fault(fault))
        .start()
        .await
        .unwrap()
}

async fn list_with(fault: Fault) -> RawResponse {
    send_raw(&sandbox_with(fault).await, "GET", "/connectors", "").await
}

/// The response without the fault.
async fn complete_response(sandbox: &Sandbox) -> RawResponse {
    sandbox.clear_rules();
    send_raw(sandbox, "GET", "/connectors", "").await
}

#[tokio::test]
async fn reset_before_headers_sends_no_bytes() {
    let response = list_with(Fault::ResetBeforeHeaders).await;
    assert_eq!(
        (response.bytes.as_slice(), response.end),
        (&b""[..], ConnectionEnd::Reset)
    );
}

#[tokio::test]
async fn fault_without_a_response_processes_the_call_only_with_after_processing() {
    for fault in [
        Fault::ResetBeforeHeaders,
        Fault::StallBeforeHeaders,
        Fault::Html(502),
        Fault::Empty,
    ] {
        let sandbox = Sandbox::start().await.unwrap();
        let rule = Rule::on(Operation::CreateConnector).fault(fault.clone());
        sandbox.rule(rule.clone());
        send_raw(
            &sandbox,
            "POST",
            "/connectors",
            &sms_install("a").to_string(),
        )
        .await;
        assert_eq!(sandbox.connectors().len(), 0, "{fault}");
        sandbox.rule(rule.after_processing());
        send_raw(
            &sandbox,
            "POST",
            "/connectors",
            &sms_install("a").to_string(),
        )
        .await;
        assert_eq!(sandbox.connectors().len(), 1, "{fault}");
    }
}

#[tokio::test]
async fn reset_or_stall_in_body_sends_half_of_the_body() {
    for (fault, end) in [
        (Fault::ResetInBody, ConnectionEnd::Reset),
        (Fault::StallInBody, ConnectionEnd::Open),
    ] {
        let sandbox = sandbox_with(fault).await;
        let response = send_raw(&sandbox, "GET", "/connectors", "").await;
        let complete = complete_response(&sandbox).await;
        assert!(
            response.head().starts_with("HTTP/1.1 200 OK\r\n"),
            "{}",
            response.head()
        );
        assert_eq!(response.content_length(), complete.content_length());
        assert_eq!(
            response.body(),
            &complete.body()[..complete.body().len() / 2]
        );
        assert_eq!(response.end, end);
        assert_eq!(sandbox.requests()[0].status, Some(200));
    }
}

#[tokio::test]
async fn stall_before_headers_or_body_keeps_the_connection_open() {
    let response = list_with(Fault::StallBeforeHeaders).await;
    assert_eq!(
        (response.bytes.as_slice(), response.end),
        (&b""[..], ConnectionEnd::Open)
    );
    let response = list_with(Fault::StallBeforeBody).await;
    assert!(response.content_length() > 100);
    assert_eq!(
        (response.body(), response.end),
        (&b""[..], ConnectionEnd::Open)
    );
}

#[tokio::test]
async fn reset_in_body_of_an_empty_response_sends_half_of_a_json_object() {
    let sandbox = Sandbox::builder().connectors(1).start().await.unwrap();
    let path = format!(
        "/connectors/{}",
        sandbox.connectors()[0]["id"].as_str().unwrap()
    );
    sandbox.rule(Rule::on(Operation::DeleteConnector).fault(Fault::ResetInBody));
    let response = send_raw(&sandbox, "DELETE", &path, "").await;
    assert_eq!(
        (response.content_length(), response.body(), response.end),
        (2, &b"{"[..], ConnectionEnd::Reset)
    );
    assert!(response.head().starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(sandbox.connectors().is_empty(), "the delete was processed");
}

#[tokio::test]
async fn close_idle_closes_the_connection_or_resets_it_on_the_next_request() {
    let sandbox = sandbox_with(Fault::CloseIdle(Duration::ZERO)).await;
    let response = send_raw(&sandbox, "GET", "/connectors", "").await;
    assert_eq!(response.content_length(), response.body().len());
    assert_eq!(
        (response.header("connection"), response.end),
        (None, ConnectionEnd::Closed)
    );

    // The next request arrives before the connection is closed.
    let sandbox = sandbox_with(Fault::CloseIdle(Duration::from_secs(60))).await;
    let mut raw = RawConnection::connect(&sandbox).await;
    raw.send("GET", "/connectors", "").await;
    let response = raw.receive().await;
    assert_eq!(
        (response.content_length(), response.end),
        (response.body().len(), ConnectionEnd::Open)
    );
    raw.send("POST", "/connectors", &sms_install("a").to_string())
        .await;
    let response = raw.receive().await;
    assert_eq!(
        (response.bytes.as_slice(), response.end),
        (&b""[..], ConnectionEnd::Reset)
    );
    assert_eq!(
        sandbox.count(Operation::CreateConnector),
        0,
        "the request is not read"
    );
}

#[tokio::test]
async fn length_faults_send_a_wrong_content_length() {
    let sandbox = sandbox_with(Fault::LengthTooLong).await;
    let response = send_raw(&sandbox, "GET", "/connectors", "").await;
    let complete = complete_response(&sandbox).await;
    assert_eq!(
        (response.content_length(), response.end),
        (complete.content_length() * 2, ConnectionEnd::Closed)
    );
    assert_eq!(response.body(), complete.body());

    let response = list_with(Fault::LengthTooShort).await;
    assert_eq!(
        (response.content_length(), response.end),
        (complete.content_length() / 2, ConnectionEnd::Open)
    );
    assert_eq!(response.body().len(), complete.body().len());
}

#[tokio::test]
async fn continue_storm_precedes_the_response() {
    let sandbox = sandbox_with(Fault::ContinueStorm(1000)).await;
    let response = send_raw(&sandbox, "GET", "/connectors", "").await;
    let storm = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(1000);
    assert_eq!(response.bytes[..storm.len()], storm);
    let after_storm = RawResponse {
        bytes: response.bytes[storm.len()..].to_vec(),
        end: response.end,
    };
    assert!(after_storm.head().starts_with("HTTP/1.1 200 OK\r\n"));
    assert_eq!(after_storm.content_length(), after_storm.body().len());
    // The response announces the end of the connection, so that the next call does not fail.
    assert_eq!(after_storm.header("connection").as_deref(), Some("close"));
    assert_eq!(response.end, ConnectionEnd::Closed);
}

#[tokio::test]
async fn huge_and_gzip_bomb_stream_their_bodies() {
    let sandbox = sandbox_with(Fault::Huge).await;
    let tasks = alive_tasks();
    let mut raw = RawConnection::connect(&sandbox).await;
    raw.send("GET", "/connectors", "").await;
    // The test reads only a part of the gigabyte.
    assert!(raw.discard(64 << 20).await >= 64 << 20);
    drop(raw);
    wait_until(|| alive_tasks() == tasks).await;
    sandbox.shutdown().await;
    let response = list_with(Fault::GzipBomb).await;
    assert_eq!(response.header("content-encoding").as_deref(), Some("gzip"));
    assert_eq!(
        (response.content_length(), response.end),
        (response.body().len(), ConnectionEnd::Closed)
    );
    assert!(
        response.content_length() < 2 << 20,
        "{}",
        response.content_length()
    );
    assert_eq!(response.body()[..2], [0x1f, 0x8b]);
}

#[tokio::test]
async fn offline_sandbox_closes_and_refuses_connections() {
    let sandbox = Sandbox::builder().connectors(1).start().await.unwrap();
    let mut raw = RawConnection::connect(&sandbox).await;
    raw.send("GET", "/connectors", "").await;
    assert_eq!(raw.receive().await.end, ConnectionEnd::Open);
    sandbox.go_offline().await;
    assert_eq!(raw.receive().await.end, ConnectionEnd::Closed);
    assert!(is_refused(&sandbox).await);
    sandbox.go_offline().await;
    assert!(is_refused(&sandbox).await);
    sandbox.go_online().await;
    sandbox.go_online().await;
    assert_eq!(Client::new(&sandbox).get("/connectors").await.status, 200);
    sandbox.go_offline().await;
    sandbox.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn down_fault_refuses_connections_for_its_duration() {
    let clock = ManualClock::hold();
    let sandbox = sandbox_with(Fault::Down(Duration::from_millis(300))).await;
    let response = send_raw(&sandbox, "GET", "/connectors", "").await;
    assert_eq!(
        (response.bytes.as_slice(), response.end),
        (&b""[..], ConnectionEnd::Closed)
    );
    assert!(is_refused(&sandbox).await);
    sandbox.clear_rules();
    clock.advance(Duration::from_millis(299)).await;
    assert!(is_refused(&sandbox).await);
    clock.advance(Duration::from_millis(1)).await;
    assert_eq!(Client::new(&sandbox).get("/connectors").await.status, 200);
}

#[tokio::test]
async fn fault_applies_to_the_scripted_response_of_the_nth_call() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::new(&sandbox);
    let scripted = Response::text(503, "text/plain", "abcdef");
    sandbox.rule(
        Rule::on(Operation::ListConnectors)
            .nth(2)
            .fault(Fault::ResetInBody)
            .respond_with(scripted),
    );
    assert_eq!(client.get("/connectors").await.status, 200);
    let response = send_raw(&sandbox, "GET", "/connectors", "").await;
    assert!(
        response.head().starts_with("HTTP/1.1 503 "),
        "{}",
        response.head()
    );
    assert_eq!(
        (response.body(), response.end),
        (&b"abc"[..], ConnectionEnd::Reset)
    );
    assert_eq!(client.get("/connectors").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn shutdown_during_a_fault_does_not_wait() {
    let _clock = ManualClock::hold();
    for fault in [
        Fault::StallBeforeHeaders,
        Fault::StallInBody,
        Fault::CloseIdle(Duration::from_secs(60)),
    ] {
        let sandbox = sandbox_with(fault).await;
        let mut raw = RawConnection::connect(&sandbox).await;
        raw.send("GET", "/connectors", "").await;
        wait_until(|| sandbox.count(Operation::ListConnectors) == 1).await;
        run_other_tasks().await;
        let start = Instant::now();
        sandbox.shutdown().await;
        assert_eq!(start.elapsed(), Duration::ZERO, "no timer is needed");
    }
}
