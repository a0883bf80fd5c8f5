//! Every request that the SDK sends is recorded in `goldens/wire.txt`: method, path, query, headers and body of every call
//! in the operation catalogue. After an intended change, run this test with `UPDATE_GOLDENS=1` and review the difference.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use bird_connectors::Client;
use bird_connectors_api::Operation;
use bird_connectors_catalogue::{Call, Ids, PAGE_TOKEN, entries};
use httpmock::MockServer;
use support::server::{Recorded, Recorder};
use support::{KEY, builder, client};

mod support;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/goldens/wire.txt");

#[tokio::test(flavor = "multi_thread")]
async fn every_request_matches_the_golden_file() {
    let mut heads = BTreeSet::new();
    let mut requests = String::new();
    for entry in entries() {
        let id = entry.operation.id();
        let contract = Operation::find(id).expect(id);
        for call in &entry.calls {
            writeln!(requests, "\n## {}", join(": ", id, call.note)).unwrap();
            for request in requests_of(call).await {
                assert_eq!(request.method, contract.method.as_str(), "{id}");
                assert!(fits(&request, contract.path), "{id}: {}", request.target);
                write_request(&mut requests, &request);
                heads.insert(head(&request));
            }
        }
    }

    requests += "\n## raw requests\n";
    for request in raw_requests().await {
        write_request(&mut requests, &request);
        heads.insert(head(&request));
    }

    let heads: Vec<String> = heads.into_iter().collect();
    let current = format!(
        "# Every request has one of these sets of headers.\n\n{}\n# The requests of each call.\n{requests}",
        heads.join("\n")
    );
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::write(GOLDEN, &current).unwrap();
    }
    let golden = std::fs::read_to_string(GOLDEN).unwrap_or_default();
    for (number, (expected, line)) in golden.lines().zip(current.lines()).enumerate() {
        assert_eq!(line, expected, "line {} of {GOLDEN}", number + 1);
    }
    assert_eq!(current.lines().count(), golden.lines().count(), "{GOLDEN}");
}

/// The requests of a call that the typed mock accepts.
async fn requests_of(call: &Call) -> Vec<Recorded> {
    let ids = Ids::default();
    let mock = MockServer::start_async().await;
    tokio::task::block_in_place(|| (call.mock)(&mock, &ids));
    let recorder = Recorder::in_front_of(*mock.address()).await;
    let result = (call.send)(client(&recorder.url()), ids).await;
    result.unwrap_or_else(|error| panic!("{call:?}: {error}"));
    recorder.requests()
}

async fn raw_requests() -> Vec<Recorded> {
    let mock = MockServer::start_async().await;
    mock.mock_async(|_, then| {
        then.status(200).body("{}");
    })
    .await;
    let recorder = Recorder::in_front_of(*mock.address()).await;
    // The client keeps the path of its base URL without the trailing slash.
    let client: Client = client(&format!("{}/gateway/bird/", recorder.url()));
    let request = client.request(http::Method::GET, "/some%20path/1?fixed=a%2Bb");
    let request = request.query("pageToken", PAGE_TOKEN).query("limit", 5);
    request.send().await.unwrap();
    let client = builder(&recorder.url()).user_agent("my-app/1.2").build();
    let request = client.unwrap().request(http::Method::PUT, "/thing");
    let request = request.json(&serde_json::json!({"b": [1, 2.5], "a": "ä"}));
    request.send().await.unwrap();
    recorder.requests()
}

fn write_request(output: &mut String, request: &Recorded) {
    writeln!(output, "{} {}", request.method, request.target).unwrap();
    if !request.body.is_empty() {
        writeln!(output, "{}", request.body).unwrap();
    }
}

/// The headers in a fixed order, with placeholders for values that differ between runs, bodies and releases.
fn head(request: &Recorded) -> String {
    let mut lines: Vec<String> = request
        .headers
        .iter()
        .map(|(name, value)| {
            let value = match name.as_str() {
                "host" => "{host}",
                "content-length" => "{length}",
                "user-agent" => &value.replace(env!("CARGO_PKG_VERSION"), "{version}"),
                "authorization" => &value.replace(KEY, "{access key}"),
                _ => value,
            };
            format!("{name}: {value}\n")
        })
        .collect();
    lines.sort();
    lines.concat()
}

/// Whether the path of a request fits a path of the contract, with an id for every parameter.
fn fits(request: &Recorded, path: &str) -> bool {
    let actual = request.target.split('?').next().unwrap();
    let (actual, expected) = (actual.split('/'), path.split('/'));
    actual.clone().count() == expected.clone().count()
        && actual.zip(expected).all(|(actual, expected)| {
            actual == expected
                || (expected.starts_with('{') && uuid::Uuid::parse_str(actual).is_ok())
        })
}

fn join(separator: &str, first: &str, second: &str) -> String {
    let parts = [first, second].into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(separator)
}
