//! Starting and stopping: no port taken twice, no task left behind.

use std::time::Duration;

use bird_connectors_sandbox::{Operation, Rule, Sandbox};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};

use crate::client::Client;

/// Lets every other task run until nothing is left to do.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn two_sandboxes_do_not_know_each_other() {
    let (one, two) = (
        Sandbox::start().await.unwrap(),
        Sandbox::start().await.unwrap(),
    );
    assert_ne!(one.base_url(), two.base_url());
    assert_eq!(
        one.base_url(),
        format!("http://127.0.0.1:{}", one.address().port())
    );
    Client::of(&one).install("a").await;
    assert!(two.connectors().is_empty());
    let error = Sandbox::builder()
        .port(one.address().port())
        .start()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn settings_are_kept() {
    let (workspace, organization) = (uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
    let sandbox = Sandbox::builder()
        .access_key("k")
        .workspace_id(workspace)
        .organization_id(organization)
        .start()
        .await
        .unwrap();
    assert_eq!(
        (
            sandbox.access_key(),
            sandbox.workspace_id(),
            sandbox.organization_id()
        ),
        ("k", workspace, organization)
    );
    assert_eq!(Client::of(&sandbox).get("/connectors").await.status, 200);
}

#[tokio::test]
async fn dropping_it_stops_it_and_leaves_no_task() {
    let before = Handle::current().metrics().num_alive_tasks();
    let sandbox = Sandbox::start().await.unwrap();
    let address = sandbox.address();
    Client::of(&sandbox).get("/connectors").await;
    let idle = TcpStream::connect(address).await.unwrap();
    settle().await;
    assert!(Handle::current().metrics().num_alive_tasks() > before);
    drop(sandbox);
    let deadline = Instant::now() + Duration::from_secs(10);
    while Handle::current().metrics().num_alive_tasks() > before {
        assert!(Instant::now() < deadline, "tasks are left");
        sleep(Duration::from_millis(1)).await;
    }
    assert!(TcpStream::connect(address).await.is_err());
    drop(idle);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_lets_short_requests_finish_and_cuts_long_ones() {
    for (latency, answered) in [
        (Duration::from_millis(500), true),
        (Duration::from_secs(3600), false),
    ] {
        let before = Handle::current().metrics().num_alive_tasks();
        let sandbox = Sandbox::builder()
            .rule(Rule::on(Operation::ListConnectors).delay(latency))
            .start()
            .await
            .unwrap();
        let client = Client::of(&sandbox);
        let address = sandbox.address();
        let call = client.try_send("GET", "/connectors", &[], "");
        let stop = async {
            sleep(Duration::from_millis(100)).await;
            let start = Instant::now();
            sandbox.shutdown().await;
            start.elapsed()
        };
        let (seen, took) = tokio::join!(call, stop);
        assert_eq!(
            seen.is_ok_and(|seen| seen.status == 200),
            answered,
            "{latency:?}"
        );
        let expected = Duration::from_millis(if answered { 400 } else { 1000 });
        assert_eq!(took, expected, "{latency:?}");
        assert_eq!(
            Handle::current().metrics().num_alive_tasks(),
            before,
            "{latency:?}"
        );
        assert!(TcpStream::connect(address).await.is_err());
    }
}

#[tokio::test]
async fn many_clients_at_once_are_served() {
    let sandbox = Sandbox::builder().connectors(20).start().await.unwrap();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let client = Client::of(&sandbox);
        calls.spawn(async move { client.get("/connectors?limit=20").await.results().len() });
    }
    assert_eq!(calls.join_all().await, vec![20; 64]);
}

#[test]
fn it_runs_in_a_runtime_of_many_threads_too() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let sandbox = Sandbox::start().await.unwrap();
        Client::of(&sandbox).install("a").await;
        sandbox.shutdown().await;
    });
}
