//! The client's rate limiter against a server that enforces the API's limits: with the limiter the server never responds
//! 429, without it every 429 is reported. Over real sockets, in paused time: on a busy machine requests arrive in bunches,
//! and the server would count more of them in a second than the client sent.

use std::collections::BTreeMap;
use std::time::Duration;

use bird_connectors::client::{CallOptions, RateLimits};
use bird_connectors::models::{ConnectorId, WorkspaceId};
use bird_connectors::templates::Sms;
use bird_connectors::{
    ChannelMessageType, Client, ClientBuilder, Error, ErrorKind, RequestOutcome, Workspace,
};
use bird_connectors_sandbox::Sandbox;
use futures_util::{StreamExt as _, stream};
use support::paused;
use tokio::time::Instant;
use uuid::Uuid;

mod support;

/// Concurrent calls.
const CALLERS: usize = 40;

/// A sandbox with these limits for GET and for each other method, and the ids of its connectors.
async fn sandbox(get: u32, other: u32, deletable: usize) -> (Sandbox, Vec<ConnectorId>) {
    let limits = bird_connectors_sandbox::RateLimits {
        get: Some(get),
        post: Some(other),
        other: Some(other),
    };
    let sandbox = Sandbox::builder()
        .rate_limits(limits)
        .start()
        .await
        .unwrap();
    // The first is read, the others are deleted.
    let ids = sandbox.add_connectors(1 + deletable);
    (sandbox, ids.into_iter().map(ConnectorId::from).collect())
}

/// One attempt for each call, so that no retry hides a 429.
fn builder(sandbox: &Sandbox) -> ClientBuilder {
    Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .max_attempts(1)
}

/// The call with this number. Of ten calls one creates, one deletes, and eight read.
async fn call(
    workspace: Workspace,
    connectors: &[ConnectorId],
    number: usize,
) -> Result<(), Error> {
    let (read, deleted) = (connectors[0], connectors[1 + number / 10]);
    let (connectors, channels) = (workspace.connectors(), workspace.channels());
    match number % 10 {
        0 => {
            let sms = Sms::new(
                format!("Shop {number}"),
                Uuid::from_u128(number as u128 + 1),
                ChannelMessageType::Conversational,
            );
            connectors.install(sms).await.map(drop)
        }
        9 => connectors.delete(deleted).await.map(drop),
        1 => connectors.list().page_size(5).first_page().await.map(drop),
        2 => channels.list().page_size(5).first_page().await.map(drop),
        3 => workspace.numbers().list().first_page().await.map(drop),
        _ => connectors.get(read).await.map(drop),
    }
}

/// Makes calls through independent clients of one workspace and returns the errors.
async fn calls(
    sandbox: &Sandbox,
    connectors: &[ConnectorId],
    count: usize,
    settings: impl Fn(ClientBuilder) -> ClientBuilder,
) -> Vec<Error> {
    let workspace = |client: Client| client.workspace(WorkspaceId::from(sandbox.workspace_id()));
    let first = settings(builder(sandbox)).build().unwrap();
    let longer = CallOptions::new().timeout(Duration::from_secs(120));
    let workspaces = [
        workspace(first.with_options(longer).unwrap()),
        workspace(first),
        workspace(settings(builder(sandbox)).build().unwrap()),
    ];
    let results = stream::iter(0..count)
        .map(|number| call(workspaces[number % 3].clone(), connectors, number))
        .buffer_unordered(CALLERS);
    results
        .filter_map(async |result| result.err())
        .collect()
        .await
}

/// What the server received of one method.
#[derive(Debug, Default)]
struct Received {
    requests: usize,
    /// Responded with 429.
    rejected: usize,
    /// The most requests within any second.
    busiest_second: usize,
}

fn received(sandbox: &Sandbox) -> BTreeMap<String, Received> {
    let mut received: BTreeMap<String, Received> = BTreeMap::new();
    let requests = sandbox.requests();
    for request in &requests {
        let second = request.at..request.at + Duration::from_secs(1);
        let in_second = requests
            .iter()
            .filter(|other| other.method == request.method && second.contains(&other.at))
            .count();
        let received = received.entry(request.method.clone()).or_default();
        received.requests += 1;
        received.rejected += usize::from(request.status == Some(429));
        received.busiest_second = received.busiest_second.max(in_second);
    }
    received
}

