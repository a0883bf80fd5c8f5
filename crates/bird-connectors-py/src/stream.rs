//! Iterations: streams of the SDK as Python iterators, synchronous and asynchronous. The type of the items is erased here
//! and restored by the stubs and by `_lists.py`.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bird_connectors as sdk;
use futures_util::{FutureExt as _, StreamExt as _};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};
use tracing::{Instrument as _, Span};

use crate::active_calls::ActiveCall;
use crate::bridge::{self, Immediate};
use crate::callbacks::CallbackQueue;
use crate::hints::{Typed, WaitTotals};
use crate::logging;
use crate::outcome::{CallError, CallOutcome, catch_panic};
use crate::process::{ProcessOwned, lock};
use crate::records::record;
use crate::runtime::{block, continue_in_background, handle};

/// How many milliseconds to wait for a cancelled step to end on another thread.
const CANCELLED_STEP_GRACE: u32 = 50;

/// A stream of the SDK with its type erased.
pub(crate) trait Source: futures_core::Stream<Item = CallOutcome> + Send + Unpin {
    /// Where a list can be resumed.
    fn checkpoint(&self) -> Option<String> {
        None
    }

    /// The totals of a bulk operation.
    fn totals(&self) -> Option<Totals> {
        None
    }

    /// Visits the Python objects that the source refers to, for the garbage collector.
    fn traverse(&self, _visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        Ok(())
    }
}

/// The totals of a bulk operation.
#[derive(Clone, Copy)]
pub(crate) enum Totals {
    Wait(sdk::wait::WaitTotals),
    Install {
        installs: sdk::install::InstallTotals,
        /// `None` if the run does not wait for the channels.
        wait: Option<sdk::wait::WaitTotals>,
    },
}

impl Totals {
    pub(crate) fn into_record(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self {
            Self::Wait(t) => {
                let values = (t.ready, t.failed, t.pending, t.cancelled, t.rounds, t.gets);
                record(py, "WaitTotals", values)
            }
            Self::Install { installs: t, .. } => {
                let values = (t.created, t.adopted, t.failed, t.pending);
                record(py, "InstallTotals", values)
            }
        }
    }

    /// The totals of the wait for the channels, if there is one.
    fn of_wait(self) -> Option<Self> {
        match self {
            Self::Wait(_) => Some(self),
            Self::Install { wait, .. } => wait.map(Self::Wait),
        }
    }
}

/// A closed stream: it has no more items and keeps its totals.
struct Closed(Option<Totals>);

impl futures_core::Stream for Closed {
    type Item = CallOutcome;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<CallOutcome>> {
        Poll::Ready(None)
    }
}

impl Source for Closed {
    fn totals(&self) -> Option<Totals> {
        self.0
    }
}

/// The state of an iteration.
enum State {
    /// No step is running.
    Idle(Box<dyn Source>),
    /// A step is running and holds the source.
    Advancing,
    /// A step was interrupted, and the source dropped with its request.
    Interrupted {
        checkpoint: Option<String>,
        totals: Option<Totals>,
    },
}

/// An iteration. One thread or task at a time may advance it.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct Stream(ProcessOwned<Inner>);

struct Inner {
    state: Arc<Mutex<State>>,
    callbacks: Option<CallbackQueue>,
    /// The span of the caller that made the first step, in which all steps run.
    caller: OnceLock<Span>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(id) = self.caller.get().and_then(Span::id) {
            logging::leave(id.into_u64());
        }
    }
}

impl Stream {
    pub(crate) fn new(source: Box<dyn Source>) -> Self {
        Self::with_callbacks(source, None)
    }

    /// A stream that may call an object of the user while it is advanced.
    pub(crate) fn with_callbacks(
        source: Box<dyn Source>,
        callbacks: Option<CallbackQueue>,
    ) -> Self {
        let state = Arc::new(Mutex::new(State::Idle(source)));
        Self(ProcessOwned::new(Inner {
            state,
            callbacks,
            caller: OnceLock::new(),
        }))
    }

