//! The process that is killed: it onboards as a careful program does, with a journal. What is created shows well within
//! its window, so that it may create again where nothing showed. It prints each result as a line of JSON.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use bird_connectors::templates::Sms;
use bird_connectors::{Client, FileJournal, OnboardError, Outcome};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::Finished;

pub(crate) const JOURNAL: &str = "onboarding.journal";

pub(crate) fn name(number: usize) -> String {
    format!("Shop {number:05}")
}

pub(crate) async fn run(templates: usize, journal: &Path) -> Result<()> {
    let connectors = Client::from_env()?.workspace(None)?.connectors();
    let templates = (0..templates).map(|number| {
        Sms::new(name(number))
            .phone_number_id(Uuid::from_u128(0x1_0000 + number as u128))
            .channel_message_type("2fa")
    });
    let onboarding = connectors
        .install_all(templates)
        .reconcile_window(Duration::from_secs(3))
        .recreate_after_window()
        .journal(FileJournal::open(journal)?);
    let mut results = onboarding.until_ready().results();
    while let Some((number, result)) = results.next().await {
        let told = match result {
            Ok(onboarded) => json!([
                number,
                "ready",
                onboarded.ensured.id(),
                onboarded.ready.channel_id
            ]),
            Err(OnboardError::Install(error)) if error.outcome() == Some(Outcome::Unknown) => {
                json!([number, "open", error.to_string(), ""])
            }
            Err(error) => json!([number, "failed", error.to_string(), ""]),
        };
        println!("{told}");
    }
    eprintln!("{}; {}", results.totals(), results.wait_totals());
    Ok(())
}

/// A line that such a process has printed.
pub(crate) fn read(line: &str) -> Result<(usize, Finished)> {
    let told: Value = serde_json::from_str(line).with_context(|| format!("no result: {line}"))?;
    let (number, word, first, second): (usize, String, String, String) =
        serde_json::from_value(told)?;
    let finished = match word.as_str() {
        "ready" => Finished::Ready {
            connector: first,
            channel: second,
        },
        "open" => Finished::Open(first),
        "failed" => Finished::Failed(first),
        _ => bail!("no result: {line}"),
    };
    Ok((number, finished))
}
