//! The programs that tests start as services. Missing ones are installed with the package manager of the system.

use std::env::consts::OS;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::process::{self, command};

/// A program that tests start.
struct Service {
    program: &'static str,
    /// The commands of which one is installed with it.
    commands: &'static [&'static str],
    debian: &'static str,
    homebrew: &'static str,
}

const SERVICES: [Service; 3] = [
    Service {
        program: "redis-server",
        commands: &["redis-server"],
        debian: "redis-server",
        homebrew: "redis",
    },
    Service {
        program: "PostgreSQL",
        // Debian keeps the programs of the server out of the path.
        commands: &["initdb", "pg_ctlcluster"],
        debian: "postgresql",
        homebrew: "postgresql",
    },
    Service {
        program: "pgbouncer",
        commands: &["pgbouncer"],
        debian: "pgbouncer",
        homebrew: "pgbouncer",
    },
];

/// Installs the services that are missing. On Windows, the tests that need them are not compiled.
pub(crate) fn install() -> Result<()> {
    for service in &SERVICES {
        if OS != "windows" && !service.commands.iter().any(|command| is_installed(command)) {
            let Service { program, .. } = service;
            install_package(service).with_context(|| {
                format!("the tests need the program {program}, which is missing and cannot be installed: install it by hand")
            })?;
        }
    }
    Ok(())
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Where Debian keeps some servers, and only root looks for programs.
    let servers = std::iter::once("/usr/sbin".into());
    let mut folders = std::env::split_paths(&path).chain(servers);
    folders.any(|folder| folder.join(program).is_file())
}

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
