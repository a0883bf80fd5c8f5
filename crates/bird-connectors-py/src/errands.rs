//! Python code of the caller's that the SDK wants done while a call is under way: the methods of a journal. It is done
//! where the caller is: in the thread that waits for the call or, under asyncio, from its loop. The SDK's side waits in a
//! thread of ours, without the interpreter.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use futures_util::future::{Either, select};
use pyo3::exceptions::{PyException, PyRuntimeError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::bridge;
use crate::convert::Text;
use crate::hints::Typed;
use crate::runtime::{Asker, Outcome, attend, caught, lock};

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Task {
    /// `lines()`: comes to these.
    Lines,
    /// `append(line)`: comes to nothing.
    Append(String),
}

/// What the caller's object raised last.
#[derive(Clone, Default)]
pub(crate) struct Raised(Arc<Mutex<Option<PyErr>>>);

impl Raised {
    pub(crate) fn last(&self, py: Python<'_>) -> Option<PyErr> {
        lock(&self.0).as_ref().map(|error| error.clone_ref(py))
    }
}

/// Something to do with an object of the caller's.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct Errand {
    object: Arc<Py<PyAny>>,
    task: Task,
    raised: Raised,
    reply: Mutex<Option<SyncSender<io::Result<Vec<String>>>>>,
}

impl Errand {
    /// Does it. What is no mere `Exception` (Ctrl-C, an exit) is handed back.
    fn run(&self, py: Python<'_>) -> PyResult<()> {
        let result = self
            .method(py)
            .and_then(|method| method.call1(self.tuple(py)?))
            .and_then(|result| self.read(&result));
        match result {
            Err(error) if !error.is_instance_of::<PyException>(py) => Err(error),
            result => {
                self.settle(py, result);
                Ok(())
            }
        }
    }

    fn tuple<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        match &self.task {
            Task::Lines => Ok(PyTuple::empty(py)),
            Task::Append(line) => PyTuple::new(py, [line]),
        }
    }

    fn read(&self, result: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
        let py = result.py();
        if result.hasattr(intern!(py, "__await__"))? {
            // Otherwise it would warn that nobody has awaited it.
            let _ = result.call_method0(intern!(py, "close"));
            return Err(PyTypeError::new_err(
                "a journal whose methods are asynchronous is for AsyncClient, and they are `async def`",
            ));
        }
        match self.task {
            Task::Append(_) => Ok(Vec::new()),
            Task::Lines if result.is_instance_of::<PyString>() => Err(PyTypeError::new_err(
                "lines() returned a text, and not a list of them",
            )),
            Task::Lines => result
                .try_iter()?
                .map(|line| Ok(line?.extract::<Text>()?.0))
                .collect(),
        }
    }

    fn settle(&self, py: Python<'_>, result: PyResult<Vec<String>>) {
        let result = result.map_err(|error| {
            let name = error.get_type(py).name();
            let name = name.map_or_else(|_| String::new(), |name| name.to_string());
            let text = error.value(py).str();
            let text = text.map_or_else(|_| String::new(), |text| text.to_string());
            *lock(&self.raised.0) = Some(error);
            // One line, as it becomes a part of another message.
            io::Error::other(match text.lines().next() {
                Some(line) if !line.is_empty() => format!("{name}: {line}"),
                _ => name,
            })
        });
        if let Some(reply) = lock(&self.reply).take() {
            // Nobody may be waiting any more.
            let _ = reply.send(result);
        }
    }
}

#[pymethods]
impl Errand {
    #[getter]
    fn method<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.object.bind(py).getattr(match self.task {
            Task::Lines => intern!(py, "lines"),
            Task::Append(_) => intern!(py, "append"),
        })
    }

    #[getter]
    fn arguments(&self, py: Python<'_>) -> PyResult<Typed<Vec<String>>> {
        Ok(Typed::new(self.tuple(py)?.into_any().unbind()))
    }

    /// Does it in this thread.
    fn perform(&self, py: Python<'_>) -> PyResult<()> {
        self.run(py)
    }

    /// It was done elsewhere, and this came of it.
    fn answer(&self, result: &Bound<'_, PyAny>) {
        self.settle(result.py(), self.read(result));
    }

    /// It could not be done.
    fn fail(&self, error: Bound<'_, PyAny>) {
        self.settle(error.py(), Err(PyErr::from_value(error.clone())));
    }
}

/// Where the SDK's side leaves errands that concern an object of the caller's.
pub(crate) struct Caller {
    object: Arc<Py<PyAny>>,
    raised: Raised,
    errands: UnboundedSender<Errand>,
}

