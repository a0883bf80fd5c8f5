//! The metrics of real calls, waits and deliveries, and the trace context that a client sends.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::time::Duration;

use bird_connectors::client::RateLimits;
use bird_connectors::models::ConnectorId;
use bird_connectors::templates::Telegram;
use bird_connectors::wait::WaitOptions;
use bird_connectors::webhook::{Verifier, sign};
use bird_connectors::{Client, ClientBuilder, Workspace};
use bird_connectors_catalogue::{SECRETS, SIGNING_KEY};
use bird_connectors_otel::{metrics_layer, trace_context};
use bird_connectors_sandbox::{Operation, Sandbox, Script};
use futures_util::future::join_all;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use tracing_subscriber::layer::SubscriberExt as _;

/// The attributes of a data point as one string, and its sum or count.
type Points = BTreeMap<String, f64>;

fn client(sandbox: &Sandbox) -> ClientBuilder {
    Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .workspace_id(sandbox.workspace_id())
}

async fn start(script: Script) -> (Sandbox, Workspace) {
    let builder = Sandbox::builder().default_script(script);
    let sandbox = builder.start().await.unwrap();
    let client = client(&sandbox).build().unwrap();
    (sandbox, client.default_workspace().unwrap())
}

/// The metrics that are recorded while `work` runs.
async fn measured(work: impl Future<Output = ()>) -> BTreeMap<String, Points> {
    let exporter = InMemoryMetricExporter::default();
    let provider = SdkMeterProvider::builder()
        .with_reader(PeriodicReader::builder(exporter.clone()).build())
        .build();
    let subscriber = tracing_subscriber::registry().with(metrics_layer(&provider));
    let guard = tracing::subscriber::set_default(subscriber);
    work.await;
    drop(guard);
    provider.force_flush().unwrap();
    let exported = exporter.get_finished_metrics().unwrap();
    let shown = format!("{exported:?}");
    for secret in SECRETS {
        assert!(!shown.contains(secret), "{secret} is in {shown}");
    }
    let metrics = exported
        .iter()
        .flat_map(|resource| resource.scope_metrics())
        .flat_map(|scope| scope.metrics());
    metrics
        .map(|metric| (metric.name().to_owned(), points(metric.data())))
        .collect()
}

fn points(data: &AggregatedMetrics) -> Points {
    let key = |attributes: &mut dyn Iterator<Item = &opentelemetry::KeyValue>| {
        let mut parts: Vec<_> = attributes
            .filter(|attribute| attribute.key.as_str() != "server.port")
            .map(|attribute| format!("{}={}", attribute.key, attribute.value))
            .collect();
        parts.sort();
        parts.join(" ")
    };
    match data {
        AggregatedMetrics::U64(MetricData::Sum(sum)) => sum
            .data_points()
            .map(|point| (key(&mut point.attributes()), point.value() as f64))
            .collect(),
        AggregatedMetrics::F64(MetricData::Histogram(histogram)) => histogram
            .data_points()
            .map(|point| (key(&mut point.attributes()), point.count() as f64))
            .collect(),
        other => panic!("unexpected kind of metric: {other:?}"),
    }
}

fn one(key: &str, value: f64) -> Points {
    Points::from([(key.to_owned(), value)])
}

#[tokio::test]
async fn requests_and_retries_are_measured_by_their_result() {
    let (sandbox, workspace) = start(Script::instant()).await;
    sandbox.fail_next(Operation::ListNumbers, 503, 1);
    let metrics = measured(async {
        workspace.numbers().list().first_page().await.unwrap();
        let missing = ConnectorId::from_u128(1);
        workspace.connectors().get(missing).await.unwrap_err();
    })
    .await;
    let request = |error: &str, status: u16, template: &str| {
        format!(
            "{error}http.request.method=GET http.response.status_code={status} network.protocol.version=1.1 server.address=127.0.0.1 url.template={template}"
        )
    };
    let (numbers, connector) = (
        "/workspaces/{workspaceId}/numbers",
        "/workspaces/{workspaceId}/connectors/{connectorId}",
    );
    let expected = Points::from([
        (request("error.type=503 ", 503, numbers), 1.0),
        (request("", 200, numbers), 1.0),
        (request("error.type=404 ", 404, connector), 1.0),
    ]);
    assert_eq!(metrics["http.client.request.duration"], expected);
    let retry = format!("error.type=503 http.request.method=GET url.template={numbers}");
    assert_eq!(metrics["bird.retries"], one(&retry, 1.0));
}

