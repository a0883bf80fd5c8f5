//! Row 13: requests per round and memory per install of a wait, for growing numbers of installs that never finish.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use bird_connectors::wait::{Condition, WaitOptions};
use bird_connectors::{Client, ConnectorId, WorkspaceId};

use crate::measure::print;
use crate::sandbox_process::SandboxProcess;

/// The number of complete rounds.
const ROUNDS: u32 = 3;

/// The time between two rounds: longer than a round takes, so that it ends before the next one begins.
const INTERVAL: Duration = Duration::from_secs(3);

pub(crate) async fn run(quick: bool) -> Result<()> {
    // In ascending order, because freed memory of a larger wait would hide the growth of a smaller one.
    let counts: &[usize] = if quick {
        &[10, 100]
    } else {
        &[10, 100, 1_000, 10_000]
    };
    for count in counts {
        let (gets, bytes) = cost(*count).await?;
        let variant = format!("{count} installs");
        print("wait round", &variant, "", &[gets]);
        print("wait memory", &variant, "B", &[bytes]);
    }
    Ok(())
}

/// GET requests per round, and bytes per install.
async fn cost(count: usize) -> Result<(f64, f64)> {
    let sandbox = SandboxProcess::start(count)?;
    let client = Client::builder()
        .base_url(&sandbox.base_url)
        .access_key(&sandbox.access_key)
        .build()?;
    let workspace = WorkspaceId::from(sandbox.workspace);
    let handle = client.workspace(workspace).connectors();
    let connectors = sandbox.connectors.iter().copied();
    let before = resident_memory()?;
    let options = WaitOptions::new()
        .until(Condition::status("a status that is never reached"))
        .interval(INTERVAL, INTERVAL);
    let mut results = handle
        .wait_all(connectors.map(ConnectorId::from))
        .options(options)
        .results();
    while results.totals().rounds < ROUNDS {
        // The wait makes progress only while it is polled.
        let _ = tokio::time::timeout(Duration::from_millis(50), results.next()).await;
    }
    // The last round has begun.
    let _ = tokio::time::timeout(INTERVAL / 2, results.next()).await;
    let memory = resident_memory()?.saturating_sub(before) as f64 / count as f64;
    let totals = results.totals();
    ensure!(
        totals.rounds == ROUNDS,
        "round {} has begun before round {ROUNDS} ended",
        totals.rounds
    );
    Ok((totals.gets as f64 / f64::from(ROUNDS), memory))
}

/// The resident memory of this process, in bytes. It includes the pages of results that the last round has read.
fn resident_memory() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")
        .context("cannot read the memory usage from /proc")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("/proc does not show the memory usage")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024)
}
