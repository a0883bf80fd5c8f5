//! The table that `cargo xtask release --dry-run` prints. Pure.

use std::time::Duration;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Outcome {
    Passed,
    Failed,
    /// Skipped on request.
    Skipped,
    /// There is nothing to check yet.
    NotApplicable,
    /// A step of RELEASING.md that is still to be done. Not a failure until the commit is tagged.
    Open,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "FAILED",
            Self::Skipped => "skipped",
            Self::NotApplicable => "not applicable",
            Self::Open => "to do",
        }
    }
}

/// One check.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) check: &'static str,
    pub(super) outcome: Outcome,
    pub(super) detail: String,
    pub(super) duration: Duration,
}

/// One line for each check, in columns.
pub(super) fn format(rows: &[Row]) -> String {
    let width = |length: fn(&Row) -> usize| rows.iter().map(length).max().unwrap_or(0);
    let names = width(|row| row.check.len());
    let outcomes = width(|row| row.outcome.name().len());
    let lines = rows.iter().map(|row| {
        // The first line: the rest is printed where the check failed.
        let detail = row.detail.lines().next().unwrap_or_default();
        format!(
            "{:names$}  {:outcomes$}  {:>7.1} s  {detail}",
            row.check,
            row.outcome.name(),
            row.duration.as_secs_f64()
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The names of the checks that failed.
pub(super) fn failed(rows: &[Row]) -> Vec<&'static str> {
    rows.iter()
        .filter(|row| row.outcome == Outcome::Failed)
        .map(|row| row.check)
        .collect()
}

#[cfg(test)]
mod tests;
