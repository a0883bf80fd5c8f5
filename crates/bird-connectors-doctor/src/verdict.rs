//! The result of one check.

use std::fmt;

use serde::Serialize;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// Nothing is wrong.
    Ok,
    /// It works, but it can cause trouble.
    Warning,
    /// It does not work.
    Failed,
    /// It could not be checked, for example because an earlier check failed.
    Skipped,
}

impl Status {
    /// The status as a stable identifier: `ok`, `warning`, `failed` or `skipped`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a check found, and what to do about it. The decision of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) status: Status,
    pub(crate) seen: String,
    pub(crate) action: Option<String>,
}

impl Verdict {
    pub(crate) fn ok(seen: impl Into<String>) -> Self {
        Self::new(Status::Ok, seen, None)
    }

    pub(crate) fn skipped(why: impl Into<String>) -> Self {
        Self::new(Status::Skipped, why, None)
    }

    pub(crate) fn warning(seen: impl Into<String>, action: impl Into<String>) -> Self {
        Self::new(Status::Warning, seen, Some(action.into()))
    }

    pub(crate) fn failed(seen: impl Into<String>, action: impl Into<String>) -> Self {
        Self::new(Status::Failed, seen, Some(action.into()))
    }

    fn new(status: Status, seen: impl Into<String>, action: Option<String>) -> Self {
        Self {
            status,
            seen: seen.into(),
            action,
        }
    }
}
