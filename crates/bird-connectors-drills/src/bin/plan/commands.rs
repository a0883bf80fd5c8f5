//! Runs the command line in the folder of a scenario. All that it prints is kept in files there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use bird_connectors_drills::secrets;
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::scenario::{FILE, SECRET_FILE, SECRET_VARIABLES, Scenario};

/// A process that takes longer than this hangs.
const PROCESS_TIMEOUT: Duration = Duration::from_secs(300);

/// The search for a create of unknown outcome takes far longer than the sandbox needs to list it. So a create that was not found
/// was not sent, and can be sent again.
pub(crate) const APPLY: [&str; 7] = [
    "apply",
    FILE,
    "--reconcile-window",
    "1s",
    "--recreate-after-window",
    "--output",
    "jsonl",
];

/// A running process, and the files that it writes.
pub(crate) struct Running {
    pub(crate) child: Child,
    output: PathBuf,
    messages: PathBuf,
}

/// A process that has ended.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) output: String,
    messages: String,
}

impl Scenario {
    /// Starts a program in the folder, with the settings of the sandbox and the secrets in its environment.
    pub(crate) fn start_process(&self, mut command: Command) -> Result<Running> {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let output = self.path(&format!("{number}.output"));
        let messages = self.path(&format!("{number}.messages"));
        let child = command
            .current_dir(self.folder.path())
            .env("BIRD_BASE_URL", self.sandbox.base_url())
            .env("BIRD_ACCESS_KEY", self.sandbox.access_key())
            .envs(SECRET_VARIABLES)
            .stdin(Stdio::null())
            // Not pipes, which a long run would fill.
            .stdout(fs::File::create(&output)?)
            .stderr(fs::File::create(&messages)?)
            .kill_on_drop(true)
            .spawn()
            .context("cannot start a process")?;
        Ok(Running {
            child,
            output,
            messages,
        })
    }

    /// Starts the command line with its most detailed messages.
    pub(crate) fn start_command(&self, arguments: &[&str]) -> Result<Running> {
        let program = self.program.as_deref();
        let mut command = Command::new(program.context("--program is missing")?);
        command.args(arguments).arg("-vv");
        self.start_process(command)
    }

    /// Runs the command line, which must end with this exit code, and returns what it has printed.
    pub(crate) async fn command(&self, arguments: &[&str], code: i32) -> Result<String> {
        let ended = self.start_command(arguments)?.end().await?;
        if ended.status.code() != Some(code) {
            bail!(
                "`{}` ended with {} instead of exit code {code}: {}{}",
                arguments.join(" "),
                ended.status,
                ended.output,
                ended.error()
            );
        }
        Ok(ended.output)
    }

    /// Like [`Self::command`], for JSON.
    pub(crate) async fn json(&self, arguments: &[&str], code: i32) -> Result<Value> {
        let arguments = [arguments, &["--output", "json"]].concat();
        let output = self.command(&arguments, code).await?;
        serde_json::from_str(&output).context("the output is not JSON")
    }

    /// Searches all files that processes have written for secrets, and returns how many files these are.
    pub(crate) fn search_secrets(&self) -> Result<usize> {
        search_secrets(self.folder.path())
    }
}

fn search_secrets(folder: &Path) -> Result<usize> {
    let mut files = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files += search_secrets(&path)?;
            continue;
        }
        if path.ends_with(SECRET_FILE) {
            continue;
        }
        files += 1;
        let content = fs::read(&path)?;
        let found = secrets::find(&String::from_utf8_lossy(&content));
        ensure!(
            found.is_none(),
            "{} contains {}",
            path.display(),
            found.unwrap_or_default()
        );
    }
    Ok(files)
}

impl Running {
    pub(crate) async fn end(mut self) -> Result<Ended> {
        let status = timeout(PROCESS_TIMEOUT, self.child.wait())
            .await
            .context("the process hangs")??;
        Ok(Ended {
            status,
            output: fs::read_to_string(&self.output)?,
            messages: fs::read_to_string(&self.messages)?,
        })
    }
}

impl Ended {
    /// The last message: the error of a command that failed.
    pub(crate) fn error(&self) -> &str {
        self.messages.lines().last().unwrap_or_default()
    }
}
