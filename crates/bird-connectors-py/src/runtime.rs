//! The tokio runtime of the process, and blocking calls on it.
//!
//! A forked child starts a new runtime. It leaks the parent's and never touches it. For this to be safe, no lock of this
//! crate is held while the interpreter is detached: then no other thread can hold one when the process forks.

use std::convert::Infallible;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pyo3::exceptions::{PyOSError, PyRuntimeError};
use pyo3::prelude::*;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::logging::{self, LogQueue};
use crate::process::{ProcessOwned, lock};

/// How often a blocking call checks for signals: it reacts to Ctrl-C within this time.
const SIGNAL_CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// How long a call that was interrupted, and the shutdown of the interpreter, wait for tasks to end.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(500);

struct Running {
    runtime: Runtime,
    /// Becomes true when the interpreter shuts down.
    shutting_down: watch::Sender<bool>,
    /// The log queue of the runtime's threads. A forked child needs its own: a thread of the parent may have held the
    /// lock of this one.
    log_queue: Arc<LogQueue>,
}

enum State {
    NotStarted,
    Started(ProcessOwned<Running>),
    ShutDown,
}

static STATE: Mutex<State> = Mutex::new(State::NotStarted);

/// The runtime of this process. The first call starts it.
fn started(_: Python<'_>) -> PyResult<(Handle, watch::Receiver<bool>)> {
    let mut state = lock(&STATE);
    match &*state {
        State::Started(owned) => {
            if let Some(running) = owned.get() {
                logging::set_thread_queue(&running.log_queue);
                let shutting_down = running.shutting_down.subscribe();
                return Ok((running.runtime.handle().clone(), shutting_down));
            }
            // A forked child: replace the state of the parent, which drops nothing.
        }
        State::NotStarted => {}
        State::ShutDown => {
            return Err(PyRuntimeError::new_err(
                "cannot make requests: the interpreter is shutting down",
            ));
        }
    }
    let log_queue = Arc::new(LogQueue::default());
    let queue_of_threads = Arc::clone(&log_queue);
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("bird-connectors")
        .on_thread_start(move || logging::set_thread_queue(&queue_of_threads))
        .enable_all()
        .build()
        .map_err(|error| {
            PyOSError::new_err(format!("cannot start the threads for requests: {error}"))
        })?;
    let (shutting_down, receiver) = watch::channel(false);
    let handle = runtime.handle().clone();
    logging::install();
    logging::set_thread_queue(&log_queue);
    *state = State::Started(ProcessOwned::new(Running {
        runtime,
        shutting_down,
        log_queue,
    }));
    Ok((handle, receiver))
}

/// The handle of this process's runtime.
pub(crate) fn handle(py: Python<'_>) -> PyResult<Handle> {
    started(py).map(|(handle, _)| handle)
}

/// Shuts the runtime down before the interpreter ends. Afterwards no thread of the runtime can call into it.
pub(crate) fn shut_down(py: Python<'_>) {
    let state = std::mem::replace(&mut *lock(&STATE), State::ShutDown);
    let State::Started(owned) = state else {
        return;
    };
    let Some(running) = owned.into_inner() else {
        return;
    };
    running.shutting_down.send_replace(true);
    py.detach(|| running.runtime.shutdown_timeout(SHUTDOWN_TIMEOUT));
}

/// Runs a future on the runtime, and waits for it with the interpreter detached.
///
/// A signal whose handler raises (Ctrl-C) ends the wait, and the future is dropped.
pub(crate) fn block<T: Send + 'static>(
    py: Python<'_>,
    future: impl Future<Output = T> + Send + 'static,
) -> PyResult<T> {
    block_and_serve(
        py,
        |_: Requester<T, Infallible>| future,
        |never| match *never {},
    )
}

/// A message from a future to the thread that waits for it.
enum Message<T, R> {
    Result(T),
    Request(R),
}

/// Sends requests from a future to the thread that waits for it.
pub(crate) struct Requester<T, R>(Sender<Message<T, R>>);

impl<T, R> Requester<T, R> {
    /// Sends a request. It is dropped if the thread waits no longer.
    pub(crate) fn send(&self, request: R) {
        let _ = self.0.send(Message::Request(request));
    }
}

/// Like [`block`], and meanwhile serves requests of the future in this thread.
///
/// The future runs on the runtime rather than in this thread. Its connection is served there too, so that no part of a
/// response moves between threads and this thread wakes up once.
pub(crate) fn block_and_serve<T, R, F>(
    py: Python<'_>,
    future: impl FnOnce(Requester<T, R>) -> F,
    mut serve: impl FnMut(&R) -> PyResult<()>,
) -> PyResult<T>
where
    T: Send + 'static,
    R: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    logging::refresh_levels(py)?;
    let (handle, shutting_down) = started(py)?;
    let (sender, receiver) = channel();
    let future = future(Requester(sender.clone()));
    let task = handle.spawn(async move {
        let result = future.await;
        // Fails if the call was interrupted.
        let _ = sender.send(Message::Result(result));
    });
    let mut call = BlockingCall {
        py,
        task: ProcessOwned::new(task.abort_handle()),
        messages: receiver,
        finished: false,
    };
    loop {
        let messages = &mut call.messages;
        match py.detach(move || messages.recv_timeout(SIGNAL_CHECK_INTERVAL)) {
            Ok(Message::Result(result)) => {
                call.finished = true;
                logging::deliver(py)?;
                return Ok(result);
            }
            Ok(Message::Request(request)) => {
                if let Err(error) = serve(&request) {
                    // Ends the future first: dropping the request would answer it, and the future would continue.
                    drop(call);
                    return Err(error);
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                logging::deliver(py)?;
                py.check_signals()?;
                if !call.task.is_current() {
                    return Err(PyRuntimeError::new_err(
                        "the process forked during this call, which continues in the parent: repeat it in the child",
                    ));
                }
            }
            // Only daemon threads get here, since the interpreter waits for all others. Like other daemon threads, they
            // exit silently with the process.
            Err(RecvTimeoutError::Disconnected) if *shutting_down.borrow() => py.detach(|| {
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

/// A future that a thread waits for. Dropping this before there is a result drops the future, and waits until it is
/// dropped.
struct BlockingCall<'py, T: Send, R: Send> {
    py: Python<'py>,
    task: ProcessOwned<AbortHandle>,
    messages: Receiver<Message<T, R>>,
    /// There is a result, and the task is about to end.
    finished: bool,
}

impl<T: Send, R: Send> Drop for BlockingCall<'_, T, R> {
    fn drop(&mut self) {
        let Some(task) = self.task.get().filter(|_| !self.finished) else {
            return;
        };
        task.abort();
        let messages = &mut self.messages;
        self.py.detach(move || {
            // The channel closes when the task is dropped. Until then requests are kept: dropping one answers it.
            let mut kept = Vec::new();
            while let Ok(message) = messages.recv_timeout(SHUTDOWN_TIMEOUT) {
                kept.push(message);
            }
        });
    }
}
