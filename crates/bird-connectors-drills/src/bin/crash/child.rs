//! The process that is killed. It stores the wait token as soon as it has one; a later process resumes from the stored
//! token, or calls `ensure` with the journal if there is none. The sandbox lists a new connector well within the reconcile
//! window, so the process may create again if none was listed in that time.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use bird_connectors::Client;
use bird_connectors::install::{FileJournal, Install};
use bird_connectors::templates::Sms;
use bird_connectors::wait::{WaitOptions, WaitToken};
use serde_json::json;
use uuid::Uuid;

/// File name of the journal.
pub(crate) const JOURNAL: &str = "journal";
/// File name of the stored wait token.
pub(crate) const TOKEN: &str = "token";

/// Installs a connector, waits for its channel, and prints both ids as a JSON array.
pub(crate) async fn run(folder: &Path, stores_token: bool) -> Result<()> {
    let workspace = Client::from_env()?.default_workspace()?;
    let connectors = workspace.connectors();
    let token = folder.join(TOKEN);
    let install = match read_token(&token)? {
        Some(token) => connectors.resume(token)?,
        None => {
            let sms = Sms::new("Support", Uuid::from_u128(7), "2fa");
            let ensured = connectors
                .ensure(sms)
                .reconcile_window(Duration::from_secs(2))
                .recreate_after_window()
                .journal(FileJournal::open(folder.join(JOURNAL))?)
                .await?;
            let install = ensured.into_install();
            if stores_token {
                store_token(&token, &install)?;
            }
            install
        }
    };
    let options =
        WaitOptions::new().interval(Duration::from_millis(20), Duration::from_millis(100));
    let ready = install.until_ready().options(options).await?;
    println!("{}", json!([install.id(), ready.channel_id]));
    Ok(())
}

fn read_token(path: &Path) -> Result<Option<WaitToken>> {
    match fs::read_to_string(path) {
        Ok(token) => Ok(Some(token.parse()?)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).context("cannot read the token"),
    }
}

/// Writes the token atomically: a kill leaves either no file or a complete one.
fn store_token(path: &Path, install: &Install) -> Result<()> {
    let draft = path.with_extension("draft");
    let mut file = File::create(&draft)?;
    file.write_all(install.token().to_string().as_bytes())?;
    file.sync_all()?;
    fs::rename(draft, path).context("cannot store the token")
}
