//! A process that installs all templates, and prints a report.

use std::io::{self, Write as _};
use std::time::Duration;

use anyhow::Result;
use bird_connectors::ClientBuilder;
use bird_connectors::install::{FileJournal, Journal};
use bird_connectors::templates::Voice;
use bird_connectors_postgres::tokio_postgres::NoTls;
use bird_connectors_postgres::{Database, PostgresJournal};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt as _;
use uuid::Uuid;

use crate::observed_journal::{CallCounters, Calls, ObservedJournal};

/// A process that takes longer than this hangs.
pub(crate) const PROCESS_TIMEOUT: Duration = Duration::from_secs(600);

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum JournalKind {
    None,
    File,
    Postgres,
}

/// What a process prints.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    /// The connector of each template. `None`: the install failed.
    pub(crate) connectors: Vec<Option<String>>,
    pub(crate) first_error: Option<String>,
    pub(crate) calls: Calls,
}

/// The templates that all processes install.
pub(crate) fn voices(templates: u128) -> impl Iterator<Item = Voice> {
    (1..=templates).map(|number| Voice::new(format!("Shop {number}"), Uuid::from_u128(number)))
}

/// `place`: the path of the file, or the connection string of the database.
pub(crate) async fn run(kind: JournalKind, place: &str, templates: u128) -> Result<()> {
    let client = ClientBuilder::from_env()?.rate_limit(None).build()?;
    let connectors = client.default_workspace()?.connectors();
    let installs = connectors.install_all(voices(templates));
    let counters = CallCounters::default();
    let observed = |journal: Box<dyn Journal>| ObservedJournal {
        journal,
        counters: counters.clone(),
        hold: None,
    };
    let installs = match kind {
        JournalKind::None => installs,
        JournalKind::File => installs.journal(observed(Box::new(FileJournal::open(place)?))),
        JournalKind::Postgres => {
            let database = Database::new(place.parse()?, NoTls)?;
            installs.journal(observed(Box::new(PostgresJournal::new(database))))
        }
    };
    // All processes start at the same time.
    println!("ready");
    tokio::io::stdin().read_u8().await?;
    let mut results = installs.await;
    results.sort_by_key(|install| install.index);
    let errors = results
        .iter()
        .filter_map(|install| install.result.as_ref().err());
    let report = Report {
        first_error: errors.map(ToString::to_string).next(),
        connectors: results
            .iter()
            .map(|install| Some(install.result.as_ref().ok()?.id().to_string()))
            .collect(),
        calls: counters.calls(),
    };
    writeln!(io::stdout(), "{}", serde_json::to_string(&report)?)?;
    Ok(())
}
