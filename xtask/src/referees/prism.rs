//! Prism as a proxy between the SDK and the sandbox: it judges each request and each reply by the contract.
//!
//! `prism mock` would judge nothing here: it answers a wrong request with a made-up error. As a proxy without `--errors` it
//! forwards everything and writes down what is wrong; with `--errors` it would refuse every request for the one thing
//! that it cannot judge, the scheme of the access key.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_yaml_ng::Value;

use super::sandbox::{CONTRACT, KEY, Sandbox};
use super::service::{Service, free_port};
use crate::process::{self, cargo, command, root, tools};
use crate::python::{self, Environment};

const PRISM: &str = "@stoplight/prism-cli@5.16.0";

/// How long Prism may take to write its log lines after a reply.
const SETTLE: Duration = Duration::from_millis(500);

/// Prism logs this for every request, because it cannot check this scheme.
const NOT_JUDGED: &str = "We currently do not support this type of security scheme: http/accesskey";

pub(super) fn judge() -> Result<String> {
    install()?;
    let contract = root().join(CONTRACT);
    let operations = operations(&fs::read_to_string(&contract)?)?;
    broken_or_not(&contract)?;
    let rust = exchange("Rust", &contract, &operations, |sandbox, url| {
        let test = [
            "test",
            "--quiet",
            "--package",
            "bird-connectors",
            "--test",
            "every_operation",
        ];
        process::run(sandbox.pass(&mut cargo(test), url))
    })?;
    let environment = wheel()?;
    let python = exchange("Python", &contract, &operations, |sandbox, url| {
        let test = ["-m", "pytest", "--quiet", "tests/test_every_operation.py"];
        let mut command = environment.command("python", test);
        process::run(sandbox.pass(command.current_dir(python::sources()), url))
    })?;
    Ok(format!(
        "{} operations each, {rust} exchanges from Rust and {python} from Python, no violation; wrong requests \
         and wrong replies were found",
        operations.len()
    ))
}

/// Runs a program that makes every operation through Prism, and counts its exchanges.
fn exchange(
    language: &str,
    contract: &Path,
    operations: &BTreeSet<(String, String)>,
    program: impl FnOnce(&Sandbox, &str) -> Result<()>,
) -> Result<usize> {
    let sandbox = Sandbox::start()?;
    let (prism, url) = start(contract, &sandbox)?;
    let done = program(&sandbox, &url);
    thread::sleep(SETTLE);
    let report = Report::read(&prism.end());
    ensure!(
        report.violations.is_empty(),
        "{language}: Prism found\n{}",
        report.violations.join("\n")
    );
    done?;
    let missing: Vec<_> = operations
        .iter()
        .filter(|(method, path)| {
            let mut seen = report.requests.iter();
            !seen.any(|(by, to)| by == method && fits(to, path))
        })
        .collect();
    ensure!(
        missing.is_empty(),
        "{language}: Prism never saw {missing:?}"
    );
    ensure!(
        report.judged == report.requests.len(),
        "{language}: of {} requests Prism judged {}",
        report.requests.len(),
        report.judged
    );
    Ok(report.requests.len())
}

/// A judge that lets a wrong request or a wrong reply pass is none. Prism keeps silent about a schema that it cannot
/// compile, and then judges no reply with it: so replies of several schemas must be found wrong.
fn broken_or_not(contract: &Path) -> Result<()> {
    let demanding = tools().join("demanding-contract.yaml");
    let mut text = fs::read_to_string(contract)?;
    for name in ["id", "code"] {
        let field = format!("        {name}:\n          type: ");
        ensure!(
            text.contains(&field),
            "the contract has no field {name} to change"
        );
        text = text.replace(&format!("{field}string"), &format!("{field}boolean"));
    }
    fs::write(&demanding, text)?;
    let sandbox = Sandbox::start()?;
    let (prism, url) = start(&demanding, &sandbox)?;
    for path in [
        "connectors?limit=0",
        "connectors",
        "channels",
        "numbers",
        "connectors/00000000-0000-4000-8000-000000000000",
    ] {
        get(&url, &format!("/workspaces/{}/{path}", sandbox.workspace()))?;
    }
    thread::sleep(SETTLE);
    let found = Report::read(&prism.end()).violations;
    for (expected, times) in [
        ("request.query.limit", 1),
        ("results.0.id must be boolean", 3),
        ("code must be boolean", 1),
    ] {
        ensure!(
            found.iter().filter(|line| line.contains(expected)).count() >= times,
            "Prism is broken: of {times} \"{expected}\" it found only\n{}",
            found.join("\n")
        );
    }
    Ok(())
}

