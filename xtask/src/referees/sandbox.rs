//! The sandbox as a separate process for the referees.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::service::Service;
use crate::process::{command, tools};

pub(super) const CONTRACT: &str = "openapi/bird-connectors.yaml";

pub(super) const KEY: &str = "a-key-for-referees";

/// A running sandbox program with connectors to read and to delete. Its installs finish at once.
pub(super) struct Sandbox {
    _service: Service,
    url: String,
    workspace: String,
}

impl Sandbox {
    pub(super) fn start() -> Result<Self> {
        let mut command = command(
            sandbox_program()?,
            [
                "--key",
                KEY,
                "--speed",
                "20",
                "--connectors",
                "120",
                // No server listens on this port, so each delivery fails and is logged.
                "--deliver",
                "https://hooks.example.com=127.0.0.1:9",
            ],
        );
        let service = Service::start("the sandbox", &mut command, "Ctrl-C")?;
        let of = |name: &str| {
            let prefix = format!("export {name}=");
            let mut lines = service.output.iter();
            let found = lines.find_map(|line| line.strip_prefix(&prefix).map(str::to_owned));
            found.with_context(|| format!("the sandbox did not print its {name}"))
        };
        Ok(Self {
            url: of("BIRD_BASE_URL")?,
            workspace: of("BIRD_WORKSPACE_ID")?,
            _service: service,
        })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn workspace(&self) -> &str {
        &self.workspace
    }

    /// Sets the environment variables with which a program reaches the sandbox. `url` is its address, or that of a proxy.
    pub(super) fn pass<'a>(&self, command: &'a mut Command, url: &str) -> &'a mut Command {
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
