//! Each kind of trouble is reported by exactly one check, and a workspace without trouble by none.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bird_connectors::Client;
use bird_connectors::client::ClientBuilder;
use bird_connectors_doctor::{CHECKS, Doctor, Report, Status};
use bird_connectors_sandbox::{AccessKey, Fault, Operation, Response, Rule, Sandbox};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use serde_json::json;
use support::{
    KEY, WORKSPACE, assert_fails, assert_warns, builder, deliver, doctor, healthy, subscribe,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use uuid::Uuid;

mod support;

async fn run(sandbox: &Sandbox) -> Report {
    doctor(builder(sandbox)).run().await
}

/// A client of a server on this machine that speaks https.
fn https(port: u16) -> ClientBuilder {
    Client::builder()
        .base_url(format!("https://localhost:{port}"))
        .access_key(KEY)
        .workspace_id(WORKSPACE)
        .no_proxy()
}

/// A port on which nothing listens.
async fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

#[tokio::test]
async fn workspace_without_trouble_passes_every_check() {
    let sandbox = healthy(|builder| builder).await;
    let report = run(&sandbox).await;
    for finding in &report.findings {
        assert_eq!(finding.status, Status::Ok, "{report}");
        assert_eq!(finding.action, None);
    }
    assert!(report.ok && report.differences.is_empty());
    assert_eq!(report.issue_form(), None);
    let ids: Vec<&str> = report
        .findings
        .iter()
        .map(|finding| finding.check.as_str())
        .collect();
    let checks: Vec<&str> = CHECKS.iter().map(|check| check.id).collect();
    assert_eq!(ids, checks);
}

#[tokio::test]
async fn run_sends_only_reads_and_each_once() {
    let sandbox = healthy(|builder| builder).await;
    run(&sandbox).await;
    let requests = sandbox.requests();
    assert!(requests.iter().all(|request| request.method == "GET"));
    let operations: Vec<Operation> = requests
        .iter()
        .filter_map(|request| request.operation)
        .collect();
    let mut once = operations.clone();
    once.dedup();
    assert_eq!(operations, once);
    assert_eq!(operations.len(), 14, "every read operation of the checks");
}

#[tokio::test]
async fn missing_key_is_reported_by_configuration() {
    let report = doctor(Client::builder().workspace_id(WORKSPACE))
        .run()
        .await;
    let seen = assert_fails(&report, "configuration");
    assert!(seen.contains("access key"), "{seen}");
}

#[tokio::test]
async fn missing_workspace_is_reported_by_configuration() {
    let sandbox = healthy(|builder| builder).await;
    let builder = Client::builder()
        .base_url(sandbox.base_url())
        .access_key(KEY);
    let report = doctor(builder).run().await;
    let seen = assert_fails(&report, "configuration");
    assert!(seen.contains("workspace"), "{seen}");
    assert!(sandbox.requests().is_empty());
}

#[tokio::test]
async fn unreadable_configuration_is_reported_by_configuration() {
    let sandbox = healthy(|builder| builder).await;
    let report = doctor(builder(&sandbox))
        .problem("invalid configuration file")
        .run()
        .await;
    let seen = assert_fails(&report, "configuration");
    assert_eq!(seen, "invalid configuration file");
    assert!(sandbox.requests().is_empty());
}

#[tokio::test]
async fn source_of_a_setting_is_reported() {
    let sandbox = healthy(|builder| builder).await;
    let doctor = doctor(builder(&sandbox)).source("access_key", "profile production");
    let report = doctor.source("base_url", "--base-url").run().await;
    let seen = |check: &str| report.finding(check).unwrap().seen.clone();
    assert!(seen("configuration").contains("access key from profile production"));
    assert!(seen("base_url").contains("from --base-url"));
}

#[tokio::test]
async fn pasted_header_is_reported_by_key_form() {
    let sandbox = healthy(|builder| builder).await;
    for key in [
        "Bearer planted",
        "AccessKey planted",
        "planted key",
        "planted\n",
    ] {
        let report = doctor(builder(&sandbox).access_key(key)).run().await;
        assert_fails(&report, "access_key.form");
    }
    assert!(sandbox.requests().is_empty());
}

#[tokio::test]
async fn rejected_key_with_a_foreign_form_is_reported_by_key_form() {
    let sandbox = healthy(|builder| builder).await;
    for key in [
        "bk_1",
        "bird_live_1",
        "bird_test_1",
        "live_1",
        "test_1",
        "'quoted'",
    ] {
        let report = doctor(builder(&sandbox).access_key(key)).run().await;
        let seen = assert_fails(&report, "access_key.form");
        assert!(seen.contains("rejects"), "{seen}");
    }
}

#[tokio::test]
async fn accepted_key_with_a_foreign_form_is_no_trouble() {
    let sandbox = healthy(|builder| builder.add_access_key(AccessKey::new("live_1"))).await;
    let report = doctor(builder(&sandbox).access_key("live_1")).run().await;
    assert!(support::troubles(&report).is_empty(), "{report}");
}

#[tokio::test]
async fn path_in_base_url_is_reported_by_base_url() {
    let builder = Client::builder()
        .base_url("https://api.bird.com/v1")
        .access_key(KEY);
    let report = doctor(builder.workspace_id(WORKSPACE)).run().await;
    assert_fails(&report, "base_url");
}

#[tokio::test]
async fn invalid_proxy_is_reported_by_proxy() {
    let report = doctor(https(1).proxy("socks5://127.0.0.1:1")).run().await;
    assert_fails(&report, "proxy");
}

#[tokio::test]
async fn unreachable_proxy_is_reported_by_proxy() {
    let proxy = format!("http://127.0.0.1:{}", closed_port().await);
    let report = doctor(https(1).proxy(proxy)).run().await;
    let seen = assert_fails(&report, "proxy");
    assert!(seen.contains("127.0.0.1"), "{seen}");
}

#[tokio::test]
async fn proxy_that_requires_a_password_is_reported_by_proxy() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut head = [0; 1024];
            let _ = socket.read(&mut head).await;
            let answer = "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    });
    let report = doctor(https(1).proxy(proxy)).run().await;
    let seen = assert_fails(&report, "proxy");
    assert!(seen.contains("407"), "{seen}");
}

