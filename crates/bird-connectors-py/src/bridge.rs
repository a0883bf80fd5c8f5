//! Runs Rust futures as asyncio futures. Cancelling the asyncio future drops the Rust future.

use std::pin::pin;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::{Either, select};
use pyo3::exceptions::{PyRuntimeError, PyStopIteration};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use tokio::task::AbortHandle;

use crate::logging;
use crate::outcome::{CallOutcome, into_object};
use crate::process::lock;
use crate::runtime;
use promise::deliver;

#[cfg(unix)]
mod inbox;
mod promise;

/// How often the log records of a call are delivered while it runs.
const LOG_INTERVAL: Duration = Duration::from_millis(50);

/// The running event loop of asyncio.
pub(crate) fn running_loop(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static GET_RUNNING_LOOP: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let get_running_loop = GET_RUNNING_LOOP.import(py, "asyncio", "get_running_loop")?;
    // Fails only without a loop. The message of asyncio does not say that other event loops do not count.
    get_running_loop.call0().map_err(|_| {
        PyRuntimeError::new_err(
            "AsyncClient needs a running asyncio event loop: call it from a coroutine that asyncio.run() runs, or \
             anyio.run() with its asyncio backend; with trio, call Client in a thread: await \
             trio.to_thread.run_sync(...)",
        )
    })
}

/// Runs a future on the runtime, and returns a future of the running event loop that gets its result.
pub(crate) fn spawn<'py>(
    py: Python<'py>,
    future: impl Future<Output = CallOutcome> + Send + 'static,
) -> PyResult<Bound<'py, PyAny>> {
    let running_loop = running_loop(py)?;
    let promise = running_loop.call_method0(intern!(py, "create_future"))?;
    let call_soon = running_loop
        .getattr(intern!(py, "call_soon_threadsafe"))?
        .unbind();
    let delivery = Delivery::new(&running_loop, &promise, &call_soon)?;
    logging::refresh_levels(py)?;
    let mut cancellation =
        logging::is_recording_spans().then(|| DeliverOnCancellation(Some(call_soon.clone_ref(py))));
    let task = runtime::spawn(py, async move {
        let outcome = if logging::is_any_logger_enabled() || logging::is_recording_spans() {
            deliver_logs_during(future, &call_soon).await
        } else {
            future.await
        };
        if let Some(cancellation) = &mut cancellation {
            cancellation.0 = None;
        }
        delivery.send(outcome);
    })?;
    let cancel = CancelTask {
        task,
        caller: logging::thread_caller(),
    };
    promise.call_method1(intern!(py, "add_done_callback"), (cancel,))?;
    Ok(promise)
}

/// How the result of a call gets to the event loop.
enum Delivery {
    #[cfg(unix)]
    Inbox(std::sync::Arc<inbox::Inbox>, Py<PyAny>),
    /// For a loop that cannot watch sockets, such as asyncio's on Windows.
    CallSoon(Py<ResultDelivery>, Py<PyAny>),
}

impl Delivery {
    fn new(
        running_loop: &Bound<'_, PyAny>,
        promise: &Bound<'_, PyAny>,
        call_soon: &Py<PyAny>,
    ) -> PyResult<Self> {
        let promise = promise.clone().unbind();
        #[cfg(unix)]
        if let Some(inbox) = inbox::Inbox::of(running_loop) {
            return Ok(Self::Inbox(inbox, promise));
        }
        let delivery = ResultDelivery {
            promise,
            outcome: Mutex::new(None),
        };
        let py = running_loop.py();
        Ok(Self::CallSoon(
            Py::new(py, delivery)?,
            call_soon.clone_ref(py),
        ))
    }

    fn send(self, outcome: CallOutcome) {
        match self {
            #[cfg(unix)]
            Self::Inbox(inbox, promise) => inbox.put(promise, outcome),
            Self::CallSoon(delivery, call_soon) => {
                // Attaching fails while the interpreter shuts down. Then no loop waits for the result.
                Python::try_attach(|py| {
                    *lock(&delivery.get().outcome) = Some(outcome);
                    // Fails if the loop is closed.
                    let _ = call_soon.call1(py, (delivery,));
                });
            }
        }
    }
}

/// Awaits a future, and meanwhile has the loop deliver log records in its own thread.
async fn deliver_logs_during<T>(future: impl Future<Output = T>, call_soon: &Py<PyAny>) -> T {
    let mut future = pin!(future);
    loop {
        let tick = pin!(tokio::time::sleep(LOG_INTERVAL));
        match select(future.as_mut(), tick).await {
            Either::Left((outcome, _)) => return outcome,
            Either::Right(_) if logging::has_records() => {
                Python::try_attach(|py| {
                    let delivery = Py::new(py, LogDelivery)?;
                    // If the loop is closed, the next call delivers the records.
                    call_soon.call1(py, (delivery,))
                });
            }
            Either::Right(_) => {}
        }
    }
}

/// Has the loop deliver the ends of the spans of a call that is cancelled: nothing else happens after them.
struct DeliverOnCancellation(Option<Py<PyAny>>);

impl Drop for DeliverOnCancellation {
    fn drop(&mut self) {
        if let Some(call_soon) = self.0.take() {
            Python::try_attach(|py| {
                let delivery = Py::new(py, LogDelivery)?;
                // If the loop is closed, the next call delivers the spans.
                call_soon.call1(py, (delivery,))
            });
        }
    }
}

/// Delivers log records. The loop calls it in its own thread.
#[pyclass(frozen)]
struct LogDelivery;

#[pymethods]
impl LogDelivery {
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        logging::deliver(py)
    }
}

/// Delivers the result of a call. The loop calls it in its own thread.
#[pyclass(frozen)]
struct ResultDelivery {
    promise: Py<PyAny>,
    outcome: Mutex<Option<CallOutcome>>,
}

#[pymethods]
impl ResultDelivery {
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        // If this fails the result is delivered nevertheless.
        let logged = logging::deliver(py);
        let Some(outcome) = lock(&self.outcome).take() else {
            return logged;
        };
        deliver(self.promise.bind(py), outcome).and(logged)
    }
}

/// Aborts the task of a call if its future was cancelled. The loop calls it when the future is done.
#[pyclass(frozen)]
struct CancelTask {
    task: AbortHandle,
    /// The span `caller` of the call.
    caller: u64,
}

#[pymethods]
impl CancelTask {
    fn __call__(&self, future: &Bound<'_, PyAny>) -> PyResult<()> {
        if future
            .call_method0(intern!(future.py(), "cancelled"))?
            .extract()?
        {
            logging::leave(self.caller);
            self.task.abort();
        }
        Ok(())
    }
}

/// An awaitable that has its result already and never suspends.
#[pyclass(frozen)]
pub(crate) struct Immediate(Mutex<Option<CallOutcome>>);

impl Immediate {
    pub(crate) fn new(outcome: CallOutcome) -> Self {
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
            // The result of an awaitable is the value of the exception that ends it.
            Some(outcome) => Err(PyStopIteration::new_err((into_object(py, outcome)?,))),
            None => Ok(None),
        }
    }
}
