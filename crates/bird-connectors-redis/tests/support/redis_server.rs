// A real Redis server in a temporary folder. Tests and documentation examples include this file.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A server on a free port. It stores nothing, and is stopped when it is dropped.
#[allow(dead_code)]
pub(crate) struct RedisServer {
    port: u16,
    folder: tempfile::TempDir,
    process: Child,
}

#[allow(dead_code, clippy::unwrap_used, clippy::panic)]
impl RedisServer {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Another process can take the port before the server does.
        for _ in 0..10 {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let port = listener.local_addr().unwrap().port();
            drop(listener);
            if let Some(process) = spawn(port, folder.path()) {
                return Self {
                    port,
                    folder,
                    process,
                };
            }
        }
        panic!("redis-server does not start on any free port");
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Ends the server and all connections.
    pub(crate) fn stop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Starts the server again on the same port, without its data.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.process = spawn(self.port, self.folder.path()).unwrap();
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Starts a server and waits until it listens. `None` if it ends, as it does if the port is taken.
#[allow(dead_code, clippy::panic)]
fn spawn(port: u16, folder: &std::path::Path) -> Option<Child> {
    let mut process = Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
        .args(["--save", "", "--appendonly", "no"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("cannot start redis-server, which this test needs: {error}. Install the package redis-server, or run `cargo xtask test`, which installs it")
        });
    loop {
        if process.try_wait().is_ok_and(|status| status.is_some()) {
            return None;
        }
        if process_id(port) == Some(process.id()) {
            return Some(process);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The id of the server process that listens on a port.
#[allow(dead_code)]
fn process_id(port: u16) -> Option<u32> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    stream.write_all(b"INFO server\r\nQUIT\r\n").ok()?;
    let mut response = String::new();
    stream.read_to_string(&mut response).ok()?;
    let (_, id) = response.split_once("\nprocess_id:")?;
    id.lines().next()?.trim().parse().ok()
}
