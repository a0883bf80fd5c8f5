//! The code of the guide to idempotent installs.

use super::ensure::{connectors, sandbox};
use super::*;

// --8<-- [start:journal]
use bird_connectors::install::Ensured;
use bird_connectors::resources::Connectors;
use bird_connectors::templates::Telegram;
use bird_connectors_postgres::tokio_postgres::NoTls;
use bird_connectors_postgres::{Database, PostgresJournal};

async fn open_journal(connection: &str) -> Result<PostgresJournal, Box<dyn std::error::Error>> {
    // The second argument decides about TLS.
    let database = Database::new(connection.parse()?, NoTls)?;
    // Creates the tables that are missing. Every process may call it.
    database.migrate().await?;
    Ok(PostgresJournal::new(database))
}

async fn install_bot(
    connectors: &Connectors,
    journal: &PostgresJournal,
) -> Result<Ensured, bird_connectors::Error> {
    let bot = Telegram::new("Support bot");
    connectors.ensure(bot).journal(journal.clone()).await
}
// --8<-- [end:journal]

#[tokio::test]
async fn journal_of_the_guide_creates_one_connector() -> TestResult {
    let fresh = support::empty_database().await?;
    let sandbox = sandbox().await?;
    let connectors = connectors(&sandbox)?;
    let mut ids = Vec::new();
    for via in Via::ALL {
        let journal = open_journal(&fresh.connection_string(via)).await;
        let journal = journal.map_err(|why| why.to_string())?;
        ids.push(install_bot(&connectors, &journal).await?.id());
    }
    assert_eq!(ids[0], ids[1]);
    Ok(())
}
