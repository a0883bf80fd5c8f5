//! Named steps of a long task, each with the time that it took.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

/// The steps of one task.
#[derive(Default)]
pub(crate) struct Steps {
    durations: Vec<(&'static str, Duration)>,
    failed: Vec<&'static str>,
}

impl Steps {
    /// Runs a step. An error names the step.
    pub(crate) fn run<T>(
        &mut self,
        name: &'static str,
        step: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let start = Instant::now();
        let result = step();
        self.durations.push((name, start.elapsed()));
        result.with_context(|| format!("{name} failed"))
    }

    /// Runs a step that others do not depend on. Its error is printed, and [`Self::finish`] reports the step.
    pub(crate) fn check(&mut self, name: &'static str, step: impl FnOnce() -> Result<()>) {
        if let Err(error) = self.run(name, step) {
            eprintln!("error: {error:#}");
            self.failed.push(name);
        }
    }

    /// Fails if a check has failed.
    pub(crate) fn finish(&self) -> Result<()> {
        ensure!(self.failed.is_empty(), "{} failed", self.failed.join(", "));
        Ok(())
    }

    /// Prints the duration of each step and of all together.
    pub(crate) fn print(&self) {
        let total = self.durations.iter().map(|(_, duration)| *duration).sum();
        println!();
        for (name, duration) in self.durations.iter().chain([&("total", total)]) {
            println!("{name:<32} {:>7.1} s", duration.as_secs_f64());
        }
    }
}

#[cfg(test)]
mod tests;