impl Caller {
    /// Has something done, and waits for what comes of it: in a thread that may block.
    pub(crate) fn ask(&self, task: Task) -> io::Result<Vec<String>> {
        let gone = || io::Error::other("the call that it belongs to is over");
        let (reply, answer) = sync_channel(1);
        let errand = Errand {
            object: Arc::clone(&self.object),
            task,
            raised: self.raised.clone(),
            reply: Mutex::new(Some(reply)),
        };
        self.errands.send(errand).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }
}

/// Where the caller finds them.
#[derive(Clone)]
pub(crate) struct Desk {
    errands: Arc<tokio::sync::Mutex<UnboundedReceiver<Errand>>>,
    raised: Raised,
}

/// Both ends, for one object.
pub(crate) fn desk(object: Py<PyAny>) -> (Caller, Desk) {
    let (sender, receiver) = unbounded_channel();
    let raised = Raised::default();
    let caller = Caller {
        object: Arc::new(object),
        raised: raised.clone(),
        errands: sender,
    };
    let errands = Arc::new(tokio::sync::Mutex::new(receiver));
    (caller, Desk { errands, raised })
}

impl Desk {
    /// What the object has raised.
    pub(crate) fn raised(&self) -> Raised {
        self.raised.clone()
    }

    async fn next(&self) -> Errand {
        match self.errands.lock().await.recv().await {
            Some(errand) => errand,
            // Nothing will ever come: what is waited for beside it decides.
            None => std::future::pending().await,
        }
    }

    /// A future, and meanwhile the errands as they come.
    async fn attended<T>(self, future: impl Future<Output = T>, hand_over: impl Fn(Errand)) -> T {
        let mut future = pin!(future);
        loop {
            let errand = pin!(self.next());
            match select(future.as_mut(), errand).await {
                Either::Left((result, _)) => return result,
                Either::Right((errand, _)) => hand_over(errand),
            }
        }
    }

    /// As [`block`](crate::runtime::block), and does the errands in this thread meanwhile.
    pub(crate) fn block<T: Send + 'static>(
        &self,
        py: Python<'_>,
        future: impl Future<Output = T> + Send + 'static,
    ) -> PyResult<T> {
        let desk = self.clone();
        let future =
            |asker: Asker<T, Errand>| desk.attended(future, move |errand| asker.ask(errand));
        attend(py, future, |errand| errand.run(py))
    }

    /// As [`bridge::spawn`], and leads the errands to the running loop, under the context of whoever calls this.
    pub(crate) fn spawn<'py>(
        self,
        py: Python<'py>,
        future: impl Future<Output = Outcome> + Send + 'static,
    ) -> PyResult<Bound<'py, PyAny>> {
        let call_soon = py
            .import(intern!(py, "asyncio"))?
            .call_method0(intern!(py, "get_running_loop"))?
            .getattr(intern!(py, "call_soon_threadsafe"))?
            .unbind();
        let hand_over = py
            .import(intern!(py, "bird_connectors._errands"))?
            .getattr(intern!(py, "hand_over"))?
            .unbind();
        let context = PyDict::new(py);
        let copied = py
            .import(intern!(py, "contextvars"))?
            .call_method0(intern!(py, "copy_context"))?;
        context.set_item(intern!(py, "context"), copied)?;
        let context = context.unbind();
        let hand_over = move |errand| {
            Python::try_attach(|py| {
                // Where the loop is closed the errand is dropped, and whoever waits for it hears of that.
                let arguments = (&hand_over, Py::new(py, errand)?);
                call_soon.call(py, arguments, Some(context.bind(py)))
            });
        };
        bridge::spawn(py, self.attended(future, hand_over))
    }
}

/// A call that needs its caller's Python on the way. Otherwise as [`Call`](crate::runtime::Call).
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct AttendedCall(Mutex<Option<(BoxOutcome, Desk)>>);

type BoxOutcome = std::pin::Pin<Box<dyn Future<Output = Outcome> + Send>>;

impl AttendedCall {
    pub(crate) fn new(future: impl Future<Output = Outcome> + Send + 'static, desk: Desk) -> Self {
        Self(Mutex::new(Some((Box::pin(caught(future)), desk))))
    }

    fn take(&self) -> PyResult<(BoxOutcome, Desk)> {
        lock(&self.0)
            .take()
            .ok_or_else(|| PyRuntimeError::new_err("this call was already made"))
    }
}

#[pymethods]
impl AttendedCall {
    fn run(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let (future, desk) = self.take()?;
        match desk.block(py, future)? {
            Ok(convert) => convert(py),
            Err(failure) => Err(failure.into_python(py)),
        }
    }

    fn start<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let (future, desk) = self.take()?;
        desk.spawn(py, future)
    }
}
