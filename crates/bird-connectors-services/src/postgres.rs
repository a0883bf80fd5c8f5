//! A PostgreSQL server with an empty database.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::programs;
use crate::service::{self, Service, Start, as_user};

/// A running server. Its role `postgres` needs no password.
#[derive(Debug)]
pub struct Postgres {
    // In this order: the server stops before its folder is removed.
    _service: Service,
    _folder: TempDir,
    port: u16,
}

impl Postgres {
    /// Starts a server. Blocks until it accepts connections.
    ///
    /// # Errors
    /// If PostgreSQL is not installed, or does not start.
    pub fn start() -> Result<Self> {
        let folder = service::folder()?;
        let data = create_data(folder.path())?;
        let start = |port| start_on(port, folder.path(), &data);
        let (service, port) = service::on_free_port(start)?;
        Ok(Self {
            _service: service,
            _folder: folder,
            port,
        })
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The connection string of its database, in the form `key=value`.
    #[must_use]
    pub fn connection_string(&self) -> String {
        format!(
            "host=127.0.0.1 port={} user=postgres dbname=postgres",
            self.port
        )
    }
}

/// Creates the files of a server in this folder.
pub(crate) fn create_data(folder: &Path) -> Result<PathBuf> {
    let data = folder.join("data");
    let mut initdb = as_user(programs()?.join("initdb"))?;
    initdb.arg("--pgdata").arg(&data).args([
        "--username=postgres",
        "--auth=trust",
        "--no-sync",
        "--encoding=UTF8",
        "--locale=C",
    ]);
    service::run(initdb.current_dir(folder), "initdb")?;
    Ok(data)
}

/// Starts a server and waits until it accepts connections.
pub(crate) fn start_on(port: u16, folder: &Path, data: &Path) -> Result<(Service, Start)> {
    let (server, number) = (programs()?.join("postgres"), port.to_string());
    let command: [&OsStr; 12] = [
        server.as_ref(),
        "-D".as_ref(),
        data.as_ref(),
        "-p".as_ref(),
        number.as_ref(),
        // The data need not survive a crash of the machine.
        "-F".as_ref(),
        "-c".as_ref(),
        "listen_addresses=127.0.0.1".as_ref(),
        "-c".as_ref(),
        "unix_socket_directories=".as_ref(),
        "-c".as_ref(),
        "max_connections=200".as_ref(),
    ];
    let mut service = Service::start("PostgreSQL", folder, "QUIT", as_user("sh")?, &command)?;
    // The server that has taken the port has other files.
    let state = data.join("postmaster.pid");
    let is_ready = |_: &str| {
        let state = fs::read_to_string(&state).unwrap_or_default();
        state.lines().any(|line| line.trim() == "ready")
    };
    let start = service.wait_until(is_ready)?;
    Ok((service, start))
}

/// The folder with the programs of the newest version.
fn programs() -> Result<PathBuf> {
    programs::postgres_programs()
        .context("PostgreSQL is missing: install the package `postgresql`, which contains `initdb`")
}
