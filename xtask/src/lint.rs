//! `cargo xtask lint`: everything that can be wrong without a test.

use anyhow::Result;

use crate::codegen;
use crate::process::{self, cargo, command, tools};

/// The contract's validator, from the npm registry. Pinned: a newer one may find more, and that is a change to make on
/// purpose.
const REDOCLY: &str = "@redocly/cli@2.77.0";

pub(crate) fn run() -> Result<()> {
    process::run(&mut cargo(["fmt", "--all", "--check"]))?;
    codegen::run(true)?;
    contract()?;
    process::run(&mut cargo([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))?;
    process::run(cargo(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
}

fn contract() -> Result<()> {
    let folder = tools().join(REDOCLY.replace(['@', '/'], "-"));
    let redocly = folder.join("node_modules/.bin/redocly");
    if !redocly.exists() {
        let install = [
            "install",
            "--no-save",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
            "--prefix",
        ];
        process::run(command("npm", install).arg(&folder).arg(REDOCLY))?;
    }
    // Validating needs no network: neither figures nor a look for updates are to leave this machine.
    process::run(
        command(
            redocly,
            [
                "lint",
                "--lint-config",
                "error",
                "--config",
                "openapi/redocly.yaml",
            ],
        )
        .env("REDOCLY_TELEMETRY", "off")
        .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true"),
    )
}
