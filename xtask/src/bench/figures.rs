//! What was measured: one line of JSON a side, and what is to be told of it.

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

/// What one side came to in one group of sides that took turns.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Figures {
    pub(crate) group: String,
    pub(crate) side: String,
    /// `s`, `B`, or nothing for what is counted.
    pub(crate) unit: String,
    pub(crate) samples: Vec<f64>,
}

impl Figures {
    pub(crate) fn new(group: &str, side: &str, unit: &str, samples: Vec<f64>) -> Self {
        Self {
            group: group.to_owned(),
            side: side.to_owned(),
            unit: unit.to_owned(),
            samples,
        }
    }

    /// What a worker or a script printed.
    pub(crate) fn read(text: &str) -> Result<Vec<Self>> {
        text.lines()
            .map(|line| serde_json::from_str(line).with_context(|| format!("no figures: {line}")))
            .collect()
    }

    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The median, and between which values half of all lie.
    pub(crate) fn told(&self) -> String {
        let middle = show(self.median(), &self.unit);
        if self.samples.len() < 3 {
            return middle;
        }
        let [low, high] = [0.25, 0.75].map(|part| show(self.quantile(part), &self.unit));
        format!("{middle} ({low} – {high})")
    }

    fn quantile(&self, part: f64) -> f64 {
        let mut sorted = self.samples.clone();
        sorted.sort_by(f64::total_cmp);
        let Some(last) = sorted.len().checked_sub(1) else {
            return f64::NAN;
        };
        let place = part * last as f64;
        let (below, above) = (
            sorted[place.floor() as usize],
            sorted[place.ceil() as usize],
        );
        below + (above - below) * place.fract()
    }
}

/// A value with three digits and a unit that suits it.
pub(crate) fn show(value: f64, unit: &str) -> String {
    let scales: &[(f64, &str)] = match unit {
        "s" => &[(1.0, " s"), (1e-3, " ms"), (1e-6, " µs")],
        "B" => &[(1e6, " MB"), (1e3, " KB"), (1.0, " B")],
        _ => &[(1.0, "")],
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
        _ if unit.is_empty() && value.fract() == 0.0 => 0,
        _ => 2,
    };
    format!("{value:.digits$}{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_lie_between_the_samples() {
        let figures = Figures::new("group", "side", "s", vec![4.0, 1.0, 3.0, 2.0]);
        assert_eq!(figures.median(), 2.5);
        assert_eq!(figures.told(), "2.50 s (1.75 s – 3.25 s)");
    }

    #[test]
    fn values_are_told_in_units_that_suit_them() {
        let told = [
            (0.000_048_3, "s"),
            (0.0213, "s"),
            (3_270_000.0, "B"),
            (640.0, "B"),
            (0.0, ""),
        ];
        let told: Vec<_> = told
            .iter()
            .map(|(value, unit)| show(*value, unit))
            .collect();
        assert_eq!(told, ["48.3 µs", "21.3 ms", "3.27 MB", "640 B", "0"]);
    }

    #[test]
    fn what_is_no_line_of_figures_is_an_error() {
        assert!(Figures::read("Traceback").is_err());
        assert!(Figures::read("").unwrap().is_empty());
    }
}
