//! The spans and events that a `tracing` subscriber receives from calls and waits: only documented fields, at the
//! documented level, and never a secret.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bird_connectors::models::{ConnectorId, WorkspaceId};
use bird_connectors::telemetry::{FIELDS, TRANSPORT, WAIT};
use bird_connectors::templates::Sms;
use bird_connectors::{ChannelMessageType, Client, Install, Method, Options, Rate, Workspace};
use bird_connectors_api::Operation as Contract;
use bird_connectors_catalogue::{Ids, SECRETS, entries};
use bird_connectors_sandbox::{Operation, Sandbox, Script, Step};
use futures_util::future::join_all;
use serde_json::json;
use support::server::{Act, Server, json, response};
use support::{CHANNEL, CONNECTOR, NUMBER, WORKSPACE, builder, client, until};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

mod support;

type Fields = BTreeMap<&'static str, String>;

/// A span or an event with its fields.
#[derive(Clone, Debug, PartialEq)]
struct Emitted {
    target: String,
    level: Level,
    /// A span's name, or an event's message.
    name: String,
    is_span: bool,
    fields: Fields,
    /// The names of the enclosing spans, from the outermost.
    within: Vec<&'static str>,
}

impl Emitted {
    fn get(&self, field: &str) -> &str {
        self.fields.get(field).map_or("", String::as_str)
    }
}

/// Collects the spans and events of the SDK's targets.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Emitted>>>);

struct FieldReader<'a>(&'a mut Fields);

impl Visit for FieldReader<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

fn is_from_the_sdk(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("bird_connectors")
}

/// The index of a span in the collected list.
struct Index(usize);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Collector {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if !is_from_the_sdk(attributes.metadata()) {
            return;
        }
        let mut fields = Fields::new();
        attributes.record(&mut FieldReader(&mut fields));
        let span = context.span(id).unwrap();
        let within = span.scope().from_root().map(|span| span.name()).collect();
        let mut collected = self.0.lock().unwrap();
        span.extensions_mut().insert(Index(collected.len()));
        collected.push(Emitted {
            target: attributes.metadata().target().to_owned(),
            level: *attributes.metadata().level(),
            name: attributes.metadata().name().to_owned(),
            is_span: true,
            fields,
            within,
        });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        if let Some(index) = span.extensions().get::<Index>() {
            values.record(&mut FieldReader(
                &mut self.0.lock().unwrap()[index.0].fields,
            ));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if !is_from_the_sdk(event.metadata()) {
            return;
        }
        let mut fields = Fields::new();
        event.record(&mut FieldReader(&mut fields));
        let scope = context.event_scope(event);
        let within = scope.map(|scope| scope.from_root().map(|span| span.name()).collect());
        self.0.lock().unwrap().push(Emitted {
            target: event.metadata().target().to_owned(),
            level: *event.metadata().level(),
            name: fields.remove("message").unwrap_or_default(),
            is_span: false,
            fields,
            within: within.unwrap_or_default(),
        });
    }
}

impl Collector {
    /// Collects what this thread emits, which runs all tasks of a test, until the guard is dropped.
    fn start() -> (Self, DefaultGuard) {
        let collector = Self::default();
        let subscriber = tracing_subscriber::registry().with(collector.clone());
        (collector, tracing::subscriber::set_default(subscriber))
    }

    fn take(&self) -> Vec<Emitted> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    fn events(&self) -> Vec<Emitted> {
        let mut emitted = self.take();
        emitted.retain(|one| !one.is_span);
        emitted
    }
}

