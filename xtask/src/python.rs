//! Virtual environments and the wheel, for all tasks that need Python. Both are below the target folder.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::process::{self, command, root, tools};

mod groups;

/// The pinned packages of a dependency group in `pyproject.toml`.
pub(crate) fn group(name: &str) -> Result<Vec<String>> {
    let path = sources().join("pyproject.toml");
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    groups::resolve(&text, name)
}

/// A virtual environment.
pub(crate) struct Environment(PathBuf);

impl Environment {
    /// The environment with this name and exactly these packages. Created unless it exists with the same packages and the same
    /// version of Python.
    pub(crate) fn with(name: &str, packages: &[String]) -> Result<Self> {
        let environment = Self(tools().join(name));
        let list = environment.0.join("packages.txt");
        let version = process::quiet_output(&mut command(interpreter(), ["--version"]))?;
        let wanted = contents(&version, packages);
        if fs::read_to_string(&list).is_ok_and(|installed| installed == wanted) {
            return Ok(environment);
        }
        let environment = Self::fresh(name)?;
        environment.install(packages)?;
        fs::write(&list, wanted).with_context(|| format!("cannot write {}", list.display()))?;
        Ok(environment)
    }

    /// A new environment without packages. Replaces an existing one.
    pub(crate) fn fresh(name: &str) -> Result<Self> {
        let folder = tools().join(name);
        process::run(command(interpreter(), ["-m", "venv", "--clear"]).arg(&folder))?;
        Ok(Self(folder))
    }

    pub(crate) fn install<S: AsRef<OsStr>>(&self, packages: &[S]) -> Result<()> {
        let pip = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ];
        process::run(self.command("python", pip).args(packages))
    }

    /// Installs a wheel, and removes the files of an older one with the same version.
    pub(crate) fn reinstall(&self, wheel: &Path) -> Result<()> {
        self.install(&["--force-reinstall".as_ref(), "--no-deps".as_ref(), wheel])
    }

    /// `PATH` with the programs of this environment first.
    pub(crate) fn path(&self) -> Result<OsString> {
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let own = std::iter::once(self.program("."));
        std::env::join_paths(own.chain(std::env::split_paths(&inherited)))
            .context("cannot extend PATH")
    }

    /// A command that starts a program of this environment.
    pub(crate) fn command<S: AsRef<OsStr>>(
        &self,
        program: &str,
        arguments: impl IntoIterator<Item = S>,
    ) -> Command {
        let mut command = command(self.program(program), arguments);
        command.env("VIRTUAL_ENV", &self.0);
        command
    }

    /// The path of a program of this environment.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        let programs = if cfg!(windows) { "Scripts" } else { "bin" };
        self.0.join(programs).join(name)
    }
}

/// What an environment contains: the output of `python --version`, and a line for each package. Without the version, the tests
/// would silently run with the Python of an earlier run.
fn contents(version: &str, packages: &[String]) -> String {
    let lines = std::iter::once(version.trim()).chain(packages.iter().map(String::as_str));
    lines.collect::<Vec<_>>().join("\n")
}

/// The interpreter for scripts that need no packages.
pub(crate) fn interpreter() -> &'static str {
    if cfg!(windows) { "python" } else { "python3" }
}

/// The environment with maturin.
pub(crate) fn maturin() -> Result<Environment> {
    Environment::with("python-build", &group("build")?)
}

/// Builds the wheel into a folder below the tools, and returns its path. Earlier contents of the folder are removed.
pub(crate) fn build(profile: &str, folder: &str) -> Result<PathBuf> {
    let folder = tools().join(folder);
    remove(&folder)?;
    let maturin = maturin()?;
    let mut build = maturin.command("maturin", ["build", "--quiet", "--locked"]);
    build.args(["--profile", profile, "--out"]).arg(&folder);
    build.args(compression(profile)).current_dir(sources());
    run_maturin(&mut build)?;
    only_file(&folder)
}

/// Arguments of maturin: a wheel that is released is compressed as much as possible.
pub(crate) fn compression(profile: &str) -> &'static [&'static str] {
    match profile {
        "wheel" => &["--compression-level", "9"],
        _ => &[],
    }
}

/// Runs maturin in the folder of the Python package, without the message about the manifest that it tries there first. The one
/// that `pyproject.toml` names is elsewhere.
pub(crate) fn run_maturin(command: &mut Command) -> Result<()> {
    process::run_without(command, |message| {
        message == "error: manifest path `Cargo.toml` does not exist"
    })
}

/// The folder of the Python package.
pub(crate) fn sources() -> PathBuf {
    root().join("python")
}

/// Removes a folder, if it exists.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

/// Moves a source distribution or a wheel to the folder of all of them, and returns its new path.
pub(crate) fn move_to_dist(file: &Path) -> Result<PathBuf> {
    let folder = dist();
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let destination = folder.join(file.file_name().context("the path has no file name")?);
    fs::rename(file, &destination)
        .with_context(|| format!("cannot move {} to {}", file.display(), folder.display()))?;
    Ok(destination)
}

/// The folder of the source distribution and the wheels.
pub(crate) fn dist() -> PathBuf {
    process::target().join("dist")
}

/// The path of the one entry of a folder.
pub(crate) fn only_file(folder: &Path) -> Result<PathBuf> {
    let mut files = fs::read_dir(folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()));
    files
        .next()
        .with_context(|| format!("{} is empty", folder.display()))
}

#[cfg(test)]
mod tests;
