//! Faults of the connection: what comes over the socket, byte for byte, and how it ends.

use std::time::Duration;

use bird_connectors_sandbox::{Fault, Operation, Response, Rule, Sandbox};
use tokio::time::Instant;

use crate::client::{Client, sms};
use crate::raw::{End, Heard, Raw, a_moment, ask, is_refused};

/// A sandbox with one connector, whose lists meet this fault.
async fn with(fault: Fault) -> Sandbox {
    Sandbox::builder()
        .connectors(1)
        .rule(Rule::on(Operation::ListConnectors).always().fault(fault))
        .start()
        .await
        .unwrap()
}

async fn listed(fault: Fault) -> Heard {
    ask(&with(fault).await, "GET", "/connectors", "").await
}

/// What an untroubled list looks like.
async fn whole(sandbox: &Sandbox) -> Heard {
    sandbox.clear_rules();
    ask(sandbox, "GET", "/connectors", "").await
}

#[tokio::test]
async fn a_reset_before_the_headers() {
    let heard = listed(Fault::ResetBeforeHeaders).await;
    assert_eq!((heard.bytes.as_slice(), heard.end), (&b""[..], End::Reset));
}

#[tokio::test]
async fn what_comes_before_the_answer_leaves_a_call_undone_unless_the_rule_says_so() {
    for fault in [
        Fault::ResetBeforeHeaders,
        Fault::StallBeforeHeaders,
        Fault::Html(502),
        Fault::Empty,
    ] {
        let sandbox = Sandbox::start().await.unwrap();
        let rule = Rule::on(Operation::CreateConnector).fault(fault.clone());
        sandbox.rule(rule.clone());
        ask(&sandbox, "POST", "/connectors", &sms("a").to_string()).await;
        assert_eq!(sandbox.connectors().len(), 0, "{fault}");
        sandbox.rule(rule.after_processing());
        ask(&sandbox, "POST", "/connectors", &sms("a").to_string()).await;
        assert_eq!(sandbox.connectors().len(), 1, "{fault}");
    }
}

#[tokio::test]
async fn a_reset_or_a_stall_in_the_body_comes_after_half_of_it() {
    for (fault, end) in [
        (Fault::ResetInBody, End::Reset),
        (Fault::StallInBody, End::Open),
    ] {
        let sandbox = with(fault).await;
        let heard = ask(&sandbox, "GET", "/connectors", "").await;
        let whole = whole(&sandbox).await;
        assert!(
            heard.head().starts_with("HTTP/1.1 200 OK\r\n"),
            "{}",
            heard.head()
        );
        assert_eq!(heard.length(), whole.length());
        assert_eq!(heard.body(), &whole.body()[..whole.body().len() / 2]);
        assert_eq!(heard.end, end);
        assert_eq!(sandbox.requests()[0].status, Some(200));
    }
}

#[tokio::test]
async fn a_stall_before_headers_or_body() {
    let heard = listed(Fault::StallBeforeHeaders).await;
    assert_eq!((heard.bytes.as_slice(), heard.end), (&b""[..], End::Open));
    let heard = listed(Fault::StallBeforeBody).await;
    assert!(heard.length() > 100);
    assert_eq!((heard.body(), heard.end), (&b""[..], End::Open));
}

