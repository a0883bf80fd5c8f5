//! How many installs of a bulk run have ended, and how.

use std::fmt;

use super::ensured::Ensured;
use crate::error::Error;

/// The totals of a bulk install.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InstallTotals {
    /// Connectors that this run created.
    pub created: usize,
    /// Connectors that were found, including those whose create was sent but whose response was lost.
    pub adopted: usize,
    /// Templates without a connector.
    pub failed: usize,
    /// Templates whose install has not finished.
    pub pending: usize,
}

impl InstallTotals {
    pub(super) fn count(&mut self, result: &Result<Ensured, Error>) {
        self.pending -= 1;
        match result {
            Ok(ensured) if ensured.adopted() => self.adopted += 1,
            Ok(_) => self.created += 1,
            Err(_) => self.failed += 1,
        }
    }
}

impl fmt::Display for InstallTotals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} created, {} adopted, {} failed, {} pending",
            self.created, self.adopted, self.failed, self.pending
        )
    }
}