#[tokio::test]
async fn invalid_root_certificate_is_reported_by_certificates() {
    let report = doctor(https(1).root_certificate("not PEM")).run().await;
    assert_fails(&report, "certificates");
}

#[tokio::test]
async fn untrusted_server_is_reported_by_certificates() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let _ = acceptor.accept(socket).await;
        }
    });
    let report = doctor(https(port)).run().await;
    let seen = assert_fails(&report, "certificates");
    assert!(seen.contains("not trusted"), "{seen}");
}

#[tokio::test]
async fn unknown_host_is_reported_by_dns() {
    let report = doctor(https(1).base_url("https://api.bird.invalid"))
        .run()
        .await;
    let seen = assert_fails(&report, "dns");
    assert!(seen.contains("api.bird.invalid"), "{seen}");
}

#[tokio::test]
async fn refused_connection_is_reported_by_connection() {
    let sandbox = healthy(|builder| builder).await;
    sandbox.go_offline().await;
    let report = run(&sandbox).await;
    assert_fails(&report, "connection");
}

#[tokio::test]
async fn server_error_is_reported_by_connection() {
    let sandbox = healthy(|builder| builder).await;
    sandbox.rule(Rule::on_any().always().respond_with(Response::status(503)));
    let seen = assert_fails(&run(&sandbox).await, "connection");
    assert!(seen.contains("1 of 1"), "{seen}");
}

#[tokio::test]
async fn server_error_of_one_read_is_reported_by_connection() {
    let sandbox = healthy(|builder| builder).await;
    sandbox.rule(Rule::on(Operation::ListUseCases).respond_with(Response::status(500)));
    let seen = assert_fails(&run(&sandbox).await, "connection");
    assert!(seen.contains("listUseCases"), "{seen}");
}

