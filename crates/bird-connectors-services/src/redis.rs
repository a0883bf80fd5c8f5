//! A Redis server that stores nothing on disk.

use std::ffi::OsStr;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use crate::programs;
use crate::service::{self, Service, Start};

/// A running server. It also runs as root.
#[derive(Debug)]
pub struct Redis {
    // In this order: the server stops before its folder is removed. `None` while it is stopped.
    service: Option<Service>,
    folder: TempDir,
    port: u16,
}

impl Redis {
    /// Starts a server. Blocks until it answers.
    ///
    /// # Errors
    /// If Redis is not installed, or does not start.
    pub fn start() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("bird-service-").tempdir()?;
        let (service, port) = service::on_free_port(|port| start_on(port, folder.path()))?;
        Ok(Self {
            service: Some(service),
            folder,
            port,
        })
    }

    /// The URL of the server.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// The id of the process of the server.
    ///
    /// # Errors
    /// If the server does not answer.
    pub fn process_id(&self) -> Result<u32> {
        let response = request(self.port, "INFO server").context("redis-server does not answer")?;
        let (_, id) = response.split_once("\nprocess_id:").unwrap_or_default();
        let id = id.lines().next().unwrap_or_default();
        id.trim().parse().context("redis-server reports no process")
    }

    /// Ends the server and all connections.
    pub fn stop(&mut self) {
        drop(self.service.take());
    }

    /// Starts the server again on the same port, without its data.
    ///
    /// # Errors
    /// If it does not start.
    pub fn restart(&mut self) -> Result<()> {
        self.stop();
        let (service, start) = start_on(self.port, self.folder.path())?;
        ensure!(
            start == Start::Ready,
            "another process has taken the port {}",
            self.port
        );
        self.service = Some(service);
        Ok(())
    }
}

/// Starts a server and waits until it answers.
pub(crate) fn start_on(port: u16, folder: &Path) -> Result<(Service, Start)> {
    let program = programs::find_program("redis-server")
        .context("Redis is missing: install the package `redis-server`")?;
    let number = port.to_string();
    let command: [&OsStr; 11] = [
        program.as_ref(),
        "--bind".as_ref(),
        "127.0.0.1".as_ref(),
        "--port".as_ref(),
        number.as_ref(),
        "--save".as_ref(),
        "".as_ref(),
        "--appendonly".as_ref(),
        "no".as_ref(),
        "--dir".as_ref(),
        folder.as_ref(),
    ];
    let shell = Command::new("sh");
    let mut service = Service::start("redis-server", folder, "KILL", shell, &command)?;
    // The server that has taken the port has another folder.
    let name = folder.to_string_lossy();
    let answers = |_: &str| request(port, "CONFIG GET dir").is_some_and(|dir| dir.contains(&*name));
    let start = service.wait_until(answers)?;
    Ok((service, start))
}

/// The response of the server on this port.
fn request(port: u16, command: &str) -> Option<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    stream
        .write_all(format!("{command}\r\nQUIT\r\n").as_bytes())
        .ok()?;
    let mut response = String::new();
    stream.read_to_string(&mut response).ok()?;
    Some(response)
}
