//! What a subscriber of `tracing` is told of calls and waits: the fields of the list and no others, at the level that is
//! promised, and never a secret.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bird_connectors::telemetry::{FIELDS, TRANSPORT, WAIT};
use bird_connectors::templates::Sms;
use bird_connectors::{Client, Method, Options, Rate, Workspace};
use bird_connectors_api::OPERATIONS;
use bird_connectors_sandbox::{Operation, Sandbox, Script};
use serde_json::json;
use support::operations::{self, SECRETS};
use support::server::{Act, Server, answer, json};
use support::{CHANNEL, CONNECTOR, NUMBER, WORKSPACE, builder, client};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

mod support;

type Fields = BTreeMap<&'static str, String>;

/// A span or an event, with all that was told of it.
#[derive(Clone, Debug, PartialEq)]
struct Told {
    target: String,
    level: Level,
    /// A span's name, or an event's message.
    name: String,
    is_span: bool,
    fields: Fields,
    /// The names of the spans that it happened in, from the outermost.
    within: Vec<&'static str>,
}

impl Told {
    fn get(&self, field: &str) -> &str {
        self.fields.get(field).map_or("", String::as_str)
    }
}

/// Remembers everything that our targets tell.
#[derive(Clone, Default)]
struct Ear(Arc<Mutex<Vec<Told>>>);

struct Reader<'a>(&'a mut Fields);

impl Visit for Reader<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("bird_connectors")
}

