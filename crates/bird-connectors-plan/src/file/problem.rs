//! What is wrong with files, and where.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use crate::place::Place;

/// One problem of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FileProblem {
    /// The file, as it was named.
    pub path: String,
    /// The line, from 1; zero if the problem is not about a line.
    pub line: u64,
    /// The column in characters, from 1; zero if the problem is not about a line.
    pub column: u64,
    /// What is wrong, and what to do.
    pub message: String,
    /// The line and a mark below the column. Values that could be secrets are left out.
    pub excerpt: Option<String>,
}

impl FileProblem {
    pub(super) fn of_file(path: &Path, message: impl Into<String>) -> Self {
        Self::at(&Place::new(&Arc::new(path.to_owned()), 0, 0), message, None)
    }

    pub(super) fn at(place: &Place, message: impl Into<String>, excerpt: Option<String>) -> Self {
        Self {
            path: place.path.display().to_string(),
            line: place.line,
            column: place.column,
            message: message.into(),
            excerpt,
        }
    }
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": {}", self.message)?;
        match &self.excerpt {
            Some(excerpt) => write!(f, "\n{excerpt}"),
            None => Ok(()),
        }
    }
}

/// All problems of files. There is at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileErrors(Vec<FileProblem>);

impl FileErrors {
    /// Fails with these problems, if there are any.
    pub(super) fn unless_empty(problems: Vec<FileProblem>) -> Result<(), Self> {
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Self(problems))
        }
    }

    /// The problems, in the order of files and lines.
    #[must_use]
    pub fn problems(&self) -> &[FileProblem] {
        &self.0
    }
}

impl fmt::Display for FileErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for FileErrors {}
