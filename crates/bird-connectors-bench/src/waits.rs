//! Row 12: a wait for many installs with the documented rate limits, compared with one poller per install. Both run at the
//! same time with separate sandboxes, so that other load on the machine affects both alike.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bird_connectors::templates::Sms;
use bird_connectors::{ChannelMessageType, Client, ConnectorId, Workspace, WorkspaceId};
use bird_connectors_sandbox::{RateLimits, Sandbox, Script};
use futures_util::future::try_join_all;
use uuid::Uuid;

use crate::measure::print;

/// Poll interval of a poller.
const INTERVAL: Duration = Duration::from_secs(1);

/// Running installs.
struct RunningInstalls {
    sandbox: Sandbox,
    workspace: Workspace,
    /// When each channel becomes active.
    active: HashMap<ConnectorId, Instant>,
}

pub(crate) async fn run(quick: bool) -> Result<()> {
    let (count, duration) = if quick { (50, 3) } else { (1_000, 60) };
    let duration = Duration::from_secs(duration);
    let (shared, separate) = tokio::try_join!(start(count, duration), start(count, duration))?;
    let (shared_delays, separate_delays) =
        tokio::try_join!(wait_for_all(&shared), poll_each(&separate))?;
    for (variant, installs, delays) in [
        ("bird-connectors", &shared, shared_delays),
        ("one poller per install", &separate, separate_delays),
    ] {
        let requests = installs.sandbox.requests();
        let gets = requests.iter().filter(|request| request.method == "GET");
        let limited = requests
            .iter()
            .filter(|request| request.status == Some(429));
        print("wait requests", variant, "", &[gets.count() as f64]);
        print("wait 429s", variant, "", &[limited.count() as f64]);
        print("wait latency", variant, "s", &[quantile(delays, 0.95)]);
    }
    Ok(())
}

/// Starts installs that become active one after the other, evenly distributed over `duration`.
async fn start(count: u32, duration: Duration) -> Result<RunningInstalls> {
    let limits = RateLimits::documented();
    let sandbox = Sandbox::builder().rate_limits(limits).start().await?;
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        // 1,000 pollers wait long for rate-limit slots.
        .timeout(Duration::from_secs(600))
        .build()?;
    let workspace = client.workspace(WorkspaceId::from(sandbox.workspace_id()));
    let mut active = HashMap::new();
    for number in 1..=count {
        let after = duration * number / count;
        sandbox.next_install(Script::timed(after.min(INTERVAL * 2) / 2, after));
        let sms = Sms::new(
            format!("Shop {number}"),
            Uuid::from_u128(number.into()),
            ChannelMessageType::Conversational,
        );
        let start = Instant::now();
        let install = workspace.connectors().install(sms).await?;
        active.insert(install.id(), start + after);
    }
    Ok(RunningInstalls {
        sandbox,
        workspace,
        active,
    })
}

/// Waits with `wait_all`. Returns the delay of each result.
async fn wait_for_all(installs: &RunningInstalls) -> Result<Vec<Duration>> {
    let mut delays = Vec::new();
    let connectors = installs.workspace.connectors();
    let mut results = connectors
        .wait_all(installs.active.keys().copied())
        .results();
    while let Some(wait) = results.next().await {
        wait.result?;
        let active = installs
            .active
            .get(&wait.connector_id)
            .context("unknown connector")?;
        delays.push(active.elapsed());
    }
    ensure!(
        delays.len() == installs.active.len(),
        "{} results",
        delays.len()
    );
    Ok(delays)
}

/// Waits with a simple loop for each install, which shares the client and its rate limits. Returns the delay of each result.
async fn poll_each(installs: &RunningInstalls) -> Result<Vec<Duration>> {
    let (connectors, channels) = (
        installs.workspace.connectors(),
        installs.workspace.channels(),
    );
    let (connectors, channels) = (&connectors, &channels);
    try_join_all(installs.active.iter().map(async |(connector, active)| {
        let mut channel_id = None;
        loop {
            channel_id = match channel_id {
                Some(channel) => Some(channel),
                None => connectors.get(*connector).await?.channel_id(),
            };
            if let Some(channel) = channel_id {
                let status = channels.get(channel).await?.status;
                if status.is_some_and(|status| status.as_str() == "active") {
                    return Ok(active.elapsed());
                }
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }))
    .await
}

fn quantile(mut delays: Vec<Duration>, share: f64) -> f64 {
    delays.sort();
    let index = (share * delays.len() as f64) as usize;
    delays
        .get(index.min(delays.len().saturating_sub(1)))
        .map_or(f64::NAN, Duration::as_secs_f64)
}
