//! A sandbox, and the program as a process that talks to it.
#![allow(dead_code)] // Not every test uses everything.

pub(crate) mod gate;
#[cfg(unix)]
pub(crate) mod terminal;

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use bird_connectors_sandbox::{Sandbox, SandboxBuilder, Script, Step};
#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The ids of the examples in the help.
pub(crate) const CONNECTOR: &str = "3f1c5b0e-7c55-4b6e-9c41-2a6f0d9b8e11";
pub(crate) const CHANNEL: &str = "8362fa40-9ff1-5430-a3ab-79ecc61b96b1";
pub(crate) const NUMBER: &str = "232d438f-9512-56f4-90a4-d0a17bf28237";

/// The workspace of the files of channels.
const CHANNEL_WORKSPACE: &str = "2d7a1e03-25e4-401e-bf1e-0ace545673d7";

/// A file of channels, and the file with its secret.
pub(crate) const CHANNEL_FILES: [(&str, &str); 2] = [
    (
        "channels.yaml",
        "\
version: 1
project: acme
workspaces:
  - id: 2d7a1e03-25e4-401e-bf1e-0ace545673d7
    label: production
    connectors:
      - name: Reception
        template: voice
        phone_number: \"+31612345678\"
    webhook_subscriptions:
      - event: sms.inbound
        url: https://hooks.example.com/bird
        signing_key: file:signing-key
",
    ),
    ("signing-key", "planted-signing-key\n"),
];

/// A sandbox that runs until this value is dropped.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    folder: TempDir,
    // Dropped last.
    runtime: Runtime,
}

impl World {
    /// Installs are finished at once.
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder.default_script(Script::instant()))
    }

    pub(crate) fn with(configure: impl FnOnce(SandboxBuilder) -> SandboxBuilder) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let builder = configure(Sandbox::builder().access_key("planted-access-key"));
        let sandbox = runtime.block_on(builder.start()).unwrap();
        Self {
            sandbox,
            folder: tempfile::tempdir().unwrap(),
            runtime,
        }
    }

    /// Adds the connector and the channel of the examples.
    pub(crate) fn with_examples(self) -> Self {
        self.sandbox.insert_connector(json!({
            "id": CONNECTOR,
            "name": "Support NL",
            "connectorTemplateRef": "sms-messagebird:1",
            "channel": {"channelId": CHANNEL, "platform": "sms-messagebird"},
            "createdAt": "2026-11-01T12:00:00Z",
        }));
        self.sandbox.insert_channel(json!({
            "id": CHANNEL,
            "connectorId": CONNECTOR,
            "name": "Support NL",
            "platformId": "sms-messagebird",
            "identifier": "+31612345678",
            "status": "active",
            "createdAt": "2026-11-01T12:00:01Z",
        }));
        self
    }

    /// A sandbox with a file of channels for its workspace, and the file with its secret.
    pub(crate) fn with_channel_file() -> Self {
        let id = CHANNEL_WORKSPACE.parse().unwrap();
        let world = Self::with(|builder| {
            let builder = builder.default_script(Script::instant());
            builder.workspace_id(id)
        });
        for (name, content) in CHANNEL_FILES {
            std::fs::write(world.folder().join(name), content).unwrap();
        }
        world
    }

    /// The recorded session of the end of a channel, with the ids of a channel that this installs.
    pub(crate) fn end_session(&self, format: &str) -> String {
        let ensure = [
            "connectors",
            "ensure",
            "line",
            "--name",
            "Chat",
            "--wait",
            "-o",
            "json",
        ];
        let ready = self.run(&ensure).expect(0).json();
        let path = format!("tests/sessions/end/{format}.trycmd");
        let session = std::fs::read_to_string(path).unwrap();
        session
            .replace("[CONNECTOR]", ready["connector_id"].as_str().unwrap())
            .replace("[CHANNEL]", ready["channel_id"].as_str().unwrap())
    }

    /// Makes the channels of all connectors active.
    pub(crate) fn activate(&self) {
        for connector in self.sandbox.connectors() {
            let id = connector["id"].as_str().unwrap().parse().unwrap();
            // The script creates the channel a moment after the connector, and would then overwrite its status.
            wait_until("the connector has a channel", || {
                self.has_channel(&connector["id"])
            });
            let active = Step::Status("active".to_owned());
            assert!(self.sandbox.apply_step(id, active));
        }
    }

    fn has_channel(&self, connector: &Value) -> bool {
        let channels = self.sandbox.channels();
        channels
            .iter()
            .any(|channel| channel["connectorId"] == *connector)
    }

    /// A folder of this test.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The environment of the program.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let configuration = self.folder.path().join("configuration");
        vec![
            ("BIRD_BASE_URL", self.sandbox.base_url()),
            ("BIRD_ACCESS_KEY", self.sandbox.access_key().to_owned()),
            ("BIRD_WORKSPACE_ID", self.sandbox.workspace_id().to_string()),
            ("XDG_CONFIG_HOME", configuration.display().to_string()),
            ("HOME", self.folder.path().display().to_string()),
        ]
    }

    /// The program with these arguments, without a terminal.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.prepared(Command::new(program()), arguments)
    }

    /// Another program that becomes this one, such as `env`.
    pub(crate) fn command_by(&self, starter: &[&str], arguments: &[&str]) -> Command {
        let mut command = Command::new(starter[0]);
        command.args(&starter[1..]).arg(program());
        self.prepared(command, arguments)
    }

    fn prepared(&self, mut command: Command, arguments: &[&str]) -> Command {
        command
            .args(arguments)
            .env_clear()
            .envs(self.environment())
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    /// Starts the program, with pipes for both of its outputs.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments)
            .stderr(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Starts `sandbox` or `webhooks listen`. Returns the line that says where it listens.
    pub(crate) fn serve(&self, arguments: &[&str]) -> (Child, String) {
        let mut server = self.spawn(arguments);
        let mut line = String::new();
        // One prints it to standard output, the other one to standard error.
        if arguments[0] == "sandbox" {
            let out = server.stdout.as_mut().unwrap();
            BufReader::new(out).read_line(&mut line).unwrap();
        } else {
            let err = server.stderr.as_mut().unwrap();
            BufReader::new(err).read_line(&mut line).unwrap();
        }
        (server, line)
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().unwrap())
    }

    /// Runs a command line that the program printed.
    pub(crate) fn run_line(&self, line: &str) -> Ran {
        let words = shell_words::split(line).unwrap();
        assert_eq!(words[0], "bird-connectors", "{line}");
        let arguments: Vec<&str> = words[1..].iter().map(String::as_str).collect();
        self.run(&arguments)
    }
}

