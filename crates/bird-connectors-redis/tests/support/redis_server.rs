// A real Redis server in a temporary folder. Tests and documentation examples include this file.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Runs a server until its standard input ends, as it also does when this process is killed.
const WATCHDOG: &str = r#""$@" & child=$!; read -r _; kill -s KILL "$child"; wait "$child""#;

/// A server on a free port. It stores nothing, and is stopped when it is dropped, and also when this process is killed.
#[allow(dead_code)]
pub(crate) struct RedisServer {
    port: u16,
    folder: tempfile::TempDir,
    watchdog: Child,
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
            if let Some(watchdog) = spawn(port, folder.path()) {
                return Self {
                    port,
                    folder,
                    watchdog,
                };
            }
        }
        panic!("redis-server does not start on any free port");
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    pub(crate) fn process_id(&self) -> u32 {
        let response = request(self.port, "INFO server").unwrap();
        let (_, id) = response.split_once("\nprocess_id:").unwrap();
        id.lines().next().unwrap().trim().parse().unwrap()
    }

    /// Ends the server and all connections.
    pub(crate) fn stop(&mut self) {
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
    }

    /// Starts the server again on the same port, without its data.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.watchdog = spawn(self.port, self.folder.path()).unwrap();
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Starts a server and waits until it listens. `None` if it ends, as it does if the port is taken.
#[allow(dead_code, clippy::panic, clippy::unwrap_used)]
fn spawn(port: u16, folder: &std::path::Path) -> Option<Child> {
    let version = Command::new("redis-server").arg("--version").output();
    if let Err(error) = version {
        panic!(
            "cannot start redis-server, which this test needs: {error}. Install the package redis-server, or run \
             `cargo xtask test`, which installs it"
        );
    }
    let mut watchdog = Command::new("sh")
        .args(["-c", WATCHDOG, "sh", "redis-server"])
        .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
        .args(["--save", "", "--appendonly", "no"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(std::fs::File::create(folder.join("log")).unwrap())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    // Another server can have taken the port, and has another folder.
    let folder = folder.to_string_lossy();
    while !request(port, "CONFIG GET dir").is_some_and(|dir| dir.contains(&*folder)) {
        let log = std::fs::read_to_string(format!("{folder}/log")).unwrap_or_default();
        if log.contains("Failed listening") {
            drop(watchdog.stdin.take());
            let _ = watchdog.wait();
            return None;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Some(watchdog)
}

/// The response of the server on this port.
#[allow(dead_code)]
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
