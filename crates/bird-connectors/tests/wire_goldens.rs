//! What leaves the SDK, to the letter: for every operation of the contract the method, path, query and body of
//! `goldens/wire.txt`. After a wanted change, run this test with UPDATE_GOLDENS=1 and read the difference.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use bird_connectors::Client;
use bird_connectors_api::{OPERATIONS, Operation};
use httpmock::MockServer;
use support::operations::{self, PAGE_TOKEN};
use support::server::{Recorded, Recorder};
use support::{KEY, builder, client};

mod support;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/goldens/wire.txt");

#[tokio::test(flavor = "multi_thread")]
async fn every_request_is_as_in_the_golden_file() {
    let mut heads = BTreeSet::new();
    let mut requests = String::new();
    let mut missing: BTreeSet<&str> = OPERATIONS.iter().map(|operation| operation.id).collect();
    for operation in operations::all() {
        let contract = Operation::find(operation.id).expect(operation.id);
        missing.remove(operation.id);
        writeln!(
            requests,
            "\n## {}",
            join(": ", operation.id, operation.note)
        )
        .unwrap();
        let mock = MockServer::start_async().await;
        tokio::task::block_in_place(|| (operation.mock)(&mock));
        let recorder = Recorder::in_front_of(*mock.address()).await;
        let call = (operation.call)(client(&recorder.url()));
        call.await
            .unwrap_or_else(|error| panic!("{}: {error}", operation.id));
        for request in recorder.requests() {
            assert_eq!(request.method, contract.method.as_str(), "{}", operation.id);
            assert!(
                fits(&request, contract.path),
                "{}: {}",
                operation.id,
                request.target
            );
            write_request(&mut requests, &request);
            heads.insert(head(&request));
        }
    }
    assert!(missing.is_empty(), "no call is made of {missing:?}");

    requests += "\n## beyond the contract\n";
    for request in beyond_the_contract().await {
        write_request(&mut requests, &request);
        heads.insert(head(&request));
    }

    let heads: Vec<String> = heads.into_iter().collect();
    let now = format!(
        "# Every request has one of these heads.\n\n{}\n# What is different.\n{requests}",
        heads.join("\n")
    );
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::write(GOLDEN, &now).unwrap();
    }
    let golden = std::fs::read_to_string(GOLDEN).unwrap_or_default();
    for (number, (was, is)) in golden.lines().zip(now.lines()).enumerate() {
        assert_eq!(is, was, "line {} of {GOLDEN}", number + 1);
    }
    assert_eq!(now.lines().count(), golden.lines().count());
}

async fn beyond_the_contract() -> Vec<Recorded> {
    let mock = MockServer::start_async().await;
    mock.mock_async(|_, then| {
        then.status(200).body("{}");
    })
    .await;
    let recorder = Recorder::in_front_of(*mock.address()).await;
    // A base URL keeps its path and loses its last slash.
    let client: Client = client(&format!("{}/gateway/bird/", recorder.url()));
    let request = client.request(http::Method::GET, "/some%20path/1?fixed=a%2Bb");
    let request = request.query("pageToken", PAGE_TOKEN).query("limit", 5);
    request.send().await.unwrap();
    let named = builder(&recorder.url()).user_agent("my-app/1.2").build();
    let request = named.unwrap().request(http::Method::PUT, "/thing");
    let request = request.json(&serde_json::json!({"b": [1, 2.5], "a": "ä"}));
    request.send().await.unwrap();
    recorder.requests()
}

fn write_request(text: &mut String, request: &Recorded) {
    writeln!(text, "{} {}", request.method, request.target).unwrap();
    if !request.body.is_empty() {
        writeln!(text, "{}", request.body).unwrap();
    }
}

/// The headers in a fixed order, without what differs from run to run and from release to release.
fn head(request: &Recorded) -> String {
    let mut lines: Vec<String> = request
        .headers
        .iter()
        .map(|(name, value)| {
            let value = match name.as_str() {
                "host" => "{the base URL's}",
                "content-length" => "{the body's}",
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

/// Whether a path is one of the contract's, with a value for every parameter.
fn fits(request: &Recorded, path: &str) -> bool {
    let target = request.target.split('?').next().unwrap();
    let (is, contract) = (target.split('/'), path.split('/'));
    is.clone().count() == contract.clone().count()
        && is.zip(contract).all(|(is, contract)| {
            is == contract || (contract.starts_with('{') && uuid::Uuid::parse_str(is).is_ok())
        })
}

fn join(by: &str, first: &str, second: &str) -> String {
    let parts = [first, second].into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(by)
}
