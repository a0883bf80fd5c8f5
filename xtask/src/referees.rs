//! `cargo xtask referees`: checks the contract, the sandbox and the SDK with three independent tools.
//!
//! - Prism is a proxy between the SDK and the sandbox, and validates every request and response.
//! - schemathesis generates requests for the sandbox, and validates the responses.
//! - openapi-python-client generates a client from the contract, which calls the sandbox.

mod prism;
mod sandbox;
mod service;

use std::time::Instant;

use anyhow::{Result, bail, ensure};

use crate::process::{self, cargo, root, tools};
use crate::python::Environment;
use sandbox::{CONTRACT, Sandbox};

/// Pinned, because a newer version may find more.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";
const CLIENT_GENERATOR: [&str; 2] = ["openapi-python-client==0.29.1", "ruff==0.17.6"];

/// Returns a summary of the checks, or an error that lists the violations.
type Check = fn() -> Result<String>;

pub(crate) fn run(only: Option<&str>) -> Result<()> {
    process::run(&mut cargo([
        "build",
        "--quiet",
        "--package",
        "bird-connectors-sandbox",
    ]))?;
    let referees: [(&str, Check); 3] = [
        ("Prism", prism::check),
        ("schemathesis", schemathesis),
        ("openapi-python-client", generated_client),
    ];
    let mut lines = Vec::new();
    let mut failed = false;
    for (name, check) in referees {
        if only.is_some_and(|only| !only.eq_ignore_ascii_case(name)) {
            continue;
        }
        let start = Instant::now();
        let result = check();
        let seconds = start.elapsed().as_secs_f32();
        failed |= result.is_err();
        lines.push(match result {
            Ok(summary) => format!("{name}: {summary} ({seconds:.0} s)"),
            Err(error) => format!("{name}: FAILED after {seconds:.0} s: {error:#}"),
        });
    }
    ensure!(
        !lines.is_empty(),
        "unknown referee: expected Prism, schemathesis or openapi-python-client"
    );
    println!("\n{}", lines.join("\n"));
    if failed {
        bail!("a referee found violations");
    }
    Ok(())
}

fn schemathesis() -> Result<String> {
    script("check_sandbox.py", &[SCHEMATHESIS.to_owned()])?;
    Ok("every operation without failures or warnings; both runs that must fail failed".to_owned())
}

fn generated_client() -> Result<String> {
    script("generated_client.py", &CLIENT_GENERATOR.map(str::to_owned))?;
    Ok("its client creates, reads, lists and deletes connectors".to_owned())
}

/// Runs a script of `xtask/referees` against a new sandbox, in an environment with these packages.
fn script(name: &str, packages: &[String]) -> Result<()> {
    let stem = name.trim_end_matches(".py");
    let environment = Environment::with(&format!("referee-{stem}"), packages)?;
    let sandbox = Sandbox::start()?;
    let mut command = environment.command("python", [root().join("xtask/referees").join(name)]);
    command
        .arg(root().join(CONTRACT))
        .arg(tools().join(format!("referee-{stem}-work")));
    process::run(sandbox.pass(&mut command, sandbox.url()))
}
