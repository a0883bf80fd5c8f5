//! What the Python chores share: where their tools are, pinned, below the target folder.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::process::{self, command, root, tools};

/// What builds the wheel.
const BUILD: &str = "maturin==1.16.0";

/// What checks the sources, beside what the tests need.
pub(crate) const LINT: &str = "ruff==0.17.6";

/// What the tests need beside the wheel itself, pinned there.
pub(crate) fn requirements() -> Result<Vec<String>> {
    pinned("tests/requirements.txt")
}

/// What a file below the folder of the package names.
pub(crate) fn pinned(file: &str) -> Result<Vec<String>> {
    let path = sources().join(file);
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let lines = text.lines().map(str::trim);
    Ok(lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect())
}

/// A virtual environment.
pub(crate) struct Environment(PathBuf);

impl Environment {
    /// The environment with this name, made where it does not exist or has other packages.
    pub(crate) fn with(name: &str, packages: &[String]) -> Result<Self> {
        let environment = Self(tools().join(name));
        let stamp = environment.0.join("packages.txt");
        let wanted = packages.join("\n");
        if fs::read_to_string(&stamp).is_ok_and(|known| known == wanted) {
            return Ok(environment);
        }
        let environment = Self::fresh(name)?;
        environment.install(packages)?;
        fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))?;
        Ok(environment)
    }

    /// An empty environment, whatever there was before.
    pub(crate) fn fresh(name: &str) -> Result<Self> {
        let folder = tools().join(name);
        process::run(command(python(), ["-m", "venv", "--clear"]).arg(&folder))?;
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

    /// Installs a wheel in the place of what had its name, whatever the version.
    pub(crate) fn renew(&self, wheel: &Path) -> Result<()> {
        self.install(&["--force-reinstall".as_ref(), "--no-deps".as_ref(), wheel])
    }

    /// The search path for programs, with its own before all others.
    pub(crate) fn path(&self) -> Result<OsString> {
        let known = std::env::var_os("PATH").unwrap_or_default();
        let own = std::iter::once(self.program("."));
        std::env::join_paths(own.chain(std::env::split_paths(&known)))
            .context("PATH cannot be extended")
    }

    /// One of its programs.
    pub(crate) fn command<S: AsRef<OsStr>>(
        &self,
        program: &str,
        arguments: impl IntoIterator<Item = S>,
    ) -> Command {
        let mut command = command(self.program(program), arguments);
        command.env("VIRTUAL_ENV", &self.0);
        command
    }

    /// Where one of its programs is.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        let programs = if cfg!(windows) { "Scripts" } else { "bin" };
        self.0.join(programs).join(name)
    }
}

fn python() -> &'static str {
    if cfg!(windows) { "python" } else { "python3" }
}

/// The environment that has maturin.
pub(crate) fn maturin() -> Result<Environment> {
    Environment::with("python-build", &[BUILD.to_owned()])
}

/// Builds the wheel into this folder, which is emptied before, and says where it is.
pub(crate) fn build(profile: &str, folder: &str) -> Result<PathBuf> {
    let folder = tools().join(folder);
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    let maturin = maturin()?;
    process::run(
        maturin
            .command(
                "maturin",
                [
                    "build",
                    "--quiet",
                    "--locked",
                    "--profile",
                    profile,
                    "--out",
                ],
            )
            .arg(&folder)
            .current_dir(sources()),
    )?;
    only_file(&folder)
}

/// The folder of the package.
pub(crate) fn sources() -> PathBuf {
    root().join("python")
}

fn only_file(folder: &Path) -> Result<PathBuf> {
    let mut files = fs::read_dir(folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()));
    files
        .next()
        .with_context(|| format!("no wheel was written to {}", folder.display()))
}
