//! Row 12: waiting for many installs in a sandbox that keeps the documented limits, with one shared poll and with one
//! poller for each. Both wait at the same time, each in a sandbox of its own, so that both see the same machine.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bird_connectors::templates::Sms;
use bird_connectors::{ChannelMessageType, Client, Workspace};
use bird_connectors_sandbox::{RateLimits, Sandbox, Script};
use futures_util::StreamExt as _;
use futures_util::future::try_join_all;
use uuid::Uuid;

use crate::measure::print;

/// How often a poller looks.
const INTERVAL: Duration = Duration::from_secs(1);

/// Installs that have begun, and when each of them is active.
struct Begun {
    sandbox: Sandbox,
    workspace: Workspace,
    active: HashMap<Uuid, Instant>,
}

pub(crate) async fn run(quick: bool) -> Result<()> {
    let (count, over) = if quick { (50, 3) } else { (1_000, 60) };
    let over = Duration::from_secs(over);
    let (shared, each) = tokio::try_join!(begin(count, over), begin(count, over))?;
    let (shared_late, each_late) = tokio::try_join!(shared_poll(&shared), poller_each(&each))?;
    for (side, begun, late) in [
        ("bird-connectors", &shared, shared_late),
        ("one poller per install", &each, each_late),
    ] {
        let requests = begun.sandbox.requests();
        let gets = requests.iter().filter(|one| one.method == "GET").count();
        let refused = requests
            .iter()
            .filter(|one| one.status == Some(429))
            .count();
        print("wait requests", side, "", &[gets as f64]);
        print("wait 429s", side, "", &[refused as f64]);
        print("wait latency", side, "s", &[percentile(late, 0.95)]);
    }
    Ok(())
}

/// Installs that become active one after the other, until all are after this long.
async fn begin(count: u32, over: Duration) -> Result<Begun> {
    let limits = RateLimits::documented();
    let sandbox = Sandbox::builder().rate_limits(limits).start().await?;
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        // What is waited for is a turn, and 1,000 pollers wait long.
        .timeout(Duration::from_secs(600))
        .build()?;
    let workspace = client.workspace(sandbox.workspace_id())?;
    let mut active = HashMap::new();
    for number in 1..=count {
        let after = over * number / count;
        sandbox.next_install(Script::timed(after.min(INTERVAL * 2) / 2, after));
        let sms = Sms::new(format!("Shop {number}"))
            .phone_number_id(Uuid::from_u128(number.into()))
            .channel_message_type(ChannelMessageType::Conversational);
        let began = Instant::now();
        let install = workspace.connectors().install(sms).await?;
        active.insert(install.id(), began + after);
    }
    Ok(Begun {
        sandbox,
        workspace,
        active,
    })
}

/// How late each result was.
async fn shared_poll(begun: &Begun) -> Result<Vec<Duration>> {
    let mut late = Vec::new();
    let connectors = begun.workspace.connectors();
    let mut results = connectors.wait_all(begun.active.keys().copied()).results();
    while let Some((connector, result)) = results.next().await {
        result?;
        let active = begun.active.get(&connector).context("another connector")?;
        late.push(active.elapsed());
    }
    ensure!(late.len() == begun.active.len(), "{} results", late.len());
    Ok(late)
}

/// The same with what one writes at first: a loop for each install, whose requests take turns as all do.
async fn poller_each(begun: &Begun) -> Result<Vec<Duration>> {
    let (connectors, channels) = (begun.workspace.connectors(), begun.workspace.channels());
    let (connectors, channels) = (&connectors, &channels);
    try_join_all(begun.active.iter().map(async |(connector, active)| {
        let mut known = None;
        loop {
            known = match known {
                Some(channel) => Some(channel),
                None => connectors.get(*connector).await?.channel_id(),
            };
            if let Some(channel) = known {
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

fn percentile(mut all: Vec<Duration>, part: f64) -> f64 {
    all.sort();
    let place = (part * all.len() as f64) as usize;
    all.get(place.min(all.len().saturating_sub(1)))
        .map_or(f64::NAN, Duration::as_secs_f64)
}
