//! What the benchmark programs print: one line of JSON for each variant of a benchmark.

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

/// The samples of one variant, such as a library. The variants of a group do the same work.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Measurement {
    pub(crate) group: String,
    pub(crate) variant: String,
    /// `s`, `B`, or empty for a count.
    pub(crate) unit: String,
    pub(crate) samples: Vec<f64>,
}

impl Measurement {
    pub(crate) fn new(group: &str, variant: &str, unit: &str, samples: Vec<f64>) -> Self {
        Self {
            group: group.to_owned(),
            variant: variant.to_owned(),
            unit: unit.to_owned(),
            samples,
        }
    }

    /// Parses the output of a benchmark program.
    pub(crate) fn parse(output: &str) -> Result<Vec<Self>> {
        let parse = |line| {
            serde_json::from_str(line).with_context(|| format!("invalid measurement: {line}"))
        };
        output.lines().map(parse).collect()
    }

    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The median, and the quartiles if there are three samples or more.
    pub(crate) fn summary(&self) -> String {
        let median = format_value(self.median(), &self.unit);
        if self.samples.len() < 3 {
            return median;
        }
        let [low, high] = [0.25, 0.75].map(|share| format_value(self.quantile(share), &self.unit));
        format!("{median} ({low} – {high})")
    }

    fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.samples.clone();
        sorted.sort_by(f64::total_cmp);
        let Some(last) = sorted.len().checked_sub(1) else {
            return f64::NAN;
        };
        let position = share * last as f64;
        let (below, above) = (
            sorted[position.floor() as usize],
            sorted[position.ceil() as usize],
        );
        below + (above - below) * position.fract()
    }
}

/// A value with three significant digits, and a unit of fitting size. Counts below a million have all their digits.
pub(crate) fn format_value(value: f64, unit: &str) -> String {
    let scales: &[(f64, &str)] = match unit {
        "s" => &[(1.0, " s"), (1e-3, " ms"), (1e-6, " µs")],
        "B" => &[(1e6, " MB"), (1e3, " KB"), (1.0, " B")],
        _ => &[(1e6, " M"), (1.0, "")],
    };
    let fits = |(scale, _): &&(f64, &str)| value.abs() >= *scale;
    let (scale, name) = scales
        .iter()
        .find(fits)
        .or(scales.last())
        .unwrap_or(&(1.0, ""));
    let value = value / scale;
    let digits = match value.abs() {
        100.0.. => 0,
        10.0.. => 1,
        _ if name.is_empty() && value.fract() == 0.0 => 0,
        _ => 2,
    };
    format!("{value:.digits$}{name}")
}

#[cfg(test)]
mod tests;