fn start(contract: &Path, sandbox: &Sandbox) -> Result<(Service, String)> {
    let port = free_port()?.to_string();
    let mut command = program();
    command.arg("proxy").arg(contract).args([
        sandbox.url(),
        "--host",
        "127.0.0.1",
        "--port",
        &port,
    ]);
    let service = Service::start("Prism", &mut command, "Prism is listening")?;
    Ok((service, format!("http://127.0.0.1:{port}")))
}

fn install() -> Result<()> {
    if tools().join(folder()).join("node_modules").exists() {
        return Ok(());
    }
    let install = [
        "install",
        "--no-save",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        "--prefix",
    ];
    process::run(
        command("npm", install)
            .arg(tools().join(folder()))
            .arg(PRISM),
    )
}

fn program() -> Command {
    // Not the link in `.bin`: killing what runs behind a shell would leave it running.
    let script = "node_modules/@stoplight/prism-cli/dist/index.js";
    command("node", [tools().join(folder()).join(script)])
}

fn folder() -> String {
    PRISM.replace(['@', '/'], "-")
}

/// The package as a user installs it, in an environment of its own.
fn wheel() -> Result<Environment> {
    let wheel = python::build("dev", "wheel-for-referees")?;
    let mut packages = python::requirements()?;
    packages.retain(|package| package.starts_with("pytest"));
    let environment = Environment::with("referee-prism", &packages)?;
    environment.install(&["--force-reinstall".into(), "--no-deps".into(), wheel])?;
    Ok(environment)
}

/// Method and path of every operation.
fn operations(contract: &str) -> Result<BTreeSet<(String, String)>> {
    let contract: Value = serde_yaml_ng::from_str(contract)?;
    let paths = contract["paths"].as_mapping().context("no paths")?;
    let mut operations = BTreeSet::new();
    for (path, item) in paths {
        for (method, operation) in item.as_mapping().context("no path item")? {
            if operation.get("operationId").is_some()
                && let (Some(method), Some(path)) = (method.as_str(), path.as_str())
            {
                operations.insert((method.to_owned(), path.to_owned()));
            }
        }
    }
    ensure!(!operations.is_empty(), "the contract has no operation");
    Ok(operations)
}

fn fits(path: &str, template: &str) -> bool {
    let (parts, wanted) = (path.split('/'), template.split('/'));
    parts.clone().count() == wanted.clone().count()
        && parts
            .zip(wanted)
            .all(|(part, wanted)| part == wanted || wanted.starts_with('{'))
}

/// A request, whatever comes back.
fn get(url: &str, path: &str) -> Result<()> {
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: AccessKey {KEY}\r\nConnection: close\r\n\r\n"
    )?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply)?;
    if !reply.starts_with("HTTP/1.1 ") {
        bail!("Prism gave no answer");
    }
    Ok(())
}

/// What Prism wrote down.
#[derive(Default)]
struct Report {
    requests: Vec<(String, String)>,
    /// How many of them it looked at.
    judged: usize,
    violations: Vec<String>,
}

impl Report {
    fn read(log: &[String]) -> Self {
        let mut report = Self::default();
        for line in log {
            if line.contains("Violation:") {
                if line.contains(NOT_JUDGED) {
                    report.judged += 1;
                } else {
                    report.violations.push(line.clone());
                }
            } else if line.contains("Request terminated with error") {
                report.violations.push(line.clone());
            } else if line.contains("Request received")
                && let Some((_, rest)) = line.split_once("[HTTP SERVER] ")
            {
                let mut words = rest.split_whitespace().map(str::to_owned);
                report.requests.extend(words.next().zip(words.next()));
            }
        }
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_read_for_requests_and_violations() {
        let log = [
            "[1:00:00 PM] › [CLI] ▶  start     Prism is listening on http://127.0.0.1:1",
            "[1:00:00 PM] › [HTTP SERVER] get /workspaces/1/connectors ℹ  info      Request received",
            "[1:00:00 PM] ›     [VALIDATOR] ⚠  warning   Violation: request We currently do not support this type of security scheme: http/accesskey",
            "[1:00:00 PM] ›     [VALIDATOR] ✖  error     Violation: request.query.limit Request query parameter limit must be >= 1",
        ];
        let report = Report::read(&log.map(str::to_owned));
        assert_eq!(report.requests.len(), report.judged);
        assert_eq!(
            report.requests[0],
            ("get".to_owned(), "/workspaces/1/connectors".to_owned())
        );
        assert_eq!(report.violations.len(), 1);
        assert!(report.violations[0].contains("limit must be"));
    }

    #[test]
    fn paths_are_matched_by_their_parts() {
        assert!(fits("/a/1/b", "/a/{id}/b"));
        assert!(!fits("/a/1/c", "/a/{id}/b") && !fits("/a/1", "/a/{id}/b"));
    }
}
