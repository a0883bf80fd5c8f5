//! One tokio runtime for each process, and the two ways to wait for it: blocking, and as an awaitable of asyncio.
//!
//! A forked child starts over: it leaks what its parent had, and never touches it. For that to be safe, no lock of this
//! crate is held while the interpreter is detached, so that none can be held by another thread when a process forks.

use std::convert::Infallible;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use pyo3::exceptions::{PyOSError, PyRuntimeError};
use pyo3::prelude::*;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::bridge;
use crate::errors::Failure;
use crate::hints::Convert;
use crate::logging::{self, Queue};

/// How often a blocking call looks for signals: Ctrl-C is answered within this time.
const TICK: Duration = Duration::from_millis(50);

/// How long the end of the interpreter waits for what is under way.
const PATIENCE: Duration = Duration::from_millis(500);

/// A value that belongs to the process that made it. A forked child has a copy that it must neither use nor drop: its
/// threads do not exist there, and its locks may be held by them.
pub(crate) struct Owned<T> {
    process: u32,
    value: Option<T>,
}

impl<T> Owned<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            process: std::process::id(),
            value: Some(value),
        }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.value.as_ref().filter(|_| self.is_here())
    }

    pub(crate) fn into_inner(mut self) -> Option<T> {
        if self.is_here() {
            self.value.take()
        } else {
            None
        }
    }

    pub(crate) fn is_here(&self) -> bool {
        self.process == std::process::id()
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        if !self.is_here() {
            std::mem::forget(self.value.take());
        }
    }
}

/// A lock that a panic elsewhere does not make useless.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Running {
    runtime: Runtime,
    /// Turns true when the interpreter ends.
    ending: watch::Sender<bool>,
    /// What its threads log. A child has a queue of its own, as this one's lock may be held by one of them.
    logged: Arc<Queue>,
}

enum State {
    NotStarted,
    Started(Owned<Running>),
    Over,
}

static STATE: Mutex<State> = Mutex::new(State::NotStarted);

/// The runtime of this process, started by whoever asks first.
fn started(_: Python<'_>) -> PyResult<(Handle, watch::Receiver<bool>)> {
    let mut state = lock(&STATE);
    match &*state {
        State::Started(owned) => {
            if let Some(running) = owned.get() {
                logging::listen(&running.logged);
                return Ok((running.runtime.handle().clone(), running.ending.subscribe()));
            }
            // A forked child: what the parent had is left alone.
        }
        State::NotStarted => {}
        State::Over => return Err(over()),
    }
    let logged = Arc::new(Queue::default());
    let of_threads = Arc::clone(&logged);
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("bird-connectors")
        .on_thread_start(move || logging::listen(&of_threads))
        .enable_all()
        .build()
        .map_err(|error| {
            PyOSError::new_err(format!(
                "the threads for requests cannot be started: {error}"
            ))
        })?;
    let (ending, receiver) = watch::channel(false);
    let handle = runtime.handle().clone();
    logging::install();
    logging::listen(&logged);
    *state = State::Started(Owned::new(Running {
        runtime,
        ending,
        logged,
    }));
    Ok((handle, receiver))
}

/// The handle of this process's runtime.
pub(crate) fn handle(py: Python<'_>) -> PyResult<Handle> {
    started(py).map(|(handle, _)| handle)
}

fn over() -> PyErr {
    PyRuntimeError::new_err("the interpreter is ending: no request can be made any more")
}

/// Ends the runtime before the interpreter goes: afterwards no thread of ours is left that could call into it.
pub(crate) fn shut_down(py: Python<'_>) {
    let state = std::mem::replace(&mut *lock(&STATE), State::Over);
    let State::Started(owned) = state else {
        return;
    };
    let Some(running) = owned.into_inner() else {
        return;
    };
    running.ending.send_replace(true);
    py.detach(|| running.runtime.shutdown_timeout(PATIENCE));
}

/// Waits for a future with the interpreter detached. A signal whose handler raises (Ctrl-C) ends the wait, and the
/// future is dropped.
pub(crate) fn block<T: Send + 'static>(
    py: Python<'_>,
    future: impl Future<Output = T> + Send + 'static,
) -> PyResult<T> {
    attend(
        py,
        |_: Asker<T, Infallible>| future,
        |never| match *never {},
    )
}

/// What a blocking call is told by its future.
enum Told<T, E> {
    Result(T),
    Errand(E),
}

/// How a future asks the thread that waits for it to do something.
pub(crate) struct Asker<T, E>(Sender<Told<T, E>>);

