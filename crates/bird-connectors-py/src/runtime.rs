//! The tokio runtime of the process, and blocking calls on it.
//!
//! A forked child starts a new runtime. It leaks the parent's and never touches it. For this to be safe, no lock of this
//! crate is held while the interpreter is detached: then no other thread can hold one when the process forks.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyOSError, PyRuntimeError};
use pyo3::prelude::*;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::logging;
use crate::process::{ProcessOwned, lock};

/// How often a blocking call checks for signals: it reacts to Ctrl-C within this time.
const SIGNAL_CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// How long a call that was interrupted, and the shutdown of the interpreter, wait for tasks to end.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(500);

const FORKED: &str =
    "the process forked during this call, which continues in the parent: repeat it in the child";

struct Running {
    runtime: Runtime,
    /// Becomes true when the interpreter shuts down.
    shutting_down: watch::Sender<bool>,
}

enum State {
    NotStarted,
    Started(ProcessOwned<Running>),
    ShutDown,
}

static STATE: Mutex<State> = Mutex::new(State::NotStarted);

/// The runtime of this process. The first call starts it.
fn started(py: Python<'_>) -> PyResult<(Handle, watch::Receiver<bool>)> {
    let queue = logging::queue(py);
    let mut state = lock(&STATE);
    match &*state {
        State::Started(owned) => {
            if let Some(running) = owned.get() {
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
    let runtime = Builder::new_multi_thread()
        // It serves connections and timers, and decodes responses only for asyncio, whose loop is the bottleneck. With a second
        // thread, the two would wake each other: a small request takes 10 % longer, and a page 8 %.
        .worker_threads(1)
        .thread_name("bird-connectors")
        .on_thread_start(move || logging::set_thread_queue(&queue))
        .enable_all()
        .build()
        .map_err(|error| {
            PyOSError::new_err(format!("cannot start the threads for requests: {error}"))
        })?;
    let (shutting_down, receiver) = watch::channel(false);
    let handle = runtime.handle().clone();
    *state = State::Started(ProcessOwned::new(Running {
        runtime,
        shutting_down,
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

/// Waits for a future with the interpreter detached. The future must catch its panics.
///
/// A signal whose handler raises (Ctrl-C) ends the wait, and the future is dropped.
///
/// This thread polls the future, and the runtime serves its connections and timers. So the thread that decodes a response also
/// frees its objects, which makes a page of 100 connectors 6 % faster than with a task of the runtime: most of its memory is in
/// the cache of this thread, and no free block has to be returned to another thread.
pub(crate) fn block<T, F>(py: Python<'_>, future: F) -> PyResult<T>
where
    T: Send,
    F: Future<Output = T> + Send,
{
    logging::refresh_levels(py)?;
    let (handle, shutting_down) = started(py)?;
    let mut call = PolledCall {
        py,
        handle,
        shutting_down,
        waker: Arc::new(ThreadWaker::new()),
        future: ProcessOwned::new(Box::pin(future)),
    };
    loop {
        let result = call.poll_for(SIGNAL_CHECK_INTERVAL)?;
        logging::deliver(py)?;
        match result {
            Poll::Ready(result) => return Ok(result),
            Poll::Pending => py.check_signals()?,
        }
    }
}

/// A future that this thread polls. Dropping this drops the future, unless the process has forked.
struct PolledCall<'py, F: Send> {
    py: Python<'py>,
    handle: Handle,
    shutting_down: watch::Receiver<bool>,
    waker: Arc<ThreadWaker>,
    /// Emptied when this is dropped.
    future: ProcessOwned<Pin<Box<F>>>,
}

impl<T: Send, F: Future<Output = T> + Send> PolledCall<'_, F> {
    /// Polls the future until it is ready or the time has passed.
    fn poll_for(&mut self, duration: Duration) -> PyResult<Poll<T>> {
        let Some(future) = self.future.get_mut() else {
            return Err(PyRuntimeError::new_err(FORKED));
        };
        let (handle, waker) = (&self.handle, &self.waker);
        let shutting_down = || *self.shutting_down.borrow();
        Ok(self.py.detach(move || {
            let result = waker.poll_for(handle, future.as_mut(), duration, &shutting_down);
            // Only daemon threads get here during a shutdown, since the interpreter waits for all others. Like other daemon
            // threads, they exit silently with the process.
            while shutting_down() {
                std::thread::park();
            }
            result
        }))
    }
}

impl<F: Send> Drop for PolledCall<'_, F> {
    fn drop(&mut self) {
        let (handle, future) = (&self.handle, &mut self.future);
        if future.is_current() {
            self.py.detach(move || {
                // Cancelling a request needs the runtime.
                let _context = handle.enter();
                future.clear();
            });
        }
    }
}

/// Wakes the thread that polls a future.
struct ThreadWaker {
    thread: Thread,
    is_woken: AtomicBool,
}

impl ThreadWaker {
    /// For the current thread, which polls first.
    fn new() -> Self {
        Self {
            thread: std::thread::current(),
            is_woken: AtomicBool::new(true),
        }
    }

    /// Polls in the current thread, until the runtime shuts down: a future that needs its timers would panic.
    fn poll_for<F: Future>(
        self: &Arc<Self>,
        handle: &Handle,
        mut future: Pin<&mut F>,
        duration: Duration,
        shutting_down: &impl Fn() -> bool,
    ) -> Poll<F::Output> {
        let _context = handle.enter();
        let waker = Waker::from(Arc::clone(self));
        let mut context = Context::from_waker(&waker);
        let end = Instant::now() + duration;
        while !shutting_down() {
            if self.is_woken.swap(false, Ordering::Acquire)
                && let Poll::Ready(result) = future.as_mut().poll(&mut context)
            {
                return Poll::Ready(result);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            if !self.is_woken.load(Ordering::Relaxed) {
                std::thread::park_timeout(left);
            }
        }
        Poll::Pending
    }
}

impl Wake for ThreadWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_woken.swap(true, Ordering::Release) {
            self.thread.unpark();
        }
    }
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

/// Like [`block`], and meanwhile serves requests of the future in this thread. The future is therefore a task of the runtime.
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
                    return Err(PyRuntimeError::new_err(FORKED));
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
