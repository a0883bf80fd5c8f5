//! `cargo xtask deny`: checks all dependencies with cargo-deny and `deny.toml`. It is not part of `lint`, because
//! cargo-deny takes minutes to install.

use anyhow::Result;

use crate::process::{self, cargo_install, command};

/// Pinned, because a newer version may find more.
const CARGO_DENY: &str = "cargo-deny@0.20.2";

/// With `advisories`, downloads the advisory database and checks it too. The other checks need no network.
pub(crate) fn run(advisories: bool) -> Result<()> {
    let program = cargo_install(CARGO_DENY)?;
    let checks = ["check", "bans", "licenses", "sources"];
    process::run(command(&program, ["--offline"]).args(checks))?;
    if advisories {
        process::run(&mut command(&program, ["check", "advisories"]))?;
    }
    Ok(())
}
