//! `cargo xtask lint`: everything that can be wrong without a test.

pub(crate) mod imports;

use anyhow::{Result, ensure};

use crate::process::{self, cargo, command, tools};
use crate::python::{self, Environment};
use crate::{codegen, stubs};

/// The contract's validator, from the npm registry. Pinned: a newer one may find more, and that is a change to make on
/// purpose.
const REDOCLY: &str = "@redocly/cli@2.77.0";

pub(crate) fn run() -> Result<()> {
    process::run(&mut cargo(["fmt", "--all", "--check"]))?;
    imports::run(&[])?;
    codegen::run(true)?;
    contract()?;
    dependencies()?;
    process::run(&mut cargo([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))?;
    process::run(cargo(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    python()
}

/// The sources, the types, and that the stubs say what the native module is.
fn python() -> Result<()> {
    stubs::run(true)?;
    let wheel = python::build("dev", "wheel-for-lint")?;
    let mut packages = python::requirements()?;
    packages.push(python::LINT.to_owned());
    let environment = Environment::with("python-lint", &packages)?;
    environment.install(&["--force-reinstall".into(), "--no-deps".into(), wheel])?;
    for check in [
        &["ruff", "check"][..],
        &["ruff", "format", "--check"],
        &["mypy", "-p", "bird_connectors"],
        &["pyright", "--pythonpath"],
        &["python", "-m", "mypy.stubtest", "bird_connectors._native"],
    ] {
        let mut command = environment.command(check[0], &check[1..]);
        if check[0] == "pyright" {
            command.arg(environment.program("python"));
        }
        process::run(command.current_dir(python::sources()))?;
    }
    Ok(())
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

/// What users of the SDK must not pay for: the generator, and a TLS library beside the one in use.
/// (`openssl-probe`, which only looks for the certificate store, is none.)
const UNWANTED: [&str; 8] = [
    "progenitor",
    "progenitor-impl",
    "typify",
    "aws-lc-rs",
    "aws-lc-sys",
    "native-tls",
    "openssl",
    "openssl-sys",
];

fn dependencies() -> Result<()> {
    let tree = [
        "tree",
        "--package",
        "bird-connectors",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ];
    let listed = process::output(&mut cargo(tree))?;
    let names: Vec<&str> = listed
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    let found: Vec<_> = UNWANTED
        .iter()
        .filter(|name| names.contains(name))
        .collect();
    ensure!(
        found.is_empty(),
        "the SDK depends on {found:?}: find out why with `cargo tree -i NAME`"
    );
    ensure!(
        names.contains(&"progenitor-client"),
        "`cargo tree` was read wrongly: it shows no progenitor-client"
    );
    Ok(())
}
