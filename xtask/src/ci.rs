//! `cargo xtask ci`: what every change must pass.

use anyhow::Result;

use crate::steps::Steps;
use crate::{bench, browser, drill, instructions, lint, test};

pub(crate) fn run(steps: &mut Steps) -> Result<()> {
    lint::run(steps)?;
    test::run(steps)?;
    steps.run("fault drill", drill::faults)?;
    steps.run("short soak", drill::short_soak)?;
    steps.run("short fleet drill", drill::short_fleet)?;
    // Services are started on Unix only.
    #[cfg(unix)]
    steps.run("drill of shared journals", drill::short_shared)?;
    #[cfg(unix)]
    steps.run("workers killed and paused", drill::short_chaos)?;
    #[cfg(unix)]
    steps.run("short drill of channels as files", drill::short_plan)?;
    #[cfg(unix)]
    steps.run("short Temporal drill", drill::short_temporal)?;
    steps.run("browser tests", browser::run)?;
    // Checks only that the benchmarks run. The figures of a quick run are not meaningful.
    steps.run("quick benchmarks", || bench::run(true, &[]))?;
    steps.run("instruction counts", || instructions::run(false))
}
