//! `cargo xtask deny`: licences, sources, bans and duplicates of all dependencies, by `deny.toml`. A chore of its own,
//! because the tool takes minutes to install.

use anyhow::Result;

use crate::process::{self, command, installed};

/// Pinned, so that nothing changes by itself.
const CARGO_DENY: &str = "cargo-deny@0.20.2";

/// With `advisories`, the database of known flaws is fetched too; everything else needs no network.
pub(crate) fn run(advisories: bool) -> Result<()> {
    let program = installed(CARGO_DENY)?;
    let checks = ["check", "bans", "licenses", "sources"];
    process::run(command(&program, ["--offline"]).args(checks))?;
    if advisories {
        process::run(&mut command(&program, ["check", "advisories"]))?;
    }
    Ok(())
}
