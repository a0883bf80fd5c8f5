//! The report of a run: findings and differences from the contract, as text, JSON and Markdown. It contains no secrets and no
//! values of responses.

use std::fmt::{self, Write as _};

use serde::Serialize;

use crate::verdict::Status;

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The stable id of the check. See [`CHECKS`](crate::CHECKS).
    pub check: String,
    /// How the check ended.
    pub status: Status,
    /// What was seen, or why the check was skipped.
    pub seen: String,
    /// What to do. `None` if there is nothing to do.
    pub action: Option<String>,
}

/// A difference between a response and the contract of this release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// The operation of the contract, such as `listChannels`.
    pub operation: String,
    /// Where in the response, such as `results[].status`. Empty for the response itself.
    pub path: String,
    /// What differs.
    pub kind: DifferenceKind,
    /// What the contract has: a type, or the known values.
    pub expected: String,
    /// What the response has: a type, or the unknown value. A value that does not look like one of an enum is not shown.
    pub found: String,
    /// The number of places that differ like this.
    pub count: usize,
}

/// The kind of a [`Difference`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DifferenceKind {
    /// The response has a field that the contract does not know.
    UnknownField,
    /// A value has a type that the contract does not know.
    UnexpectedType,
    /// A status or another enum has a value that the contract does not know.
    UnknownValue,
    /// The response does not have a field that the contract requires.
    MissingField,
    /// The API does not know the operation.
    MissingOperation,
}

impl DifferenceKind {
    /// The kind as a stable identifier in snake case, such as `unknown_field`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownField => "unknown_field",
            Self::UnexpectedType => "unexpected_type",
            Self::UnknownValue => "unknown_value",
            Self::MissingField => "missing_field",
            Self::MissingOperation => "missing_operation",
        }
    }
}

/// One line, such as `listChannels: results[].status has the unknown value archived`.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            operation,
            path,
            expected,
            found,
            ..
        } = self;
        let path = if path.is_empty() {
            "the response"
        } else {
            path
        };
        match self.kind {
            DifferenceKind::UnknownField => {
                write!(f, "{operation}: the field {path} ({found}) is unknown")
            }
            DifferenceKind::UnexpectedType => {
                write!(f, "{operation}: {path} is {found} instead of {expected}")
            }
            DifferenceKind::UnknownValue => {
                write!(f, "{operation}: {path} has the unknown value {found}")
            }
            DifferenceKind::MissingField => {
                write!(f, "{operation}: the required field {path} is missing")
            }
            DifferenceKind::MissingOperation => {
                write!(f, "{operation}: the API answers 404 to the operation")
            }
        }
    }
}

/// The result of [`Doctor::run`](crate::Doctor::run). `Display` is the report for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// True if no check failed. Warnings and skipped checks do not count.
    pub ok: bool,
    /// The version of the SDK, and therefore of the contract.
    pub version: String,
    /// The results of all checks, in the order of [`CHECKS`](crate::CHECKS).
    pub findings: Vec<Finding>,
    /// Every difference between the responses and the contract.
    pub differences: Vec<Difference>,
}

impl Report {
    pub(crate) fn new(findings: Vec<Finding>, differences: Vec<Difference>) -> Self {
        Self {
            ok: findings
                .iter()
                .all(|finding| finding.status != Status::Failed),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            findings,
            differences,
        }
    }

    /// The result of a check, by its id.
    #[must_use]
    pub fn finding(&self, check: &str) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.check == check)
    }

    /// The number of checks with this status.
    #[must_use]
    pub fn count(&self, status: Status) -> usize {
        let same = self
            .findings
            .iter()
            .filter(|finding| finding.status == status);
        same.count()
    }

    /// The differences from the contract in Markdown, with the headings of the issue form "The API has changed". `None` if there
    /// are none. It contains names of fields and types, and no values of your data.
    #[must_use]
    pub fn issue_form(&self) -> Option<String> {
        if self.differences.is_empty() {
            return None;
        }
        let mut operations: Vec<&str> = self
            .differences
            .iter()
            .map(|difference| difference.operation.as_str())
            .collect();
        operations.dedup();
        let mut kinds: Vec<&str> = self
            .differences
            .iter()
            .map(|difference| match difference.kind {
                DifferenceKind::UnknownValue => "a new status or enum value",
                DifferenceKind::MissingOperation => "a new or changed operation",
                _ => "a new, changed or removed field",
            })
            .collect();
        kinds.sort_unstable();
        kinds.dedup();
        let mut form = format!(
            "### Kind of change\n\n{}\n\n### Operation\n\n{}\n\n### Source\n\nA response of the API, compared with the contract of bird-connectors {}.\n\n\
             ### Response\n\n| operation | path | difference | contract | response | places |\n|---|---|---|---|---|---|\n",
            kinds.join(", "),
            operations.join(", "),
            self.version
        );
        for difference in &self.differences {
            // Writing to a string cannot fail.
            let _ = writeln!(
                form,
                "| {} | `{}` | {} | {} | {} | {} |",
                difference.operation,
                difference.path,
                difference.kind.as_str(),
                difference.expected,
                difference.found,
                difference.count
            );
        }
        form.push_str("\n### Effect\n\n");
        Some(form)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut findings = self.findings.iter().peekable();
        while let Some(finding) = findings.next() {
            let mut checks = finding.check.clone();
            // Checks that are skipped for the same reason share a line.
            while let Some(next) = findings
                .next_if(|next| finding.status == Status::Skipped && is_skipped_like(next, finding))
            {
                checks.push_str(", ");
                checks.push_str(&next.check);
            }
            let seen = one_line(&finding.seen);
            writeln!(f, "{:<8} {checks}: {seen}", finding.status)?;
            if let Some(action) = &finding.action {
                writeln!(f, "         -> {}", one_line(action))?;
            }
        }
        writeln!(
            f,
            "\n{} ok, {} warnings, {} failed, {} skipped",
            self.count(Status::Ok),
            self.count(Status::Warning),
            self.count(Status::Failed),
            self.count(Status::Skipped)
        )
    }
}

fn is_skipped_like(one: &Finding, other: &Finding) -> bool {
    one.status == other.status && one.seen == other.seen
}

/// Replaces control characters: a string of a server must not move the cursor or begin a line.
fn one_line(string: &str) -> String {
    string
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}

#[cfg(test)]
mod tests;
