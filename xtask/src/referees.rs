//! `cargo xtask referees`: three programs that others wrote judge contract, sandbox and SDK.
//!
//! Prism stands between the SDK and the sandbox and judges both sides of every exchange, schemathesis makes up requests
//! for the sandbox, and openapi-python-client makes a client of its own. None of them shares a line with this repository.

mod prism;
mod service;

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::process::{self, cargo, command, root, tools};
use crate::python::Environment;
use service::Service;

/// Pinned, so that a new opinion of theirs is a change to make on purpose.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";
const GENERATOR: [&str; 2] = ["openapi-python-client==0.29.1", "ruff==0.17.6"];

pub(crate) fn run(only: Option<&str>) -> Result<()> {
    process::run(&mut cargo([
        "build",
        "--quiet",
        "--package",
        "bird-connectors-sandbox",
    ]))?;
    let referees: [(&str, fn() -> Result<String>); 3] = [
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
    process::run(sandbox.tell(&mut command, &sandbox.url))
}

const CONTRACT: &str = "openapi/bird-connectors.yaml";

const KEY: &str = "a-key-for-referees";

/// The sandbox as a server of its own, with connectors to read and to delete, in which installs are done at once.
struct Sandbox {
    _service: Service,
    url: String,
    workspace: String,
}

impl Sandbox {
    fn start() -> Result<Self> {
        let mut command = command(
            sandbox_program()?,
            [
                "--key",
                KEY,
                "--speed",
                "20",
                "--connectors",
                "120",
                // Nobody listens there: deliveries are tried and logged.
                "--deliver",
                "https://hooks.example.com=127.0.0.1:9",
            ],
        );
        let service = Service::start("the sandbox", &mut command, "Ctrl-C")?;
        let of = |name: &str| {
            let prefix = format!("export {name}=");
            let mut lines = service.said.iter();
            let found = lines.find_map(|line| line.strip_prefix(&prefix).map(str::to_owned));
            found.with_context(|| format!("the sandbox did not tell its {name}"))
        };
        Ok(Self {
            url: of("BIRD_BASE_URL")?,
            workspace: of("BIRD_WORKSPACE_ID")?,
            _service: service,
        })
    }

    /// Tells a program where the sandbox is, or what stands before it.
    fn tell<'a>(&self, command: &'a mut Command, url: &str) -> &'a mut Command {
        command
            .env("REFEREE_URL", url)
            .env("REFEREE_KEY", KEY)
            .env("REFEREE_WORKSPACE", &self.workspace)
    }
}

fn sandbox_program() -> Result<PathBuf> {
    let target = tools();
    let target = target.parent().context("the target folder has no name")?;
    let name = format!("bird-connectors-sandbox{}", std::env::consts::EXE_SUFFIX);
    Ok(target.join("debug").join(name))
}

/// How long something that was said may take to arrive.
const SETTLE: Duration = Duration::from_millis(500);