#[tokio::test]
async fn web_page_in_place_of_the_api_is_reported_by_connection() {
    let sandbox = healthy(|builder| builder).await;
    sandbox.rule(Rule::on_any().always().fault(Fault::WrongContentType));
    assert_fails(&run(&sandbox).await, "connection");
}

#[tokio::test]
async fn rejected_key_is_reported_by_key_accepted() {
    let sandbox = healthy(|builder| builder).await;
    let report = doctor(builder(&sandbox).access_key("another-key"))
        .run()
        .await;
    assert_fails(&report, "access_key.accepted");
    assert_eq!(sandbox.requests().len(), 1);
}

#[tokio::test]
async fn unknown_workspace_is_reported_by_workspace() {
    let sandbox = healthy(|builder| builder).await;
    let report = doctor(builder(&sandbox).workspace_id(Uuid::from_u128(9)))
        .run()
        .await;
    let seen = assert_fails(&report, "workspace");
    assert!(seen.contains("404"), "{seen}");
}

#[tokio::test]
async fn key_of_another_workspace_is_reported_by_workspace() {
    let key = AccessKey::new("other").only_workspaces([Uuid::from_u128(9)]);
    let sandbox = healthy(|builder| builder.add_access_key(key)).await;
    let report = doctor(builder(&sandbox).access_key("other")).run().await;
    let seen = assert_fails(&report, "workspace");
    assert!(seen.contains("403"), "{seen}");

    // A valid key may have any form.
    let key = AccessKey::new("live_other").only_workspaces([Uuid::from_u128(9)]);
    let sandbox = healthy(|builder| builder.add_access_key(key)).await;
    let report = doctor(builder(&sandbox).access_key("live_other"))
        .run()
        .await;
    assert_fails(&report, "workspace");
}

#[tokio::test]
async fn denied_read_is_reported_by_the_permission_of_its_operation() {
    let operations = CHECKS
        .iter()
        .filter_map(|check| check.id.strip_prefix("permission."));
    let mut count = 0;
    for name in operations {
        let operation: Operation = name.parse().unwrap();
        let sandbox = healthy(|builder| builder.deny(operation)).await;
        let report = run(&sandbox).await;
        let check = format!("permission.{name}");
        let needed = ["listChannels", "getChannel"].contains(&name);
        if needed {
            assert_fails(&report, &check);
        } else {
            assert_warns(&report, &check);
        }
        count += 1;
    }
    assert_eq!(count, 14);
}

#[tokio::test]
async fn wrong_clock_is_reported_by_clock() {
    for (wrong, status) in [(120, Status::Warning), (3600, Status::Failed)] {
        let date = SystemTime::now() - Duration::from_secs(wrong);
        let page = Response::json(200, json!({"results": []}));
        let page = page.header("date", httpdate::fmt_http_date(date));
        let sandbox = healthy(|builder| builder).await;
        sandbox.rule(Rule::on_any().always().respond_with(page));
        let report = run(&sandbox).await;
        let seen = if status == Status::Failed {
            assert_fails(&report, "clock")
        } else {
            assert_warns(&report, "clock")
        };
        assert!(seen.contains("ahead of"), "{seen}");
    }
}

#[tokio::test]
async fn slow_api_is_reported_by_latency() {
    let sandbox = healthy(|builder| builder).await;
    sandbox.rule(Rule::on_any().always().delay(Duration::from_millis(30)));
    let doctor = Doctor::new(builder(&sandbox)).slow_after(Duration::from_millis(30));
    assert_warns(&doctor.run().await, "latency");
}

#[tokio::test]
async fn rejected_read_is_reported_by_rate_limit() {
    let sandbox = healthy(|builder| builder).await;
    let busy = Response::status(429).header("retry-after", "0");
    sandbox.rule(Rule::on(Operation::ListUseCases).respond_with(busy));
    let seen = assert_fails(&run(&sandbox).await, "rate_limit");
    assert!(seen.contains("1 of"), "{seen}");
}

