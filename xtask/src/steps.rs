//! Named steps of a long task, each with the time that it took.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

#[derive(Default)]
pub(crate) struct Steps {
    durations: Vec<(&'static str, Duration)>,
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

    /// Prints the duration of each step and of all together.
    pub(crate) fn print(&self) {
        let total = self.durations.iter().map(|(_, duration)| *duration).sum();
        println!();
        for (name, duration) in self.durations.iter().chain([&("total", total)]) {
            println!("{name:<32} {:>7.1} s", duration.as_secs_f64());
        }
    }
}
