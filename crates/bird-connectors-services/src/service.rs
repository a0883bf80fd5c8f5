//! A server process in a temporary folder, which does not outlive this process.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
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

/// Runs a server until its standard input ends, as it also does when this process is killed.
const WATCHDOG: &str =
    r#"signal=$1; shift; "$@" & child=$!; read -r _; kill -s "$signal" "$child"; wait "$child""#;

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

    /// Waits until the server accepts connections.
    pub(crate) fn wait_until(&mut self, is_ready: impl Fn() -> bool) -> Result<()> {
        let start = Instant::now();
        while !is_ready() {
            if self.watchdog.try_wait()?.is_some() || start.elapsed() > START_LIMIT {
                let log = fs::read_to_string(&self.log).unwrap_or_default();
                bail!("{} did not start: {log}", self.name);
            }
            sleep(Duration::from_millis(20));
        }
        Ok(())
    }
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

/// Finds a program in the path, or where Debian keeps servers and only root looks for programs.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let servers = std::iter::once("/usr/sbin".into());
    let mut files = std::env::split_paths(&path)
        .chain(servers)
        .map(|folder| folder.join(program));
    files.find(|file| file.is_file())
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

pub(crate) fn accepts_connections(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command, what: &str) -> Result<()> {
    let output = command.output().with_context(|| what.to_owned())?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{what} failed: {errors}");
    Ok(())
}
