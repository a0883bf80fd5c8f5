//! The hot paths whose instructions `cargo xtask instructions` counts with callgrind. It runs each of them with two numbers of
//! rounds, and the difference is the cost of a round without the start of the process.

use std::hint::black_box;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use bird_connectors::wait::{Condition, WaitOptions};
use bird_connectors::webhook::{Verifier, sign};
use chrono::DateTime;
use clap::ValueEnum;

use crate::data::{CONNECTOR, PAGE, connector_ids};
use crate::requests::workspace;

/// A hot path.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum HotPath {
    /// A page of 100 connectors.
    Page,
    /// One connector.
    Get,
    /// The verification of one webhook delivery.
    Verify,
    /// A round of a wait for 100 installs.
    WaitRound,
}

pub(crate) async fn run(server: &str, path: HotPath, rounds: u32) -> Result<()> {
    let server = format!("{server}/1/0");
    match path {
        HotPath::Page => {
            let connectors = workspace(&server)?.connectors();
            for _ in 0..rounds {
                let page = connectors.list().first_page().await?;
                ensure!(page.items.len() as u64 == PAGE, "an incomplete page");
            }
        }
        HotPath::Get => {
            let connectors = workspace(&server)?.connectors();
            for _ in 0..rounds {
                let connector = connectors.get(CONNECTOR).await?;
                ensure!(connector.id == CONNECTOR, "a different connector");
            }
        }
        HotPath::Verify => verify(rounds)?,
        HotPath::WaitRound => wait(&server, rounds).await?,
    }
    Ok(())
}

fn verify(rounds: u32) -> Result<()> {
    const KEY: &str = "a-signing-key-for-benchmarks";
    const URL: &str = "https://hooks.example.com/bird";
    const NOW: i64 = 1_767_225_600;
    let body = br#"{"service":"channels","event":"channel.updated","payload":{"id":"8362fa40-9ff1-5430-a3ab-79ecc61b96b1","connectorId":"2f2f9d3a-2f9b-4c55-9d52-2f5b6f0b1c3d","identifier":"+31612345678","platformId":"sms-messagebird","status":"active"}}"#;
    let headers = [
        ("messagebird-signature", sign(KEY, NOW, URL, body)?),
        ("messagebird-request-timestamp", NOW.to_string()),
    ];
    let verifier = Verifier::new([KEY], [URL])?;
    let now = DateTime::from_timestamp(NOW, 0).context("the time is out of range")?;
    for _ in 0..rounds {
        black_box(verifier.verify_at((black_box(&headers), black_box(body)), now)?);
    }
    Ok(())
}

/// Polls installs that never become ready. Each round reads the list of channels once.
async fn wait(server: &str, rounds: u32) -> Result<()> {
    let interval = Duration::from_millis(100);
    let options = WaitOptions::new()
        .until(Condition::status("a status that is never reached"))
        .timeout(Duration::from_secs(600))
        .interval(interval, interval);
    let mut results = workspace(server)?
        .connectors()
        .wait_all(connector_ids())
        .options(options)
        .results();
    while results.totals().rounds < rounds {
        // The wait makes progress only while it is polled.
        let _ = tokio::time::timeout(Duration::from_millis(20), results.next()).await;
    }
    Ok(())
}
