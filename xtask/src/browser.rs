//! `cargo xtask browser`: tests of the sandbox's page in headless Chromium, and its pictures for the documentation.
//!
//! `xtask/browser/` has the tests, which playwright-core drives. They use the sandbox program, the command line as a client that
//! is built on the SDK, and the Python package.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::process::{self, cargo, command, npm_install, root, target, tools};
use crate::{services, test};

/// Pinned, because a new version can need another browser.
const PLAYWRIGHT: &str = "playwright-core@1.65.0";

/// The longest time of one test in milliseconds, so that a browser that hangs ends. One test sends 100,000 requests, and another
/// one compiles.
const TEST_TIMEOUT: &str = "--test-timeout=1200000";

/// Runs the tests.
pub(crate) fn run() -> Result<()> {
    let environment = test::environment()?;
    let output = tools().join("browser");
    std::fs::create_dir_all(&output)
        .with_context(|| format!("cannot create {}", output.display()))?;
    let reporter = ["--test", "--test-reporter=spec", TEST_TIMEOUT];
    let mut tests = node(&reporter, "tests.mjs")?;
    tests
        .env("BROWSER_OUTPUT", output)
        .env("BROWSER_CLI", program("bird-connectors"))
        .env("BROWSER_PYTHON", environment.program("python"))
        .env("BROWSER_CARGO", cargo::<&str>([]).get_program())
        .env("BROWSER_TARGET", target())
        .env("BROWSER_ROOT", root())
        .env(
            "BROWSER_CRATE",
            root().join("crates/bird-connectors-sandbox"),
        );
    process::run(&mut tests)
}

/// Takes the pictures of the documentation.
pub(crate) fn screenshots() -> Result<()> {
    let output = root().join("docs/assets");
    process::run(node(&[], "screenshots.mjs")?.env("BROWSER_OUTPUT", output))
}

/// A script with the programs that it needs.
fn node(options: &[&str], script: &str) -> Result<Command> {
    let chromium = services::chromium()?;
    let packages = [
        "--package",
        "bird-connectors-sandbox",
        "--package",
        "bird-connectors-cli",
    ];
    process::run(cargo(["build", "--quiet"]).args(packages))?;
    let mut command = command("node", options);
    command
        .arg(root().join("xtask/browser").join(script))
        // With the separator at its end, it is a folder from which packages are resolved.
        .env("BROWSER_PLAYWRIGHT", npm_install(PLAYWRIGHT)?.join(""))
        .env("BROWSER_CHROMIUM", chromium)
        .env("BROWSER_SANDBOX", program("bird-connectors-sandbox"));
    Ok(command)
}

fn program(name: &str) -> PathBuf {
    let mut file = OsString::from(name);
    file.push(std::env::consts::EXE_SUFFIX);
    target().join("debug").join(file)
}
