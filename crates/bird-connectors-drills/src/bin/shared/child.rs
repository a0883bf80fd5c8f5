//! A process that installs all templates, and prints a report.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use bird_connectors::ClientBuilder;
use bird_connectors::install::{FileJournal, Journal, JournalClaim, SharedJournal};
use bird_connectors::templates::Voice;
use bird_connectors_postgres::tokio_postgres::NoTls;
use bird_connectors_postgres::{Database, PostgresJournal};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt as _;
use uuid::Uuid;

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

/// The calls of the journal.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Calls {
    pub(crate) all: u64,
    /// Attempts to get a claim that another process had.
    pub(crate) waiting: u64,
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
    let (all, waiting) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
    let counted = |journal: Box<dyn Journal>| Counted {
        journal,
        all: Arc::clone(&all),
        waiting: Arc::clone(&waiting),
    };
    let installs = match kind {
        JournalKind::None => installs,
        JournalKind::File => installs.journal(counted(Box::new(FileJournal::open(place)?))),
        JournalKind::Postgres => {
            let database = Database::new(place.parse()?, NoTls)?;
            installs.journal(counted(Box::new(PostgresJournal::new(database))))
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
        calls: Calls {
            all: all.load(Ordering::Relaxed),
            waiting: waiting.load(Ordering::Relaxed),
        },
    };
    writeln!(io::stdout(), "{}", serde_json::to_string(&report)?)?;
    Ok(())
}

/// Counts the calls of a shared journal.
struct Counted {
    journal: Box<dyn Journal>,
    all: Arc<AtomicU64>,
    waiting: Arc<AtomicU64>,
}

impl Counted {
    fn inner(&self) -> io::Result<&dyn SharedJournal> {
        self.all.fetch_add(1, Ordering::Relaxed);
        let shared = self.journal.shared();
        shared.ok_or_else(|| io::Error::other("the journal is not shared"))
    }
}

impl Journal for Counted {
    fn lines(&self) -> io::Result<Vec<String>> {
        self.journal.lines()
    }

    fn append(&self, line: &str) -> io::Result<()> {
        self.journal.append(line)
    }

    fn shared(&self) -> Option<&dyn SharedJournal> {
        Some(self)
    }
}

impl SharedJournal for Counted {
    fn last_lines(&self, keys: &[String]) -> io::Result<Vec<String>> {
        self.inner()?.last_lines(keys)
    }

    fn acquire(&self, key: &str) -> io::Result<Option<JournalClaim>> {
        let claim = self.inner()?.acquire(key)?;
        self.waiting
            .fetch_add(u64::from(claim.is_none()), Ordering::Relaxed);
        Ok(claim)
    }

    fn renew(&self, claim: &JournalClaim) -> io::Result<bool> {
        self.inner()?.renew(claim)
    }

    fn write(&self, claim: &JournalClaim, line: &str) -> io::Result<bool> {
        self.inner()?.write(claim, line)
    }

    fn release(&self, claim: &JournalClaim, line: Option<&str>) -> io::Result<bool> {
        self.inner()?.release(claim, line)
    }
}