#[tokio::test]
async fn exhausted_rate_limit_is_reported_by_rate_limit() {
    let sandbox = healthy(|builder| builder).await;
    let busy = Response::status(429).header("retry-after", "0");
    sandbox.rule(Rule::on_any().always().respond_with(busy));
    assert_fails(&run(&sandbox).await, "rate_limit");
}

#[tokio::test]
async fn header_without_remaining_requests_is_reported_by_rate_limit() {
    let sandbox = healthy(|builder| builder).await;
    let page = Response::json(200, json!({"results": []})).header("x-ratelimit-remaining", "0");
    sandbox.rule(Rule::on(Operation::ListAvailableWebhooks).respond_with(page));
    assert_warns(&run(&sandbox).await, "rate_limit");
}

#[tokio::test]
async fn unreachable_webhook_is_reported_by_webhook_url() {
    for url in [
        "http://hooks.example.com/bird",
        "https://localhost/bird",
        "https://receiver/bird",
        "https://10.1.2.3/bird",
        "https://hooks.internal/bird",
        "https://[::1]/bird",
        "hooks",
    ] {
        let sandbox = healthy(|builder| builder).await;
        subscribe(&sandbox, json!({"url": url}));
        assert_fails(&run(&sandbox).await, "webhooks.url");
    }
}

#[tokio::test]
async fn duplicate_subscription_is_reported_by_duplicates() {
    let sandbox = healthy(|builder| builder).await;
    let filters = |first: &str, second: &str| {
        let filter = |key: &str| json!({"key": key, "value": "x"});
        json!([filter(first), filter(second)])
    };
    let event = |id: u128, event: &str| json!({"id": Uuid::from_u128(id), "event": event});
    subscribe(&sandbox, event(2, "channel.created"));
    let mut one = event(3, "channel.created");
    one["eventFilters"] = filters("platformId", "channelStatus");
    let mut other = event(4, "channel.created");
    other["eventFilters"] = filters("channelStatus", "platformId");
    subscribe(&sandbox, one);
    // An inactive one delivers nothing.
    let mut inactive = event(5, "channel.created");
    inactive["status"] = json!("inactive");
    subscribe(&sandbox, inactive);
    assert!(support::troubles(&run(&sandbox).await).is_empty());

    subscribe(&sandbox, other);
    let seen = assert_warns(&run(&sandbox).await, "webhooks.duplicates");
    let pair = format!("{} and {}", Uuid::from_u128(3), Uuid::from_u128(4));
    assert!(seen.contains(&pair), "{seen}");
}

#[tokio::test]
async fn sixth_subscription_is_reported_by_limit() {
    let sandbox = healthy(|builder| builder).await;
    let add = |number: u128| {
        let url = format!("https://hooks{number}.example.com/bird");
        subscribe(&sandbox, json!({"id": Uuid::from_u128(number), "url": url}));
    };
    (2..5).for_each(add);
    assert!(support::troubles(&run(&sandbox).await).is_empty());
    add(5);
    assert_warns(&run(&sandbox).await, "webhooks.limit");
    add(6);
    let seen = assert_fails(&run(&sandbox).await, "webhooks.limit");
    assert!(seen.contains("6 subscriptions"), "{seen}");
}

#[tokio::test]
async fn subscription_without_a_key_is_reported_by_signing_keys() {
    let sandbox = healthy(|builder| builder).await;
    let event = "channel.created";
    subscribe(&sandbox, json!({"event": event, "signingKey": ""}));
    assert_warns(&run(&sandbox).await, "webhooks.signing_keys");
}

#[tokio::test]
async fn failing_delivery_is_reported_by_deliveries() {
    let first = Uuid::from_u128(1);
    for status in [Some(500), None] {
        let sandbox = healthy(|builder| builder).await;
        // The log is not sorted: this one is older than the successful one.
        deliver(&sandbox, first, "2026-11-29T09:00:00.000Z", status);
        assert_warns(&run(&sandbox).await, "webhooks.deliveries");
        deliver(&sandbox, first, "2026-11-29T11:00:00.000Z", status);
        let seen = assert_fails(&run(&sandbox).await, "webhooks.deliveries");
        assert!(seen.contains("2 of 3"), "{seen}");
    }
}
