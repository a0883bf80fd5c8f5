//! The process that is killed: it installs as a careful program does. It writes down the token as soon as it has one,
//! goes on from it where there is one, and ensures with a journal where there is none. What is created shows well within
//! its window, so that it may create again where nothing showed.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use bird_connectors::templates::Sms;
use bird_connectors::{Client, FileJournal, Install, WaitToken};
use serde_json::json;
use uuid::Uuid;

pub(crate) const JOURNAL: &str = "journal";
pub(crate) const TOKEN: &str = "token";

/// Prints which connector and channel it came to, as JSON.
pub(crate) async fn run(folder: &Path, keeps_token: bool) -> Result<()> {
    let workspace = Client::from_env()?.workspace(None)?;
    let connectors = workspace.connectors();
    let token = folder.join(TOKEN);
    let install = match stored(&token)? {
        Some(token) => connectors.resume(token)?,
        None => {
            let sms = Sms::new("Support")
                .phone_number_id(Uuid::from_u128(7))
                .channel_message_type("2fa");
            let ensured = connectors
                .ensure(sms)
                .reconcile_window(Duration::from_secs(2))
                .recreate_after_window()
                .journal(FileJournal::open(folder.join(JOURNAL))?)
                .await?;
            let install = ensured.into_install();
            if keeps_token {
                store(&token, &install)?;
            }
            install
        }
    };
    let ready = install
        .until_ready()
        .interval(Duration::from_millis(20), Duration::from_millis(100))
        .await?;
    println!("{}", json!([install.id(), ready.channel_id]));
    Ok(())
}

fn stored(path: &Path) -> Result<Option<WaitToken>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text.parse()?)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).context("the token cannot be read"),
    }
}

/// Whole, or not at all.
fn store(path: &Path, install: &Install) -> Result<()> {
    let draft = path.with_extension("draft");
    let mut file = File::create(&draft)?;
    file.write_all(install.token().to_string().as_bytes())?;
    file.sync_all()?;
    fs::rename(draft, path).context("the token cannot be stored")
}
