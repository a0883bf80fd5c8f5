//! `cargo xtask demo`: runs the example `demo` of the SDK.

use anyhow::Result;

use crate::process::{self, cargo};

pub(crate) fn run(fail: bool) -> Result<()> {
    let arguments = [
        "run",
        "--quiet",
        "--package",
        "bird-connectors",
        "--example",
        "demo",
        "--",
    ];
    process::run(cargo(arguments).args(fail.then_some("--fail")))
}
