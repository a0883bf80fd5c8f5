//! No secret and no value of a response is in the text, the JSON, the Markdown, `Debug`, or the logs.

use std::io::Write;
use std::sync::{Arc, Mutex};

use bird_connectors_doctor::Doctor;
use bird_connectors_sandbox::{Operation, Response, Rule};
use serde_json::json;
use support::{KEY, SIGNING_KEY, builder, doctor, healthy, subscribe};
use tracing_subscriber::fmt::MakeWriter;
use uuid::Uuid;

mod support;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

const MARKERS: [&str; 7] = [
    KEY,
    SIGNING_KEY,
    "marker-in-url",
    "marker-in-field",
    "31612345678",
    "marker@example.com",
    "hunter2",
];

#[tokio::test]
async fn no_secret_is_in_text_json_markdown_or_logs() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing_subscriber::util::SubscriberInitExt::set_default(subscriber);

    let sandbox = healthy(|builder| builder).await;
    let secret_url = "http://user:hunter2@hooks.example.com/marker-in-url?token=marker-in-url";
    subscribe(
        &sandbox,
        json!({"url": secret_url, "signingKey": "", "event": "marker@example.com"}),
    );
    subscribe(
        &sandbox,
        json!({"url": secret_url, "id": Uuid::from_u128(3), "event": "marker@example.com"}),
    );
    sandbox.insert_channel(json!({
        "id": Uuid::from_u128(22),
        "status": "marker@example.com",
        "token": "marker-in-field",
        "+31612345678": {"name": "marker-in-field"},
        "channelMessageType": "31612345678",
        "name": ["marker-in-field"],
    }));
    let echo = Response::json(
        403,
        json!({"code": "Denied", "message": format!("key {KEY} is denied")}),
    );
    sandbox.rule(Rule::on(Operation::ListNumbers).respond_with(echo));

    let doctor = doctor(builder(&sandbox));
    let debug = format!("{doctor:?}");
    let report = doctor.run().await;
    // Otherwise the test would prove nothing.
    assert!(report.differences.len() >= 4, "{report}");
    let json = serde_json::to_string(&report).unwrap();
    let form = report.issue_form().unwrap();
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("GET"), "the requests are not logged: {log}");
    let outputs = [
        ("text", report.to_string()),
        ("json", json),
        ("form", form),
        ("debug", debug + &format!("{report:?}")),
        ("log", log),
    ];
    for (name, output) in &outputs {
        for marker in MARKERS {
            assert!(
                !output.contains(marker),
                "{name} contains {marker}:\n{output}"
            );
        }
    }
}

#[tokio::test]
async fn key_with_a_wrong_form_is_not_shown() {
    for key in ["Bearer hunter2", "hunter2 hunter2", "bk_hunter2"] {
        let sandbox = healthy(|builder| builder).await;
        let report = Doctor::new(builder(&sandbox).access_key(key)).run().await;
        let all = format!(
            "{report}{report:?}{}",
            serde_json::to_string(&report).unwrap()
        );
        assert!(!report.ok && !all.contains("hunter2"), "{all}");
    }
}
