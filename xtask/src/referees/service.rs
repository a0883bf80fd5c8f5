//! A server that runs beside a chore: started, watched by its lines, ended with the chore.

use std::io::{BufRead as _, BufReader, Read};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// How long a server may take to say that it is there, on a machine that does much else.
const START: Duration = Duration::from_secs(120);

pub(super) struct Service {
    name: &'static str,
    child: Child,
    lines: Receiver<String>,
    /// The lines that it has printed so far.
    pub(super) output: Vec<String>,
}

impl Service {
    /// Starts it, and waits for a line with this text.
    pub(super) fn start(name: &'static str, command: &mut Command, ready: &str) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{name} cannot be started"))?;
        let (sender, lines) = channel();
        let outputs: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|output| Box::new(output) as _),
            child.stderr.take().map(|output| Box::new(output) as _),
        ];
        for output in outputs.into_iter().flatten() {
            let sender = sender.clone();
            thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    // Nobody listens any more once the service is dropped.
                    let _ = sender.send(without_colours(&line));
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
        let begun = Instant::now();
        while let Some(left) = START.checked_sub(begun.elapsed()) {
            let Ok(line) = self.lines.recv_timeout(left) else {
                break;
            };
            let found = line.contains(ready);
            self.output.push(line);
            if found {
                return Ok(());
            }
        }
        bail!(
            "{} was not ready within {START:?}; it printed:\n{}",
            self.name,
            self.output.join("\n")
        );
    }

    /// Stops it, and returns all lines that it printed.
    pub(super) fn end(mut self) -> Vec<String> {
        self.stop();
        // The pipes close with the process, so this ends.
        let mut output = std::mem::take(&mut self.output);
        output.extend(self.lines.iter());
        output
    }

    fn stop(&mut self) {
        // It may have ended by itself; then both fail, and nothing is left to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A port that nobody listens on.
pub(super) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no port is free")?;
    Ok(listener.local_addr()?.port())
}

/// Takes the escapes out with which programs colour what they say.
fn without_colours(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| {
        let text = part.split_once('m').map_or("", |(_, text)| text);
        plain + text
    })
}

#[cfg(test)]
mod tests {
    use super::without_colours;

    #[test]
    fn colours_go_and_text_stays() {
        let line = "[1] \u{1b}[31m✖\u{1b}[0m  \u{1b}[1mViolation\u{1b}[22m: m";
        assert_eq!(without_colours(line), "[1] ✖  Violation: m");
        assert_eq!(without_colours("plain"), "plain");
    }
}