#[tokio::test]
async fn waits_are_counted_by_their_outcome() {
    let interval = Duration::from_millis(10);
    let options = || {
        WaitOptions::new()
            .interval(interval, interval)
            .timeout(Duration::from_millis(200))
    };
    for (script, outcome) in [
        (Script::instant(), "ready"),
        (Script::pending(Duration::ZERO), "timed_out"),
        (Script::statuses(interval, ["failed"]), "failed"),
    ] {
        let (_sandbox, workspace) = start(script).await;
        let install = workspace.connectors().install(Telegram::new("Bot")).await;
        let install = install.unwrap();
        let metrics = measured(async {
            let _ = install.until_ready().options(options()).await;
            let bulk = workspace.connectors().wait_all([&install]);
            bulk.options(options()).await;
        })
        .await;
        let key = format!("bird.wait.outcome={outcome}");
        assert_eq!(metrics["bird.waits"], one(&key, 2.0));
        let ready = metrics.get("bird.wait.time_to_ready");
        assert_eq!(ready, (outcome == "ready").then(|| one("", 2.0)).as_ref());
    }
}

#[tokio::test]
async fn dropped_bulk_wait_counts_each_of_its_installs() {
    let (_sandbox, workspace) = start(Script::pending(Duration::ZERO)).await;
    let metrics = measured(async {
        let installs = [1, 2, 3].map(ConnectorId::from_u128);
        let mut results = workspace.connectors().wait_all(installs).results();
        // The first poll starts the wait.
        let first = tokio::time::timeout(Duration::from_millis(1), results.next()).await;
        first.unwrap_err();
    })
    .await;
    assert_eq!(
        metrics["bird.waits"],
        one("bird.wait.outcome=cancelled", 3.0)
    );
}

#[tokio::test]
async fn time_in_the_queue_of_the_rate_limit_is_measured() {
    let (sandbox, _) = start(Script::instant()).await;
    let client = client(&sandbox).rate_limit(RateLimits { get: 20, post: 1 });
    let workspace = client.build().unwrap().default_workspace().unwrap();
    let metrics = measured(async {
        let calls = (0..8).map(|_| async { workspace.numbers().list().first_page().await });
        for page in join_all(calls).await {
            page.unwrap();
        }
    })
    .await;
    let [(key, count)] = Vec::from_iter(&metrics["bird.rate_limit.wait.duration"])[..] else {
        panic!("{metrics:?}");
    };
    assert_eq!(key, "http.request.method=GET");
    assert!(*count >= 6.0, "{count}");
}

#[tokio::test]
async fn deliveries_are_measured_and_refusals_counted_by_reason() {
    let url = "https://hooks.example.com/bird";
    let verifier = Verifier::new([SIGNING_KEY], [url]).unwrap();
    let body = br#"{"service":"channels","event":"channel.created","payload":{}}"#;
    let signature = sign(SIGNING_KEY, 1_767_225_600, url, body).unwrap();
    let headers = [
        ("messagebird-signature", &*signature),
        ("messagebird-request-timestamp", "1767225600"),
    ];
    let metrics = measured(async {
        let now = "2026-01-01T00:01:30Z".parse().unwrap();
        verifier.verify_at((&headers, body), now).unwrap();
        verifier.verify_at((&headers, b"{}"), now).unwrap_err();
        verifier.verify_at((&headers[1..], body), now).unwrap_err();
    })
    .await;
    assert_eq!(metrics["bird.webhook.lag"], one("", 1.0));
    let refusals = Points::from([
        ("error.type=signature_mismatch".to_owned(), 1.0),
        ("error.type=missing_header".to_owned(), 1.0),
    ]);
    assert_eq!(metrics["bird.webhook.refusals"], refusals);
}

#[tokio::test]
async fn client_with_a_trace_context_sends_that_of_the_attempt() {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("a program"));
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let (sandbox, workspace) = start(Script::instant()).await;
    workspace.numbers().list().first_page().await.unwrap();
    let client = client(&sandbox).trace_context(trace_context).build();
    let workspace = client.unwrap().default_workspace().unwrap();
    workspace.numbers().list().first_page().await.unwrap();
    let sent: Vec<_> = sandbox
        .requests()
        .iter()
        .map(|request| request.header("traceparent").map(str::to_owned))
        .collect();
    let spans = exporter.get_finished_spans().unwrap();
    let mut attempts = spans
        .iter()
        .filter(|span| span.name == "GET /workspaces/{workspaceId}/numbers");
    let attempt = attempts.next_back().unwrap();
    let context = &attempt.span_context;
    let expected = format!("00-{}-{}-01", context.trace_id(), context.span_id());
    assert_eq!(sent, [None, Some(expected)]);
}

#[test]
fn program_without_a_layer_has_no_trace_context() {
    assert_eq!(trace_context(), None);
}
