//! What the benchmarks need: builds, an environment with the alternatives, and one server for all variants.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use super::measurement::Measurement;
use crate::process::{self, cargo, command, root, tools};
use crate::python::{self, Environment};

pub(crate) struct Setup {
    quick: bool,
    /// The program `bird-connectors-bench`.
    program: PathBuf,
    wheel: PathBuf,
    /// The Python environment with the package and its alternatives.
    pub(crate) environment: Environment,
    /// The folder with the client that openapi-python-client generates.
    generated_client: PathBuf,
    server: Server,
}

impl Setup {
    pub(crate) fn new(quick: bool) -> Result<Self> {
        let program = build_program(quick)?;
        let wheel = if quick {
            python::build("dev", "wheel-for-tests")?
        } else {
            python::build("wheel", "wheel")?
        };
        let packages = python::group("bench")?;
        let environment = Environment::with("python-bench", &packages)?;
        environment.reinstall(&wheel)?;
        Ok(Self {
            quick,
            generated_client: generate_client(&environment)?,
            server: Server::start(&program)?,
            program,
            wheel,
            environment,
        })
    }

    /// What the counting of instructions needs: an optimized program, and the wheel of the tests.
    pub(crate) fn for_instructions() -> Result<Self> {
        let program = build_program(false)?;
        let wheel = python::build("dev", "wheel-for-tests")?;
        let environment = Environment::fresh("python-instructions")?;
        environment.reinstall(&wheel)?;
        Ok(Self {
            quick: true,
            generated_client: PathBuf::new(),
            server: Server::start(&program)?,
            program,
            wheel,
            environment,
        })
    }

    /// The command that runs a benchmark that is written in Rust.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut program = command(&self.program, [name]);
        program.args(["--server", &self.server.address]);
        program
    }

    /// The command that runs a Python script for a number of rounds. Its hashes are the same in each run.
    pub(crate) fn python_command(&self, file: &str, rounds: u32) -> Command {
        let path = python::sources().join("bench").join(file);
        let mut script = self.environment.command("python", [path]);
        script.env("PYTHONHASHSEED", "0");
        script.args(["--server", &self.server.address]);
        script.args(["--rounds", &rounds.to_string()]);
        script
    }

    /// Runs a benchmark that is written in Rust.
    pub(crate) fn rust(&self, name: &str) -> Result<Vec<Measurement>> {
        Measurement::parse(&self.rust_output(name)?)
    }

    /// Runs a benchmark that is written in Rust, and returns its output.
    pub(crate) fn rust_output(&self, name: &str) -> Result<String> {
        self.output(&mut command(&self.program, [name]))
    }

    /// Runs a benchmark that is written in Python.
    pub(crate) fn python(&self, file: &str) -> Result<Vec<Measurement>> {
        let path = python::sources().join("bench").join(file);
        let mut script = self.environment.command("python", [path]);
        Measurement::parse(&self.output(script.env("PYTHONPATH", &self.generated_client))?)
    }

    fn output(&self, command: &mut Command) -> Result<String> {
        command.args(["--server", &self.server.address]);
        command.args(self.quick.then_some("--quick"));
        process::output(command)
    }

    /// The size of the wheel, unless it is unoptimized.
    pub(crate) fn wheel_size(&self) -> Result<Vec<Measurement>> {
        if self.quick {
            return Ok(Vec::new());
        }
        let size = fs::metadata(&self.wheel)
            .with_context(|| format!("cannot read {}", self.wheel.display()))?
            .len();
        let size = Measurement::new("wheel", "bird-connectors", "B", vec![size as f64]);
        Ok(vec![size])
    }
}

/// Builds the program with the server and the benchmarks in Rust.
fn build_program(quick: bool) -> Result<PathBuf> {
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

/// Generates a client from the contract with openapi-python-client.
fn generate_client(environment: &Environment) -> Result<PathBuf> {
    let folder = tools().join("python-bench-client");
    let generator = environment.program("openapi-python-client");
    let mut generate = command(generator, ["generate", "--overwrite", "--meta", "none"]);
    generate
        .arg("--path")
        .arg(root().join("openapi/bird-connectors.yaml"))
        .arg("--output-path")
        .arg(folder.join("connectors_client"))
        // The generator runs `ruff`, which it searches in `PATH`.
        .env("PATH", environment.path()?);
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    process::output(&mut generate)?;
    Ok(folder)
}

/// The server in a child process. It is killed when this value is dropped.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(program: &Path) -> Result<Self> {
        let mut process = command(program, ["serve"])
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
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
        // Both fail if the process has already exited.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
