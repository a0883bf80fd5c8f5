//! Bulk waits: many installs, followed with shared polls.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bird_connectors as sdk;
use bird_connectors_api::given::Given;
use pyo3::exceptions::PyRuntimeError;
use pyo3::inspect::PyStaticExpr;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyMapping, PyString};
use pyo3::{type_hint_identifier, type_hint_subscript, type_hint_union};
use sdk::ConnectorId;
use sdk::wait::{InstallRef, Ready, WaitError, WaitResults, WaitToken};

use crate::convert::{Arg, Id, Refusal, Seconds, Str, arguments, is_uuid};
use crate::hints::{Typed, WaitSteps, WaitTotals};
use crate::install::handle::Install;
use crate::models::Model as _;
use crate::outcome::CallOutcome;
use crate::process::ProcessOwned;
use crate::records::record;
use crate::sdk_errors::wait_error_object;
use crate::stream::{Source, Stream, Totals};

/// The maximum number of installs of a bulk wait.
pub(crate) const MAX_INSTALLS: usize = 1_000_000;

/// An install as an argument: the id of its connector, its wait token, its handle, or the connector.
pub(crate) struct InstallArgument(pub(crate) InstallRef);

impl<'py> FromPyObject<'_, 'py> for InstallArgument {
    type Error = Refusal;

    const INPUT_TYPE: PyStaticExpr = type_hint_union!(
        Id::<ConnectorId>::INPUT_TYPE,
        type_hint_identifier!("bird_connectors._types", "AnyInstall")
    );

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Refusal> {
        if let Ok(install) = value.cast::<Install>() {
            return Ok(Self(install.get().reference()));
        }
        // `Install` and `AsyncInstall` of Python.
        if let Some(native) = value.getattr_opt(intern!(value.py(), "_native"))?
            && let Ok(install) = native.cast::<Install>()
        {
            return Ok(Self(install.get().reference()));
        }
        if let Ok(connector) = value.cast::<crate::models::Connector>() {
            return Ok(Self((&*connector.get().data).into()));
        }
        if !value.is_instance_of::<PyString>() {
            if is_uuid(&value)? {
                return Ok(Self(Id::<ConnectorId>::extract(value)?.0.into()));
            }
            return Err(Refusal::wrong_type(
                "an id, a wait token, an Install or a Connector",
                &value,
            ));
        }
        let string = Str::extract(value)?.0;
        if let Ok(id) = string.trim().parse::<ConnectorId>() {
            return Ok(Self(id.into()));
        }
        match string.parse::<WaitToken>() {
            Ok(token) => Ok(Self(token.into())),
            // Too long for an id.
            Err(error) if string.len() > 40 => Err(Refusal::value(error.message())),
            Err(_) => {
                let given = match Given::of(&string) {
                    given if given.is_recognized() => given.to_string(),
                    _ => format!("a str of {} characters", string.chars().count()),
                };
                Err(Refusal::value(format!(
                    "expected the id of a connector or a wait token, got {given}"
                )))
            }
        }
    }
}

/// Timeouts by connector id as an argument.
pub(crate) struct Timeouts(pub(crate) Vec<(ConnectorId, Duration)>);

impl<'py> FromPyObject<'_, 'py> for Timeouts {
    type Error = Refusal;

    const INPUT_TYPE: PyStaticExpr = type_hint_subscript!(
        type_hint_identifier!("collections.abc", "Mapping"),
        Id::<ConnectorId>::INPUT_TYPE,
        Seconds::INPUT_TYPE
    );

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Refusal> {
        if value.cast::<PyMapping>().is_err() {
            return Err(Refusal::wrong_type("a dict of timeouts", &value));
        }
        let items = value.call_method0(intern!(value.py(), "items"))?;
        let mut timeouts = Vec::new();
        for (index, item) in items.try_iter()?.enumerate() {
            if index == MAX_INSTALLS {
                return Err(Refusal::value(format!(
                    "it has more than {MAX_INSTALLS} entries"
                )));
            }
            let (id, timeout): (Bound<'py, PyAny>, Bound<'py, PyAny>) = item?.extract()?;
            let id = Id::<ConnectorId>::extract(id.as_borrowed());
            let id = id.map_err(|refusal| refusal.at(format_args!(", key {index}")))?;
            let timeout = Seconds::extract(timeout.as_borrowed());
            let timeout = timeout.map_err(|refusal| refusal.at(format_args!("[{}]", id.0)))?;
            timeouts.push((id.0, timeout.0));
        }
        Ok(Self(timeouts))
    }
}

/// The native half of `WaitResults` and `AsyncWaitResults`.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct BulkWait {
    stream: Py<Stream>,
    control: ProcessOwned<sdk::wait::WaitControl>,
}

impl BulkWait {
    pub(crate) fn new(py: Python<'_>, results: WaitResults) -> PyResult<Self> {
        let control = ProcessOwned::new(results.control());
        let stream = Py::new(py, Stream::new(Box::new(ResultRecords(results))))?;
        Ok(Self { stream, control })
    }

    fn control(&self) -> PyResult<&sdk::wait::WaitControl> {
        self.control.get().ok_or_else(|| {
            PyRuntimeError::new_err(
                "this iteration was started before the process forked: start a new one in the child",
            )
        })
    }
}

#[pymethods]
impl BulkWait {
    #[getter]
    fn stream(&self, py: Python<'_>) -> Typed<WaitSteps> {
        Typed::new(self.stream.clone_ref(py).into_any())
    }

    #[getter]
    fn totals(&self, py: Python<'_>) -> PyResult<Typed<WaitTotals>> {
        let totals = Totals::Wait(self.control()?.totals());
        Ok(Typed::new(totals.into_record(py)?))
    }

    fn cancel(&self, id: Arg<Id<ConnectorId>>) -> PyResult<()> {
        arguments!(id);
        self.control()?.cancel(id.0);
        Ok(())
    }
}

/// The results of a bulk wait as `WaitResult` records.
struct ResultRecords(WaitResults);

impl futures_core::Stream for ResultRecords {
    type Item = CallOutcome;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<CallOutcome>> {
        let next = Pin::new(&mut self.0).poll_next(context);
        next.map(|next| {
            next.map(|wait| -> CallOutcome {
                Ok(Box::new(move |py| {
                    let (ready, error) = match wait.result {
                        Ok(ready) => (self::ready(py, ready)?, py.None()),
                        Err(error) => (py.None(), self::error(py, &error)?),
                    };
                    let connector_id = wait.connector_id.to_string();
                    record(py, "WaitResult", (connector_id, ready, error))
                }))
            })
        })
    }
}

impl Source for ResultRecords {
    fn totals(&self) -> Option<Totals> {
        Some(Totals::Wait(self.0.totals()))
    }
}

/// A `Ready` record.
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

/// The exception of a wait, not raised.
pub(crate) fn error(py: Python<'_>, error: &WaitError) -> PyResult<Py<PyAny>> {
    wait_error_object(py, error).map(Bound::unbind)
}
