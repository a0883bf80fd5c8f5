//! The tags in the name of a wheel: the Python versions and platforms that can install it. Pure.

use anyhow::{Context as _, Result, ensure};

/// The tags in the name of a wheel.
#[derive(Debug, PartialEq)]
pub(super) struct Tags<'a> {
    pub(super) python: &'a str,
    pub(super) abi: &'a str,
    pub(super) platform: &'a str,
}

impl<'a> Tags<'a> {
    /// Parses `NAME-VERSION-PYTHON-ABI-PLATFORM.whl`.
    pub(super) fn parse(file: &'a str) -> Result<Self> {
        let parts: Vec<&str> = file
            .strip_suffix(".whl")
            .context("not a wheel")?
            .split('-')
            .collect();
        let [_name, _version, python, abi, platform] = parts[..] else {
            anyhow::bail!("unexpected name of a wheel: {file}");
        };
        Ok(Self {
            python,
            abi,
            platform,
        })
    }

    /// Checks the tags of a wheel for a Rust target. Without a target, the wheel is for this machine only and has any platform.
    pub(super) fn check(&self, target: Option<&str>, free_threaded: bool) -> Result<()> {
        let expected = if free_threaded {
            ("cp314", "cp314t")
        } else {
            ("cp310", "abi3")
        };
        ensure!(
            (self.python, self.abi) == expected,
            "the wheel has the tags {}-{}, expected {}-{}",
            self.python,
            self.abi,
            expected.0,
            expected.1
        );
        self.check_platform(target)
    }

    /// Checks the tags of a wheel that contains only a program: any Python can install it.
    pub(super) fn check_program(&self, target: Option<&str>) -> Result<()> {
        ensure!(
            (self.python, self.abi) == ("py3", "none"),
            "the wheel has the tags {}-{}, expected py3-none",
            self.python,
            self.abi
        );
        self.check_platform(target)
    }

    fn check_platform(&self, target: Option<&str>) -> Result<()> {
        if let Some(target) = target {
            let expected = platform(target)
                .with_context(|| format!("no wheel is released for the target {target}"))?;
            ensure!(
                self.platform == expected,
                "the wheel has the platform {}, expected {expected}",
                self.platform
            );
        }
        Ok(())
    }
}

/// Rust targets with a wheel, and the platforms of their wheels.
pub(super) const PLATFORMS: [(&str, &str); 8] = [
    (
        "x86_64-unknown-linux-gnu",
        "manylinux_2_17_x86_64.manylinux2014_x86_64",
    ),
    (
        "aarch64-unknown-linux-gnu",
        "manylinux_2_17_aarch64.manylinux2014_aarch64",
    ),
    ("x86_64-unknown-linux-musl", "musllinux_1_2_x86_64"),
    ("aarch64-unknown-linux-musl", "musllinux_1_2_aarch64"),
    ("x86_64-apple-darwin", "macosx_10_12_x86_64"),
    ("aarch64-apple-darwin", "macosx_11_0_arm64"),
    ("x86_64-pc-windows-msvc", "win_amd64"),
    ("aarch64-pc-windows-msvc", "win_arm64"),
];

fn platform(target: &str) -> Option<&'static str> {
    PLATFORMS
        .iter()
        .find(|(name, _)| *name == target)
        .map(|(_, platform)| *platform)
}

/// The compatibility that maturin must ensure for a Linux target. `None` on other systems.
pub(super) fn compatibility(target: &str) -> Option<&'static str> {
    let platform = platform(target)?;
    ["manylinux2014", "musllinux_1_2"]
        .into_iter()
        .find(|compatibility| platform.contains(compatibility))
}

#[cfg(test)]
mod tests;
