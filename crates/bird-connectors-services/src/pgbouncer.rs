//! PgBouncer in transaction mode, in front of a PostgreSQL server.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::postgres::Postgres;
use crate::programs;
use crate::service::{self, Service, Start, as_user};

/// A running pooler. Two transactions of a client can use different connections to the server.
#[derive(Debug)]
pub struct PgBouncer {
    // In this order: the server stops before its folder is removed.
    _service: Service,
    _folder: TempDir,
    port: u16,
}

impl PgBouncer {
    /// Starts a pooler. Blocks until it accepts connections.
    ///
    /// # Errors
    /// If PgBouncer is not installed, or does not start.
    pub fn start(postgres: &Postgres) -> Result<Self> {
        let folder = service::folder()?;
        let start = |port| start_on(port, folder.path(), postgres.port());
        let (service, port) = service::on_free_port(start)?;
        Ok(Self {
            _service: service,
            _folder: folder,
            port,
        })
    }

    /// The connection string of the database, in the form `key=value`.
    #[must_use]
    pub fn connection_string(&self) -> String {
        format!(
            "host=127.0.0.1 port={} user=postgres dbname=postgres",
            self.port
        )
    }
}

/// Starts a pooler and waits until it accepts connections.
pub(crate) fn start_on(port: u16, folder: &Path, server: u16) -> Result<(Service, Start)> {
    let program = programs::find_program("pgbouncer")
        .context("PgBouncer is missing: install the package `pgbouncer`")?;
    let settings = folder.join("pgbouncer.ini");
    fs::write(
        &settings,
        format!(
            "[databases]\n* = host=127.0.0.1 port={server} user=postgres\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
             pool_mode = transaction\ndefault_pool_size = 5\nserver_round_robin = 1\n"
        ),
    )?;
    let command: [&OsStr; 2] = [program.as_ref(), settings.as_ref()];
    let mut service = Service::start("PgBouncer", folder, "INT", as_user("sh")?, &command)?;
    // It listens before it writes this message.
    let start = service.wait_until(|log| log.contains("process up"))?;
    Ok((service, start))
}
