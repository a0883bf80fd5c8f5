//! Prism as a proxy between the SDK and the sandbox. It validates each request and each response against the contract.
//!
//! `prism proxy` without `--errors` forwards everything and logs violations. With `--errors` it would reject every request,
//! because it does not support the scheme of the access key. `prism mock` is not an alternative: it answers an invalid
//! request with an invented error instead of reporting a violation.

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
const UNSUPPORTED_SCHEME: &str =
    "We currently do not support this type of security scheme: http/accesskey";

pub(super) fn check() -> Result<String> {
    let contract = root().join(CONTRACT);
    let operations = operations(&fs::read_to_string(&contract)?)?;
    check_that_violations_are_found(&contract)?;
    let rust = validate("Rust", &contract, &operations, |sandbox, url| {
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
    let environment = environment_with_wheel()?;
    let python = validate("Python", &contract, &operations, |sandbox, url| {
        let test = ["-m", "pytest", "--quiet", "tests/test_every_operation.py"];
        let mut command = environment.command("python", test);
        process::run(sandbox.pass(command.current_dir(python::sources()), url))
    })?;
    Ok(format!(
        "{} operations in each language, {rust} exchanges from Rust and {python} from Python, no violations; \
         invalid requests and responses were detected",
        operations.len()
    ))
}

/// Runs a program that calls every operation through Prism, and returns the number of its exchanges.
fn validate(
    language: &str,
    contract: &Path,
    operations: &BTreeSet<(String, String)>,
    program: impl FnOnce(&Sandbox, &str) -> Result<()>,
) -> Result<usize> {
    let sandbox = Sandbox::start()?;
    let (prism, url) = start(contract, &sandbox)?;
    let result = program(&sandbox, &url);
    thread::sleep(SETTLE);
    let log = Log::parse(&prism.stop());
    ensure!(
        log.violations.is_empty(),
        "{language}: Prism found\n{}",
        log.violations.join("\n")
    );
    result?;
    let missing: Vec<_> = operations
        .iter()
        .filter(|(method, path)| {
            let mut requests = log.requests.iter();
            !requests.any(|(by, to)| by == method && matches(to, path))
        })
        .collect();
    ensure!(
        missing.is_empty(),
        "{language}: Prism received no request for {missing:?}"
    );
    ensure!(
        log.validated == log.requests.len(),
        "{language}: of {} requests Prism validated {}",
        log.requests.len(),
        log.validated
    );
    Ok(log.requests.len())
}

/// Checks that Prism reports an invalid request and invalid responses. Prism silently skips schemas that it cannot compile,
/// so the responses have several schemas.
fn check_that_violations_are_found(contract: &Path) -> Result<()> {
    let changed = tools().join("contract-with-wrong-types.yaml");
    let mut contract_text = fs::read_to_string(contract)?;
    for field in [
        "    ConnectorId:\n      type: ",
        "    ChannelId:\n      type: ",
        "    NumberId:\n      type: ",
        "        code:\n          type: ",
    ] {
        ensure!(
            contract_text.contains(field),
            "the contract has no {} to change",
            field.trim()
        );
        contract_text =
            contract_text.replace(&format!("{field}string"), &format!("{field}boolean"));
    }
    fs::write(&changed, contract_text)?;
    let sandbox = Sandbox::start()?;
    let (prism, url) = start(&changed, &sandbox)?;
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
    let found = Log::parse(&prism.stop()).violations;
    for (expected, times) in [
        ("request.query.limit", 1),
        ("results.0.id must be boolean", 3),
        ("code must be boolean", 1),
    ] {
        ensure!(
            found.iter().filter(|line| line.contains(expected)).count() >= times,
            "expected {times} times \"{expected}\" from Prism, but it reported\n{}",
            found.join("\n")
        );
    }
    Ok(())
}

fn start(contract: &Path, sandbox: &Sandbox) -> Result<(Service, String)> {
    let port = free_port()?.to_string();
    let mut command = program()?;
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

fn program() -> Result<Command> {
    // Not the link in `.bin`, which may start a shell: killing the shell would leave Prism running.
    let script = "node_modules/@stoplight/prism-cli/dist/index.js";
    Ok(command("node", [process::npm_install(PRISM)?.join(script)]))
}

/// An environment with the wheel and pytest.
fn environment_with_wheel() -> Result<Environment> {
    let wheel = python::build("dev", "wheel-for-referees")?;
    let mut packages = python::group("test")?;
    packages.retain(|package| package.starts_with("pytest"));
    let environment = Environment::with("referee-prism", &packages)?;
    environment.reinstall(&wheel)?;
    Ok(environment)
}

/// Method and path of every operation.
fn operations(contract: &str) -> Result<BTreeSet<(String, String)>> {
    let contract: Value = serde_yaml_ng::from_str(contract)?;
    let paths = contract["paths"]
        .as_mapping()
        .context("the contract has no paths")?;
    let mut operations = BTreeSet::new();
    for (path, item) in paths {
        for (method, operation) in item
            .as_mapping()
            .context("a path of the contract is not a mapping")?
        {
            if operation.get("operationId").is_some()
                && let (Some(method), Some(path)) = (method.as_str(), path.as_str())
            {
                operations.insert((method.to_owned(), path.to_owned()));
            }
        }
    }
    ensure!(!operations.is_empty(), "the contract has no operations");
    Ok(operations)
}

fn matches(path: &str, template: &str) -> bool {
    let (parts, expected) = (path.split('/'), template.split('/'));
    parts.clone().count() == expected.clone().count()
        && parts
            .zip(expected)
            .all(|(part, expected)| part == expected || expected.starts_with('{'))
}

/// Sends a GET request and ignores the response.
fn get(url: &str, path: &str) -> Result<()> {
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: AccessKey {KEY}\r\nConnection: close\r\n\r\n"
    )?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    if !response.starts_with("HTTP/1.1 ") {
        bail!("Prism sent no HTTP response");
    }
    Ok(())
}

/// The relevant lines of Prism's log.
#[derive(Default)]
struct Log {
    /// Method and path of each request.
    requests: Vec<(String, String)>,
    /// Number of requests that Prism validated.
    validated: usize,
    violations: Vec<String>,
}

impl Log {
    fn parse(lines: &[String]) -> Self {
        let mut log = Self::default();
        for line in lines {
            if line.contains("Violation:") {
                if line.contains(UNSUPPORTED_SCHEME) {
                    log.validated += 1;
                } else {
                    log.violations.push(line.clone());
                }
            } else if line.contains("Request terminated with error") {
                log.violations.push(line.clone());
            } else if line.contains("Request received")
                && let Some((_, rest)) = line.split_once("[HTTP SERVER] ")
            {
                let mut words = rest.split_whitespace().map(str::to_owned);
                log.requests.extend(words.next().zip(words.next()));
            }
        }
        log
    }
}

#[cfg(test)]
mod tests;
