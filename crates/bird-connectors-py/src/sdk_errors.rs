//! Turns the SDK's errors into Python exceptions. The classes are Python: `bird_connectors/_errors.py`.

use bird_connectors as sdk;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use sdk::ErrorKind;
use sdk::wait::{WaitError, WaitReport};

use crate::convert::from_json;
use crate::errors::{instance, raise};
use crate::models::Model as _;
use crate::outcome::{CallError, IntoObject};
use crate::unresolved::UnresolvedCreate;

impl From<sdk::Error> for CallError {
    fn from(error: sdk::Error) -> Self {
        Self::new(move |py| sdk_error(py, &error))
    }
}

impl From<WaitError> for CallError {
    fn from(error: WaitError) -> Self {
        Self::new(move |py| raise(wait_error_object(py, &error)))
    }
}

/// The error of a list that was being read into memory. The exception keeps the items that were read before it.
pub(crate) fn partial_list_error(error: sdk::Error, items: IntoObject) -> CallError {
    CallError::new(move |py| raise(partial_object(py, &error, items)))
}

/// An error of the SDK as an exception.
pub(crate) fn sdk_error(py: Python<'_>, error: &sdk::Error) -> PyErr {
    raise(error_object(py, error))
}

/// Like [`error_object`], with the exception that a journal raised as the cause if the error is about the journal.
pub(crate) fn journal_error_object<'py>(
    py: Python<'py>,
    error: &sdk::Error,
    raised: Option<PyErr>,
) -> PyResult<Bound<'py, PyAny>> {
    let object = error_object(py, error)?;
    if error.kind() == ErrorKind::Journal && raised.is_some() {
        PyErr::from_value(object.clone()).set_cause(py, raised);
    }
    Ok(object)
}

/// The exception for an error, not raised. `Progress.error` has it as a value.
pub(crate) fn error_object<'py>(
    py: Python<'py>,
    error: &sdk::Error,
) -> PyResult<Bound<'py, PyAny>> {
    let attributes = PyDict::new(py);
    attributes.set_item("outcome", error.outcome().map(sdk::RequestOutcome::as_str))?;
    attributes.set_item("attempts", error.attempts())?;
    attributes.set_item(
        "retry_after",
        error.retry_after().map(|pause| pause.as_secs_f64()),
    )?;
    attributes.set_item("request_id", error.request_id())?;
    attributes.set_item(
        "checkpoint",
        error.checkpoint().map(|checkpoint| checkpoint.to_string()),
    )?;
    if let Some(unresolved) = error.unresolved() {
        attributes.set_item(
            "unresolved",
            Py::new(py, UnresolvedCreate(unresolved.clone()))?,
        )?;
    }
    if let Some(code) = error.raw_os_error() {
        attributes.set_item("errno", code)?;
    }
    match error.kind() {
        ErrorKind::Configuration
        | ErrorKind::InvalidInput
        | ErrorKind::Journal
        | ErrorKind::Transport
        | ErrorKind::Timeout
        | ErrorKind::CursorCycle => {}
        ErrorKind::Decode => attributes.set_item("raw", error.raw())?,
        _ => {
            attributes.set_item("status", error.status().map(|status| status.as_u16()))?;
            attributes.set_item("code", error.code())?;
            attributes.set_item("message", error.message())?;
            attributes.set_item("raw", error.raw())?;
            let details = error.details().map(|details| from_json(py, details));
            attributes.set_item("details", details.transpose()?)?;
        }
    }
    // The exception needs no cause: the message of the SDK has the causes in it.
    instance(py, class_of(error.kind()), &error.to_string(), &attributes)
}

fn class_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Configuration => "ConfigurationError",
        ErrorKind::InvalidInput => "InvalidInputError",
        ErrorKind::Journal => "JournalError",
        ErrorKind::Transport => "TransportError",
        ErrorKind::Timeout => "ApiTimeoutError",
        ErrorKind::Authentication => "AuthenticationError",
        ErrorKind::PermissionDenied => "PermissionDeniedError",
        ErrorKind::NotFound => "NotFoundError",
        ErrorKind::Conflict => "ConflictError",
        ErrorKind::Validation => "ValidationError",
        ErrorKind::RateLimited => "RateLimitError",
        ErrorKind::Server => "ServerError",
        ErrorKind::Decode => "DecodeError",
        ErrorKind::CursorCycle => "CursorCycleError",
        // Kinds that a later version of the SDK adds.
        _ => "ApiError",
    }
}

/// The exception for a wait that ended without success, not raised.
pub(crate) fn wait_error_object<'py>(
    py: Python<'py>,
    error: &WaitError,
) -> PyResult<Bound<'py, PyAny>> {
    match error {
        WaitError::Invalid(error) => error_object(py, error),
        error => wait_object(py, error),
    }
}

fn wait_object<'py>(py: Python<'py>, error: &WaitError) -> PyResult<Bound<'py, PyAny>> {
    let class = match error {
        WaitError::TimedOut(_) => "WaitTimeoutError",
        WaitError::Failed { .. } => "InstallFailedError",
        WaitError::Vanished(_) => "ConnectorVanishedError",
        WaitError::Denied { .. } => "WaitDeniedError",
        _ => "WaitError",
    };
    let attributes = PyDict::new(py);
    if let Some(report) = error.report() {
        report_attributes(&attributes, report)?;
    }
    if let WaitError::Failed {
        status,
        reported_by,
        ..
    } = error
    {
        attributes.set_item("status", status)?;
        attributes.set_item("reported_by", reported_by.as_str())?;
    }
    let object = instance(py, class, &error.to_string(), &attributes)?;
    let cause = match error {
        WaitError::Denied { error, .. } => Some(error),
        _ => error
            .report()
            .and_then(|report| report.last_poll_error.as_ref()),
    };
    if let Some(cause) = cause {
        object.setattr(intern!(py, "__cause__"), error_object(py, cause)?)?;
    }
    Ok(object)
}

fn report_attributes(attributes: &Bound<'_, PyDict>, report: &WaitReport) -> PyResult<()> {
    let py = attributes.py();
    let last = report.connector.clone();
    attributes.set_item("connector_id", report.token.connector_id().to_string())?;
    attributes.set_item("last", last.map(|model| model.into_class(py)).transpose()?)?;
    let channel = report.channel.clone();
    attributes.set_item(
        "channel",
        channel.map(|model| model.into_class(py)).transpose()?,
    )?;
    let readiness = report.readiness.clone();
    attributes.set_item(
        "readiness",
        readiness.map(|model| model.into_class(py)).transpose()?,
    )?;
    attributes.set_item("last_error_poll", report.last_error_poll)?;
    attributes.set_item("status", &report.status)?;
    attributes.set_item("stage", &report.stage)?;
    attributes.set_item("token", report.token.to_string())?;
    attributes.set_item("polls", report.polls)?;
    attributes.set_item("elapsed", report.elapsed.as_secs_f64())
}

fn partial_object<'py>(
    py: Python<'py>,
    error: &sdk::Error,
    items: IntoObject,
) -> PyResult<Bound<'py, PyAny>> {
    let object = error_object(py, error)?;
    object.setattr("partial", items(py)?)?;
    Ok(object)
}