    fn callbacks(&self) -> Option<&CallbackQueue> {
        self.0.get().and_then(|inner| inner.callbacks.as_ref())
    }

    fn caller(&self, py: Python<'_>) -> PyResult<Span> {
        let Some(inner) = self.0.get().filter(|_| logging::is_recording_spans()) else {
            return Ok(Span::none());
        };
        if let Some(caller) = inner.caller.get() {
            return Ok(caller.clone());
        }
        let caller = logging::caller(py)?;
        Ok(inner.caller.get_or_init(|| caller).clone())
    }

    fn current_totals(&self, py: Python<'_>) -> PyResult<Option<Totals>> {
        match &*self.settled_state(py)? {
            State::Idle(source) => Ok(source.totals()),
            State::Interrupted { totals, .. } => Ok(*totals),
            State::Advancing => Err(being_advanced("read its totals")),
        }
    }

    fn state(&self) -> PyResult<&Arc<Mutex<State>>> {
        self.0.get().map(|inner| &inner.state).ok_or_else(|| {
            PyRuntimeError::new_err(
                "this iteration was started before the process forked: start a new one in the child",
            )
        })
    }

    /// The state, between two steps if possible. A cancelled step may still be about to end on another thread; this
    /// waits for it a moment.
    fn settled_state(&self, py: Python<'_>) -> PyResult<MutexGuard<'_, State>> {
        let state = self.state()?;
        for _ in 0..CANCELLED_STEP_GRACE {
            let guard = lock(state);
            if !matches!(*guard, State::Advancing) {
                return Ok(guard);
            }
            drop(guard);
            py.detach(|| std::thread::sleep(Duration::from_millis(1)));
        }
        Ok(lock(state))
    }

    /// Takes the source for one step.
    fn begin_step(&self, py: Python<'_>) -> PyResult<Step> {
        let shared = self.state()?;
        let caller = self.caller(py)?;
        logging::set_thread_caller(&caller);
        let mut state = self.settled_state(py)?;
        match std::mem::replace(&mut *state, State::Advancing) {
            State::Idle(source) => Ok(Step {
                state: Arc::clone(shared),
                source: Some(source),
                caller,
            }),
            State::Advancing => Err(PyRuntimeError::new_err(
                "this iteration is already being advanced by another thread or task",
            )),
            interrupted @ State::Interrupted { .. } => {
                *state = interrupted;
                Err(PyRuntimeError::new_err(
                    "this iteration was interrupted: start a new one; for a list, pass the `checkpoint` of this one as \
                     `resume_from`",
                ))
            }
        }
    }
}

fn being_advanced(what: &str) -> PyErr {
    PyRuntimeError::new_err(format!(
        "this iteration is being advanced: {what} between two steps"
    ))
}

#[pymethods]
impl Stream {
    /// Where the list can be resumed after the items delivered so far. None at its end.
    #[getter]
    fn checkpoint(&self, py: Python<'_>) -> PyResult<Option<String>> {
        match &*self.settled_state(py)? {
            State::Idle(source) => Ok(source.checkpoint()),
            State::Interrupted { checkpoint, .. } => Ok(checkpoint.clone()),
            State::Advancing => Err(being_advanced("read its checkpoint")),
        }
    }

    /// The totals so far. None if this iteration has no totals.
    #[getter]
    fn totals(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let totals = self.current_totals(py)?;
        totals.map(|totals| totals.into_record(py)).transpose()
    }

    /// The totals of the wait for the channels so far. None if this iteration does not wait.
    #[getter]
    fn wait_totals(&self, py: Python<'_>) -> PyResult<Typed<Option<WaitTotals>>> {
        let totals = self.current_totals(py)?.and_then(Totals::of_wait);
        let record = totals.map(|totals| totals.into_record(py)).transpose()?;
        Ok(Typed::new(record.unwrap_or_else(|| py.None())))
    }

