//! The spans and events of waits.

use std::time::Duration;

use bird_connectors::install::Install;
use bird_connectors::models::{ConnectorId, WorkspaceId};
use bird_connectors::telemetry::WAIT;
use bird_connectors::templates::Sms;
use bird_connectors::wait::WaitOptions;
use bird_connectors::{ChannelMessageType, Client, Workspace};
use bird_connectors_sandbox::{Operation, Sandbox, Script, Step};
use tracing::Level;

use crate::check;
use crate::collector::{Collector, Emitted};
use crate::support::until;

async fn install_with(script: Script) -> (Sandbox, Workspace, Install) {
    let sandbox = Sandbox::builder()
        .default_script(script)
        .start()
        .await
        .unwrap();
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .build();
    let workspace = client
        .unwrap()
        .workspace(WorkspaceId::from(sandbox.workspace_id()));
    let sms = Sms::new(
        "a",
        sandbox.numbers()[0].id(),
        ChannelMessageType::Conversational,
    );
    let install = workspace.connectors().install(sms).await.unwrap();
    (sandbox, workspace, install)
}

/// Takes an install from its start to an active channel. Each change happens after six more requests, which are at least
/// two polls, so that a wait observes every change on any machine.
async fn become_active(sandbox: &Sandbox, install: &Install) {
    for step in [
        Step::Channel("pending".into()),
        Step::Status("carrier-review".into()),
        Step::Status("active".into()),
    ] {
        let before = sandbox.requests().len();
        until("more polls", || sandbox.requests().len() >= before + 6).await;
        assert!(sandbox.apply_step(install.id().into(), step));
    }
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The events of waits among everything that was emitted.
fn wait_events(emitted: &[Emitted]) -> Vec<&Emitted> {
    let events = emitted
        .iter()
        .filter(|one| one.target == WAIT && !one.is_span);
    events.collect()
}

#[tokio::test]
async fn wait_emits_each_change_but_not_each_poll() {
    let (collector, _guard) = Collector::start();
    let (sandbox, _workspace, install) = install_with(Script::never()).await;
    collector.take();
    let options = WaitOptions::new().interval(ms(60), ms(60));
    let wait = install.until_ready().options(options);
    let (ready, ()) = tokio::join!(wait.into_future(), become_active(&sandbox, &install));
    let ready = ready.unwrap();
    let emitted = collector.take();
    check("a wait", &emitted);
    let events = wait_events(&emitted);
    assert!(
        ready.polls as usize > events.len(),
        "{}: {events:?}",
        ready.polls
    );
    let names: Vec<_> = events.iter().map(|event| &*event.name).collect();
    let (last, changes) = names.split_last().unwrap();
    assert_eq!(*last, "ready");
    assert!(changes.len() >= 2 && changes.iter().all(|name| *name == "status changed"));
    let channel = ready.channel_id.to_string();
    let last = events.last().unwrap();
    assert_eq!(
        (last.get("bird.status"), last.get("bird.channel.id")),
        ("active", &*channel)
    );
    assert_eq!(last.get("bird.poll"), ready.polls.to_string());
    // Polls happen within the wait.
    let wait = emitted.iter().find(|one| one.name == "wait").unwrap();
    assert_eq!(wait.get("bird.connector.id"), install.id().to_string());
    assert!(
        emitted
            .iter()
            .any(|one| one.within == ["wait", "call", "attempt"])
    );
}

#[tokio::test]
async fn wait_that_times_out_warns_once_and_its_polls_do_not() {
    let (collector, _guard) = Collector::start();
    let (sandbox, _workspace, install) = install_with(Script::timed(ms(1), ms(60_000))).await;
    sandbox.fail_next(Operation::GetConnectorStatus, 503, 1000);
    collector.take();
    let options = WaitOptions::new()
        .interval(ms(20), ms(20))
        // Long enough for at least one poll on a busy machine.
        .timeout(ms(3000));
    let wait = install.until_ready().options(options);
    wait.await.unwrap_err();
    let events = collector.events();
    check("a wait that times out", &events);
    let warnings: Vec<_> = events
        .iter()
        .filter(|event| event.level == Level::WARN)
        .collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_eq!(
        (&*warnings[0].target, warnings[0].get("error.type")),
        (WAIT, "timed_out")
    );
    assert!(
        events
            .iter()
            .any(|event| event.get("error.type") == "503" && event.level == Level::DEBUG)
    );
}

#[tokio::test]
async fn bulk_wait_emits_the_events_of_each_install_within_one_span() {
    let (collector, _guard) = Collector::start();
    let (sandbox, workspace, install) = install_with(Script::never()).await;
    collector.take();
    let unknown = ConnectorId::from_u128(0xf);
    let wait = workspace.connectors().wait_all([install.id(), unknown]);
    // Long enough for the install. The wait for the unknown connector always takes this long.
    let options = WaitOptions::new()
        .interval(ms(60), ms(60))
        .timeout(ms(5000));
    let wait = wait.options(options);
    let (results, ()) = tokio::join!(wait.into_future(), become_active(&sandbox, &install));
    let emitted = collector.take();
    check("a bulk wait", &emitted);
    let spans: Vec<_> = emitted.iter().filter(|one| one.name == "wait").collect();
    assert_eq!(spans.len(), 1, "{spans:?}");
    let events_of = |id: ConnectorId| -> Vec<&str> {
        let id = id.to_string();
        let events = wait_events(&emitted).into_iter();
        let events = events.filter(|event| event.get("bird.connector.id") == id);
        events.map(|event| &*event.name).collect()
    };
    let events = events_of(install.id());
    let (last, changes) = events.split_last().unwrap();
    assert_eq!(*last, "ready");
    assert!(changes.len() >= 2 && changes.iter().all(|name| *name == "status changed"));
    assert_eq!(events_of(unknown), ["wait failed"]);
    assert_eq!(results.len(), 2);
    assert!(
        emitted
            .iter()
            .any(|one| one.within == ["wait", "call", "attempt"])
    );
}

/// The spans of waits among everything that was emitted.
fn wait_spans(emitted: &[Emitted]) -> Vec<&Emitted> {
    let spans = emitted.iter().filter(|one| one.name == "wait");
    spans.collect()
}

#[tokio::test]
async fn bulk_wait_has_the_error_of_its_failed_installs() {
    let (collector, _guard) = Collector::start();
    let (_sandbox, workspace, failing) = install_with(Script::statuses(ms(1), ["failed"])).await;
    let unknown = ConnectorId::from_u128(0xf);
    let options = || WaitOptions::new().interval(ms(20), ms(20));
    let installs = [vec![failing.id()], vec![failing.id(), unknown]];
    for (installs, expected) in installs.into_iter().zip(["failed", "several"]) {
        collector.take();
        let wait = workspace.connectors().wait_all(installs.clone());
        let wait = wait.options(options()).timeout_each([(unknown, ms(500))]);
        assert!(wait.await.iter().all(|wait| wait.result.is_err()));
        let emitted = collector.take();
        check(expected, &emitted);
        let [span] = wait_spans(&emitted)[..] else {
            panic!("{emitted:?}");
        };
        assert_eq!(span.get("error.type"), expected);
        assert_eq!(span.get("otel.status_code"), "ERROR");
    }
}

#[tokio::test]
async fn wait_that_is_dropped_ends_as_cancelled() {
    let (collector, _guard) = Collector::start();
    let (sandbox, workspace, install) = install_with(Script::never()).await;
    for is_bulk in [false, true] {
        collector.take();
        sandbox.clear_requests();
        let options = WaitOptions::new().interval(ms(20), ms(20));
        let wait = async {
            if is_bulk {
                let unknown = ConnectorId::from_u128(0xf);
                let installs = [install.id(), unknown];
                let wait = workspace.connectors().wait_all(installs);
                wait.options(options).await.len()
            } else {
                let wait = install.until_ready().options(options);
                wait.await.map_or(0, |_| 1)
            }
        };
        tokio::select! {
            _ = wait => panic!("the wait has ended"),
            () = until("a poll", || !sandbox.requests().is_empty()) => {}
        }
        let emitted = collector.take();
        check("a dropped wait", &emitted);
        let [span] = wait_spans(&emitted)[..] else {
            panic!("{emitted:?}");
        };
        assert_eq!(span.get("error.type"), "cancelled");
        assert_eq!(span.get("otel.status_code"), "ERROR");
        let cancelled = wait_events(&emitted)
            .into_iter()
            .filter(|event| event.name == "wait cancelled");
        let fields: Vec<_> = cancelled
            .map(|event| {
                (
                    event.get("bird.connector.id").to_owned(),
                    event.get("bird.installs").to_owned(),
                )
            })
            .collect();
        let expected = if is_bulk {
            (String::new(), "2".to_owned())
        } else {
            (install.id().to_string(), String::new())
        };
        assert_eq!(fields, [expected]);
    }
}

#[tokio::test]
async fn install_that_the_caller_removes_from_a_bulk_wait_is_cancelled() {
    let (collector, _guard) = Collector::start();
    let (_sandbox, workspace, install) = install_with(Script::instant()).await;
    let removed = ConnectorId::from_u128(0xf);
    let mut results = workspace
        .connectors()
        .wait_all([install.id(), removed])
        .results();
    results.control().cancel(removed);
    while let Some(wait) = results.next().await {
        wait.result.unwrap();
    }
    drop(results);
    let emitted = collector.take();
    check("a wait for one of two", &emitted);
    let cancelled: Vec<_> = wait_events(&emitted)
        .into_iter()
        .filter(|event| event.name == "wait cancelled")
        .map(|event| event.get("bird.connector.id").to_owned())
        .collect();
    assert_eq!(cancelled, [removed.to_string()]);
    assert_eq!(wait_spans(&emitted)[0].get("error.type"), "");
}