/// Runs a command with this text as its standard input.
pub(crate) fn with_input(mut command: Command, input: &str) -> Ran {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that fails early does not read it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Ran::from(child.wait_with_output().unwrap())
}

pub(crate) fn program() -> &'static str {
    env!("CARGO_BIN_EXE_bird-connectors")
}

/// Sends a signal to a process.
#[cfg(unix)]
pub(crate) fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Waits until a condition is true. Fails after a time that is far above what a test needs on a busy machine.
#[track_caller]
pub(crate) fn wait_until(condition: &str, is_true: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_true() {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "after a minute, it is still not true that {condition}"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// How a process ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    /// Waits for a process, whose standard error has been read up to these lines.
    pub(crate) fn after(child: Child, lines: Lines<BufReader<ChildStderr>>) -> Self {
        let rest: Vec<String> = lines.map(Result::unwrap).collect();
        let ran = Self::from(child.wait_with_output().unwrap());
        Self {
            err: rest.join("\n"),
            ..ran
        }
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|why| panic!("{why}: {self:?}"))
    }

    /// The error on the last line of standard error as JSON.
    #[track_caller]
    pub(crate) fn error(&self) -> Value {
        let line = self.err.lines().last().unwrap_or_default();
        serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {self:?}"))
    }

    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }
}

/// `webhooks listen` as a process, which is killed when this value is dropped.
pub(crate) struct Listener {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Listener {
    /// Starts the command with these arguments, and with JSON lines as output.
    pub(crate) fn start(world: &World, key: &str, arguments: &[&str]) -> Self {
        let mut command =
            world.command(&["webhooks", "listen", "--port", "0", "--output", "jsonl"]);
        let mut child = command
            .args(arguments)
            .env("BIRD_SIGNING_KEY", key)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stderr.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.split("http://").nth(1).unwrap();
        let address = address.split(". ").next().unwrap().parse().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self {
            child,
            address,
            lines,
        }
    }

    /// The next delivery that it prints.
    pub(crate) fn next(&mut self) -> Value {
        serde_json::from_str(&self.lines.next().unwrap().unwrap()).unwrap()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
