//! The governor against a server that counts: with it no request is ever refused for the rate, and without it those
//! that are say so. In real time, over real sockets, because that is where a pace can go wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use bird_connectors::templates::Sms;
use bird_connectors::{
    ChannelMessageType, Client, ClientBuilder, Error, Kind, Options, Outcome, Rate, Workspace,
};
use bird_connectors_sandbox::{RateLimits, Sandbox};
use futures_util::{StreamExt as _, stream};
use tokio::sync::Mutex;
use tokio::time::Instant;
use uuid::Uuid;

/// These tests measure time, so each has the machine for itself.
static ALONE: Mutex<()> = Mutex::const_new(());

/// Calls under way at once.
const CALLERS: usize = 40;

async fn sandbox(get: u32, others: u32, connectors: usize) -> (Sandbox, Vec<Uuid>) {
    let limits = RateLimits {
        get: Some(get),
        post: Some(others),
        other: Some(others),
    };
    let sandbox = Sandbox::builder()
        .rate_limits(limits)
        .start()
        .await
        .unwrap();
    // One to read, and the others to delete.
    let ids = sandbox.add_connectors(1 + connectors);
    (sandbox, ids)
}

/// One attempt a call, so that nothing is made good in silence.
fn builder(sandbox: &Sandbox) -> ClientBuilder {
    Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .max_attempts(1)
}

/// Ten calls in turn: a create, a delete, and reads of every sort.
async fn call(workspace: Workspace, connectors: &[Uuid], number: usize) -> Result<(), Error> {
    let (read, deleted) = (connectors[0], connectors[1 + number / 10]);
    let (connectors, channels) = (workspace.connectors(), workspace.channels());
    match number % 10 {
        0 => {
            let sms = Sms::new(format!("Shop {number}"))
                .phone_number_id(Uuid::from_u128(number as u128 + 1))
                .channel_message_type(ChannelMessageType::Conversational);
            connectors.install(sms).await.map(drop)
        }
        9 => connectors.delete(deleted).await.map(drop),
        1 => connectors.list().page_size(5).first_page().await.map(drop),
        2 => channels.list().page_size(5).first_page().await.map(drop),
        3 => workspace.numbers().list().first_page().await.map(drop),
        _ => connectors.get(read).await.map(drop),
    }
}

/// Makes the calls, through clients that know nothing of each other, and says which failed.
async fn calls(
    sandbox: &Sandbox,
    connectors: &[Uuid],
    count: usize,
    settings: impl Fn(ClientBuilder) -> ClientBuilder,
) -> Vec<Error> {
    let workspace = |client: Client| client.workspace(sandbox.workspace_id()).unwrap();
    let first = settings(builder(sandbox)).build().unwrap();
    let patient = Options::new().timeout(Duration::from_secs(120));
    let workspaces = [
        workspace(first.with_options(patient).unwrap()),
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

/// By method: how many requests came in, how many of them were refused for the rate, and the most in any second.
fn seen(sandbox: &Sandbox) -> BTreeMap<String, (usize, usize, usize)> {
    let mut seen: BTreeMap<String, (usize, usize, Vec<Duration>)> = BTreeMap::new();
    for request in sandbox.requests() {
        let (came, refused, times) = seen.entry(request.method).or_default();
        *came += 1;
        *refused += usize::from(request.status == Some(429));
        times.push(request.at);
    }
    let fullest = |times: Vec<Duration>| {
        let within = |from: &Duration| {
            let until = *from + Duration::from_secs(1);
            times
                .iter()
                .filter(|at| (*from..until).contains(at))
                .count()
        };
        times.iter().map(within).max().unwrap_or_default()
    };
    seen.into_iter()
        .map(|(method, (came, refused, times))| (method, (came, refused, fullest(times))))
        .collect()
}

async fn governed(get: u32, post: u32, count: usize) {
    let _alone = ALONE.lock().await;
    let (sandbox, connectors) = sandbox(get, post, count / 10).await;
    let start = Instant::now();
    let failed = calls(&sandbox, &connectors, count, |builder| {
        builder.rate_limit(Rate { get, post })
    })
    .await;
    let took = start.elapsed();
    let seen = seen(&sandbox);
    println!(
        "{count} calls against {get} GET/s and {post} others/s, with the governor: {took:.1?}, {} failed; requests, 429s \
         and the fullest second: {seen:?}",
        failed.len()
    );
    assert!(failed.is_empty(), "{failed:?}");
    let came: usize = seen.values().map(|(came, ..)| came).sum();
    assert_eq!(came, count);
    for (method, (_, refused, fullest)) in &seen {
        assert_eq!(*refused, 0, "{method}");
        let limit = if method == "GET" { get } else { post };
        assert!(
            *fullest <= limit as usize,
            "{method}: {fullest} in a second"
        );
    }
    // It paces, and does not crawl: four fifths of the limit, after the first tenth.
    let reads = seen["GET"].0 as f64;
    let least = (reads - f64::from(get) / 10.0) / (f64::from(get) * 0.8);
    assert!(took.as_secs_f64() >= least * 0.98, "{took:?}, {least}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_mixed_calls_and_not_one_429() {
    // Five times the documented limit of GET, so that this takes seconds.
    governed(250, 500, 2000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_figures_hold_too() {
    let Rate { get, post } = Rate::default();
    assert_eq!((get, post), (50, 500));
    governed(get, post, 250).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_governor_each_refused_call_says_that_it_was_refused() {
    let _alone = ALONE.lock().await;
    let (sandbox, connectors) = sandbox(50, 50, 200).await;
    let failed = calls(&sandbox, &connectors, 2000, |builder| {
        builder.rate_limit(None)
    })
    .await;
    let seen = seen(&sandbox);
    println!(
        "2000 calls against 50/s, without the governor: {} refused; requests, 429s and the fullest second: {seen:?}",
        failed.len()
    );
    assert!(failed.len() > 500, "{}", failed.len());
    let refused: usize = seen.values().map(|(_, refused, _)| refused).sum();
    assert_eq!(failed.len(), refused);
    for error in failed {
        assert_eq!(error.kind(), Kind::RateLimited, "{error}");
        assert_eq!(error.outcome(), Some(Outcome::Rejected), "{error}");
        assert_eq!((error.status(), error.attempts()), (Some(429), 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_can_spend_the_limit_and_then_the_calls_wait_for_it() {
    let _alone = ALONE.lock().await;
    let (sandbox, connectors) = sandbox(50, 500, 0).await;
    let other = builder(&sandbox).rate_limit(None).build().unwrap();
    let other = other
        .workspace(sandbox.workspace_id())
        .unwrap()
        .connectors();
    let spends = stream::iter(0..50).map(|_| other.get(connectors[0]));
    let spent: Vec<_> = spends.buffer_unordered(10).collect().await;
    assert!(spent.iter().all(Result::is_ok));

    let client = builder(&sandbox).max_attempts(4).build().unwrap();
    let own = client
        .workspace(sandbox.workspace_id())
        .unwrap()
        .connectors();
    let reads = stream::iter(0..20).map(|_| own.get(connectors[0]));
    let read: Vec<_> = reads.buffer_unordered(20).collect().await;
    assert!(read.iter().all(Result::is_ok), "{read:?}");
    let (came, refused, _) = seen(&sandbox)["GET"];
    // Those who wait are held back with the first who is refused, and do not all find out for themselves.
    println!("{came} GET, {refused} refused");
    assert!((1..20).contains(&refused), "{refused}");
}
