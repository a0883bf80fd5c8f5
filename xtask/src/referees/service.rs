//! A server in a child process. Dropping the handle stops it.

use std::io::{BufRead as _, BufReader, Read};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// How long a server may take to become ready, on a busy machine.
const START_TIMEOUT: Duration = Duration::from_secs(120);

pub(super) struct Service {
    name: &'static str,
    child: Child,
    lines: Receiver<String>,
    /// The lines that it has printed so far.
    pub(super) output: Vec<String>,
}

impl Service {
    /// Starts a server, and waits until it prints a line that contains `ready`.
    pub(super) fn start(name: &'static str, command: &mut Command, ready: &str) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let (sender, lines) = channel();
        let outputs: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|output| Box::new(output) as _),
            child.stderr.take().map(|output| Box::new(output) as _),
        ];
        for output in outputs.into_iter().flatten() {
            let sender = sender.clone();
            thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    // Fails if the service was dropped, when the lines are no longer needed.
                    let _ = sender.send(without_colors(&line));
                }
            });
        }
        let mut service = Self {
            name,
            child,
            lines,
            output: Vec::new(),
        };
        service.wait_for(ready)?;
        Ok(service)
    }

    fn wait_for(&mut self, ready: &str) -> Result<()> {
        let start = Instant::now();
        while let Some(remaining) = START_TIMEOUT.checked_sub(start.elapsed()) {
            let Ok(line) = self.lines.recv_timeout(remaining) else {
                break;
            };
            let found = line.contains(ready);
            self.output.push(line);
            if found {
                return Ok(());
            }
        }
        bail!(
            "{} was not ready within {START_TIMEOUT:?}; it printed:\n{}",
            self.name,
            self.output.join("\n")
        );
    }

    /// Stops it, and returns all lines that it printed.
    pub(super) fn stop(mut self) -> Vec<String> {
        self.kill();
        // The pipes close with the process, so the iterator ends.
        let mut output = std::mem::take(&mut self.output);
        output.extend(self.lines.iter());
        output
    }

    fn kill(&mut self) {
        // Both fail if the process has already exited.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port without a listener.
pub(super) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("found no free port")?;
    Ok(listener.local_addr()?.port())
}

/// Removes color escapes from a line.
fn without_colors(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| {
        let rest = part.split_once('m').map_or("", |(_, rest)| rest);
        plain + rest
    })
}

#[cfg(test)]
mod tests;
