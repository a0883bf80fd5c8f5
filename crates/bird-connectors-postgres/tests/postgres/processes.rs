//! Several processes with one journal, against an API that accepts duplicates.

use std::env;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use bird_connectors::ClientBuilder;
use bird_connectors::templates::{Telegram, Voice};
use bird_connectors_postgres::tokio_postgres::NoTls;
use bird_connectors_postgres::{Database, PostgresJournal};
use bird_connectors_sandbox::{Operation, Sandbox};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::ensure::{connectors, sandbox};
use super::support::{FreshDatabase, TestError};
use super::*;

const PART: &str = "BIRD_CONNECTORS_TEST_PART";
const TEMPLATES: u128 = 60;

/// The lease of a process that is paused.
const SHORT: Duration = Duration::from_secs(1);

/// Runs in a process of its own, and prints the id of each connector.
#[tokio::test]
async fn child() -> TestResult {
    let Ok(part) = env::var(PART) else {
        return Ok(());
    };
    let client = ClientBuilder::from_env()?.rate_limit(None).build()?;
    let connectors = client.default_workspace()?.connectors();
    let database = Database::new(env::var("DATABASE")?.parse()?, NoTls)?;
    let journal = PostgresJournal::new(database);
    if part == "paused" {
        // Blocks between the intent and the create until the file exists, so that the test can stop the process there.
        let file = env::var("CONTINUE")?;
        let ensure = connectors
            .ensure(Telegram::new("Bot"))
            .journal(journal.lease(SHORT));
        let ensured = ensure
            .before_create(move |_| {
                println!("\nabout to create");
                while !Path::new(&file).exists() {
                    std::thread::sleep(Duration::from_millis(10));
                }
            })
            .await?;
        println!("\nid {}", ensured.id());
        return Ok(());
    }
    let voices =
        (1..=TEMPLATES).map(|number| Voice::new(format!("Shop {number}"), Uuid::from_u128(number)));
    let mut results = connectors.install_all(voices).journal(journal).await;
    results.sort_by_key(|install| install.index);
    for install in results {
        println!("\nid {}", install.result?.id());
    }
    Ok(())
}

fn start(part: &str, sandbox: &Sandbox, database: String, file: &Path) -> std::io::Result<Child> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["--exact", "processes::child", "--nocapture"]);
    for (name, _) in env::vars() {
        if name.to_uppercase().ends_with("_PROXY") || name.starts_with("BIRD_") {
            command.env_remove(name);
        }
    }
    command
        .env(PART, part)
        .env("BIRD_BASE_URL", sandbox.base_url())
        .env("BIRD_ACCESS_KEY", sandbox.access_key())
        .env("BIRD_WORKSPACE_ID", sandbox.workspace_id().to_string())
        .env("DATABASE", database)
        .env("CONTINUE", file)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
}

async fn ids_of(child: Child) -> Result<Vec<String>, TestError> {
    let output = child.wait_with_output().await?;
    let stdout = String::from_utf8(output.stdout)?;
    if !output.status.success() {
        return Err(stdout.into());
    }
    let ids = stdout.lines().filter_map(|line| line.strip_prefix("id "));
    Ok(ids.map(str::to_owned).collect())
}

async fn install_concurrently(fresh: &FreshDatabase, via: Via, processes: usize) -> TestResult {
    let sandbox = sandbox().await?;
    let mut running = JoinSet::new();
    for _ in 0..processes {
        let database = fresh.connection_string(via);
        running.spawn(ids_of(start("all", &sandbox, database, Path::new(""))?));
    }
    let mut all = Vec::new();
    while let Some(ids) = running.join_next().await {
        all.push(ids??);
    }
    assert_eq!(all.len(), processes);
    assert!(all.iter().all(|ids| *ids == all[0]));
    assert_eq!(all[0].len(), TEMPLATES as usize);
    assert_eq!(sandbox.count(Operation::CreateConnector), TEMPLATES as u64);
    Ok(())
}

#[tokio::test]
async fn processes_with_one_journal_create_one_connector_per_template() -> TestResult {
    let (two, eight) = (fresh_database().await?, fresh_database().await?);
    install_concurrently(&two, Via::Server, 2).await?;
    install_concurrently(&eight, Via::PgBouncer, 8).await
}

async fn signal(child: &Child, signal: &str) -> TestResult {
    let id = child.id().ok_or("the process has ended")?;
    let status = Command::new("kill")
        .args(["-s", signal, &id.to_string()])
        .status();
    assert!(status.await?.success());
    Ok(())
}

#[tokio::test]
async fn process_that_was_paused_past_its_lease_sends_nothing_and_adopts() -> TestResult {
    let fresh = fresh_database().await?;
    let sandbox = sandbox().await?;
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("continue");
    let mut paused = start(
        "paused",
        &sandbox,
        fresh.connection_string(Via::Server),
        &file,
    )?;
    let mut lines = BufReader::new(paused.stdout.take().ok_or("no output")?).lines();
    while lines.next_line().await?.ok_or("the process has ended")? != "about to create" {}
    signal(&paused, "STOP").await?;
    std::fs::write(&file, "")?;

    // The next process finds an intent without a connector, and creates only because it may after the window.
    let journal = PostgresJournal::new(fresh.database(Via::PgBouncer)?);
    let ensure = connectors(&sandbox)?
        .ensure(Telegram::new("Bot"))
        .journal(journal);
    let window = Duration::from_millis(200);
    let created = ensure
        .reconcile_window(window)
        .recreate_after_window()
        .await?;
    assert!(!created.adopted());

    signal(&paused, "CONT").await?;
    let mut id = None;
    while let Some(line) = lines.next_line().await? {
        id = line.strip_prefix("id ").map(str::to_owned).or(id);
    }
    assert!(paused.wait().await?.success());
    assert_eq!(id, Some(created.id().to_string()));
    assert_eq!(sandbox.count(Operation::CreateConnector), 1);
    Ok(())
}
