//! Calls to an object of the user, which the SDK makes while a call is running: the methods of a journal.
//!
//! They are made where the user is: in the thread that waits for the call or, with asyncio, from its event loop. The SDK
//! waits for the result in a thread of the runtime that does not hold the interpreter.

use std::io;
use std::pin::pin;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, Weak};

use futures_util::future::{Either, select};
use pyo3::exceptions::{PyBaseException, PyException, PyRuntimeError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use pyo3::{PyTraverseError, PyVisit};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

mod journal_method;

pub(crate) use journal_method::{JournalMethod, JournalReply, check_journal_claim};

use crate::bridge;
use crate::hints::{AnyValue, Typed};
use crate::outcome::CallOutcome;
use crate::process::lock;
use crate::runtime::{Requester, block_and_serve};

/// The last exception that the user's object raised.
///
/// Its traceback has frames, which can refer to the object and to the run that uses it. So the garbage collector has to see
/// it: [`CallbackQueue::traverse`] visits it while nothing else owns it.
#[derive(Clone, Default)]
pub(crate) struct LastException(Arc<Mutex<Option<Py<PyBaseException>>>>);

impl LastException {
    pub(crate) fn get(&self, py: Python<'_>) -> Option<PyErr> {
        let exception = lock(&self.0);
        let exception = exception.as_ref().map(|exception| exception.bind(py));
        exception.map(|exception| PyErr::from_value(exception.clone().into_any()))
    }

    /// The same exception, for an object that lives no longer than the queue.
    pub(crate) fn downgrade(&self) -> LastExceptionOfQueue {
        LastExceptionOfQueue(Arc::downgrade(&self.0))
    }

    fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Another owner is a call that is running, and keeps the exception alive.
        if Arc::strong_count(&self.0) > 1 {
            return Ok(());
        }
        match self.0.try_lock() {
            Ok(exception) => visit.call(&*exception),
            Err(_) => Ok(()),
        }
    }
}

/// The last exception of a queue, without keeping it alive.
#[derive(Clone)]
pub(crate) struct LastExceptionOfQueue(Weak<Mutex<Option<Py<PyBaseException>>>>);

impl LastExceptionOfQueue {
    /// The exception; `None` if the queue is gone.
    pub(crate) fn upgrade(&self) -> Option<LastException> {
        self.0.upgrade().map(LastException)
    }
}

/// One call of a method of the user's object. It can be answered once.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct Callback(Mutex<Option<PendingCallback>>);

/// A callback without an answer. The answer drops it, because the traceback of an exception can refer to the callback.
struct PendingCallback {
    object: Arc<Py<PyAny>>,
    method: JournalMethod,
    last_exception: LastException,
    reply: SyncSender<io::Result<JournalReply>>,
}

impl Callback {
    /// Calls the method in this thread. Fails only with an exception that is not an `Exception`, such as `KeyboardInterrupt`.
    fn run(&self, py: Python<'_>) -> PyResult<()> {
        let result = self
            .method(py)
            .and_then(|method| method.call1(self.argument_tuple(py)?))
            .and_then(|result| self.read(&result));
        match result {
            Err(error) if !error.is_instance_of::<PyException>(py) => Err(error),
            result => {
                self.reply(py, result);
                Ok(())
            }
        }
    }

    /// Looks at the callback, which has no answer yet. Nothing in `look` may call Python code of the user.
    fn pending<T>(&self, look: impl FnOnce(&PendingCallback) -> T) -> PyResult<T> {
        lock(&self.0)
            .as_ref()
            .map(look)
            .ok_or_else(|| PyRuntimeError::new_err("this callback was already answered"))
    }

    fn argument_tuple<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        self.pending(|pending| pending.method.clone())?
            .arguments(py)
    }

    fn read(&self, result: &Bound<'_, PyAny>) -> PyResult<JournalReply> {
        let py = result.py();
        if result.hasattr(intern!(py, "__await__"))? {
            // Prevents the warning that the coroutine was never awaited.
            let _ = result.call_method0(intern!(py, "close"));
            return Err(PyTypeError::new_err(
                "a journal with asynchronous methods works only with AsyncClient, and only if they are `async def`",
            ));
        }
        self.pending(|pending| pending.method.clone())?.read(result)
    }

    fn reply(&self, py: Python<'_>, result: PyResult<JournalReply>) {
        let Some(pending) = lock(&self.0).take() else {
            return;
        };
        let result = result.map_err(|error| {
            let class = error.get_type(py).name();
            let class = class.map_or_else(|_| String::new(), |name| name.to_string());
            let message = error.value(py).str();
            let message = message.map_or_else(|_| String::new(), |message| message.to_string());
            let before = lock(&pending.last_exception.0).replace(error.into_value(py));
            // Its finalizers may run code of the user, so that no lock is held here.
            drop(before);
            // The first line only, since it becomes part of another message.
            io::Error::other(match message.lines().next() {
                Some(line) if !line.is_empty() => format!("{class}: {line}"),
                _ => class,
            })
        });
        let PendingCallback {
            object,
            last_exception,
            reply,
            ..
        } = pending;
        // Before the reply, after which the garbage collector may look for other owners of these.
        drop((object, last_exception));
        // Fails if the call was interrupted.
        let _ = reply.send(result);
    }
}

