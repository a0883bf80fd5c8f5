//! The time from `active` in the sandbox until a wait returns, with webhook events and with all events lost.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::{Router, routing::post};
use bird_connectors::models::WorkspaceId;
use bird_connectors::templates::Sms;
use bird_connectors::wait::WaitOptions;
use bird_connectors::webhook::{Event, Signals, Verifier};
use bird_connectors::{ChannelMessageType, Client, Workspace};
use bird_connectors_sandbox::behavior::Duplicates;
use bird_connectors_sandbox::{LostDeliveries, Sandbox, Script};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep_until};

const URL: &str = "https://hooks.example.com/bird";
const KEY: &str = "a-signing-key-for-benchmarks";

pub(crate) async fn run(quick: bool) -> Result<()> {
    let (with_events, without_events) = if quick { (5, 2) } else { (100, 20) };
    let waits = measure(
        with_events,
        Duration::from_millis(100),
        LostDeliveries::None,
    )
    .await?;
    print("with events", &waits);
    let waits = measure(
        without_events,
        Duration::from_millis(40),
        LostDeliveries::All,
    )
    .await?;
    print("all events lost", &waits);
    Ok(())
}

struct CompletedWait {
    /// From `active` in the sandbox until the wait returned.
    latency: Duration,
    polls: u32,
}

/// Starts an install in each `interval`, and waits for all of them.
async fn measure(
    count: u32,
    interval: Duration,
    lost: LostDeliveries,
) -> Result<Vec<CompletedWait>> {
    let signals = Signals::new();
    let address = serve(Receiver {
        verifier: Verifier::new([KEY], [URL])?,
        signals: signals.clone(),
    })
    .await?;
    let (sandbox, workspace) = sandbox(address, lost).await?;
    let sandbox = Arc::new(sandbox);
    let mut waits = Vec::new();
    let start = Instant::now();
    for number in 0..count {
        sleep_until(start + interval * number).await;
        let sms = Sms::new(
            "Shop",
            sandbox.numbers()[0].id(),
            ChannelMessageType::Conversational,
        );
        let install = workspace.connectors().install(sms).await?;
        let options = WaitOptions::new().signal(signals.events());
        let wait = install.until_ready().options(options);
        let sandbox = Arc::clone(&sandbox);
        waits.push(tokio::spawn(async move {
            let ready = wait.await?;
            anyhow::Ok((install.id(), ready.polls, sandbox.elapsed()))
        }));
    }
    let mut completed = Vec::new();
    for wait in waits {
        let (connector, polls, returned) = wait.await??;
        let events = sandbox.events();
        let active = events
            .iter()
            .find(|event| event.connector_id == *connector.as_uuid() && event.status == "active")
            .context("a connector without an active channel")?;
        completed.push(CompletedWait {
            latency: returned - active.at,
            polls,
        });
    }
    ensure!(completed.len() == count as usize, "a wait is missing");
    Ok(completed)
}

async fn sandbox(address: SocketAddr, lost: LostDeliveries) -> Result<(Sandbox, Workspace)> {
    let sandbox = Sandbox::builder()
        .default_script(Script::standard())
        // All installs use the same number.
        .behavior(|behavior| behavior.duplicates = Duplicates::Allowed)
        .webhooks(|webhooks| {
            webhooks.route("https://hooks.example.com", address);
            webhooks.lost = lost;
        })
        .start()
        .await?;
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .rate_limit(None)
        .build()?;
    let workspace = client.workspace(WorkspaceId::from(sandbox.workspace_id()));
    workspace
        .webhook_subscriptions()
        .subscribe_to_channels(URL, KEY)
        .await?;
    Ok((sandbox, workspace))
}

#[derive(Clone)]
struct Receiver {
    verifier: Verifier,
    signals: Signals,
}

impl FromRef<Receiver> for Verifier {
    fn from_ref(receiver: &Receiver) -> Self {
        receiver.verifier.clone()
    }
}

/// Serves the endpoint of the webhook until the process exits.
async fn serve(receiver: Receiver) -> Result<SocketAddr> {
    let handler = async |State(receiver): State<Receiver>, event: Event| {
        receiver.signals.push(event);
        StatusCode::NO_CONTENT
    };
    let app = Router::new()
        .route("/bird", post(handler))
        .with_state(receiver);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async { axum::serve(listener, app).await });
    Ok(address)
}

fn print(name: &str, waits: &[CompletedWait]) {
    let mut latencies: Vec<_> = waits.iter().map(|wait| wait.latency).collect();
    latencies.sort_unstable();
    let quantile = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize];
    let mut polls = BTreeMap::<u32, usize>::new();
    for wait in waits {
        *polls.entry(wait.polls).or_default() += 1;
    }
    let fast = latencies
        .iter()
        .filter(|latency| latency.as_millis() < 50)
        .count();
    println!(
        "{name}: {} installs, active to return p50 {:.1?}, p99 {:.1?}, max {:.1?}, {fast} under 50 ms; \
         waits by number of polls: {polls:?}",
        waits.len(),
        quantile(0.5),
        quantile(0.99),
        quantile(1.0),
    );
}
