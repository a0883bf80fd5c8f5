//! The report of a bulk install: the outcome of each template, sent from the process that installs to the drill as one line
//! of JSON per template.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

/// The outcome of each template, by its index.
pub(crate) type Report = BTreeMap<usize, InstallOutcome>;

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum InstallOutcome {
    Ready {
        connector: String,
        channel: String,
    },
    /// It is unknown whether the connector was created; holds the error.
    Unknown(String),
    /// The install failed; holds the error.
    Failed(String),
}

impl InstallOutcome {
    pub(crate) fn is_ready(&self) -> bool {
        matches!(self, Self::Ready { .. })
    }

    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }
}

/// Writes a line of the report to standard output.
pub(crate) fn print_line(index: usize, outcome: &InstallOutcome) -> Result<()> {
    println!("{}", serde_json::to_string(&(index, outcome))?);
    Ok(())
}

/// Reads a line that [`print_line`] wrote.
pub(crate) fn parse_line(line: &str) -> Result<(usize, InstallOutcome)> {
    serde_json::from_str(line).with_context(|| format!("invalid line in the report: {line}"))
}

/// The name of the connector of a template.
pub(crate) fn connector_name(index: usize) -> String {
    format!("Shop {index:05}")
}
