//! Following many installs with one shared poll.

use std::pin::Pin;
use std::task::{Context, Poll};

use bird_connectors as sdk;
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::type_hint_union;
use pyo3::types::PyString;
use sdk::{InstallRef, Ready, WaitError, WaitResults, WaitToken};
use uuid::Uuid;

use crate::convert::{Id, Text};
use crate::errors::{invalid, sdk_error, wait_error_object};
use crate::hints::{Hint as _, Typed, WaitSteps, WaitTotals};
use crate::install::Install;
use crate::lists::{Source, Stream, Totals, record};
use crate::models::Model as _;
use crate::runtime::{Outcome, Owned};

/// An install to follow, as an argument: the id of a connector, a wait token, or the handle.
pub(crate) struct Follow(pub(crate) InstallRef);

impl<'py> FromPyObject<'_, 'py> for Follow {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = type_hint_union!(Id::INPUT_TYPE, Install::HINT);

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let py = value.py();
        if let Ok(install) = value.cast::<Install>() {
            return Ok(Self(install.get().reference()));
        }
        if !value.is_instance_of::<PyString>() {
            if value.get_type().name()? == "UUID" {
                return Ok(Self(Id::extract(value)?.0.into()));
            }
            return Err(PyTypeError::new_err(format!(
                "an install to wait for is an id, a wait token or an Install, not {}",
                value.get_type().name()?
            )));
        }
        let text = Text::extract(value)?.0;
        if let Ok(id) = Uuid::parse_str(text.trim()) {
            return Ok(Self(id.into()));
        }
        match text.parse::<WaitToken>() {
            Ok(token) => Ok(Self(token.into())),
            Err(error) if text.len() > 40 => Err(sdk_error(py, &error)),
            Err(_) => Err(invalid(
                py,
                format!("{text:?} is neither the id of a connector nor a wait token"),
            )),
        }
    }
}

/// What all waits can be told.
macro_rules! wait_settings {
    ($wait:ident, $timeout:ident, $status:ident, $interval:ident, $failure_statuses:ident, $signal:ident) => {
        $wait = match $timeout {
            Some(timeout) => $wait.deadline(timeout.0),
            None => $wait.forever(),
        };
        $wait = $wait.until(match $status {
            Some(status) => bird_connectors::Condition::status(status.0),
            None => bird_connectors::Condition::has_channel(),
        });
        if let Some((first, longest)) = $interval {
            $wait = $wait.interval(first.0, longest.0);
        }
        if let Some(words) = $failure_statuses {
            $wait = $wait.failure_statuses(words.into_iter().map(|word| word.0));
        }
        if let Some(signals) = $signal {
            $wait = $wait.signal(signals.here().events());
        }
    };
}
pub(crate) use wait_settings;

/// The native half of `WaitResults` and `AsyncWaitResults`.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct Following {
    stream: Py<Stream>,
    control: Owned<sdk::WaitControl>,
}

impl Following {
    pub(crate) fn new(py: Python<'_>, results: WaitResults) -> PyResult<Self> {
        let control = Owned::new(results.control());
        let stream = Py::new(py, Stream::new(Box::new(Results(results))))?;
        Ok(Self { stream, control })
    }

    fn control(&self) -> PyResult<&sdk::WaitControl> {
        self.control.get().ok_or_else(|| {
            PyRuntimeError::new_err(
                "this iteration was begun before the process forked: begin a new one in the child",
            )
        })
    }
}

#[pymethods]
impl Following {
    #[getter]
    fn stream(&self, py: Python<'_>) -> Typed<WaitSteps> {
        Typed::new(self.stream.clone_ref(py).into_any())
    }

    #[getter]
    fn totals(&self, py: Python<'_>) -> PyResult<Typed<WaitTotals>> {
        let totals = Totals::Wait(self.control()?.totals());
        Ok(Typed::new(totals.into_record(py)?))
    }

    fn cancel(&self, connector: Id) -> PyResult<()> {
        self.control()?.cancel(connector.0);
        Ok(())
    }
}

struct Results(WaitResults);

impl futures_core::Stream for Results {
    type Item = Outcome;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Outcome>> {
        let next = Pin::new(&mut self.0).poll_next(context);
        next.map(|next| {
            next.map(|(connector, result)| -> Outcome {
                Ok(Box::new(move |py| {
                    let (ready, error) = match result {
                        Ok(ready) => (self::ready(py, ready)?, py.None()),
                        Err(error) => (py.None(), self::error(py, &error)?),
                    };
                    record(py, "WaitResult", (connector.to_string(), ready, error))
                }))
            })
        })
    }
}

impl Source for Results {
    fn checkpoint(&self) -> Option<String> {
        None
    }

    fn totals(&self) -> Option<Totals> {
        Some(Totals::Wait(self.0.totals()))
    }
}

pub(crate) fn ready(py: Python<'_>, ready: Ready) -> PyResult<Py<PyAny>> {
    let object = |model: Option<PyResult<Py<PyAny>>>| model.transpose();
    record(
        py,
        "Ready",
        (
            ready.channel_id.to_string(),
            object(ready.channel.map(|model| model.into_class(py)))?,
            object(ready.connector.map(|model| model.into_class(py)))?,
            ready.confirmed_by.as_str(),
            ready.polls,
            ready.elapsed.as_secs_f64(),
        ),
    )
}

pub(crate) fn error(py: Python<'_>, error: &WaitError) -> PyResult<Py<PyAny>> {
    wait_error_object(py, error).map(Bound::unbind)
}