impl<T, E> Asker<T, E> {
    /// Where the thread waits no more, the errand is dropped.
    pub(crate) fn ask(&self, errand: E) {
        let _ = self.0.send(Told::Errand(errand));
    }
}

/// As [`block`], and does in this thread what the future asks for meanwhile.
///
/// The future runs on the runtime and not here: with the connection it speaks to on the same thread, no part of an
/// answer changes threads, and this thread is woken once.
pub(crate) fn attend<T, E, F>(
    py: Python<'_>,
    future: impl FnOnce(Asker<T, E>) -> F,
    mut run: impl FnMut(&E) -> PyResult<()>,
) -> PyResult<T>
where
    T: Send + 'static,
    E: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    logging::refresh(py)?;
    let (handle, ending) = started(py)?;
    let (sender, receiver) = channel();
    let future = future(Asker(sender.clone()));
    let task = handle.spawn(async move {
        let result = future.await;
        // Where nobody waits any more the result is dropped.
        let _ = sender.send(Told::Result(result));
    });
    let mut waiting = Waiting {
        py,
        task: Owned::new(task.abort_handle()),
        told: receiver,
        over: false,
    };
    loop {
        let told = &mut waiting.told;
        match py.detach(move || told.recv_timeout(TICK)) {
            Ok(Told::Result(result)) => {
                waiting.over = true;
                logging::deliver(py)?;
                return Ok(result);
            }
            Ok(Told::Errand(errand)) => {
                if let Err(error) = run(&errand) {
                    // Before the errand, whose end would be an answer to the future.
                    drop(waiting);
                    return Err(error);
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                logging::deliver(py)?;
                py.check_signals()?;
                if !waiting.task.is_here() {
                    return Err(PyRuntimeError::new_err(
                        "the process forked during this call, which goes on in the parent: make it again in the child",
                    ));
                }
            }
            // Only threads that the interpreter does not wait for are still here. They end like the others of their
            // kind: with the process, and without a word.
            Err(RecvTimeoutError::Disconnected) if *ending.borrow() => py.detach(|| {
                loop {
                    std::thread::park();
                }
            }),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(PyRuntimeError::new_err("the call ended without a result"));
            }
        }
    }
}

/// A future that is waited for. When the wait ends before it, it is dropped, and what it drops is done by then.
struct Waiting<'py, T: Send, E: Send> {
    py: Python<'py>,
    task: Owned<AbortHandle>,
    told: Receiver<Told<T, E>>,
    /// There is a result: the task has nothing left to do but to end, which nobody waits for.
    over: bool,
}

impl<T: Send, E: Send> Drop for Waiting<'_, T, E> {
    fn drop(&mut self) {
        let Some(task) = self.task.get().filter(|_| !self.over) else {
            return;
        };
        task.abort();
        let told = &mut self.told;
        self.py.detach(move || {
            // Until its end of the channel goes with it. Errands are kept as long: dropping one answers it.
            let mut left = Vec::new();
            while let Ok(word) = told.recv_timeout(PATIENCE) {
                left.push(word);
            }
        });
    }
}

/// What a call comes to before it is a Python object.
pub(crate) type Outcome = Result<Convert, Failure>;

type BoxOutcome = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// A request that is not sent yet: either run it, or start it and await the result.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct Call {
    future: Mutex<Option<BoxOutcome>>,
}

impl Call {
    pub(crate) fn new(future: impl Future<Output = Outcome> + Send + 'static) -> Self {
        Self {
            future: Mutex::new(Some(Box::pin(caught(future)))),
        }
    }

    fn take(&self) -> PyResult<BoxOutcome> {
        lock(&self.future)
            .take()
            .ok_or_else(|| PyRuntimeError::new_err("this call was already made"))
    }
}

#[pymethods]
impl Call {
    /// Makes the call and waits for its result.
    fn run(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match block(py, self.take()?)? {
            Ok(convert) => convert(py),
            Err(failure) => Err(failure.into_python(py)),
        }
    }

    /// Makes the call and returns an awaitable of the running asyncio loop.
    fn start<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        bridge::spawn(py, self.take()?)
    }
}

/// A panic of the core becomes an exception like any other, and not one that `except Exception` misses.
pub(crate) async fn caught(future: impl Future<Output = Outcome>) -> Outcome {
    match AssertUnwindSafe(future).catch_unwind().await {
        Ok(outcome) => outcome,
        Err(payload) => Err(Failure::Panic(
            payload
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| payload.downcast_ref::<String>().cloned())
                .unwrap_or_default(),
        )),
    }
}
