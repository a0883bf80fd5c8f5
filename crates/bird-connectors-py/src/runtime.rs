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
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

mod driver;

use crate::active_calls;
use crate::logging;
use crate::process::{ProcessOwned, lock};
use driver::Driver;

/// How often a blocking call checks for signals: it reacts to Ctrl-C within this time.
const SIGNAL_CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// How long a call that was interrupted, and the shutdown of the interpreter, wait for tasks to end.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(500);

const FORKED: &str =
    "the process forked during this call, which continues in the parent: repeat it in the child";

const NESTED: &str =
    "a call cannot be made here: the runtime is calling this code while it serves another call";

enum State {
    NotStarted,
    Started(ProcessOwned<Arc<Driver>>),
    ShutDown,
}

static STATE: Mutex<State> = Mutex::new(State::NotStarted);

/// The runtime of this process. The first call starts it.
fn started(py: Python<'_>) -> PyResult<Arc<Driver>> {
    let queue = logging::queue(py);
    let mut state = lock(&STATE);
    match &*state {
        State::Started(owned) => {
            if let Some(driver) = owned.get() {
                return Ok(Arc::clone(driver));
            }
            // A forked child: replace the state of the parent, which drops nothing.
        }
        State::NotStarted => {}
        State::ShutDown => {
            drop(state);
            active_calls::park_daemon(py);
            return Err(PyRuntimeError::new_err(
                "cannot make requests: the interpreter is shutting down",
            ));
        }
    }
    let driver = Driver::start(move || logging::set_thread_queue(&queue)).map_err(|error| {
        PyOSError::new_err(format!("cannot start the threads for requests: {error}"))
    })?;
    *state = State::Started(ProcessOwned::new(Arc::clone(&driver)));
    Ok(driver)
}

/// The handle of this process's runtime.
pub(crate) fn handle(py: Python<'_>) -> PyResult<Handle> {
    started(py).map(|driver| driver.handle().clone())
}

/// Starts a task of the runtime.
pub(crate) fn spawn(
    py: Python<'_>,
    future: impl Future<Output = ()> + Send + 'static,
) -> PyResult<AbortHandle> {
    started(py).map(|driver| driver.spawn(future))
}

/// Lets a request that a call has left behind, such as that for the next page, continue immediately.
pub(crate) fn continue_in_background(py: Python<'_>) -> PyResult<()> {
    started(py).map(|driver| driver.continue_in_background())
}

/// Shuts the runtime down before the interpreter ends. Afterwards no thread of the runtime can call into it.
pub(crate) fn shut_down(py: Python<'_>) {
    active_calls::begin_shutdown();
    let state = std::mem::replace(&mut *lock(&STATE), State::ShutDown);
    let State::Started(owned) = state else {
        return;
    };
    if let Some(driver) = owned.into_inner() {
        py.detach(|| {
            active_calls::wait_for_all(SHUTDOWN_TIMEOUT);
            driver.shut_down(SHUTDOWN_TIMEOUT);
        });
    }
}

/// Waits for a future with the interpreter detached. The future must catch its panics.
///
/// A signal whose handler raises (Ctrl-C) ends the wait, and the future is dropped.
///
/// This thread polls the future, and also runs the runtime unless other calls or tasks need it. So the thread that decodes a
/// response also frees its objects, which makes a page of 100 connectors 6 % faster than with a task of the runtime: most of its
/// memory is in the cache of this thread, and no free block has to be returned to another thread.
pub(crate) fn block<T, F>(py: Python<'_>, future: F) -> PyResult<T>
where
    T: Send,
    F: Future<Output = T> + Send,
{
    logging::refresh_levels(py)?;
    if driver::is_running_here() {
        return Err(PyRuntimeError::new_err(NESTED));
    }
    let mut call = PolledCall::begin(py, started(py)?, future);
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
    /// `None` while the interpreter shuts down.
    driver: Option<Arc<Driver>>,
    /// Emptied when the future is ready, and when this is dropped.
    future: ProcessOwned<Pin<Box<F>>>,
}

impl<'py, T: Send, F: Future<Output = T> + Send> PolledCall<'py, F> {
    fn begin(py: Python<'py>, driver: Arc<Driver>, future: F) -> Self {
        driver.begin_call();
        Self {
            py,
            driver: Some(driver),
            future: ProcessOwned::new(Box::pin(future)),
        }
    }

    /// Polls the future until it is ready or the time has passed.
    fn poll_for(&mut self, duration: Duration) -> PyResult<Poll<T>> {
        let (owned, shared) = (&mut self.future, &mut self.driver);
        let result = self.py.detach(move || {
            let future = owned.get_mut()?;
            let driver = shared.as_ref()?;
            let result = match driver.run_here(future.as_mut(), duration) {
                Some(result) => result,
                None => poll_for(driver, future.as_mut(), duration),
            };
            if active_calls::is_shutting_down() {
                // The shutdown waits until no call has the driver.
                *shared = None;
                active_calls::park_forever();
            }
            if result.is_ready() {
                owned.clear();
            }
            Some(result)
        });
        result.ok_or_else(|| PyRuntimeError::new_err(FORKED))
    }
}

impl<F: Send> PolledCall<'_, F> {
    /// Drops the future, unless the process has forked. Returns whether there was one.
    fn drop_future(&mut self) -> bool {
        let (driver, future) = (&self.driver, &mut self.future);
        let Some(driver) = driver.as_ref().filter(|_| future.get().is_some()) else {
            return false;
        };
        self.py.detach(move || {
            // Cancelling a request needs the runtime.
            let _context = driver.handle().enter();
            future.clear();
        });
        true
    }
}

impl<F: Send> Drop for PolledCall<'_, F> {
    fn drop(&mut self) {
        let was_dropped = self.drop_future();
        let Some(driver) = &self.driver else {
            return;
        };
        driver.end_call();
        if was_dropped {
            // What the request left in the runtime ends there, and with it the spans of the call.
            driver.continue_in_background();
            logging::deliver_dropped(self.py);
        }
    }
}

/// Polls a future in this thread while another one runs the runtime, until the future is ready, the time has passed, or the runtime
/// shuts down: a future that needs its timers would panic.
fn poll_for<F: Future>(
    driver: &Driver,
    mut future: Pin<&mut F>,
    duration: Duration,
) -> Poll<F::Output> {
    let _context = driver.handle().enter();
    let wakened = Arc::new(ThreadWaker::new());
    let waker = Waker::from(Arc::clone(&wakened));
    let mut context = Context::from_waker(&waker);
    let end = Instant::now() + duration;
    while !driver.is_stopping() {
        if wakened.is_woken.swap(false, Ordering::Acquire)
            && let Poll::Ready(result) = future.as_mut().poll(&mut context)
        {
            return Poll::Ready(result);
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        if !wakened.is_woken.load(Ordering::Relaxed) {
            std::thread::park_timeout(left);
        }
    }
    Poll::Pending
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
    let (sender, receiver) = channel();
    let future = future(Requester(sender.clone()));
    let task = spawn(py, async move {
        let result = future.await;
        // Fails if the call was interrupted.
        let _ = sender.send(Message::Result(result));
    })?;
    let mut call = BlockingCall {
        py,
        task: ProcessOwned::new(task),
        messages: receiver,
        finished: false,
    };
    loop {
        let messages = &mut call.messages;
        let receive = move || messages.recv_timeout(SIGNAL_CHECK_INTERVAL);
        match py.detach(|| active_calls::pause(receive)) {
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
        logging::deliver_dropped(self.py);
    }
}