#[tokio::test]
async fn an_answer_without_a_body_gets_one_to_be_cut_in() {
    let sandbox = Sandbox::builder().connectors(1).start().await.unwrap();
    let path = format!(
        "/connectors/{}",
        sandbox.connectors()[0]["id"].as_str().unwrap()
    );
    sandbox.rule(Rule::on(Operation::DeleteConnector).fault(Fault::ResetInBody));
    let heard = ask(&sandbox, "DELETE", &path, "").await;
    assert_eq!(
        (heard.length(), heard.body(), heard.end),
        (2, &b"{"[..], End::Reset)
    );
    assert!(heard.head().starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(sandbox.connectors().is_empty(), "it was processed");
}

#[tokio::test]
async fn an_idle_connection_is_closed_without_a_word() {
    let sandbox = with(Fault::CloseIdle(Duration::ZERO)).await;
    let heard = ask(&sandbox, "GET", "/connectors", "").await;
    assert_eq!(heard.length(), heard.body().len());
    assert_eq!((heard.header("connection"), heard.end), (None, End::Closed));

    // The next request on it comes too late.
    let sandbox = with(Fault::CloseIdle(Duration::from_secs(60))).await;
    let mut raw = Raw::connect(&sandbox).await;
    raw.say("GET", "/connectors", "").await;
    let heard = raw.hear().await;
    assert_eq!((heard.length(), heard.end), (heard.body().len(), End::Open));
    raw.say("POST", "/connectors", &sms("a").to_string()).await;
    let heard = raw.hear().await;
    assert_eq!((heard.bytes.as_slice(), heard.end), (&b""[..], End::Reset));
    assert_eq!(sandbox.count(Operation::CreateConnector), 0, "never read");
}

#[tokio::test]
async fn lengths_that_are_wrong() {
    let sandbox = with(Fault::LengthTooLong).await;
    let heard = ask(&sandbox, "GET", "/connectors", "").await;
    let whole = whole(&sandbox).await;
    assert_eq!(
        (heard.length(), heard.end),
        (whole.length() * 2, End::Closed)
    );
    assert_eq!(heard.body(), whole.body());

    let heard = listed(Fault::LengthTooShort).await;
    assert_eq!((heard.length(), heard.end), (whole.length() / 2, End::Open));
    assert_eq!(heard.body().len(), whole.body().len());
}

#[tokio::test]
async fn many_times_100_continue_and_then_the_answer() {
    let sandbox = with(Fault::ContinueStorm(1000)).await;
    let heard = ask(&sandbox, "GET", "/connectors", "").await;
    let storm = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(1000);
    assert_eq!(heard.bytes[..storm.len()], storm);
    let answer = Heard {
        bytes: heard.bytes[storm.len()..].to_vec(),
        end: heard.end,
    };
    assert!(answer.head().starts_with("HTTP/1.1 200 OK\r\n"));
    assert_eq!(answer.length(), answer.body().len());
    // The connection ends, and the answer says so: the next call is not to suffer.
    assert_eq!(answer.header("connection").as_deref(), Some("close"));
    assert_eq!(heard.end, End::Closed);
}

#[tokio::test]
async fn a_gigabyte_is_sent_and_never_held() {
    let sandbox = with(Fault::Huge).await;
    let mut raw = Raw::connect(&sandbox).await;
    raw.say("GET", "/connectors", "").await;
    // More than that would only take time.
    assert!(raw.count(64 << 20).await >= 64 << 20);
    drop(raw);
    a_moment().await;
    sandbox.shutdown().await;
    let heard = listed(Fault::GzipBomb).await;
    assert_eq!(heard.header("content-encoding").as_deref(), Some("gzip"));
    assert_eq!(
        (heard.length(), heard.end),
        (heard.body().len(), End::Closed)
    );
    assert!(heard.length() < 2 << 20, "{}", heard.length());
    assert_eq!(heard.body()[..2], [0x1f, 0x8b]);
}

#[tokio::test]
async fn while_it_is_down_connections_are_refused_and_open_ones_end() {
    let sandbox = Sandbox::builder().connectors(1).start().await.unwrap();
    let mut raw = Raw::connect(&sandbox).await;
    raw.say("GET", "/connectors", "").await;
    assert_eq!(raw.hear().await.end, End::Open);
    sandbox.go_offline().await;
    assert_eq!(raw.hear().await.end, End::Closed);
    assert!(is_refused(&sandbox).await);
    sandbox.go_offline().await;
    assert!(is_refused(&sandbox).await);
    sandbox.go_online().await;
    sandbox.go_online().await;
    assert_eq!(Client::of(&sandbox).get("/connectors").await.status, 200);
    sandbox.go_offline().await;
    sandbox.shutdown().await;
}

#[tokio::test]
async fn a_call_can_bring_it_down_for_a_while() {
    let down = Duration::from_millis(300);
    let sandbox = with(Fault::Down(down)).await;
    let start = Instant::now();
    let heard = ask(&sandbox, "GET", "/connectors", "").await;
    assert_eq!((heard.bytes.as_slice(), heard.end), (&b""[..], End::Closed));
    assert!(is_refused(&sandbox).await);
    sandbox.clear_rules();
    while is_refused(&sandbox).await {
        a_moment().await;
    }
    assert!(start.elapsed() >= down);
    assert_eq!(Client::of(&sandbox).get("/connectors").await.status, 200);
}

#[tokio::test]
async fn a_fault_happens_to_the_chosen_attempt_and_to_the_scripted_reply() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::of(&sandbox);
    let text = Response::text(503, "text/plain", "abcdef");
    sandbox.rule(
        Rule::on(Operation::ListConnectors)
            .nth(2)
            .fault(Fault::ResetInBody)
            .respond_with(text),
    );
    assert_eq!(client.get("/connectors").await.status, 200);
    let heard = ask(&sandbox, "GET", "/connectors", "").await;
    assert!(
        heard.head().starts_with("HTTP/1.1 503 "),
        "{}",
        heard.head()
    );
    assert_eq!((heard.body(), heard.end), (&b"abc"[..], End::Reset));
    assert_eq!(client.get("/connectors").await.status, 200);
}

#[tokio::test]
async fn a_fault_does_not_keep_the_sandbox_from_stopping() {
    for fault in [
        Fault::StallBeforeHeaders,
        Fault::StallInBody,
        Fault::CloseIdle(Duration::from_secs(60)),
    ] {
        let sandbox = with(fault).await;
        let mut raw = Raw::connect(&sandbox).await;
        raw.say("GET", "/connectors", "").await;
        a_moment().await;
        let start = Instant::now();
        sandbox.shutdown().await;
        assert!(
            start.elapsed() < Duration::from_millis(900),
            "{:?}",
            start.elapsed()
        );
    }
}
