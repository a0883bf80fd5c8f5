//! The command, run as a program.
#![cfg(all(feature = "cli", unix))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

struct RunningSandbox {
    child: Child,
    lines: Vec<String>,
}

impl RunningSandbox {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bird-connectors-sandbox"));
        let mut child = command
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            lines.push(line.unwrap());
            if lines.last().unwrap().contains("Ctrl-C") {
                break;
            }
        }
        Self { child, lines }
    }

    /// The variables that the printed lines export.
    fn exports(&self) -> HashMap<String, String> {
        let exports = self
            .lines
            .iter()
            .filter_map(|line| line.strip_prefix("export ")?.split_once('='));
        exports
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    fn get(&self, path: &str) -> String {
        let exports = self.exports();
        let mut stream =
            TcpStream::connect(exports["BIRD_BASE_URL"].strip_prefix("http://").unwrap()).unwrap();
        let (workspace, key) = (&exports["BIRD_WORKSPACE_ID"], &exports["BIRD_ACCESS_KEY"]);
        write!(stream, "GET /workspaces/{workspace}{path} HTTP/1.1\r\nhost: x\r\nauthorization: AccessKey {key}\r\nconnection: close\r\n\r\n").unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    }

    fn interrupt(mut self) -> Option<i32> {
        let killed = Command::new("kill")
            .args(["-INT", &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(killed.success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for RunningSandbox {
    fn drop(&mut self) {
        // The program is still running only if the test has failed.
        let _ = self.child.kill();
    }
}

#[test]
fn command_prints_client_settings_and_stops_on_interrupt() {
    let sandbox = RunningSandbox::start(&[
        "--key",
        "from-the-command-line",
        "--connectors",
        "3",
        "--page-tokens",
        "offset",
        "--last-page",
        "empty",
    ]);
    assert_eq!(
        sandbox.exports()["BIRD_ACCESS_KEY"],
        "from-the-command-line"
    );
    assert!(
        sandbox
            .lines
            .iter()
            .any(|line| line.contains("phoneNumberId")),
        "{:?}",
        sandbox.lines
    );
    let reply = sandbox.get("/connectors");
    assert!(
        reply.starts_with("HTTP/1.1 200")
            && reply.contains("Seeded 3")
            && reply.contains("\"nextPageToken\":\"\""),
        "{reply}"
    );
    assert_eq!(sandbox.interrupt(), Some(0));
}

#[test]
fn rate_limits_option_enforces_the_documented_limits() {
    let sandbox = RunningSandbox::start(&["--rate-limits", "--retry-after", "seconds"]);
    let rejected = (0..10_000)
        .map(|_| sandbox.get("/numbers"))
        .find(|reply| reply.starts_with("HTTP/1.1 429"));
    assert!(rejected.unwrap().contains("retry-after: 1"));
    assert_eq!(sandbox.interrupt(), Some(0));
}

#[test]
fn command_with_a_used_port_or_invalid_option_prints_an_error() {
    let sandbox = RunningSandbox::start(&[]);
    let port = sandbox.exports()["BIRD_BASE_URL"]
        .rsplit(':')
        .next()
        .unwrap()
        .to_owned();
    for (arguments, code, message) in [
        (vec!["--port", port.as_str()], 1, "cannot start the sandbox"),
        (vec!["--speed", "0"], 2, "must be a number above 0"),
        (vec!["--delete-response", "perhaps"], 2, "possible values"),
        (vec!["--key", "a b"], 1, "invalid access key"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_bird-connectors-sandbox"))
            .args(&arguments)
            .output()
            .unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
        assert!(error.contains(message), "{arguments:?}: {error}");
    }
    assert_eq!(sandbox.interrupt(), Some(0));
}

#[test]
fn page_and_scene_options_serve_the_page_with_the_scene() {
    let file = std::env::temp_dir().join(format!("scene-{}.json", std::process::id()));
    let path = file.to_str().unwrap();
    let scene =
        r#"{"connectors": [{"name": "From a file", "template": "line:1", "script": "never"}]}"#;
    std::fs::write(&file, scene).unwrap();
    let sandbox = RunningSandbox::start(&["--ui", "--scene", path]);
    let url = sandbox.exports()["BIRD_BASE_URL"].clone();
    let page = sandbox
        .lines
        .iter()
        .find_map(|line| line.strip_prefix("# Page: "));
    let page = page.unwrap_or_else(|| panic!("{:?}", sandbox.lines));
    assert!(page.ends_with("/_sandbox/ui/"), "{page}");
    assert!(!page.starts_with(&url), "the page has its own port: {page}");
    assert!(sandbox.get("/connectors").contains("From a file"));
    assert_eq!(sandbox.interrupt(), Some(0));

    // Options that the scene replaces.
    for (scene, options) in [
        (scene, ["--rate-limits", "--ui"]),
        (scene, ["--page-tokens", "offset"]),
        (r#"{"scripts": {"default": "instant"}}"#, ["--speed", "2"]),
    ] {
        std::fs::write(&file, scene).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_bird-connectors-sandbox"))
            .args(["--scene", path])
            .args(options)
            .output()
            .unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success());
        assert!(error.contains("--scene"), "{options:?}: {error}");
    }

    std::fs::write(&file, r#"{"connectors": 5}"#).unwrap();
    for (path, message) in [
        (path, "invalid scene: connectors must be an array or null"),
        (
            "/nonexistent/scene.json",
            "cannot read /nonexistent/scene.json",
        ),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_bird-connectors-sandbox"))
            .args(["--scene", path])
            .output()
            .unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(error.contains(message), "{error}");
    }
    std::fs::remove_file(&file).unwrap();
}
