//! The asyncio future of a call.

use pyo3::intern;
use pyo3::prelude::*;

use crate::outcome::{CallOutcome, into_object};

/// Gives a future of the event loop its result, unless it was cancelled.
pub(super) fn deliver(promise: &Bound<'_, PyAny>, outcome: CallOutcome) -> PyResult<()> {
    let py = promise.py();
    if promise.call_method0(intern!(py, "done"))?.extract()? {
        return Ok(());
    }
    match into_object(py, outcome) {
        Ok(value) => promise.call_method1(intern!(py, "set_result"), (value,))?,
        Err(error) => promise.call_method1(intern!(py, "set_exception"), (error,))?,
    };
    Ok(())
}
