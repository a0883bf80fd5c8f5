//! A sandbox in a process of its own, so that its memory is not counted.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};
use bird_connectors_sandbox::{RateLimits, Sandbox};
use serde_json::{Value, json};
use uuid::Uuid;

/// A running sandbox. Its process is killed when this value is dropped.
pub(crate) struct SandboxProcess {
    process: Child,
    pub(crate) base_url: String,
    pub(crate) access_key: String,
    pub(crate) workspace: Uuid,
    /// The installed connectors.
    pub(crate) connectors: Vec<Uuid>,
}

impl SandboxProcess {
    /// Starts a sandbox with the documented rate limits and this many installed connectors.
    pub(crate) fn start(connectors: usize) -> Result<Self> {
        let program = std::env::current_exe().context("the path of this program is unknown")?;
        let mut process = Command::new(program)
            .args(["sandbox", "--connectors", &connectors.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start a sandbox")?;
        let output = process.stdout.take().context("the sandbox has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let facts: Value = serde_json::from_str(&line).context("the sandbox did not start")?;
        Ok(Self {
            process,
            base_url: serde_json::from_value(facts["base_url"].clone())?,
            access_key: serde_json::from_value(facts["access_key"].clone())?,
            workspace: serde_json::from_value(facts["workspace"].clone())?,
            connectors: serde_json::from_value(facts["connectors"].clone())?,
        })
    }
}

impl Drop for SandboxProcess {
    fn drop(&mut self) {
        // Both fail if the process has already exited.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Is that process: prints how to reach the sandbox, and runs until it is killed.
pub(crate) async fn serve(connectors: usize) -> Result<()> {
    let limits = RateLimits::documented();
    let sandbox = Sandbox::builder().rate_limits(limits).start().await?;
    let connectors = sandbox.add_connectors(connectors);
    let facts = json!({
        "base_url": sandbox.base_url(),
        "access_key": sandbox.access_key(),
        "workspace": sandbox.workspace_id(),
        "connectors": connectors,
    });
    println!("{facts}");
    std::future::pending().await
}
