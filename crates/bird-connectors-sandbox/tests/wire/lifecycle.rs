//! Starting and stopping.

use std::time::Duration;

use bird_connectors_sandbox::{Operation, Rule, Sandbox};
use tokio::net::TcpStream;

use crate::client::Client;
use crate::clock::{ManualClock, alive_tasks, run_other_tasks, wait_until};

#[tokio::test]
async fn two_sandboxes_are_independent() {
    let (one, two) = (
        Sandbox::start().await.unwrap(),
        Sandbox::start().await.unwrap(),
    );
    assert_ne!(one.base_url(), two.base_url());
    assert_eq!(
        one.base_url(),
        format!("http://127.0.0.1:{}", one.address().port())
    );
    Client::new(&one).install("a").await;
    assert!(two.connectors().is_empty());
    let error = Sandbox::builder()
        .port(one.address().port())
        .start()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn builder_settings_are_applied() {
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
    assert_eq!(Client::new(&sandbox).get("/connectors").await.status, 200);
}

#[tokio::test]
async fn drop_stops_the_server_and_all_tasks() {
    let tasks = alive_tasks();
    let sandbox = Sandbox::start().await.unwrap();
    let address = sandbox.address();
    Client::new(&sandbox).get("/connectors").await;
    let idle = TcpStream::connect(address).await.unwrap();
    run_other_tasks().await;
    assert!(alive_tasks() > tasks);
    drop(sandbox);
    wait_until(|| alive_tasks() == tasks).await;
    assert!(TcpStream::connect(address).await.is_err());
    drop(idle);
}

#[tokio::test(start_paused = true)]
async fn shutdown_waits_up_to_one_second_for_requests_in_flight() {
    let clock = ManualClock::hold();
    for (latency, shutdown_after, is_answered) in [
        (Duration::from_millis(500), Duration::from_millis(500), true),
        (Duration::from_secs(3600), Duration::from_secs(1), false),
    ] {
        let tasks = alive_tasks();
        let sandbox = Sandbox::builder()
            .rule(Rule::on(Operation::ListConnectors).delay(latency))
            .start()
            .await
            .unwrap();
        let client = Client::new(&sandbox);
        let address = sandbox.address();
        let call = tokio::spawn(async move {
            let response = client.try_send("GET", "/connectors", &[], "").await;
            response.is_ok_and(|response| response.status == 200)
        });
        wait_until(|| sandbox.count(Operation::ListConnectors) == 1).await;
        let shutdown = tokio::spawn(sandbox.shutdown());
        run_other_tasks().await;
        clock
            .advance(shutdown_after - Duration::from_millis(1))
            .await;
        assert!(!shutdown.is_finished(), "{latency:?}");
        clock.advance(Duration::from_millis(1)).await;
        shutdown.await.unwrap();
        assert_eq!(call.await.unwrap(), is_answered, "{latency:?}");
        wait_until(|| alive_tasks() == tasks).await;
        assert!(TcpStream::connect(address).await.is_err());
    }
}

#[tokio::test]
async fn concurrent_clients_are_served() {
    let sandbox = Sandbox::builder().connectors(20).start().await.unwrap();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let client = Client::new(&sandbox);
        calls.spawn(async move { client.get("/connectors?limit=20").await.results().len() });
    }
    assert_eq!(calls.join_all().await, vec![20; 64]);
}

#[test]
fn sandbox_runs_on_a_multi_thread_runtime() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let sandbox = Sandbox::start().await.unwrap();
        Client::new(&sandbox).install("a").await;
        sandbox.shutdown().await;
    });
}
