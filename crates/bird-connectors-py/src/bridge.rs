//! From a future of Rust to a future of asyncio, and back: cancelling the one drops the other.

use std::future::Future;
use std::pin::pin;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::{Either, select};
use pyo3::exceptions::PyStopIteration;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use tokio::task::AbortHandle;

use crate::logging;
use crate::runtime::{Outcome, handle, lock};

/// How often what a call has logged so far goes to its loop, where anybody wants it.
const TICK: Duration = Duration::from_millis(50);

/// Runs a future on the runtime, and returns a future of the running loop that gets its result.
pub(crate) fn spawn<'py>(
    py: Python<'py>,
    future: impl Future<Output = Outcome> + Send + 'static,
) -> PyResult<Bound<'py, PyAny>> {
    static GET_RUNNING_LOOP: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let running_loop = GET_RUNNING_LOOP
        .import(py, "asyncio", "get_running_loop")?
        .call0()?;
    let promise = running_loop.call_method0(intern!(py, "create_future"))?;
    let delivery = Py::new(
        py,
        Delivery {
            promise: promise.clone().unbind(),
            outcome: Mutex::new(None),
        },
    )?;
    let call_soon = running_loop
        .getattr(intern!(py, "call_soon_threadsafe"))?
        .unbind();
    logging::refresh(py)?;
    let task = handle(py)?.spawn(async move {
        let outcome = if logging::is_on() {
            telling(future, &call_soon).await
        } else {
            future.await
        };
        // None: the interpreter is ending, and nobody waits for this any more.
        Python::try_attach(|py| {
            *lock(&delivery.get().outcome) = Some(outcome);
            // The loop may be closed already: then nobody waits either.
            let _ = call_soon.call1(py, (delivery,));
        });
    });
    let cancel = Cancel(task.abort_handle());
    promise.call_method1(intern!(py, "add_done_callback"), (cancel,))?;
    Ok(promise)
}

/// Awaits a future. What is logged meanwhile goes to `logging` in the thread of the loop.
async fn telling<T>(future: impl Future<Output = T>, call_soon: &Py<PyAny>) -> T {
    let mut future = pin!(future);
    loop {
        let tick = pin!(tokio::time::sleep(TICK));
        match select(future.as_mut(), tick).await {
            Either::Left((outcome, _)) => return outcome,
            Either::Right(_) if logging::is_waiting() => {
                Python::try_attach(|py| {
                    let delivery = Py::new(py, LogDelivery)?;
                    // The loop may be closed already: then the next call tells.
                    call_soon.call1(py, (delivery,))
                });
            }
            Either::Right(_) => {}
        }
    }
}

/// Called by the loop, in its own thread, when something was logged.
#[pyclass(frozen)]
struct LogDelivery;

#[pymethods]
impl LogDelivery {
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        logging::deliver(py)
    }
}

/// Called by the loop, in its own thread, when there is a result.
#[pyclass(frozen)]
struct Delivery {
    promise: Py<PyAny>,
    outcome: Mutex<Option<Outcome>>,
}

#[pymethods]
impl Delivery {
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        // The result is delivered all the same.
        let told = logging::deliver(py);
        let Some(outcome) = lock(&self.outcome).take() else {
            return told;
        };
        let promise = self.promise.bind(py);
        if promise.call_method0(intern!(py, "done"))?.extract()? {
            return told;
        }
        let result = match outcome {
            Ok(convert) => convert(py),
            Err(failure) => Err(failure.into_python(py)),
        };
        match result {
            Ok(value) => promise.call_method1(intern!(py, "set_result"), (value,))?,
            Err(error) => promise.call_method1(intern!(py, "set_exception"), (error,))?,
        };
        told
    }
}

/// Called by the loop when its future is done: a cancelled one takes the request with it.
#[pyclass(frozen)]
struct Cancel(AbortHandle);

#[pymethods]
impl Cancel {
    fn __call__(&self, future: &Bound<'_, PyAny>) -> PyResult<()> {
        if future
            .call_method0(intern!(future.py(), "cancelled"))?
            .extract()?
        {
            self.0.abort();
        }
        Ok(())
    }
}

/// An awaitable that never suspends: for what is there already.
#[pyclass(frozen)]
pub(crate) struct Immediate(Mutex<Option<Outcome>>);

impl Immediate {
    pub(crate) fn new(outcome: Outcome) -> Self {
        Self(Mutex::new(Some(outcome)))
    }
}

#[pymethods]
impl Immediate {
    fn __await__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let outcome = lock(&self.0).take();
        match outcome {
            // What an awaitable returns travels in the exception that ends it.
            Some(Ok(convert)) => Err(PyStopIteration::new_err((convert(py)?,))),
            Some(Err(failure)) => Err(failure.into_python(py)),
            None => Ok(None),
        }
    }
}
