//! The process that is killed: it installs all templates with a journal and prints the report. The sandbox lists a new
//! connector well within the reconcile window, so the process may create again if none was listed in that time.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use bird_connectors::install::FileJournal;
use bird_connectors::templates::Sms;
use bird_connectors::{Client, RequestOutcome};
use uuid::Uuid;

use crate::report::{InstallOutcome, connector_name, print_line};

/// File name of the journal.
pub(crate) const JOURNAL: &str = "bulk-install.journal";

pub(crate) async fn run(templates: usize, journal: &Path) -> Result<()> {
    let connectors = Client::from_env()?.default_workspace()?.connectors();
    let templates = (0..templates).map(|index| {
        Sms::new(
            connector_name(index),
            Uuid::from_u128(0x1_0000 + index as u128),
            "2fa",
        )
    });
    let installs = connectors
        .install_all(templates)
        .reconcile_window(Duration::from_secs(3))
        .recreate_after_window()
        .journal(FileJournal::open(journal)?);
    let mut results = installs.until_ready().results();
    while let Some(install) = results.next().await {
        let outcome = match (&install.result, &install.ready) {
            (Ok(ensured), Some(Ok(ready))) => InstallOutcome::Ready {
                connector: ensured.id().to_string(),
                channel: ready.channel_id.to_string(),
            },
            (Ok(_), Some(Err(error))) => InstallOutcome::Failed(error.to_string()),
            (Ok(_), None) => InstallOutcome::Failed("not waited for".to_owned()),
            (Err(error), _) if error.outcome() == Some(RequestOutcome::Unknown) => {
                InstallOutcome::Unknown(error.to_string())
            }
            (Err(error), _) => InstallOutcome::Failed(error.to_string()),
        };
        print_line(install.index, &outcome)?;
    }
    eprintln!("{}; {}", results.totals(), results.wait_totals());
    Ok(())
}