/// Where a span's entry stands in the list.
struct Place(usize);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Ear {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if !is_ours(attributes.metadata()) {
            return;
        }
        let mut fields = Fields::new();
        attributes.record(&mut Reader(&mut fields));
        let span = context.span(id).unwrap();
        let within = span.scope().from_root().map(|span| span.name()).collect();
        let mut heard = self.0.lock().unwrap();
        span.extensions_mut().insert(Place(heard.len()));
        heard.push(Told {
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
        if let Some(place) = span.extensions().get::<Place>() {
            values.record(&mut Reader(&mut self.0.lock().unwrap()[place.0].fields));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if !is_ours(event.metadata()) {
            return;
        }
        let mut fields = Fields::new();
        event.record(&mut Reader(&mut fields));
        let scope = context.event_scope(event);
        let within = scope.map(|scope| scope.from_root().map(|span| span.name()).collect());
        self.0.lock().unwrap().push(Told {
            target: event.metadata().target().to_owned(),
            level: *event.metadata().level(),
            name: fields.remove("message").unwrap_or_default(),
            is_span: false,
            fields,
            within: within.unwrap_or_default(),
        });
    }
}

impl Ear {
    /// Listens to this thread, which is where a test's tasks run, until the guard is dropped.
    fn listen() -> (Self, DefaultGuard) {
        let ear = Self::default();
        let subscriber = tracing_subscriber::registry().with(ear.clone());
        (ear, tracing::subscriber::set_default(subscriber))
    }

    fn take(&self) -> Vec<Told> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    fn events(&self) -> Vec<Told> {
        let mut told = self.take();
        told.retain(|told| !told.is_span);
        told
    }
}

/// What the documentation says of each span and event, as `(target, name) -> (level, where it happens)`.
fn promised(told: &Told) -> (Level, &'static [&'static [&'static str]]) {
    let in_call: &[&[&str]] = &[&["call"], &["wait", "call"]];
    match (told.target.as_str(), told.name.as_str(), told.is_span) {
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
        _ => panic!("not promised: {told:?}"),
    }
}

#[track_caller]
fn check(what: &str, told: &[Told]) {
    for told in told {
        let (level, places) = promised(told);
        assert_eq!(told.level, level, "{what}: {told:?}");
        assert!(places.contains(&&*told.within), "{what}: {told:?}");
        for (field, value) in &told.fields {
            assert!(FIELDS.contains(field), "{what}: {field} is not on the list");
            for secret in SECRETS {
                assert!(!value.contains(secret), "{what} tells {secret}: {told:?}");
            }
        }
        for id in [CONNECTOR, CHANNEL, NUMBER] {
            let template = told.get("url.template");
            assert!(!template.contains(&id.to_string()), "{what}: {told:?}");
        }
    }
}

/// Repeats the whole request in every answer.
fn parrot(status: &'static str) -> impl Fn(usize, &support::server::Recorded) -> Act {
    move |_, request| {
        let text = request.text();
        let key = request.header("authorization").unwrap_or_default();
        let headers = format!("x-request-id: {key}\r\ncontent-type: application/json\r\n");
        let body =
            json!({"code": text, "message": text, "status": key, "channel": {"status": text}});
        answer(status, &headers, &body.to_string())
    }
}

#[tokio::test]
async fn every_operation_tells_what_is_on_the_list_and_nothing_else() {
    let (ear, _guard) = Ear::listen();
    let mut missing: BTreeSet<&str> = OPERATIONS.iter().map(|operation| operation.id).collect();
    let mut fields = BTreeSet::new();
    for status in ["200 OK", "404 Not Found", "503 Service Unavailable"] {
        let server = Server::answering(parrot(status)).await;
        let once = Options::new().max_attempts(1);
        let client = client(&server.url()).with_options(once).unwrap();
        for operation in operations::all() {
            let what = format!("{status} to {}: {}", operation.id, operation.note);
            let _ = (operation.call)(client.clone()).await;
            let told = ear.take();
            check(&what, &told);
            let call = told.iter().find(|told| told.name == "call").expect(&what);
            let contract = OPERATIONS
                .iter()
                .find(|one| one.id == operation.id)
                .unwrap();
            assert_eq!(call.get("bird.operation"), contract.id);
            assert_eq!(call.get("bird.workspace.id"), WORKSPACE.to_string());
            let code = &status[..3];
            for span in told.iter().filter(|told| told.is_span) {
                assert_eq!(span.get("http.request.method"), contract.method.as_str());
                assert_eq!(span.get("url.template"), contract.path, "{what}");
                assert_eq!(span.get("server.address"), "127.0.0.1");
                assert!(server.url().ends_with(span.get("server.port")));
                assert_eq!(span.get("http.response.status_code"), code, "{what}");
                assert_eq!(
                    span.get("error.type"),
                    if code == "200" { "" } else { code }
                );
            }
            let attempt = told
                .iter()
                .find(|told| told.name == "attempt")
                .expect(&what);
            let name = format!("{} {}", contract.method, contract.path);
            assert_eq!(attempt.get("otel.name"), name);
            let gave_up = told.iter().any(|told| told.name == "gave up");
            assert_eq!(gave_up, code == "503", "{what}");
            missing.remove(operation.id);
            fields.extend(told.into_iter().flat_map(|told| told.fields.into_keys()));
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
    assert!(fields.len() >= 12, "{fields:?}");
}

#[tokio::test]
async fn each_attempt_is_told_and_each_pause_and_the_giving_up() {
    let (ear, _guard) = Ear::listen();
    let server = Server::answering(|number, _| match number {
        0 => answer(
            "503 Service Unavailable",
            "retry-after: 0.01\r\n",
            "planted",
        ),
        1 => Act::Close(Vec::new()),
        _ => answer("429 Too Many Requests", "retry-after: 99\r\n", ""),
    })
    .await;
    let workspace = client(&server.url()).workspace(WORKSPACE).unwrap();
    let error = workspace.connectors().get(CONNECTOR).await.unwrap_err();
    assert_eq!((error.attempts(), error.status()), (3, Some(429)));

    let told = ear.take();
    check("retries", &told);
    let attempts: Vec<_> = told.iter().filter(|told| told.name == "attempt").collect();
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
    let again: Vec<_> = told
        .iter()
        .filter(|told| told.name == "trying again")
        .map(|event| {
            (
                event.get("http.request.resend_count"),
                event.get("error.type"),
            )
        })
        .collect();
    assert_eq!(again, [("1", "503"), ("2", "connection_lost")]);
    let pause: f64 = told
        .iter()
        .find(|told| told.name == "trying again")
        .and_then(|told| told.get("bird.pause").parse().ok())
        .unwrap();
    assert!((0.01..=0.5).contains(&pause), "{pause}");
    let gave_up = told.last().unwrap();
    assert_eq!(gave_up.name, "gave up");
    // The second attempt may have been processed: nobody knows.
    assert_eq!(gave_up.get("bird.outcome"), "unknown");
    assert_eq!(gave_up.get("http.request.resend_count"), "2");
    let call = told.iter().find(|told| told.name == "call").unwrap();
    assert_eq!(call.get("http.request.resend_count"), "2");
    assert_eq!(call.get("http.response.status_code"), "429");
}

#[tokio::test]
async fn a_request_made_by_hand_tells_neither_its_path_nor_its_method() {
    let (ear, _guard) = Ear::listen();
    let server = Server::answering(parrot("200 OK")).await;
    let method = Method::from_bytes(b"PLANTED").unwrap();
    let path = format!("/workspaces/{WORKSPACE}/{}?key={}", SECRETS[1], SECRETS[2]);
    let request = client(&server.url()).request(method, &path);
    request.query("token", SECRETS[3]).send().await.unwrap();
    let told = ear.take();
    check("by hand", &told);
    let attempt = told.iter().find(|told| told.name == "attempt").unwrap();
    assert_eq!(attempt.get("otel.name"), "_OTHER");
    assert_eq!(attempt.get("url.template"), "");
    assert_eq!(told[0].get("bird.workspace.id"), WORKSPACE.to_string());
    assert!(!format!("{told:?}").contains("PLANTED"));
}

#[tokio::test]
async fn waiting_for_a_turn_is_told() {
    let (ear, _guard) = Ear::listen();
    let server = Server::answering(|_, _| json("200 OK", json!({"results": []}))).await;
    let client = builder(&server.url()).rate_limit(Rate { get: 20, post: 1 });
    let workspace = client.build().unwrap().workspace(WORKSPACE).unwrap();
    for _ in 0..3 {
        workspace.numbers().list().first_page().await.unwrap();
    }
    let told = ear.take();
    check("turns", &told);
    let turn = told.iter().find(|told| told.name == "waited for a turn");
    let waited: f64 = turn.unwrap().get("bird.elapsed").parse().unwrap();
    assert!(waited > 0.0 && waited < 1.0, "{waited}");
}

async fn following(script: Script) -> (Sandbox, Workspace, bird_connectors::Install) {
    let sandbox = Sandbox::builder()
        .default_script(script)
        .start()
        .await
        .unwrap();
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .build();
    let workspace = client.unwrap().workspace(sandbox.workspace_id()).unwrap();
    let sms = Sms::new("a")
        .phone_number_id(sandbox.numbers()[0].id())
        .channel_message_type(bird_connectors::ChannelMessageType::Conversational);
    let install = workspace.connectors().install(sms).await.unwrap();
    (sandbox, workspace, install)
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[tokio::test]
async fn a_wait_tells_of_changes_and_not_of_polls() {
    let (ear, _guard) = Ear::listen();
    let (_sandbox, _workspace, install) = following(Script::timed(ms(300), ms(900))).await;
    ear.take();
    let wait = install.until_ready().interval(ms(60), ms(60));
    let ready = wait.await.unwrap();
    let told = ear.take();
    check("a wait", &told);
    let events: Vec<_> = told
        .iter()
        .filter(|told| told.target == WAIT && !told.is_span)
        .collect();
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
    let wait = told.iter().find(|told| told.name == "wait").unwrap();
    assert_eq!(wait.get("bird.connector.id"), install.id().to_string());
    assert!(
        told.iter()
            .any(|told| told.within == ["wait", "call", "attempt"])
    );
}

#[tokio::test]
async fn a_wait_that_gives_up_warns_and_its_polls_do_not() {
    let (ear, _guard) = Ear::listen();
    let (sandbox, _workspace, install) = following(Script::timed(ms(1), ms(60_000))).await;
    sandbox.fail_next(Operation::GetConnectorStatus, 503, 1000);
    ear.take();
    let wait = install
        .until_ready()
        .interval(ms(20), ms(20))
        .deadline(ms(200));
    wait.await.unwrap_err();
    let events = ear.events();
    check("a wait in vain", &events);
    let warnings: Vec<_> = events
        .iter()
        .filter(|told| told.level == Level::WARN)
        .collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_eq!(
        (&*warnings[0].target, warnings[0].get("error.type")),
        (WAIT, "timed_out")
    );
    assert!(
        events
            .iter()
            .any(|told| told.get("error.type") == "503" && told.level == Level::DEBUG)
    );
}

#[tokio::test]
async fn a_wait_for_many_tells_of_each_within_one_span() {
    let (ear, _guard) = Ear::listen();
    let (_sandbox, workspace, install) = following(Script::timed(ms(100), ms(400))).await;
    ear.take();
    let nobody = NUMBER;
    let wait = workspace.connectors().wait_all([install.id(), nobody]);
    let results = wait.interval(ms(60), ms(60)).deadline(ms(1500)).await;
    let told = ear.take();
    check("a wait for many", &told);
    let spans: Vec<_> = told.iter().filter(|told| told.name == "wait").collect();
    assert_eq!(spans.len(), 1, "{spans:?}");
    let of = |id: uuid::Uuid| -> Vec<&str> {
        let id = id.to_string();
        let events = told
            .iter()
            .filter(|told| told.target == WAIT && !told.is_span);
        let own = events.filter(|event| event.get("bird.connector.id") == id);
        own.map(|event| &*event.name).collect()
    };
    let ready = of(install.id());
    let (last, changes) = ready.split_last().unwrap();
    assert_eq!(*last, "ready");
    assert!(changes.len() >= 2 && changes.iter().all(|name| *name == "status changed"));
    assert_eq!(of(nobody), ["gave up"]);
    assert_eq!(results.len(), 2);
    assert!(
        told.iter()
            .any(|told| told.within == ["wait", "call", "attempt"])
    );
}
