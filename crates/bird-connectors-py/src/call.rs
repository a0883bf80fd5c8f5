//! A call of the API as a Python object, to be run blocking or awaited.

use std::pin::Pin;
use std::sync::Mutex;

use bird_connectors as sdk;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tracing::Instrument as _;

use crate::active_calls::ActiveCall;
use crate::bridge;
use crate::callbacks::CallbackQueue;
use crate::hints::{CallOf, Deleted, Hint, Typed};
use crate::logging;
use crate::models::Model;
use crate::outcome::{CallError, CallOutcome, IntoObject, catch_panic, into_object};
use crate::process::lock;
use crate::records::record;
use crate::runtime::block;

type BoxedCall = Pin<Box<dyn Future<Output = CallOutcome> + Send>>;

/// A request that has not been sent yet. It can be made once.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct Call(Mutex<Option<(BoxedCall, Option<CallbackQueue>)>>);

impl Call {
    pub(crate) fn new(future: impl Future<Output = CallOutcome> + Send + 'static) -> Self {
        Self::with_callbacks(future, None)
    }

    /// A call that may call an object of the user while it runs.
    pub(crate) fn with_callbacks(
        future: impl Future<Output = CallOutcome> + Send + 'static,
        callbacks: Option<CallbackQueue>,
    ) -> Self {
        Self(Mutex::new(Some((Box::pin(catch_panic(future)), callbacks))))
    }

    fn take(&self, py: Python<'_>) -> PyResult<(BoxedCall, Option<CallbackQueue>)> {
        let Some((future, callbacks)) = lock(&self.0).take() else {
            return Err(PyRuntimeError::new_err(
                "this call was already made: make a new one",
            ));
        };
        let caller = logging::caller(py)?;
        if caller.is_none() {
            return Ok((future, callbacks));
        }
        Ok((Box::pin(future.instrument(caller)), callbacks))
    }
}

#[pymethods]
impl Call {
    /// Makes the call and waits for its result.
    fn run(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let _active = ActiveCall::begin(py);
        let outcome = match self.take(py)? {
            (future, Some(callbacks)) => callbacks.block(py, future)?,
            (future, None) => block(py, future)?,
        };
        into_object(py, outcome)
    }

    /// Makes the call and returns an awaitable of the running event loop.
    fn start<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let _active = ActiveCall::begin(py);
        match self.take(py)? {
            (future, Some(callbacks)) => callbacks.spawn(py, future),
            (future, None) => bridge::spawn(py, future),
        }
    }
}

/// A call whose result becomes an object of a Python class.
pub(crate) fn call<T, H>(
    py: Python<'_>,
    future: impl Future<Output = Result<T, sdk::Error>> + Send + 'static,
    convert: impl FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
) -> PyResult<Typed<CallOf<H>>>
where
    T: Send + 'static,
    H: Hint,
{
    let call = Call::new(async move {
        let value = future.await.map_err(CallError::from)?;
        Ok(Box::new(move |py: Python<'_>| convert(py, value)) as IntoObject)
    });
    Ok(Typed::new(Py::new(py, call)?.into_any()))
}

/// A call whose result is a model.
pub(crate) fn model<T: Model + Send + 'static>(
    py: Python<'_>,
    future: impl Future<Output = Result<T, sdk::Error>> + Send + 'static,
) -> PyResult<Typed<CallOf<T>>> {
    call(py, future, |py, model| model.into_class(py))
}

/// A delete, which succeeds for a missing object if `missing_ok` is set.
pub(crate) fn delete(
    py: Python<'_>,
    delete: sdk::resources::Delete,
    missing_ok: bool,
) -> PyResult<Typed<CallOf<Deleted>>> {
    let delete = if missing_ok {
        delete.missing_ok()
    } else {
        delete
    };
    call(py, delete.into_future(), |py, deleted| {
        record(py, "Deleted", (deleted.already_gone,))
    })
}
