//! Processes of `python/drills/shared_journal.py`, which do in Python what the processes of this program do in Rust.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result};
use bird_connectors_sandbox::Sandbox;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::child::PROCESS_TIMEOUT;

/// A command that runs the script. `interpreter`: a Python with the package `bird-connectors`.
pub(crate) fn command(interpreter: &Path, sandbox: &Sandbox) -> Command {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script: PathBuf = manifest.join("../../python/drills/shared_journal.py");
    let mut command = Command::new(interpreter);
    command
        .arg(script)
        .env("BIRD_BASE_URL", sandbox.base_url())
        .env("BIRD_ACCESS_KEY", sandbox.access_key())
        .env("BIRD_WORKSPACE_ID", sandbox.workspace_id().to_string())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// A process that ensures one template, and reports each step as a line.
pub(crate) struct PythonEnsure {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl PythonEnsure {
    /// `holds`: whether the process keeps its claim until [`Self::resume`].
    pub(crate) fn start(
        interpreter: &Path,
        sandbox: &Sandbox,
        place: &str,
        template: u128,
        holds: bool,
    ) -> Result<Self> {
        let mut command = command(interpreter, sandbox);
        command.args(["ensure", place, &template.to_string()]);
        if holds {
            command.arg("--hold");
        }
        let mut child = command.stdin(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().context("no output")?;
        Ok(Self {
            child,
            lines: BufReader::new(stdout).lines(),
        })
    }

    /// The next line that the process prints.
    pub(crate) async fn next_line(&mut self) -> Result<String> {
        let line = timeout(PROCESS_TIMEOUT, self.lines.next_line()).await??;
        line.context("the Python process ended")
    }

    /// Lets the process release its claim.
    pub(crate) async fn resume(&mut self) -> Result<()> {
        let stdin = self.child.stdin.as_mut().context("no input")?;
        Ok(stdin.write_all(b"\n").await?)
    }
}
