//! The spans of methods that make several calls.

use std::time::Duration;

use bird_connectors::models::{NumberId, WorkspaceId};
use bird_connectors::resources::NewSubscription;
use bird_connectors::templates::{Sms, Telegram, Template};
use bird_connectors::wait::WaitOptions;
use bird_connectors::{ChannelMessageType, Client, Workspace};
use bird_connectors_sandbox::{Fault, Number, Operation, Rule, Sandbox, Script};

use crate::check;
use crate::collector::{Collector, Emitted};
use crate::support::until;

const URL: &str = "https://hooks.example.com/bird";

async fn sandbox(script: Script) -> (Sandbox, Workspace) {
    let sandbox = Sandbox::builder()
        .default_script(script)
        .start()
        .await
        .unwrap();
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .build()
        .unwrap();
    let workspace = client.workspace(WorkspaceId::from(sandbox.workspace_id()));
    (sandbox, workspace)
}

fn sms(number: u128) -> Sms {
    Sms::new(
        format!("Shop {number}"),
        NumberId::from_u128(number),
        ChannelMessageType::Conversational,
    )
}

/// The only span of a run. It encloses everything else.
#[track_caller]
fn run<'a>(name: &'static str, emitted: &'a [Emitted]) -> &'a Emitted {
    check(name, emitted);
    let spans: Vec<_> = emitted.iter().filter(|one| one.name == name).collect();
    let [span] = spans[..] else {
        panic!("{name}: {emitted:?}");
    };
    assert!(
        emitted.iter().all(|one| one.within.first() == Some(&name)),
        "{emitted:?}"
    );
    span
}

/// The values of `bird.result`, `error.type`, `otel.status_code` and `bird.outcome`.
fn end(span: &Emitted) -> [&str; 4] {
    [
        "bird.result",
        "error.type",
        "otel.status_code",
        "bird.outcome",
    ]
    .map(|field| span.get(field))
}

#[tokio::test]
async fn ensure_is_one_span_with_its_result() {
    let (collector, _guard) = Collector::start();
    let (sandbox, workspace) = sandbox(Script::instant()).await;
    let connectors = workspace.connectors();
    for result in ["created", "adopted"] {
        let _ = connectors.ensure(sms(1)).await.unwrap();
        let emitted = collector.take();
        let span = run("ensure", &emitted);
        assert_eq!(end(span), [result, "", "", ""]);
        assert_eq!(span.get("bird.template"), "sms-messagebird:1");
        assert_eq!(span.get("bird.workspace.id"), workspace.id().to_string());
    }
    // The create is rejected.
    sandbox.fail_next(Operation::CreateConnector, 422, 1);
    connectors.ensure(sms(2)).await.unwrap_err();
    let emitted = collector.take();
    let rejected = ["", "422", "ERROR", "answered"];
    assert_eq!(end(run("ensure", &emitted)), rejected);
    // Nothing is sent.
    connectors.ensure(Telegram::new("")).await.unwrap_err();
    let emitted = collector.take();
    assert_eq!(emitted.len(), 1);
    let invalid = ["", "invalid_input", "ERROR", "not_sent"];
    assert_eq!(end(run("ensure", &emitted)), invalid);
    // The response is lost, and the connector is not there.
    let lost = Rule::on(Operation::CreateConnector).fault(Fault::ResetBeforeHeaders);
    sandbox.rule(lost);
    let ensure = connectors.ensure(sms(3)).reconcile_window(Duration::ZERO);
    ensure.await.unwrap_err();
    let emitted = collector.take();
    let unknown = ["", "connection_lost", "ERROR", "unknown"];
    assert_eq!(end(run("ensure", &emitted)), unknown);
}

#[tokio::test]
async fn ensure_that_is_dropped_ends_as_cancelled() {
    let (collector, _guard) = Collector::start();
    let (sandbox, workspace) = sandbox(Script::instant()).await;
    sandbox.delay(Operation::ListConnectors, Duration::from_secs(60));
    let connectors = workspace.connectors();
    tokio::select! {
        _ = connectors.ensure(sms(1)).into_future() => panic!("there is no response"),
        () = until("the request", || !sandbox.requests().is_empty()) => {}
    }
    let emitted = collector.take();
    let cancelled = ["", "cancelled", "ERROR", ""];
    assert_eq!(end(run("ensure", &emitted)), cancelled);
}

#[tokio::test]
async fn install_all_is_one_span_with_its_totals_and_encloses_its_wait() {
    let (collector, _guard) = Collector::start();
    let (_sandbox, workspace) = sandbox(Script::instant()).await;
    let connectors = workspace.connectors();
    let _ = connectors.ensure(sms(1)).await.unwrap();
    collector.take();
    for (templates, error, totals) in [
        (vec![1, 2], "", ["1", "1", "0"]),
        // A template twice is an error of the second one.
        (vec![1, 2, 3, 3], "invalid_input", ["1", "2", "1"]),
    ] {
        let count = templates.len().to_string();
        let all = connectors.install_all(templates.into_iter().map(sms));
        let options =
            WaitOptions::new().interval(Duration::from_millis(20), Duration::from_millis(20));
        all.options(options).await;
        let emitted = collector.take();
        let span = run("install_all", &emitted);
        assert_eq!(span.get("bird.installs"), count);
        let fields = ["created", "adopted", "failed"]
            .map(|field| span.get(&format!("bird.installs_{field}")).to_owned());
        assert_eq!(fields, totals);
        assert_eq!(span.get("error.type"), error);
        let status = if error.is_empty() { "" } else { "ERROR" };
        assert_eq!(span.get("otel.status_code"), status);
        let wait = emitted.iter().find(|one| one.name == "wait").unwrap();
        assert_eq!(wait.within, ["install_all", "wait"]);
    }
}

