//! `cargo xtask lint`: all checks that run no tests.

pub(crate) mod imports;

use anyhow::{Result, ensure};

use crate::process::{self, cargo, command};
use crate::python::{self, Environment};
use crate::steps::Steps;
use crate::{codegen, docs, fmt, rustdoc, stubs, workflows};

/// The linter of the contract, from the npm registry. Pinned, because a newer version may find more.
const REDOCLY: &str = "@redocly/cli@2.77.0";

/// Runs all checks, also after one has failed.
pub(crate) fn run(steps: &mut Steps) -> Result<()> {
    steps.check("rustfmt", || fmt::rust(true));
    steps.check("import directions", || imports::run(&[]));
    steps.check("generated files", || codegen::run(true));
    steps.check("contract", contract);
    steps.check("workflows", workflows::run);
    steps.check("dependencies", dependencies);
    steps.check("clippy", || {
        let clippy = ["clippy", "--workspace", "--all-targets", "--"];
        process::run(cargo(clippy).args(["-D", "warnings"]))?;
        // Without the features that are on by default.
        for features in ["", "gzip", "webhook"] {
            let clippy = ["clippy", "--package", "bird-connectors", "--lib"];
            let features = ["--no-default-features", "--features", features, "--"];
            process::run(cargo(clippy).args(features).args(["-D", "warnings"]))?;
        }
        Ok(())
    });
    steps.check("rustdoc", rustdoc::run);
    steps.check("documentation site", documentation);
    steps.check("stubs", || stubs::run(true));
    steps.check("Python", python);
    steps.finish()
}

/// Builds the documentation site. Its generator needs a newer Python than all other tasks: without it, this checks the
/// snippets and facts of the pages, and CI with a newer Python checks the rest.
fn documentation() -> Result<()> {
    if docs::can_build()? {
        docs::run(&mut Steps::default())
    } else {
        eprintln!(
            "the site is not built, because that needs Python 3.11: only its pages are checked"
        );
        docs::check_pages()
    }
}

/// Checks the Python sources, their types, and that the stubs match the native module.
fn python() -> Result<()> {
    let wheel = python::build("dev", "wheel-for-lint")?;
    let environment = Environment::with("python-lint", &python::group("lint")?)?;
    environment.reinstall(&wheel)?;
    fmt::python(&environment, true)?;
    for check in [
        &["ruff", "check"][..],
        &[
            "ruff",
            "check",
            "--config",
            "pyproject.toml",
            "--extend-ignore",
            "D103",
            "../xtask/outside",
            "../xtask/referees",
        ],
        &["mypy", "-p", "bird_connectors"],
        &["pyright", "--pythonpath"],
        &[
            "python",
            "-m",
            "mypy.stubtest",
            "--allowlist",
            "stubtest.txt",
            "bird_connectors",
            "pytest_bird_connectors",
        ],
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
    let folder = process::npm_install(REDOCLY)?;
    let redocly = folder.join("node_modules/.bin/redocly");
    let lint = ["lint", "--lint-config", "error", "--config"];
    process::run(
        command(redocly, lint)
            .arg("openapi/redocly.yaml")
            // No network access: it neither sends usage data nor checks for updates.
            .env("REDOCLY_TELEMETRY", "off")
            .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true"),
    )
}

/// Crates that users of the SDK must not build: the code generator, and a second TLS library.
/// (`openssl-probe` is allowed: it only searches for the certificate store.)
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

/// Crates that only the default features need.
const OPTIONAL: [&str; 3] = ["flate2", "hmac", "sha2"];

fn dependencies() -> Result<()> {
    check_absent(&[], &UNWANTED)?;
    check_absent(&["--no-default-features"], &OPTIONAL)
}

/// Checks that the SDK with these features depends on none of these crates.
fn check_absent(features: &[&str], unwanted: &[&str]) -> Result<()> {
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
    let output = process::output(cargo(tree).args(features))?;
    let names: Vec<&str> = output
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    let found: Vec<_> = unwanted
        .iter()
        .filter(|name| names.contains(name))
        .collect();
    ensure!(
        found.is_empty(),
        "the SDK depends on {found:?}: `cargo tree {} -i NAME` shows why",
        features.join(" ")
    );
    ensure!(
        names.contains(&"progenitor-client"),
        "unexpected output of `cargo tree`: it does not list progenitor-client"
    );
    Ok(())
}
