//! A script as it is often written, and as generic REST providers work: it sends each create, stores the id of the response, and
//! polls the connector until it can be read. A later run skips the connectors whose ids are stored. It works on ten connectors at
//! a time, as Terraform does by default; unlike Terraform, it stores each id at once.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use bird_connectors::templates::Line;
use bird_connectors::{Client, ConnectorId, ErrorKind, WorkspaceId};
use bird_connectors_plan::DesiredState;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::sync::Mutex;
use tokio::time::sleep;

use crate::scenario::FILE;

/// The stored ids: one line with the id, the workspace and the name of each connector.
pub(crate) const STATE: &str = "state";

const PARALLELISM: usize = 10;

/// The number of requests that each connector needs at least: a create and a read.
pub(crate) const REQUESTS: usize = 2;

pub(crate) async fn run(folder: &Path) -> Result<()> {
    let client = Client::from_env()?;
    let desired = DesiredState::read([folder.join(FILE)])?;
    let path = folder.join(STATE);
    let known = fs::read_to_string(&path).unwrap_or_default();
    let file = OpenOptions::new().create(true).append(true).open(&path)?;
    let file = Mutex::new(file);
    let mut missing = Vec::new();
    for workspace in desired.workspaces() {
        for connector in workspace.connectors().unwrap_or_default() {
            let line = format!("{} {}", workspace.id(), connector.name());
            if !known.lines().any(|known| known.ends_with(&line)) {
                missing.push((workspace.id(), connector.name().to_owned()));
            }
        }
    }
    stream::iter(missing)
        .map(|(workspace, name)| create(&client, workspace, name, &file))
        .buffer_unordered(PARALLELISM)
        .try_collect::<Vec<()>>()
        .await?;
    Ok(())
}

async fn create(
    client: &Client,
    workspace: WorkspaceId,
    name: String,
    file: &Mutex<File>,
) -> Result<()> {
    let connectors = client.workspace(workspace).connectors();
    // The template does not matter here.
    let install = connectors.install(Line::new(&name)).await?;
    let id: ConnectorId = install.id();
    let mut locked = file.lock().await;
    writeln!(locked, "{id} {workspace} {name}").context("cannot store the id")?;
    locked.sync_data()?;
    drop(locked);
    loop {
        match connectors.get(id).await {
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                sleep(Duration::from_millis(60)).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}
