//! The methods of a journal of the user: their names, arguments and results.

use std::time::Duration;

use bird_connectors as sdk;
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::type_hint_identifier;
use pyo3::types::PyTuple;

use crate::convert::{Arg, Count, Named as _, Refusal, Seconds, Sequence, Str, arguments};
use crate::records::record;

/// The maximum number of lines of a journal.
const MAX_LINES: usize = 10_000_000;

/// A call of a method of a journal.
#[derive(Clone, Debug)]
pub(crate) enum JournalMethod {
    /// `lines()`, which returns the lines.
    Lines,
    /// `append(line)`, which returns nothing.
    Append(String),
    /// `last_lines(keys)`, which returns lines.
    LastLines(Vec<String>),
    /// `acquire(key)`, which returns a claim or None.
    Acquire(String),
    /// `renew(claim)`, which returns whether the claim is held.
    Renew(ClaimValues),
    /// `write(claim, line)`, which returns whether the claim is held.
    Write(ClaimValues, String),
    /// `release(claim, line)`, which returns whether the claim was held.
    Release(ClaimValues, Option<String>),
}

/// The result of a method of a journal.
#[derive(Debug)]
pub(crate) enum JournalReply {
    Lines(Vec<String>),
    Claim(Option<ClaimValues>),
    IsHeld(bool),
    /// Also the result of a method without one.
    None,
}

impl JournalMethod {
    /// The name of the method.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Append(_) => "append",
            Self::LastLines(_) => "last_lines",
            Self::Acquire(_) => "acquire",
            Self::Renew(_) => "renew",
            Self::Write(..) => "write",
            Self::Release(..) => "release",
        }
    }

    /// The arguments to call it with.
    pub(super) fn arguments<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        match self {
            Self::Lines => Ok(PyTuple::empty(py)),
            Self::Append(line) => (line,).into_pyobject(py),
            Self::LastLines(keys) => (keys,).into_pyobject(py),
            Self::Acquire(key) => (key,).into_pyobject(py),
            Self::Renew(claim) => (claim.record(py)?,).into_pyobject(py),
            Self::Write(claim, line) => (claim.record(py)?, line).into_pyobject(py),
            Self::Release(claim, line) => (claim.record(py)?, line).into_pyobject(py),
        }
    }

    /// Reads what the method returned.
    pub(super) fn read(&self, result: &Bound<'_, PyAny>) -> PyResult<JournalReply> {
        let name = format!("result of {}()", self.name());
        Ok(match self {
            Self::Append(_) => JournalReply::None,
            Self::Lines | Self::LastLines(_) => {
                let lines: Arg<Sequence<Str, MAX_LINES>> = result.extract()?;
                let lines = lines.named(&name)?.0.into_iter();
                JournalReply::Lines(lines.map(|line| line.0).collect())
            }
            Self::Acquire(key) => {
                let claim: Option<Arg<ClaimValues>> = result.extract()?;
                let claim = claim.named(&name)?;
                if claim.as_ref().is_some_and(|claim| claim.key != *key) {
                    let refusal = Refusal::value("expected a claim of the key that was passed");
                    return Err(refusal.at(&name).into());
                }
                JournalReply::Claim(claim)
            }
            Self::Renew(_) | Self::Write(..) | Self::Release(..) => {
                let is_held: Arg<bool> = result.extract()?;
                JournalReply::IsHeld(is_held.named(&name)?)
            }
        })
    }
}

/// The attributes of a `JournalClaim` record.
#[derive(Clone, Debug)]
pub(crate) struct ClaimValues {
    key: String,
    fence: u64,
    lease: Option<Duration>,
    last_line: Option<String>,
}

impl ClaimValues {
    fn record(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let lease = self.lease.map(|lease| lease.as_secs_f64());
        let values = (&self.key, self.fence, lease, &self.last_line);
        record(py, "JournalClaim", values)
    }
}

impl<'py> FromPyObject<'_, 'py> for ClaimValues {
    type Error = Refusal;

    const INPUT_TYPE: PyStaticExpr =
        type_hint_identifier!("bird_connectors._records", "JournalClaim");

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Refusal> {
        if value.get_type().name()? != "JournalClaim" {
            return Err(Refusal::wrong_type("a JournalClaim or None", &value));
        }
        // The record has checked them.
        let key: Str = value.getattr("key")?.extract()?;
        let fence: Count = value.getattr("fence")?.extract()?;
        let lease: Option<Seconds> = value.getattr("lease")?.extract()?;
        let last_line: Option<Str> = value.getattr("last_line")?.extract()?;
        Ok(Self {
            key: key.0,
            fence: fence.0,
            lease: lease.map(|lease| lease.0),
            last_line: last_line.map(|line| line.0),
        })
    }
}

impl From<ClaimValues> for sdk::install::JournalClaim {
    fn from(values: ClaimValues) -> Self {
        let claim = Self::new(values.key, values.fence).with_last_line(values.last_line);
        match values.lease {
            Some(lease) => claim.with_lease(lease),
            None => claim,
        }
    }
}

impl From<&sdk::install::JournalClaim> for ClaimValues {
    /// Without the last line, which the journal knows.
    fn from(claim: &sdk::install::JournalClaim) -> Self {
        Self {
            key: claim.key().to_owned(),
            fence: claim.fence(),
            lease: claim.lease(),
            last_line: None,
        }
    }
}

/// Checks the arguments of a `JournalClaim` record.
#[pyfunction]
#[pyo3(signature = (key, fence, lease, last_line))]
pub(crate) fn check_journal_claim(
    key: Arg<Str>,
    fence: Arg<Count>,
    lease: Option<Arg<Seconds>>,
    last_line: Option<Arg<Str>>,
) -> PyResult<()> {
    arguments!(key, fence, lease, last_line);
    drop((key, fence, lease, last_line));
    Ok(())
}
