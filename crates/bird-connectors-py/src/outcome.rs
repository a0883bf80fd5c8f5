//! The result of a call before it becomes a Python object or an exception.
//!
//! Calls run on threads that do not hold the interpreter. Their results are therefore functions, which the thread that
//! uses the result runs.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use pyo3::exceptions::{PyRuntimeError, PyStopAsyncIteration};
use pyo3::prelude::*;

/// Makes the Python object of a result.
pub(crate) type IntoObject = Box<dyn for<'py> FnOnce(Python<'py>) -> PyResult<Py<PyAny>> + Send>;

/// Makes the exception of an error.
type IntoException = Box<dyn for<'py> FnOnce(Python<'py>) -> PyErr + Send>;

pub(crate) type CallOutcome = Result<IntoObject, CallError>;

/// Why a call has no result.
pub(crate) enum CallError {
    Raise(IntoException),
    /// The iteration has no more items.
    EndOfStream,
}

impl CallError {
    pub(crate) fn new(
        into_exception: impl for<'py> FnOnce(Python<'py>) -> PyErr + Send + 'static,
    ) -> Self {
        Self::Raise(Box::new(into_exception))
    }

    /// The exception of an awaitable, for which the end of an iteration is an exception as well.
    pub(crate) fn into_exception(self, py: Python<'_>) -> PyErr {
        match self {
            Self::Raise(into_exception) => into_exception(py),
            Self::EndOfStream => PyStopAsyncIteration::new_err(()),
        }
    }
}

/// The object of a result, or its exception.
pub(crate) fn into_object(py: Python<'_>, outcome: CallOutcome) -> PyResult<Py<PyAny>> {
    match outcome {
        Ok(into_object) => into_object(py),
        Err(error) => Err(error.into_exception(py)),
    }
}

/// Turns a panic in the future into a `RuntimeError`. pyo3 would raise its `PanicException`, which `except Exception`
/// does not catch.
pub(crate) async fn catch_panic(future: impl Future<Output = CallOutcome>) -> CallOutcome {
    match AssertUnwindSafe(future).catch_unwind().await {
        Ok(outcome) => outcome,
        Err(payload) => {
            let message = payload
                .downcast_ref::<&str>()
                .map(|message| (*message).to_owned())
                .or_else(|| payload.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            Err(CallError::new(move |_| {
                PyRuntimeError::new_err(format!(
                    "internal error in bird_connectors, please report it: {message}"
                ))
            }))
        }
    }
}
