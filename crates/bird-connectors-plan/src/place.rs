//! Where a value is in a file.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Where a value is in a file. `Display` writes `PATH:LINE:COLUMN`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The file, as it was named.
    pub path: Arc<PathBuf>,
    /// The line, from 1. Zero if it is not known.
    pub line: u64,
    /// The column in characters, from 1. Zero if it is not known.
    pub column: u64,
}

impl Place {
    pub(crate) fn new(path: &Arc<PathBuf>, line: u64, column: u64) -> Self {
        Self {
            path: Arc::clone(path),
            line,
            column,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        Ok(())
    }
}
