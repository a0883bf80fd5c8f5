//! `cargo xtask referees`: three programs that others wrote judge contract, sandbox and SDK.
//!
//! Prism stands between the SDK and the sandbox and judges both sides of every exchange, schemathesis makes up requests
//! for the sandbox, and openapi-python-client makes a client of its own. None of them shares a line with this repository.

mod prism;
mod sandbox;
mod service;

use std::time::Instant;

use anyhow::{Result, bail, ensure};

use crate::process::{self, cargo, root, tools};
use crate::python::Environment;
use sandbox::{CONTRACT, Sandbox};

/// Pinned, so that a new opinion of theirs is a change to make on purpose.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";
const GENERATOR: [&str; 2] = ["openapi-python-client==0.29.1", "ruff==0.17.6"];

/// Says what it has seen, where it is content.
type Judge = fn() -> Result<String>;

pub(crate) fn run(only: Option<&str>) -> Result<()> {
    process::run(&mut cargo([
        "build",
        "--quiet",
        "--package",
        "bird-connectors-sandbox",
    ]))?;
    let referees: [(&str, Judge); 3] = [
        ("Prism", prism::judge),
        ("schemathesis", schemathesis),
        ("openapi-python-client", generated_client),
    ];
    let mut lines = Vec::new();
    let mut failed = false;
    for (name, judge) in referees {
        if only.is_some_and(|only| !only.eq_ignore_ascii_case(name)) {
            continue;
        }
        let begun = Instant::now();
        let verdict = judge();
        let seconds = begun.elapsed().as_secs_f32();
        failed |= verdict.is_err();
        lines.push(match verdict {
            Ok(said) => format!("{name}: {said} ({seconds:.0} s)"),
            Err(error) => format!("{name}: FAILED after {seconds:.0} s: {error:#}"),
        });
    }
    ensure!(!lines.is_empty(), "there is no such referee");
    println!("\n{}", lines.join("\n"));
    if failed {
        bail!("not every referee is content");
    }
    Ok(())
}

fn schemathesis() -> Result<String> {
    script("judge_sandbox.py", &[SCHEMATHESIS.to_owned()])?;
    Ok("27 operations, no failure and no warning; both runs that had to fail did".to_owned())
}

fn generated_client() -> Result<String> {
    script("generated_client.py", &GENERATOR.map(str::to_owned))?;
    Ok("its client creates, reads, lists and deletes".to_owned())
}

/// Runs one of the scripts against a sandbox of its own, with these packages.
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
