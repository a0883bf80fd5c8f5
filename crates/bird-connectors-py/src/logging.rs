//! Forwards the SDK's `tracing` events to Python's `logging`.
//!
//! The SDK's threads put events into a bounded queue. Python threads empty it: the thread that waits for a call, or the
//! thread of the event loop. No thread of the runtime waits for the interpreter.
//!
//! The subscriber is global and conflicts with no other one: this module is a shared library with its own copy of
//! `tracing`.

mod queue;
mod subscriber;

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::logging::queue::{FieldValue, thread_queue};

pub(crate) use crate::logging::queue::{LogQueue, set_thread_queue};
pub(crate) use crate::logging::subscriber::{install, is_any_logger_enabled};

/// Whether this thread's queue has records for [`deliver`].
pub(crate) fn has_records() -> bool {
    thread_queue().is_some_and(|queue| !queue.is_empty())
}

/// The Python side, `_logging.py`, which the package has imported.
///
/// The module is not cached in a cell of pyo3: setting one releases the interpreter for a moment, and a process that
/// forks in that moment has a child whose cell is never set.
fn python_module(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    py.import("bird_connectors._logging")
}

/// Reads the levels of the loggers, which can change at any time. Call it before the SDK starts work.
///
/// Fails if a signal handler raises meanwhile (Ctrl-C): Python runs handlers in whichever Python code runs next.
pub(crate) fn refresh_levels(py: Python<'_>) -> PyResult<()> {
    let thresholds = || {
        python_module(py)?
            .call_method0("thresholds")?
            .extract::<[u8; subscriber::LOGGERS]>()
    };
    match thresholds() {
        Ok(thresholds) => {
            subscriber::set_thresholds(thresholds);
            Ok(())
        }
        Err(error) => ignore_unless_fatal(py, error),
    }
}

/// Passes the queued records to the loggers. Call it from a Python thread that holds no lock: handlers run in it.
///
/// Fails as [`refresh_levels`] does.
pub(crate) fn deliver(py: Python<'_>) -> PyResult<()> {
    let Some(queue) = thread_queue().filter(|queue| !queue.is_empty()) else {
        return Ok(());
    };
    let batch = queue.take();
    let emit_all = || -> PyResult<()> {
        let module = python_module(py)?;
        for record in batch.records {
            let fields = PyDict::new(py);
            for (name, value) in record.fields {
                match value {
                    FieldValue::Int(value) => fields.set_item(name, value)?,
                    FieldValue::Float(value) => fields.set_item(name, value)?,
                    FieldValue::String(value) => fields.set_item(name, value)?,
                }
            }
            let arguments = (
                record.logger,
                record.level,
                record.message,
                record.created,
                fields,
            );
            module.call_method1("emit", arguments)?;
        }
        if batch.dropped > 0 {
            module.call_method1("warn_dropped", (batch.dropped,))?;
        }
        Ok(())
    };
    // A failure to log must not lose the result of the call.
    emit_all().or_else(|error| ignore_unless_fatal(py, error))
}

/// Reports an exception of a log handler as unraisable. Ctrl-C and exit requests are passed on.
fn ignore_unless_fatal(py: Python<'_>, error: PyErr) -> PyResult<()> {
    if !error.is_instance_of::<PyException>(py) {
        return Err(error);
    }
    error.write_unraisable(py, None);
    Ok(())
}