#[pymethods]
impl Callback {
    /// The bound method to call.
    #[getter]
    fn method<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let (object, name) =
            self.pending(|pending| (pending.object.clone_ref(py), pending.method.name()))?;
        object.bind(py).getattr(name)
    }

    /// The arguments to call it with.
    #[getter]
    fn arguments(&self, py: Python<'_>) -> PyResult<Typed<Vec<AnyValue>>> {
        Ok(Typed::new(self.argument_tuple(py)?.into_any().unbind()))
    }

    /// Calls the method in this thread, and replies with its result.
    fn perform(&self, py: Python<'_>) -> PyResult<()> {
        self.run(py)
    }

    /// Replies with the result of the method.
    fn answer(&self, result: &Bound<'_, PyAny>) {
        self.reply(result.py(), self.read(result));
    }

    /// Replies that the method raised an exception.
    fn fail(&self, error: Bound<'_, PyAny>) {
        self.reply(error.py(), Err(PyErr::from_value(error.clone())));
    }
}

/// A call that the SDK requests. It does not refer to the object, which the garbage collector could not see here.
struct Request {
    method: JournalMethod,
    reply: SyncSender<io::Result<JournalReply>>,
}

/// The SDK's end of a queue of callbacks to one object.
pub(crate) struct CallbackSender(UnboundedSender<Request>);

impl CallbackSender {
    /// Queues a call of the method and blocks until its result is there. Call it from a thread that may block.
    pub(crate) fn call(&self, method: JournalMethod) -> io::Result<JournalReply> {
        let closed = || io::Error::other("the call that uses the journal has ended");
        let (reply, result) = sync_channel(1);
        self.0
            .send(Request { method, reply })
            .map_err(|_| closed())?;
        result.recv().map_err(|_| closed())?
    }
}

/// The caller's end of a queue of callbacks to one object.
#[derive(Clone)]
pub(crate) struct CallbackQueue {
    object: Arc<Py<PyAny>>,
    requests: Arc<tokio::sync::Mutex<UnboundedReceiver<Request>>>,
    last_exception: LastException,
}

/// Both ends of a queue of callbacks to an object.
pub(crate) fn callback_queue(object: Py<PyAny>) -> (CallbackSender, CallbackQueue) {
    let (sender, receiver) = unbounded_channel();
    let queue = CallbackQueue {
        object: Arc::new(object),
        requests: Arc::new(tokio::sync::Mutex::new(receiver)),
        last_exception: LastException::default(),
    };
    (CallbackSender(sender), queue)
}

impl CallbackQueue {
    /// The last exception that the object raised, now and later.
    pub(crate) fn last_exception(&self) -> LastException {
        self.last_exception.clone()
    }

    /// Visits the object and its last exception for the garbage collector, so that an object that refers to its own run is
    /// collected. While a call is running, the call refers to the object as well, and the object is alive.
    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        if Arc::strong_count(&self.object) > 1 {
            return Ok(());
        }
        visit.call(&*self.object)?;
        self.last_exception.traverse(visit)
    }

    async fn next(&self) -> Callback {
        match self.requests.lock().await.recv().await {
            Some(request) => Callback(Mutex::new(Some(PendingCallback {
                object: Arc::clone(&self.object),
                method: request.method,
                last_exception: self.last_exception.clone(),
                reply: request.reply,
            }))),
            // The SDK has dropped its end. Only the result is still awaited.
            None => std::future::pending().await,
        }
    }

    /// Awaits a future, and meanwhile passes on the callbacks as they arrive.
    async fn serve_during<T>(
        self,
        future: impl Future<Output = T>,
        pass_on: impl Fn(Callback),
    ) -> T {
        let mut future = pin!(future);
        loop {
            let callback = pin!(self.next());
            match select(future.as_mut(), callback).await {
                Either::Left((result, _)) => return result,
                Either::Right((callback, _)) => pass_on(callback),
            }
        }
    }

    /// Like [`block`](crate::runtime::block), and meanwhile runs the callbacks in this thread.
    pub(crate) fn block<T: Send + 'static>(
        &self,
        py: Python<'_>,
        future: impl Future<Output = T> + Send + 'static,
    ) -> PyResult<T> {
        let queue = self.clone();
        let future = |requester: Requester<T, Callback>| {
            queue.serve_during(future, move |callback| requester.send(callback))
        };
        block_and_serve(py, future, |callback| callback.run(py))
    }

    /// Like [`bridge::spawn`], and meanwhile schedules the callbacks on the running event loop, in the current context.
    pub(crate) fn spawn<'py>(
        self,
        py: Python<'py>,
        future: impl Future<Output = CallOutcome> + Send + 'static,
    ) -> PyResult<Bound<'py, PyAny>> {
        let call_soon = bridge::running_loop(py)?
            .getattr(intern!(py, "call_soon_threadsafe"))?
            .unbind();
        let schedule = py
            .import(intern!(py, "bird_connectors._callbacks"))?
            .getattr(intern!(py, "schedule"))?
            .unbind();
        let context = PyDict::new(py);
        let copy = py
            .import(intern!(py, "contextvars"))?
            .call_method0(intern!(py, "copy_context"))?;
        context.set_item(intern!(py, "context"), copy)?;
        let context = context.unbind();
        let pass_on = move |callback| {
            Python::try_attach(|py| {
                // Fails if the loop is closed. Dropping the callback then ends the SDK's wait for its result.
                let arguments = (&schedule, Py::new(py, callback)?);
                call_soon.call(py, arguments, Some(context.bind(py)))
            });
        };
        bridge::spawn(py, self.serve_during(future, pass_on))
    }
}
