//! Starting other programs: from the root of the repository, said aloud, and failing where they fail.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// The target folder.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Where a chore installs what it needs: below the target folder, never globally.
pub(crate) fn tools() -> PathBuf {
    target().join("tools")
}

/// The cargo that runs this chore.
pub(crate) fn cargo<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    command(
        std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
        arguments,
    )
}

/// A program from the registry of crates, such as `cargo-deny@0.20.2`, installed once.
pub(crate) fn installed(package: &str) -> Result<PathBuf> {
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

pub(crate) fn command<S: AsRef<OsStr>>(
    program: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = S>,
) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// Runs a command to its end and fails where it does.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = announce(command);
    let status = command.status().with_context(|| cannot_start(&line))?;
    ensure!(status.success(), "`{line}` failed: {status}");
    Ok(())
}

/// Like [`run`], and returns what it printed to standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = announce(command);
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

fn announce(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    let line = words
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ");
    eprintln!("\x1b[1m$ {line}\x1b[0m");
    line
}

fn cannot_start(line: &str) -> String {
    format!("`{line}` cannot be started; is the program installed?")
}