async fn limited_calls_are_never_refused(get: u32, post: u32, count: usize) {
    let (sandbox, connectors) = sandbox(get, post, count / 10).await;
    let start = Instant::now();
    let failed = calls(&sandbox, &connectors, count, |builder| {
        builder.rate_limit(RateLimits { get, post })
    })
    .await;
    let elapsed = start.elapsed();
    let received = received(&sandbox);
    assert!(failed.is_empty(), "{failed:?}");
    let requests: usize = received.values().map(|method| method.requests).sum();
    assert_eq!(requests, count);
    for (method, received) in &received {
        assert_eq!(received.rejected, 0, "{method}: {received:?}");
        let limit = if method == "GET" { get } else { post };
        assert!(
            received.busiest_second <= limit as usize,
            "{method}: {received:?}"
        );
    }
    // A tenth of the limit is sent at once, then four fifths of it each second.
    let reads = received["GET"].requests as f64;
    let expected = (reads - f64::from(get) / 10.0) / (f64::from(get) * 0.8);
    assert!(
        (expected * 0.98..expected * 1.1).contains(&elapsed.as_secs_f64()),
        "{elapsed:?} instead of {expected} s"
    );
}

#[tokio::test]
async fn two_thousand_limited_calls_get_no_429() {
    // Five times the documented limit of GET.
    paused::run(limited_calls_are_never_refused(250, 500, 2000)).await;
}

#[tokio::test]
async fn default_limits_are_the_documented_ones_and_get_no_429() {
    let RateLimits { get, post } = RateLimits::default();
    assert_eq!((get, post), (50, 500));
    paused::run(limited_calls_are_never_refused(get, post, 250)).await;
}

#[tokio::test]
async fn unlimited_calls_report_each_429() {
    paused::run(async {
        let (sandbox, connectors) = sandbox(50, 50, 200).await;
        let failed = calls(&sandbox, &connectors, 2000, |builder| {
            builder.rate_limit(None)
        })
        .await;
        assert!(failed.len() > 500, "{}", failed.len());
        let received = received(&sandbox);
        let rejected: usize = received.values().map(|method| method.rejected).sum();
        assert_eq!(failed.len(), rejected, "{received:?}");
        for error in failed {
            assert_eq!(error.kind(), ErrorKind::RateLimited, "{error}");
            assert_eq!(error.outcome(), Some(RequestOutcome::Rejected), "{error}");
            assert_eq!(
                (
                    error.status().map(|status| status.as_u16()),
                    error.attempts()
                ),
                (Some(429), 1)
            );
        }
    })
    .await;
}

#[tokio::test]
async fn calls_wait_when_another_process_has_used_up_the_limit() {
    paused::run(async {
        let (sandbox, connectors) = sandbox(50, 500, 0).await;
        let other = builder(&sandbox).rate_limit(None).build().unwrap();
        let other = other
            .workspace(WorkspaceId::from(sandbox.workspace_id()))
            .connectors();
        let reads = stream::iter(0..50).map(|_| other.get(connectors[0]));
        let read: Vec<_> = reads.buffer_unordered(10).collect().await;
        assert!(read.iter().all(Result::is_ok), "{read:?}");

        let client = builder(&sandbox).max_attempts(4).build().unwrap();
        let own = client
            .workspace(WorkspaceId::from(sandbox.workspace_id()))
            .connectors();
        let reads = stream::iter(0..20).map(|_| own.get(connectors[0]));
        let read: Vec<_> = reads.buffer_unordered(20).collect().await;
        assert!(read.iter().all(Result::is_ok), "{read:?}");
        // The first 429 also delays the calls that have not been sent yet.
        let rejected = received(&sandbox)["GET"].rejected;
        assert!((1..20).contains(&rejected), "{rejected}");
    })
    .await;
}
