//! A PostgreSQL server with an empty database.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::service::{self, Service, as_user};

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
        let programs = programs()?;
        let folder = service::folder()?;
        let data = folder.path().join("data");
        let mut initdb = as_user(programs.join("initdb"))?;
        initdb.arg("--pgdata").arg(&data).args([
            "--username=postgres",
            "--auth=trust",
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C",
        ]);
        service::run(initdb.current_dir(folder.path()), "initdb")?;
        let port = service::free_port()?;
        let (server, number) = (programs.join("postgres"), port.to_string());
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
        let mut service = Service::start(
            "PostgreSQL",
            folder.path(),
            "QUIT",
            as_user("sh")?,
            &command,
        )?;
        let is_ready = programs.join("pg_isready");
        service.wait_until(|| {
            let mut check = std::process::Command::new(&is_ready);
            check.args(["-q", "-h", "127.0.0.1", "-p", &number]);
            check.status().is_ok_and(|status| status.success())
        })?;
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

/// The folder with the programs of the newest version.
fn programs() -> Result<PathBuf> {
    let all = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let folders = all.flatten().map(|version| version.path().join("bin"));
    let installed = folders.filter(|folder| folder.join("initdb").exists());
    let version = |folder: &PathBuf| -> u32 {
        let name = folder.parent().and_then(Path::file_name);
        let name = name.and_then(OsStr::to_str).unwrap_or_default();
        name.parse().unwrap_or_default()
    };
    installed
        .max_by_key(version)
        .or_else(|| Some(service::find("initdb")?.parent()?.to_owned()))
        .context("PostgreSQL is missing: install the Debian package `postgresql`")
}
