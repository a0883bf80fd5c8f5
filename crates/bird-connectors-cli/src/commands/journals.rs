//! Opens the journal of a command: a file, or a table of a PostgreSQL database.

#[cfg(feature = "postgres")]
mod database;

use std::io;
use std::sync::Arc;

use bird_connectors::install::{FileJournal, Journal};

use crate::args::journal::JournalLocation;
use crate::errors::CliError;

/// Opens a journal for a command that creates something. The file or the table is created if it is missing.
pub(super) async fn open(location: &JournalLocation) -> Result<Arc<dyn Journal>, CliError> {
    match location {
        // One that is damaged is a state of this machine, not an invalid argument.
        JournalLocation::File(path) => match FileJournal::open(path) {
            Ok(journal) => Ok(Arc::new(journal)),
            Err(error) => Err(CliError::Local(error.to_string())),
        },
        JournalLocation::Variable(name) => open_database(name, true).await,
        JournalLocation::Url => Err(url_in_arguments()),
    }
}

/// Opens a journal for a command that sends only reads: a journal that does not exist is empty, and is not created.
pub(super) async fn open_for_reading(
    location: &JournalLocation,
) -> Result<Arc<dyn Journal>, CliError> {
    match location {
        JournalLocation::File(path) if !path.exists() => Ok(Arc::new(NoJournal)),
        JournalLocation::File(_) => open(location).await,
        JournalLocation::Variable(name) => open_database(name, false).await,
        JournalLocation::Url => Err(url_in_arguments()),
    }
}

fn url_in_arguments() -> CliError {
    CliError::usage(
        "--journal contains the URL of a database, which can contain a password, and other users of the machine can read arguments: \
         set the URL in an environment variable, and pass env:NAME",
    )
}

#[cfg(feature = "postgres")]
async fn open_database(variable: &str, creates: bool) -> Result<Arc<dyn Journal>, CliError> {
    Ok(match database::open(variable, creates).await? {
        Some(journal) => Arc::new(journal),
        None => Arc::new(NoJournal),
    })
}

#[cfg(not(feature = "postgres"))]
async fn open_database(_: &str, _: bool) -> Result<Arc<dyn Journal>, CliError> {
    Err(CliError::usage(
        "this program was built without journals in PostgreSQL: build it with the feature postgres, or use a file",
    ))
}

/// A journal that does not exist yet.
struct NoJournal;

impl Journal for NoJournal {
    fn lines(&self) -> io::Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn append(&self, _: &str) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
