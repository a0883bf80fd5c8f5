//! One run of the drill: a sandbox, the folder in which the processes store their files, and the processes themselves.

use std::fs;
use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use bird_connectors_sandbox::behavior::{Duplicates, UncommittedCreates};
use bird_connectors_sandbox::{Fault, Operation, Rule, Sandbox, Script};
use fastrand::Rng;
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::child::{JOURNAL, TOKEN};

/// A process that takes longer than this hangs.
pub(crate) const PROCESS_TIMEOUT: Duration = Duration::from_secs(60);

/// How far a process had come when it was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum KillPoint {
    BeforeIntent,
    BeforeCreate,
    BeforeResult,
    BeforeToken,
    BeforeReady,
    Finished,
}

impl KillPoint {
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::BeforeIntent => "before writing the intent",
            Self::BeforeCreate => "after the intent, before the create",
            Self::BeforeResult => "after the create, before its result",
            Self::BeforeToken => "after the result, before any token",
            Self::BeforeReady => "after the token, while waiting",
            Self::Finished => "not killed: it had finished",
        }
    }
}

pub(crate) struct Scenario {
    sandbox: Sandbox,
    folder: tempfile::TempDir,
    stores_token: bool,
}

impl Scenario {
    /// Starts a sandbox with random delays; in one run of five, the response of the first create is lost.
    pub(crate) async fn start(random: &mut Rng, stores_token: bool) -> Result<Self> {
        let mut up_to = |millis| Duration::from_millis(random.u64(0..millis));
        let script = Script::timed(up_to(100), up_to(300)).commit_after(up_to(400));
        let create = Rule::on(Operation::CreateConnector)
            .always()
            .delay_response(up_to(100));
        let list = Rule::on(Operation::ListConnectors).delay(up_to(100));
        let sandbox = Sandbox::builder()
            .default_script(script)
            .rule(create)
            .rule(list)
            .behavior(|behavior| {
                behavior.duplicates = Duplicates::Allowed;
                behavior.uncommitted_creates = UncommittedCreates::Missed;
            })
            .start()
            .await?;
        if random.u8(0..5) == 0 {
            sandbox.rule(Rule::on(Operation::CreateConnector).fault(Fault::LostResponse));
        }
        Ok(Self {
            sandbox,
            folder: tempfile::tempdir()?,
            stores_token,
        })
    }

    /// Starts a process, kills it after this long, and returns how far it had come.
    pub(crate) async fn kill_after(&self, delay: Duration) -> Result<KillPoint> {
        let mut child = self.start_child()?;
        sleep(delay).await;
        let finished = child.try_wait()?.is_some();
        child.kill().await?;
        if finished {
            return Ok(KillPoint::Finished);
        }
        let journal = fs::read_to_string(self.folder.path().join(JOURNAL)).unwrap_or_default();
        Ok(if self.folder.path().join(TOKEN).exists() {
            KillPoint::BeforeReady
        } else if journal.contains(r#""entry":"result""#) {
            KillPoint::BeforeToken
        } else if self.sandbox.count(Operation::CreateConnector) > 0 {
            KillPoint::BeforeResult
        } else if journal.contains(r#""entry":"intent""#) {
            KillPoint::BeforeCreate
        } else {
            KillPoint::BeforeIntent
        })
    }

    /// Runs a process to its end, and checks that there is exactly one connector, and that the process printed its ids.
    pub(crate) async fn run_to_completion(&self) -> Result<()> {
        let process = self.start_child()?.wait_with_output();
        let Output {
            status,
            stdout,
            stderr,
        } = timeout(PROCESS_TIMEOUT, process)
            .await
            .context("the process hangs")??;
        let stderr = String::from_utf8_lossy(&stderr);
        ensure!(status.success(), "{status}: {}", stderr.trim());
        let printed: Value = serde_json::from_slice(&stdout)?;
        let channels = self.sandbox.channels();
        let active: Vec<_> = channels
            .iter()
            .filter(|channel| channel["status"] == "active")
            .map(|channel| json!([channel["connectorId"], channel["id"]]))
            .collect();
        let count = self.sandbox.connectors().len();
        ensure!(count == 1, "{count} connectors exist");
        ensure!(
            active.as_slice() == std::slice::from_ref(&printed),
            "the process printed {printed}, but the active channels are {active:?}"
        );
        Ok(())
    }

    fn start_child(&self) -> Result<Child> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg("child")
            .arg(self.folder.path())
            .args(self.stores_token.then_some("--stores-token"))
            .env("BIRD_BASE_URL", self.sandbox.base_url())
            .env("BIRD_ACCESS_KEY", self.sandbox.access_key())
            .env("BIRD_WORKSPACE_ID", self.sandbox.workspace_id().to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command.spawn().context("cannot start the process")
    }
}
