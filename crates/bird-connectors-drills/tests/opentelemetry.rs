//! What an exporter of OpenTelemetry receives from the SDK: types, names and status of spans. The regions are the code of the
//! documentation site.

#![allow(clippy::unwrap_used)]

// --8<-- [start:setup]
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanExporter};
use tracing::Subscriber;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

/// Call `set_global_default` with the subscriber when the program starts, and `shutdown` of the provider before it ends.
fn opentelemetry(
    exporter: impl SpanExporter + 'static,
) -> (SdkTracerProvider, impl Subscriber + Send + Sync) {
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .build();
    // Of the SDK, INFO exports calls and waits, DEBUG also each HTTP request.
    let filter = Targets::new()
        .with_default(LevelFilter::INFO)
        .with_target("bird_connectors", LevelFilter::DEBUG);
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("my-program"))
        .with_filter(filter);
    (provider, tracing_subscriber::registry().with(layer))
}
// --8<-- [end:setup]

use std::time::Duration;

use bird_connectors::models::ConnectorId;
use bird_connectors::templates::Telegram;
use bird_connectors::wait::WaitOptions;
use bird_connectors::{Client, Workspace};
use bird_connectors_sandbox::{Operation, Sandbox, Script};
use opentelemetry::Value;
use opentelemetry::trace::{SpanId, SpanKind, Status};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SpanData};
use tracing::Instrument as _;

/// Every numeric attribute. All others are strings.
const INTEGERS: [&str; 8] = [
    "bird.installs",
    "bird.installs_adopted",
    "bird.installs_created",
    "bird.installs_failed",
    "bird.poll",
    "http.request.resend_count",
    "http.response.status_code",
    "server.port",
];

const SECONDS: [&str; 2] = ["bird.elapsed", "bird.pause"];

async fn sandbox(script: Script) -> (Sandbox, Workspace) {
    let sandbox = Sandbox::builder()
        .default_script(script)
        .start()
        .await
        .unwrap();
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .workspace_id(sandbox.workspace_id())
        .build()
        .unwrap();
    let workspace = client.default_workspace().unwrap();
    (sandbox, workspace)
}

/// The spans that are exported while `work` runs.
async fn exported(work: impl Future<Output = ()>) -> Vec<SpanData> {
    let exporter = InMemorySpanExporter::default();
    let (provider, subscriber) = opentelemetry(exporter.clone());
    let guard = tracing::subscriber::set_default(subscriber);
    work.await;
    drop(guard);
    provider.force_flush().unwrap();
    let spans = exporter.get_finished_spans().unwrap();
    provider.shutdown().unwrap();
    check_types(&spans);
    spans
}

/// The numbers of spans and events are numbers.
#[track_caller]
fn check_types(spans: &[SpanData]) {
    assert!(!spans.is_empty());
    let events = spans.iter().flat_map(|span| &span.events.events);
    let attributes = spans.iter().flat_map(|span| &span.attributes);
    for attribute in attributes.chain(events.flat_map(|event| &event.attributes)) {
        let name = attribute.key.as_str();
        let is_expected = match &attribute.value {
            Value::I64(_) => INTEGERS.contains(&name) || is_of_tracing(name),
            Value::F64(_) => SECONDS.contains(&name) || is_of_tracing(name),
            Value::String(_) => !INTEGERS.contains(&name) && !SECONDS.contains(&name),
            _ => false,
        };
        assert!(is_expected, "{attribute:?}");
    }
}

/// Attributes that the layer adds.
fn is_of_tracing(name: &str) -> bool {
    ["code.", "thread.", "busy_ns", "idle_ns", "target", "level"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

fn attribute<'a>(span: &'a SpanData, name: &str) -> Option<&'a Value> {
    let mut attributes = span.attributes.iter();
    attributes
        .find(|attribute| attribute.key.as_str() == name)
        .map(|attribute| &attribute.value)
}

fn named<'a>(spans: &'a [SpanData], name: &str) -> Vec<&'a SpanData> {
    spans.iter().filter(|span| span.name == name).collect()
}

fn is_error(span: &SpanData) -> bool {
    matches!(span.status, Status::Error { .. })
}

