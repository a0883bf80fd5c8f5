//! The programs that tests start as services. Missing ones are installed with the package manager of the system.

#[cfg(unix)]
use std::env::consts::OS;
use std::path::PathBuf;
#[cfg(unix)]
use std::process::Command;

#[cfg(unix)]
use anyhow::Context as _;
use anyhow::{Result, bail};

#[cfg(unix)]
use crate::process::{self, command};

/// A program that tests start.
#[cfg(unix)]
struct Service {
    program: &'static str,
    /// A command that is installed with it.
    command: &'static str,
    debian: &'static str,
    homebrew: &'static str,
}

#[cfg(unix)]
const SERVICES: [Service; 3] = [
    Service {
        program: "redis-server",
        command: "redis-server",
        debian: "redis-server",
        homebrew: "redis",
    },
    Service {
        program: "PostgreSQL",
        command: "initdb",
        debian: "postgresql",
        homebrew: "postgresql",
    },
    Service {
        program: "pgbouncer",
        command: "pgbouncer",
        debian: "pgbouncer",
        homebrew: "pgbouncer",
    },
];

/// Installs valgrind if it is missing.
#[cfg(unix)]
pub(crate) fn install_valgrind() -> Result<()> {
    let service = Service {
        program: "valgrind",
        command: "valgrind",
        debian: "valgrind",
        homebrew: "valgrind",
    };
    if bird_connectors_services::find_program(service.command).is_some() {
        return Ok(());
    }
    install_package(&service).context(
        "the instructions are counted with valgrind, which is missing and cannot be installed: install it by hand",
    )
}

#[cfg(not(unix))]
pub(crate) fn install_valgrind() -> Result<()> {
    bail!("valgrind runs on Unix only")
}

/// Installs the services that are missing. On Windows, the tests that need them are not compiled.
#[cfg(unix)]
pub(crate) fn install() -> Result<()> {
    for service in &SERVICES {
        if bird_connectors_services::find_program(service.command).is_none() {
            let Service { program, .. } = service;
            install_package(service).with_context(|| {
                format!("the tests need the program {program}, which is missing and cannot be installed: install it by hand")
            })?;
        }
    }
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn install() -> Result<()> {
    Ok(())
}

/// The browser for the tests of the sandbox's page. Installed if it is missing.
#[cfg(unix)]
pub(crate) fn chromium() -> Result<PathBuf> {
    let service = Service {
        program: "Chromium",
        command: "chromium",
        debian: "chromium",
        homebrew: "chromium",
    };
    let names = [service.command, "chromium-browser", "google-chrome"];
    let find = || {
        let mut names = names.into_iter();
        names.find_map(bird_connectors_services::find_program)
    };
    if let Some(program) = find() {
        return Ok(program);
    }
    install_package(&service)?;
    find().context("Chromium was installed, but is not in the path")
}

#[cfg(not(unix))]
pub(crate) fn chromium() -> Result<PathBuf> {
    bail!("the tests of the sandbox's page run on Unix only")
}

#[cfg(unix)]
fn install_package(service: &Service) -> Result<()> {
    match OS {
        "linux" => {
            process::run(&mut apt_get(&["update"])?)?;
            let options = ["install", "--yes", "--no-install-recommends"];
            process::run(apt_get(&options)?.arg(service.debian))
        }
        "macos" => process::run(&mut command("brew", ["install", service.homebrew])),
        _ => bail!("the package manager of {OS} is unknown"),
    }
}

/// Only root can install packages.
#[cfg(unix)]
fn apt_get(arguments: &[&str]) -> Result<Command> {
    let user = process::output(&mut command("id", ["-u"]))?;
    let program: &[&str] = match user.trim() {
        "0" => &["apt-get", "--quiet"],
        _ => &["sudo", "--non-interactive", "apt-get", "--quiet"],
    };
    let mut apt_get = command(program[0], program[1..].iter().chain(arguments));
    // Packages must not ask questions.
    apt_get.env("DEBIAN_FRONTEND", "noninteractive");
    Ok(apt_get)
}