    /// Ends the iteration: it has no more items.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        let mut state = self.settled_state(py)?;
        let totals = match &*state {
            State::Idle(source) => source.totals(),
            State::Interrupted { totals, .. } => *totals,
            State::Advancing => return Err(being_advanced("close it")),
        };
        let before = std::mem::replace(&mut *state, State::Idle(Box::new(Closed(totals))));
        drop(state);
        // Dropping the source may need the runtime.
        let _context = handle(py)?.enter();
        drop(before);
        logging::deliver(py)
    }

    /// A journal of the user may refer to this object, and so may the traceback of an exception. While a step is running,
    /// this object is alive.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(inner) = self.0.get()
            && let Ok(state) = inner.state.try_lock()
            && let State::Idle(source) = &*state
        {
            source.traverse(&visit)?;
        }
        match self.callbacks() {
            Some(callbacks) => callbacks.traverse(&visit),
            None => Ok(()),
        }
    }

    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let mut step = self.begin_step(py)?;
        let outcome = match step.poll_once(py)? {
            Some(outcome) => {
                step.finish();
                deliver_at_end(py, &outcome)?;
                outcome
            }
            None => {
                let _active = ActiveCall::begin(py);
                match self.callbacks() {
                    Some(callbacks) => callbacks.block(py, step.run())?,
                    None => {
                        let outcome = block(py, step.run())?;
                        // A list may have requested its next page.
                        continue_in_background(py)?;
                        outcome
                    }
                }
            }
        };
        match outcome {
            Ok(into_object) => into_object(py).map(Some),
            Err(CallError::EndOfStream) => Ok(None),
            Err(error) => Err(error.into_exception(py)),
        }
    }

    fn __aiter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __anext__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let mut step = self.begin_step(py)?;
        if let Some(outcome) = step.poll_once(py)? {
            step.finish();
            deliver_at_end(py, &outcome)?;
            return Ok(Bound::new(py, Immediate::new(outcome))?.into_any());
        }
        let _active = ActiveCall::begin(py);
        match self.callbacks() {
            Some(callbacks) => callbacks.clone().spawn(py, step.run()),
            None => bridge::spawn(py, step.run()),
        }
    }
}

/// The end of an iteration is the end of its spans. No call follows that would deliver them.
fn deliver_at_end(py: Python<'_>, outcome: &CallOutcome) -> PyResult<()> {
    match outcome {
        Err(CallError::EndOfStream) => logging::deliver(py),
        _ => Ok(()),
    }
}

/// One step of an iteration, which holds the source. A step that is dropped before it finishes was interrupted: the
/// source and its request are dropped with it.
struct Step {
    state: Arc<Mutex<State>>,
    source: Option<Box<dyn Source>>,
    caller: Span,
}

impl Step {
    async fn next(&mut self) -> CallOutcome {
        match &mut self.source {
            Some(source) => source.next().await.unwrap_or(Err(CallError::EndOfStream)),
            None => Err(CallError::EndOfStream),
        }
    }

    /// The next item if it is there already, as within a page. No other thread is involved.
    fn poll_once(&mut self, py: Python<'_>) -> PyResult<Option<CallOutcome>> {
        logging::refresh_levels(py)?;
        // The first poll may start a request, which needs the runtime.
        let _context = handle(py)?.enter();
        let caller = self.caller.clone();
        Ok(caller.in_scope(|| catch_panic(self.next()).now_or_never()))
    }

    /// Waits for the next item.
    async fn run(mut self) -> CallOutcome {
        let caller = self.caller.clone();
        let outcome = catch_panic(self.next()).instrument(caller).await;
        self.finish();
        outcome
    }

    fn finish(mut self) {
        if let Some(source) = self.source.take() {
            *lock(&self.state) = State::Idle(source);
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if let Some(source) = self.source.take() {
            *lock(&self.state) = State::Interrupted {
                checkpoint: source.checkpoint(),
                totals: source.totals(),
            };
        }
    }
}