#[tokio::test]
async fn request_is_exported_as_a_client_span_within_its_call() {
    let (sandbox, workspace) = sandbox(Script::instant()).await;
    let spans = exported(async {
        workspace.numbers().list().first_page().await.unwrap();
    })
    .await;
    let [call] = named(&spans, "listNumbers")[..] else {
        panic!("{spans:?}");
    };
    let [request] = named(&spans, "GET /workspaces/{workspaceId}/numbers")[..] else {
        panic!("{spans:?}");
    };
    assert_eq!(request.span_kind, SpanKind::Client);
    assert_eq!(call.span_kind, SpanKind::Internal);
    assert_eq!(call.parent_span_id, SpanId::INVALID);
    assert_eq!(request.parent_span_id, call.span_context.span_id());
    let port: i64 = sandbox
        .base_url()
        .rsplit(':')
        .next()
        .unwrap()
        .trim_end_matches('/')
        .parse()
        .unwrap();
    for span in [call, request] {
        assert_eq!(span.status, Status::Unset);
        assert_eq!(
            attribute(span, "http.response.status_code"),
            Some(&Value::I64(200))
        );
        assert_eq!(attribute(span, "server.port"), Some(&Value::I64(port)));
        assert_eq!(
            attribute(span, "http.request.method"),
            Some(&Value::from("GET"))
        );
        assert_eq!(attribute(span, "error.type"), None);
    }
    let url = format!(
        "{}/workspaces/{}/numbers",
        sandbox.base_url().trim_end_matches('/'),
        sandbox.workspace_id()
    );
    let Some(Value::String(full)) = attribute(request, "url.full") else {
        panic!("{request:?}");
    };
    assert_eq!(full.as_str().split('?').next(), Some(&*url));
}

#[tokio::test]
async fn runs_are_spans_that_enclose_their_calls() {
    let (_sandbox, workspace) = sandbox(Script::instant()).await;
    let connectors = workspace.connectors();
    let spans = exported(async {
        let runs = async {
            let _ = connectors.ensure(Telegram::new("Bot")).await.unwrap();
            let all = connectors.install_all([Telegram::new("Bot"), Telegram::new("")]);
            all.until_ready().await;
        };
        runs.instrument(tracing::info_span!("onboarding")).await;
    })
    .await;
    let [onboarding] = named(&spans, "onboarding")[..] else {
        panic!("{spans:?}");
    };
    let ([ensure], [all]) = (
        &named(&spans, "ensure")[..],
        &named(&spans, "install_all")[..],
    ) else {
        panic!("{spans:?}");
    };
    for run in [ensure, all] {
        assert_eq!(run.parent_span_id, onboarding.span_context.span_id());
        assert_eq!(run.span_kind, SpanKind::Internal);
    }
    assert_eq!(attribute(ensure, "bird.result"), Some(&"created".into()));
    assert_eq!(ensure.status, Status::Unset);
    assert_eq!(attribute(all, "bird.installs"), Some(&Value::I64(2)));
    assert_eq!(attribute(all, "bird.installs_failed"), Some(&Value::I64(1)));
    assert!(is_error(all));
    let [wait] = named(&spans, "wait")[..] else {
        panic!("{spans:?}");
    };
    assert_eq!(wait.parent_span_id, all.span_context.span_id());
    let of_ensure = spans
        .iter()
        .filter(|span| span.parent_span_id == ensure.span_context.span_id());
    let names: Vec<_> = of_ensure.map(|span| &*span.name).collect();
    assert_eq!(names, ["listConnectors", "createConnector"]);
}

#[tokio::test]
async fn call_is_a_child_of_the_span_of_the_caller() {
    let (_sandbox, workspace) = sandbox(Script::instant()).await;
    let spans = exported(async {
        let list = async { workspace.numbers().list().first_page().await };
        let span = tracing::info_span!("import");
        list.instrument(span).await.unwrap();
    })
    .await;
    let ([import], [call]) = (
        &named(&spans, "import")[..],
        &named(&spans, "listNumbers")[..],
    ) else {
        panic!("{spans:?}");
    };
    assert_eq!(call.parent_span_id, import.span_context.span_id());
    let trace = import.span_context.trace_id();
    assert!(
        spans
            .iter()
            .all(|span| span.span_context.trace_id() == trace)
    );
}

