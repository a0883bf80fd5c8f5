//! Errors of files and of applies as exceptions. Their classes are in `bird_connectors/_plan.py`.

use bird_connectors::ErrorKind;
use bird_connectors_plan::{ApplyError, FileErrors};
use pyo3::intern;
use pyo3::prelude::*;
use serde_json::{Value, json};

use crate::errors::{raise, shortened};

/// The exception that a function of `_plan.py` makes of a message and the details as JSON.
fn exception(py: Python<'_>, function: &str, message: String, details: &Value) -> PyErr {
    let make = || {
        // One line, also if the name of a file has several.
        let message = message.replace(char::is_control, " ");
        let message = format!(
            "{} [errors#{}]",
            shortened(message),
            ErrorKind::InvalidInput
        );
        py.import(intern!(py, "bird_connectors._plan"))?
            .getattr(function)?
            .call1((message, details.to_string()))
    };
    raise(make())
}

/// A `ChannelFileError`. Its message is the first problem.
pub(super) fn file_error(py: Python<'_>, errors: &FileErrors) -> PyErr {
    let problems = errors.problems();
    let mut message = String::new();
    if let Some(first) = problems.first() {
        message.push_str(&first.path);
        if first.line > 0 {
            message.push_str(&format!(":{}:{}", first.line, first.column));
        }
        message.push_str(&format!(": {}", first.message));
    }
    match problems.len() {
        0 | 1 => {}
        2 => message.push_str(" (and one more problem)"),
        count => message.push_str(&format!(" (and {} more problems)", count - 1)),
    }
    exception(py, "file_error", message, &json!(problems))
}

/// An `ApplyRefusedError`.
pub(super) fn refused_error(py: Python<'_>, error: &ApplyError) -> PyErr {
    let details = match error {
        ApplyError::Changed { expected, found } => {
            json!({ "reason": "changed", "expected": expected, "found": found })
        }
        ApplyError::Conflicts(conflicts) => {
            json!({ "reason": "conflicts", "conflicts": conflicts })
        }
        ApplyError::LargePrune(_) => json!({ "reason": "large_prune" }),
        ApplyError::NoJournal => json!({ "reason": "no_journal" }),
        ApplyError::Secrets(_) => json!({ "reason": "secrets" }),
        // A reason that a later version of the crate adds.
        _ => json!({ "reason": "other" }),
    };
    let mut message = error.to_string();
    match error {
        ApplyError::LargePrune(_) => message.push_str("; pass force=True if that is intended"),
        ApplyError::NoJournal => {
            message.push_str(": create the planner with the journal of the project");
        }
        _ => {}
    }
    exception(py, "refused_error", message, &details)
}
