//! The tables.

use bird_connectors::install::SharedJournal as _;
use bird_connectors_postgres::tokio_postgres::NoTls;
use bird_connectors_postgres::{Database, PostgresJournal, SCHEMA};
use tokio::task::JoinSet;

use super::support::empty_database;
use super::*;

#[tokio::test]
async fn concurrent_migrations_create_the_tables_once_and_keep_their_rows() -> TestResult {
    let fresh = empty_database().await?;
    for _ in 0..2 {
        let mut migrations = JoinSet::new();
        for via in [Via::Server, Via::PgBouncer].repeat(4) {
            let database = fresh.database(via)?;
            migrations.spawn(async move { database.migrate().await });
        }
        while let Some(migrated) = migrations.join_next().await {
            migrated??;
        }
        let journal = PostgresJournal::new(fresh.database(Via::Server)?);
        let claim = journal.acquire("key")?;
        assert!(journal.release(&claim.unwrap(), Some("line"))?);
    }
    let journal = PostgresJournal::new(fresh.database(Via::Server)?);
    assert_eq!(journal.acquire("key")?.unwrap().fence(), 3);
    Ok(())
}

#[tokio::test]
async fn error_without_tables_says_how_to_create_them() -> TestResult {
    let fresh = empty_database().await?;
    let journal = PostgresJournal::new(fresh.database(Via::Server)?);
    let error = journal.acquire("key").unwrap_err().to_string();
    assert!(
        error.contains("does not exist") && error.contains("`Database::migrate`"),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn table_of_another_version_is_reported_with_the_file_to_compare() -> TestResult {
    for columns in [
        "key text PRIMARY KEY, fence bigint",
        "key text PRIMARY KEY, fence text, claimed_until text, line text",
    ] {
        let fresh = empty_database().await?;
        let create = format!("CREATE TABLE bird_connectors_journal ({columns})");
        fresh.client().await?.batch_execute(&create).await?;
        let database = fresh.database(Via::Server)?;
        // It creates only tables that are missing.
        database.migrate().await?;
        let error = PostgresJournal::new(database).acquire("key").unwrap_err();
        assert!(error.to_string().contains("the file schema.sql"), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn error_of_a_server_that_cannot_be_reached_has_no_password() -> TestResult {
    let config = "host=127.0.0.1 port=1 user=app password=planted".parse()?;
    let database = Database::new(config, NoTls)?;
    let error = database.migrate().await.unwrap_err();
    for shown in [error.to_string(), format!("{error:?} {database:?}")] {
        assert!(!shown.contains("planted"), "{shown}");
    }
    assert!(error.to_string().contains("refused"), "{error}");
    Ok(())
}

#[test]
fn journal_can_be_used_and_dropped_inside_and_outside_of_a_runtime() {
    let database = Database::new("host=127.0.0.1 port=1".parse().unwrap(), NoTls).unwrap();
    let journal = PostgresJournal::new(database);
    assert!(journal.acquire("key").is_err());
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(async move {
            assert!(journal.acquire("key").is_err());
            drop(journal);
        });
}

#[test]
fn schema_needs_no_session() {
    let statements = SCHEMA
        .lines()
        .filter(|line| !line.trim_start().starts_with("--"));
    let statements: String = statements.collect::<Vec<_>>().join("\n");
    for word in ["pg_advisory_lock", "SET ", "LISTEN", "PREPARE"] {
        assert!(!statements.contains(word), "{word}");
    }
}