#[tokio::test]
async fn failed_and_retried_requests_have_the_status_error() {
    let (sandbox, workspace) = sandbox(Script::instant()).await;
    sandbox.fail_next(Operation::ListNumbers, 503, 1);
    let spans = exported(async {
        workspace.numbers().list().first_page().await.unwrap();
        let missing = ConnectorId::from_u128(1);
        workspace.connectors().get(missing).await.unwrap_err();
    })
    .await;
    let requests = named(&spans, "GET /workspaces/{workspaceId}/numbers");
    let [failed, repeated] = requests[..] else {
        panic!("{spans:?}");
    };
    assert!(is_error(failed) && !is_error(repeated));
    assert_eq!(attribute(failed, "error.type"), Some(&Value::from("503")));
    assert_eq!(
        attribute(failed, "http.response.status_code"),
        Some(&Value::I64(503))
    );
    assert_eq!(attribute(failed, "http.request.resend_count"), None);
    assert_eq!(
        attribute(repeated, "http.request.resend_count"),
        Some(&Value::I64(1))
    );
    let ([retried], [not_found]) = (
        &named(&spans, "listNumbers")[..],
        &named(&spans, "getConnector")[..],
    ) else {
        panic!("{spans:?}");
    };
    assert_eq!(retried.status, Status::Unset);
    assert_eq!(
        attribute(retried, "http.request.resend_count"),
        Some(&Value::I64(1))
    );
    assert!(is_error(not_found));
    assert_eq!(
        attribute(not_found, "error.type"),
        Some(&Value::from("404"))
    );
}

#[tokio::test]
async fn request_without_a_response_has_the_status_error_and_no_status_code() {
    let (sandbox, workspace) = sandbox(Script::instant()).await;
    drop(sandbox);
    let spans = exported(async {
        let template = Telegram::new("Bot");
        workspace.connectors().install(template).await.unwrap_err();
    })
    .await;
    for span in &spans {
        assert!(is_error(span), "{span:?}");
        assert_eq!(
            attribute(span, "error.type"),
            Some(&Value::from("connection"))
        );
        assert_eq!(attribute(span, "http.response.status_code"), None);
    }
}

#[tokio::test]
async fn wait_has_the_status_error_if_it_fails() {
    let interval = Duration::from_millis(10);
    for (script, error) in [
        (Script::instant(), None),
        (Script::pending(Duration::ZERO), Some("timed_out")),
        (Script::statuses(interval, ["failed"]), Some("failed")),
    ] {
        let (_sandbox, workspace) = sandbox(script).await;
        let install = workspace.connectors().install(Telegram::new("Bot")).await;
        let options = WaitOptions::new()
            .interval(interval, interval)
            .timeout(Duration::from_millis(200));
        let wait = install.unwrap().until_ready().options(options);
        let spans = exported(async {
            let result = wait.await;
            assert_eq!(result.is_err(), error.is_some(), "{result:?}");
        })
        .await;
        let [wait] = named(&spans, "wait")[..] else {
            panic!("{spans:?}");
        };
        assert_eq!(is_error(wait), error.is_some());
        assert_eq!(
            attribute(wait, "error.type").cloned(),
            error.map(Value::from)
        );
        let events = &wait.events.events;
        assert!(events.iter().any(|event| {
            event
                .attributes
                .iter()
                .any(|one| one.key.as_str() == "bird.poll" && matches!(one.value, Value::I64(_)))
        }));
    }
}

#[tokio::test]
async fn work_that_is_dropped_has_the_status_error() {
    let (_sandbox, workspace) = sandbox(Script::pending(Duration::ZERO)).await;
    let install = workspace.connectors().install(Telegram::new("Bot")).await;
    let connectors = workspace.connectors();
    let spans = exported(async {
        let wait = install.unwrap().until_ready().into_future();
        let limited = tokio::time::timeout(Duration::from_millis(100), wait).await;
        limited.unwrap_err();
        let bulk = connectors
            .wait_all([ConnectorId::from_u128(1)])
            .into_future();
        let limited = tokio::time::timeout(Duration::from_millis(100), bulk).await;
        limited.unwrap_err();
    })
    .await;
    let waits = named(&spans, "wait");
    assert_eq!(waits.len(), 2);
    for wait in waits {
        assert!(is_error(wait));
        assert_eq!(
            attribute(wait, "error.type"),
            Some(&Value::from("cancelled"))
        );
    }
}

#[tokio::test]
async fn bulk_wait_has_the_status_error_if_an_install_fails() {
    let interval = Duration::from_millis(10);
    let (_sandbox, workspace) = sandbox(Script::statuses(interval, ["failed"])).await;
    let install = workspace.connectors().install(Telegram::new("Bot")).await;
    let install = install.unwrap();
    let spans = exported(async {
        let options = WaitOptions::new().interval(interval, interval);
        let wait = workspace.connectors().wait_all([&install]);
        let results = wait.options(options).await;
        assert!(results[0].result.is_err());
    })
    .await;
    let [wait] = named(&spans, "wait")[..] else {
        panic!("{spans:?}");
    };
    assert!(is_error(wait));
    assert_eq!(attribute(wait, "error.type"), Some(&Value::from("failed")));
}
