//! What the benchmarks need: builds, peers in an environment of their own, and one server for all sides.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use super::figures::Figures;
use crate::process::{self, cargo, command, root, tools};
use crate::python::{self, Environment};

pub(crate) struct Setting {
    pub(crate) quick: bool,
    worker: PathBuf,
    wheel: PathBuf,
    pub(crate) peers: Environment,
    /// Where the generated client is.
    generated: PathBuf,
    server: Server,
}

impl Setting {
    pub(crate) fn new(quick: bool) -> Result<Self> {
        let worker = worker(quick)?;
        let wheel = if quick {
            python::build("dev", "wheel-for-tests")?
        } else {
            python::build("wheel", "wheel")?
        };
        let peers = Environment::with("python-bench", &python::pinned("bench/requirements.txt")?)?;
        peers.renew(&wheel)?;
        Ok(Self {
            quick,
            generated: generated_client(&peers)?,
            server: Server::start(&worker)?,
            worker,
            wheel,
            peers,
        })
    }

    /// Runs sides that are Rust.
    pub(crate) fn worker(&self, part: &str) -> Result<Vec<Figures>> {
        self.figures(&mut command(&self.worker, [part]))
    }

    /// Runs sides that are Python.
    pub(crate) fn script(&self, name: &str) -> Result<Vec<Figures>> {
        let path = python::sources().join("bench").join(name);
        let mut script = self.peers.command("python", [path]);
        self.figures(script.env("PYTHONPATH", &self.generated))
    }

    fn figures(&self, command: &mut Command) -> Result<Vec<Figures>> {
        command.args(["--server", &self.server.address]);
        if self.quick {
            command.arg("--quick");
        }
        Figures::read(&process::output(command)?)
    }

    /// Only of the wheel that is released.
    pub(crate) fn wheel_size(&self) -> Result<Vec<Figures>> {
        if self.quick {
            return Ok(Vec::new());
        }
        let size = fs::metadata(&self.wheel)
            .with_context(|| format!("cannot read {}", self.wheel.display()))?
            .len();
        let figures = Figures::new("wheel", "bird-connectors", "B", vec![size as f64]);
        Ok(vec![figures])
    }
}

/// The program with the server and the sides that are Rust.
fn worker(quick: bool) -> Result<PathBuf> {
    let name = "bird-connectors-bench";
    let mut build = cargo(["build", "--quiet", "--package", name]);
    if !quick {
        build.arg("--release");
    }
    process::run(&mut build)?;
    let profile = if quick { "debug" } else { "release" };
    let program = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    Ok(process::target().join(profile).join(program))
}

/// The client that openapi-python-client makes of the contract.
fn generated_client(peers: &Environment) -> Result<PathBuf> {
    let folder = tools().join("python-bench-client");
    let generator = peers.program("openapi-python-client");
    let mut generate = command(generator, ["generate", "--overwrite", "--meta", "none"]);
    generate
        .arg("--path")
        .arg(root().join("openapi/bird-connectors.yaml"))
        .arg("--output-path")
        .arg(folder.join("connectors_client"))
        // It formats what it wrote with a program that it expects to be found.
        .env("PATH", peers.path()?);
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    process::output(&mut generate)?;
    Ok(folder)
}

/// A process that answers until it is dropped.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(worker: &Path) -> Result<Self> {
        let mut process = command(worker, ["serve"])
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", worker.display()))?;
        let mut address = String::new();
        let output = process.stdout.take().context("the server has no output")?;
        BufReader::new(output).read_line(&mut address)?;
        let server = Self {
            process,
            address: address.trim().to_owned(),
        };
        ensure!(!server.address.is_empty(), "the server did not start");
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
