//! Starts other programs in the root of the repository. Each command line is printed, and a failure of the program is an
//! error.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// The target folder of cargo.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The folder for installed tools and environments. Nothing is installed globally.
pub(crate) fn tools() -> PathBuf {
    target().join("tools")
}

/// The cargo that started this task.
pub(crate) fn cargo<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    command(
        std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
        arguments,
    )
}

/// The program of a package from the crate registry, such as `cargo-deny@0.20.2`. Installed at the first call.
pub(crate) fn cargo_install(package: &str) -> Result<PathBuf> {
    let root = tools().join(package.replace('@', "-"));
    let name = package.split('@').next().unwrap_or(package);
    let program = root
        .join("bin")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !program.exists() {
        let install = ["install", "--locked", "--quiet", package, "--root"];
        run(cargo(install).arg(&root))?;
    }
    Ok(program)
}

/// The folder of a package from the npm registry, such as `@redocly/cli@2.77.0`. Installed at the first call.
pub(crate) fn npm_install(package: &str) -> Result<PathBuf> {
    let folder = tools().join(package.replace(['@', '/'], "-"));
    if !folder.join("node_modules").exists() {
        let install = [
            "install",
            "--no-save",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
            "--prefix",
        ];
        run(command("npm", install).arg(&folder).arg(package))?;
    }
    Ok(folder)
}

pub(crate) fn command<S: AsRef<OsStr>>(
    program: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = S>,
) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// Runs a command to completion.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = print(command);
    let status = command.status().with_context(|| cannot_start(&line))?;
    ensure!(status.success(), "`{line}` failed: {status}");
    Ok(())
}

/// Runs a command to completion, and returns its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    print(command);
    quiet_output(command)
}

/// Like [`output`], without printing the command line: for small queries.
pub(crate) fn quiet_output(command: &mut Command) -> Result<String> {
    let line = command_line(command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| cannot_start(&line))?;
    ensure!(
        output.status.success(),
        "`{line}` failed: {}",
        output.status
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Like [`run`], without the lines of standard error that `is_noise` accepts: messages about a success that look like errors.
pub(crate) fn run_without(command: &mut Command, is_noise: fn(&str) -> bool) -> Result<()> {
    let line = print(command);
    let output = command
        .stdout(Stdio::inherit())
        .output()
        .with_context(|| cannot_start(&line))?;
    for message in String::from_utf8_lossy(&output.stderr).lines() {
        if !is_noise(message) {
            eprintln!("{message}");
        }
    }
    ensure!(
        output.status.success(),
        "`{line}` failed: {}",
        output.status
    );
    Ok(())
}

/// Prints a command line and returns it.
fn print(command: &Command) -> String {
    let line = command_line(command);
    eprintln!("\x1b[1m$ {line}\x1b[0m");
    line
}

fn command_line(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or_default();
    let parts = std::iter::once(program).chain(command.get_args());
    parts
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

fn cannot_start(line: &str) -> String {
    format!("cannot start `{line}`: is the program installed?")
}