#[tokio::test]
async fn install_all_has_the_error_of_its_failed_templates_and_waits() {
    let (collector, _guard) = Collector::start();
    let (_sandbox, workspace) =
        sandbox(Script::statuses(Duration::from_millis(1), ["failed"])).await;
    let connectors = workspace.connectors();
    let options = || {
        let interval = Duration::from_millis(20);
        WaitOptions::new().interval(interval, interval)
    };
    for (templates, error) in [
        (vec![Template::from(sms(1))], "failed"),
        (vec![sms(1).into(), Telegram::new("").into()], "several"),
    ] {
        collector.take();
        connectors.install_all(templates).options(options()).await;
        let emitted = collector.take();
        let span = run("install_all", &emitted);
        assert_eq!(end(span), ["", error, "ERROR", ""]);
    }
}

#[tokio::test]
async fn install_all_that_is_dropped_ends_as_cancelled() {
    let (collector, _guard) = Collector::start();
    let (sandbox, workspace) = sandbox(Script::instant()).await;
    sandbox.delay(Operation::CreateConnector, Duration::from_secs(60));
    let connectors = workspace.connectors();
    tokio::select! {
        _ = connectors.install_all([sms(1), sms(2)]).into_future() => panic!("there is no response"),
        () = until("a create", || sandbox.count(Operation::CreateConnector) > 0) => {}
    }
    let emitted = collector.take();
    let span = run("install_all", &emitted);
    assert_eq!(end(span), ["", "cancelled", "ERROR", ""]);
    assert_eq!(span.get("bird.installs"), "2");
    assert_eq!(span.get("bird.installs_created"), "0");
    // A run whose results are all read is not cancelled.
    sandbox.clear_rules();
    let mut results = connectors.install_all([sms(3)]).results();
    results.next().await.unwrap();
    drop(results);
    let emitted = collector.take();
    assert_eq!(end(run("install_all", &emitted)), ["", "", "", ""]);
    // A run that never begins has no span.
    drop(connectors.install_all([sms(4)]).results());
    assert_eq!(collector.take(), []);
}

#[tokio::test]
async fn searches_and_subscriptions_are_one_span_each() {
    let (collector, _guard) = Collector::start();
    let (sandbox, workspace) = sandbox(Script::instant()).await;
    sandbox.add_number(Number::new("+31612345678"));
    for (number, result) in [("+31612345678", "found"), ("+31687654321", "not_found")] {
        workspace.numbers().find(number).await.unwrap();
        let emitted = collector.take();
        assert_eq!(end(run("find_number", &emitted)), [result, "", "", ""]);
        assert!(!format!("{emitted:?}").contains(&number[1..]));
    }
    sandbox.fail_next(Operation::ListNumbers, 400, 1);
    workspace.numbers().find("+31612345678").await.unwrap_err();
    let emitted = collector.take();
    assert_eq!(end(run("find_number", &emitted)), ["", "400", "ERROR", ""]);

    let connectors = workspace.connectors();
    let unresolved = connectors.unresolved_create(sms(1));
    for result in ["not_found", "found"] {
        if result == "found" {
            let _ = connectors.install(sms(1)).await.unwrap();
        }
        collector.take();
        let reconcile = connectors.reconcile(&unresolved).window(Duration::ZERO);
        reconcile.await.unwrap();
        let emitted = collector.take();
        assert_eq!(end(run("reconcile", &emitted)), [result, "", "", ""]);
    }

    let subscriptions = workspace.webhook_subscriptions();
    for result in ["created", "adopted"] {
        let new = NewSubscription::new("channel.updated", URL);
        subscriptions.ensure(new).await.unwrap();
        let emitted = collector.take();
        let span = run("ensure_subscription", &emitted);
        assert_eq!(end(span), [result, "", "", ""]);
        assert!(!format!("{emitted:?}").contains("hooks.example.com"));
    }
    for result in ["created", "adopted"] {
        let both = subscriptions.subscribe_to_channels(URL, "a key");
        both.await.unwrap();
        let emitted = collector.take();
        let span = run("subscribe_to_channels", &emitted);
        assert_eq!(end(span), [result, "", "", ""]);
    }
    let no_key = subscriptions.subscribe_to_channels(URL, "");
    no_key.await.unwrap_err();
    let emitted = collector.take();
    let invalid = ["", "invalid_input", "ERROR", "not_sent"];
    assert_eq!(end(run("subscribe_to_channels", &emitted)), invalid);
}