/// The documented level of a span or an event, and the documented enclosing spans.
fn documented(emitted: &Emitted) -> (Level, &'static [&'static [&'static str]]) {
    let in_call: &[&[&str]] = &[&["call"], &["wait", "call"]];
    match (
        emitted.target.as_str(),
        emitted.name.as_str(),
        emitted.is_span,
    ) {
        (TRANSPORT, "call", true) => (Level::INFO, in_call),
        (TRANSPORT, "attempt", true) | (TRANSPORT, "attempt ended", false) => (
            Level::DEBUG,
            &[&["call", "attempt"], &["wait", "call", "attempt"]],
        ),
        (TRANSPORT, "waited for a turn", false) => (Level::DEBUG, in_call),
        (TRANSPORT, "trying again", false) => (Level::INFO, in_call),
        (TRANSPORT, "gave up", false) => (Level::WARN, in_call),
        (WAIT, "wait", true) | (WAIT, "status changed" | "ready", false) => {
            (Level::INFO, &[&["wait"]])
        }
        (WAIT, "gave up", false) => (Level::WARN, &[&["wait"]]),
        _ => panic!("not documented: {emitted:?}"),
    }
}

#[track_caller]
fn check(context: &str, emitted: &[Emitted]) {
    for one in emitted {
        let (level, enclosing) = documented(one);
        assert_eq!(one.level, level, "{context}: {one:?}");
        assert!(enclosing.contains(&&*one.within), "{context}: {one:?}");
        for (field, value) in &one.fields {
            assert!(
                FIELDS.contains(field),
                "{context}: {field} is not documented"
            );
            for secret in SECRETS {
                assert!(!value.contains(secret), "{context} shows {secret}: {one:?}");
            }
        }
        for id in [
            CONNECTOR.to_string(),
            CHANNEL.to_string(),
            NUMBER.to_string(),
        ] {
            let template = one.get("url.template");
            assert!(!template.contains(&id), "{context}: {one:?}");
        }
    }
}

/// A server that repeats the whole request in every response.
fn echo(status: &'static str) -> impl Fn(usize, &support::server::Recorded) -> Act {
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
        let once = Options::new().max_attempts(1);
        let client = client(&server.url()).with_options(once).unwrap();
        let entries = entries();
        let calls = entries
            .iter()
            .flat_map(|entry| entry.calls.iter().map(|call| (entry.operation.id(), call)));
        for (id, call) in calls {
            let context = format!("{status} to {id}: {}", call.note);
            let _ = (call.send)(client.clone(), Ids::default()).await;
            let emitted = collector.take();
            check(&context, &emitted);
            let call = emitted
                .iter()
                .find(|one| one.name == "call")
                .expect(&context);
            let contract = Contract::find(id).unwrap();
            assert_eq!(call.get("bird.operation"), contract.id);
            assert_eq!(call.get("bird.workspace.id"), WORKSPACE.to_string());
            let code = &status[..3];
            for span in emitted.iter().filter(|one| one.is_span) {
                assert_eq!(span.get("http.request.method"), contract.method.as_str());
                assert_eq!(span.get("url.template"), contract.path, "{context}");
                assert_eq!(span.get("server.address"), "127.0.0.1");
                assert!(server.url().ends_with(span.get("server.port")));
                assert_eq!(span.get("http.response.status_code"), code, "{context}");
                assert_eq!(
                    span.get("error.type"),
                    if code == "200" { "" } else { code }
                );
            }
            let attempt = emitted
                .iter()
                .find(|one| one.name == "attempt")
                .expect(&context);
            let name = format!("{} {}", contract.method, contract.path);
            assert_eq!(attempt.get("otel.name"), name);
            let gave_up = emitted.iter().any(|one| one.name == "gave up");
            assert_eq!(gave_up, code == "503", "{context}");
            fields.extend(emitted.into_iter().flat_map(|one| one.fields.into_keys()));
        }
    }
    assert!(fields.len() >= 12, "{fields:?}");
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
    let workspace = client(&server.url()).workspace(WORKSPACE).unwrap();
    let error = workspace.connectors().get(CONNECTOR).await.unwrap_err();
    assert_eq!((error.attempts(), error.status()), (3, Some(429)));

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
        .filter(|one| one.name == "trying again")
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
        .find(|one| one.name == "trying again")
        .and_then(|one| one.get("bird.pause").parse().ok())
        .unwrap();
    assert!((0.01..=0.5).contains(&pause), "{pause}");
    let gave_up = emitted.last().unwrap();
    assert_eq!(gave_up.name, "gave up");
    // The server may have processed the second attempt.
    assert_eq!(gave_up.get("bird.outcome"), "unknown");
    assert_eq!(gave_up.get("http.request.resend_count"), "2");
    let call = emitted.iter().find(|one| one.name == "call").unwrap();
    assert_eq!(call.get("http.request.resend_count"), "2");
    assert_eq!(call.get("http.response.status_code"), "429");
}

#[tokio::test]
async fn raw_request_hides_its_path_and_an_unknown_method() {
    let (collector, _guard) = Collector::start();
    let server = Server::responding(echo("200 OK")).await;
    let method = Method::from_bytes(b"PLANTED").unwrap();
    let path = format!("/workspaces/{WORKSPACE}/{}?key={}", SECRETS[1], SECRETS[2]);
    let request = client(&server.url()).request(method, &path);
    request.query("token", SECRETS[3]).send().await.unwrap();
    let emitted = collector.take();
    check("raw request", &emitted);
    let attempt = emitted.iter().find(|one| one.name == "attempt").unwrap();
    assert_eq!(attempt.get("otel.name"), "_OTHER");
    assert_eq!(attempt.get("url.template"), "");
    assert_eq!(emitted[0].get("bird.workspace.id"), WORKSPACE.to_string());
    assert!(!format!("{emitted:?}").contains("PLANTED"));
}

#[tokio::test]
async fn wait_for_a_rate_limit_slot_is_emitted() {
    let (collector, _guard) = Collector::start();
    let server = Server::responding(|_, _| json("200 OK", json!({"results": []}))).await;
    let client = builder(&server.url()).rate_limit(Rate { get: 20, post: 1 });
    let workspace = client.build().unwrap().workspace(WORKSPACE).unwrap();
    // All calls ask for a slot at the same time: those after the second have to wait, however slow the machine is.
    let calls = (0..8).map(|_| async { workspace.numbers().list().first_page().await });
    for page in join_all(calls).await {
        page.unwrap();
    }
    let emitted = collector.take();
    check("slots", &emitted);
    let wait = emitted.iter().find(|one| one.name == "waited for a turn");
    let waited: f64 = wait.unwrap().get("bird.elapsed").parse().unwrap();
    assert!(waited > 0.0 && waited < 10.0, "{waited}");
}

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
        .workspace(WorkspaceId::from(sandbox.workspace_id()))
        .unwrap();
    let sms = Sms::new("a")
        .phone_number_id(sandbox.numbers()[0].id())
        .channel_message_type(ChannelMessageType::Conversational);
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
    let wait = install.until_ready().interval(ms(60), ms(60));
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
    let wait = install
        .until_ready()
        .interval(ms(20), ms(20))
        // Ample for at least one poll on a busy machine.
        .deadline(ms(3000));
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
    // Ample for the install. The wait for the unknown connector always takes this long.
    let wait = wait.interval(ms(60), ms(60)).deadline(ms(5000));
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
    assert_eq!(events_of(unknown), ["gave up"]);
    assert_eq!(results.len(), 2);
    assert!(
        emitted
            .iter()
            .any(|one| one.within == ["wait", "call", "attempt"])
    );
}
