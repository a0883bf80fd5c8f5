//! Row 13: what a round of a shared poll asks for, and what a wait keeps, with ever more installs. None of them ends.

use std::time::Duration;

use anyhow::{Context as _, Result};
use bird_connectors::{Client, Condition};
use bird_connectors_sandbox::{RateLimits, Sandbox};
use futures_util::StreamExt as _;

use crate::measure::print;

const ROUNDS: u32 = 6;

pub(crate) async fn run(quick: bool) -> Result<()> {
    // From few to many: what many take is still to be asked of the system when its turn comes.
    let counts: &[usize] = if quick {
        &[10, 100]
    } else {
        &[10, 100, 1_000, 10_000]
    };
    for count in counts {
        let (gets, bytes) = cost(*count).await?;
        let side = format!("{count} installs");
        print("wait round", &side, "", &[gets]);
        print("wait memory", &side, "B", &[bytes]);
    }
    Ok(())
}

/// GETs a round, and bytes an install.
async fn cost(count: usize) -> Result<(f64, f64)> {
    let limits = RateLimits::documented();
    let sandbox = Sandbox::builder().rate_limits(limits).start().await?;
    let connectors = sandbox.add_connectors(count);
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .build()?;
    let handle = client.workspace(sandbox.workspace_id())?.connectors();
    let before = resident()?;
    let mut results = handle
        .wait_all(connectors)
        .until(Condition::status("a word that never comes"))
        .interval(Duration::from_millis(200), Duration::from_millis(200))
        .results();
    while results.totals().rounds <= ROUNDS {
        // It goes on as long as it is polled.
        let _ = tokio::time::timeout(Duration::from_millis(50), results.next()).await;
    }
    let kept = resident()?.saturating_sub(before) as f64 / count as f64;
    let totals = results.totals();
    Ok((totals.gets as f64 / f64::from(totals.rounds), kept))
}

/// The memory of this process, in bytes. It counts the pages that the last round has read, too.
fn resident() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")
        .context("how much memory a process has is read from /proc")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("/proc tells nothing of memory")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024)
}
