//! One tokio runtime for each process, and the two ways to wait for it: blocking, and as an awaitable of asyncio.
//!
//! A forked child starts over: it leaks what its parent had, and never touches it. For that to be safe, no lock of this
//! crate is held while the interpreter is detached, so that none can be held by another thread when a process forks.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{Either, select};
use pyo3::exceptions::{PyOSError, PyRuntimeError};
use pyo3::prelude::*;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::watch;

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
/// Threads that are blocked in [`block`].
static BLOCKED: AtomicUsize = AtomicUsize::new(0);

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
            BLOCKED.store(0, Ordering::SeqCst);
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
    py.detach(|| {
        // Threads that are still blocked leave the runtime before it goes.
        let began = std::time::Instant::now();
        while BLOCKED.load(Ordering::SeqCst) > 0 && began.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(1));
        }
        running.runtime.shutdown_timeout(PATIENCE);
    });
}

/// Waits for a future with the interpreter detached. A signal whose handler raises (Ctrl-C) ends the wait, and the
/// future is dropped.
pub(crate) fn block<T: Send>(
    py: Python<'_>,
    future: impl Future<Output = T> + Send,
) -> PyResult<T> {
    enum Tick<T> {
        Done(T),
        Ending,
        Pending,
    }
    struct Blocked;
    impl Drop for Blocked {
        fn drop(&mut self) {
            BLOCKED.fetch_sub(1, Ordering::SeqCst);
        }
    }

    logging::refresh(py)?;
    let (handle, mut ending) = started(py)?;
    // What the future holds may want the runtime when it is dropped.
    let _context = handle.enter();
    let mut future = pin!(future);
    loop {
        let tick = py.detach(|| {
            BLOCKED.fetch_add(1, Ordering::SeqCst);
            let _blocked = Blocked;
            // Signal handlers run outside of `block_on`, because they may make requests of their own.
            handle.block_on(async {
                let ended = pin!(ending.wait_for(|ending| *ending));
                match tokio::time::timeout(TICK, select(future.as_mut(), ended)).await {
                    Ok(Either::Left((result, _))) => Tick::Done(result),
                    Ok(Either::Right(_)) => Tick::Ending,
                    Err(_) => Tick::Pending,
                }
            })
        });
        match tick {
            Tick::Done(result) => {
                logging::deliver(py)?;
                return Ok(result);
            }
            // Only threads that the interpreter does not wait for are still here. They end like the others of their
            // kind: with the process, and without a word.
            Tick::Ending => py.detach(|| {
                loop {
                    std::thread::park();
                }
            }),
            Tick::Pending => {
                logging::deliver(py)?;
                py.check_signals()?;
            }
        }
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
