//! Installs with the journal.

use bird_connectors::install::{Journal as _, SharedJournal as _};
use bird_connectors::models::WorkspaceId;
use bird_connectors::resources::Connectors;
use bird_connectors::templates::{Telegram, Voice, WhatsApp, WhatsAppAccount};
use bird_connectors::{Client, Error, ErrorKind, RequestOutcome};
use bird_connectors_postgres::tokio_postgres::NoTls;
use bird_connectors_postgres::{Database, PostgresJournal};
use bird_connectors_sandbox::behavior::Duplicates;
use bird_connectors_sandbox::{Operation, Sandbox, Script};
use uuid::Uuid;

use super::support::empty_database;
use super::*;

pub(crate) async fn sandbox() -> std::io::Result<Sandbox> {
    Sandbox::builder()
        .behavior(|behavior| behavior.duplicates = Duplicates::Allowed)
        .default_script(Script::instant())
        .start()
        .await
}

pub(crate) fn connectors(sandbox: &Sandbox) -> Result<Connectors, Error> {
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .rate_limit(None)
        .build()?;
    let workspace = client.workspace(WorkspaceId::from(sandbox.workspace_id()));
    Ok(workspace.connectors())
}

#[tokio::test]
async fn unreachable_database_is_an_error_of_the_journal_with_its_reason() -> TestResult {
    let sandbox = Sandbox::builder().start().await?;
    let connectors = connectors(&sandbox)?;
    let fresh = empty_database().await?;
    let unreachable = "host=127.0.0.1 port=1 user=app dbname=app password=planted-password";
    for (settings, reason, is_transient) in [
        (
            unreachable,
            "cannot connect to PostgreSQL at 127.0.0.1:1: error connecting to server: Connection refused",
            true,
        ),
        (
            &fresh.connection_string(Via::Server),
            "create the tables with `Database::migrate`",
            false,
        ),
    ] {
        let journal = PostgresJournal::new(Database::new(settings.parse()?, NoTls)?);
        let ensure = connectors.ensure(Telegram::new("Bot"));
        let error = ensure.journal(journal).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome(), error.is_transient()),
            (
                ErrorKind::Journal,
                Some(RequestOutcome::NotSent),
                is_transient
            )
        );
        let message = error.to_string();
        assert!(message.contains(reason), "{message}");
        assert!(message.contains("nothing was sent"), "{message}");
        assert!(!format!("{error:?}").contains("planted"), "{error:?}");
    }
    assert_eq!(sandbox.count(Operation::CreateConnector), 0);
    Ok(())
}

#[tokio::test]
async fn second_run_adopts_the_connector_in_the_journal() -> TestResult {
    for via in Via::ALL {
        let fresh = fresh_database().await?;
        let sandbox = sandbox().await?;
        let connectors = connectors(&sandbox)?;
        let journal = || Ok::<_, support::TestError>(PostgresJournal::new(fresh.database(via)?));
        let voices =
            || (1..=40).map(|number| Voice::new(format!("Shop {number}"), Uuid::from_u128(number)));
        for _ in 0..3 {
            let results = connectors.install_all(voices()).journal(journal()?).await;
            assert!(results.iter().all(|install| install.result.is_ok()));
        }
        // The second run has marked each connector as observed, and the third one has claimed nothing.
        let query = "SELECT min(fence), max(fence) FROM bird_connectors_journal";
        let row = fresh.client().await?.query_one(query, &[]).await?;
        assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (2, 2));
        let bot = connectors.ensure(Telegram::new("Bot")).journal(journal()?);
        let again = connectors.ensure(Telegram::new("Bot")).journal(journal()?);
        assert_eq!(bot.await?.id(), again.await?.id());
        assert_eq!(sandbox.count(Operation::CreateConnector), 41);
        assert_eq!(journal()?.lines()?.len(), 41);
    }
    Ok(())
}

#[tokio::test]
async fn rows_contain_no_secrets() -> TestResult {
    let fresh = fresh_database().await?;
    let sandbox = sandbox().await?;
    let account = WhatsAppAccount {
        waba_id: "1",
        phone_id: "2",
        phone_number: "+31612345678",
        access_token: "planted",
    };
    let journal = PostgresJournal::new(fresh.database(Via::Server)?);
    let whatsapp = WhatsApp::new("Support", account);
    let connectors = connectors(&sandbox)?;
    let _ = connectors.ensure(whatsapp).journal(journal).await?;
    let query = "SELECT journal::text FROM bird_connectors_journal AS journal";
    let row = fresh.client().await?.query_one(query, &[]).await?;
    let row: String = row.get(0);
    assert!(row.contains("result"), "{row}");
    for secret in ["planted", sandbox.access_key()] {
        assert!(!row.contains(secret), "{row}");
    }
    Ok(())
}

#[tokio::test]
async fn install_that_is_dropped_releases_its_claim() -> TestResult {
    let fresh = fresh_database().await?;
    let sandbox = sandbox().await?;
    let slow = bird_connectors_sandbox::Rule::on(Operation::CreateConnector);
    sandbox.rule(slow.delay_response(std::time::Duration::from_secs(600)));
    let journal = PostgresJournal::new(fresh.database(Via::PgBouncer)?);
    let ensure = connectors(&sandbox)?.ensure(Telegram::new("Bot"));
    let dropped = tokio::spawn(ensure.journal(journal.clone()).into_future());
    while sandbox.count(Operation::CreateConnector) == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    dropped.abort();
    let query = "SELECT key FROM bird_connectors_journal";
    let row = fresh.client().await?.query_one(query, &[]).await?;
    let key: String = row.get(0);
    let claim = loop {
        if let Some(claim) = journal.acquire(&key)? {
            break claim;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    };
    assert!(
        claim
            .last_line()
            .is_some_and(|line| line.contains("intent"))
    );
    Ok(())
}
