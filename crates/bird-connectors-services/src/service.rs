//! A server process in a temporary folder, which does not outlive this process.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;

/// The unprivileged user that runs the servers if this process is root, which they refuse to run as.
const USER: &str = "postgres";

/// How long a server may take to start on a machine under load.
const START_LIMIT: Duration = Duration::from_secs(120);

/// Runs a server until the standard input of the shell ends, as it also does when this process is killed. The shell ends with the
/// server. A command in the background does not inherit the input, so it is passed on as another file.
const WATCHDOG: &str = r#"
signal=$1; shift
exec 3<&0
"$@" 3<&- & child=$!
{ read -r _ <&3; kill -s "$signal" "$child"; } & watcher=$!
wait "$child"
status=$?
kill "$watcher" 2>/dev/null
exit "$status"
"#;

/// How often a server is started on another port, if another process has taken the first one.
const MAX_PORTS: usize = 10;

/// How a start ended without an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    Ready,
    /// Another process has taken the port.
    PortTaken,
}

#[derive(Debug)]
pub(crate) struct Service {
    watchdog: Child,
    log: PathBuf,
    name: &'static str,
}

impl Service {
    /// Starts a server that writes its log to the folder. `stop`: the signal that stops it at once. `shell`: runs the server, as
    /// its user.
    pub(crate) fn start(
        name: &'static str,
        folder: &Path,
        stop: &str,
        mut shell: Command,
        command: &[&OsStr],
    ) -> Result<Self> {
        let log = folder.join("log");
        let file = fs::File::create(&log)?;
        shell.args(["-c", WATCHDOG, "sh", stop]).args(command);
        // Messages are compared.
        shell.env("LC_ALL", "C");
        shell.stdin(Stdio::piped()).stdout(file.try_clone()?);
        let watchdog = shell
            .stderr(file)
            // So that Ctrl-C reaches this process only.
            .process_group(0)
            .spawn()?;
        Ok(Self {
            watchdog,
            log,
            name,
        })
    }

    /// Waits until the server accepts connections. `is_ready` gets the log, and must not mistake another server for this one.
    ///
    /// # Errors
    /// If the server ends, or is not ready after two minutes.
    pub(crate) fn wait_until(&mut self, is_ready: impl Fn(&str) -> bool) -> Result<Start> {
        let start = Instant::now();
        loop {
            let has_ended = self.watchdog.try_wait()?.is_some();
            let log = self.log();
            if has_ended && log.contains("Address already in use") {
                return Ok(Start::PortTaken);
            }
            ensure!(!has_ended, "{} did not start: {log}", self.name);
            if is_ready(&log) {
                return Ok(Start::Ready);
            }
            if start.elapsed() > START_LIMIT {
                bail!("{} was not ready after {START_LIMIT:?}: {log}", self.name);
            }
            sleep(Duration::from_millis(20));
        }
    }

    fn log(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }
}

/// Starts a server on a free port. Another process can take the port before the server does, so several ports are tried.
pub(crate) fn on_free_port<T>(start: impl Fn(u16) -> Result<(T, Start)>) -> Result<(T, u16)> {
    for _ in 0..MAX_PORTS {
        let port = free_port()?;
        if let (service, Start::Ready) = start(port)? {
            return Ok((service, port));
        }
    }
    bail!("no free port after {MAX_PORTS} attempts: other processes have taken them")
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
    }
}

/// A command that the unprivileged user runs if this process is root.
pub(crate) fn as_user(program: impl AsRef<OsStr>) -> Result<Command> {
    if !is_root()? {
        return Ok(Command::new(program));
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", USER, "--regid", USER, "--clear-groups", "--"]);
    command.arg(program);
    Ok(command)
}

/// A temporary folder that belongs to the user of the servers.
pub(crate) fn folder() -> Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("bird-service-").tempdir()?;
    if is_root()? {
        chown(
            folder.path(),
            Some(id(&["-u", USER])?),
            Some(id(&["-g", USER])?),
        )?;
    }
    Ok(folder)
}

fn is_root() -> Result<bool> {
    Ok(id(&["-u"])? == 0)
}

fn id(arguments: &[&str]) -> Result<u32> {
    let output = Command::new("id").args(arguments).output()?;
    ensure!(
        output.status.success(),
        "the user `{USER}` is missing: install the Debian package `postgresql`"
    );
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// A port that was free just now.
pub(crate) fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command, what: &str) -> Result<()> {
    let output = command.output().with_context(|| what.to_owned())?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{what} failed: {errors}");
    Ok(())
}

#[cfg(test)]
mod tests;
