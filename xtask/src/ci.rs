//! `cargo xtask ci`: what every change must pass.

use anyhow::Result;

use crate::steps::Steps;
use crate::{bench, drill, lint, test};

pub(crate) fn run(steps: &mut Steps) -> Result<()> {
    lint::run(steps)?;
    test::run(steps)?;
    steps.run("fault drill", drill::faults)?;
    steps.run("short soak", drill::short_soak)?;
    // Shows that the benchmarks run. The figures of a quick run mean nothing.
    steps.run("quick benchmarks", || bench::run(true, &[]))
}
