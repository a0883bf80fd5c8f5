//! The one place where the SDK's errors become Python exceptions. The classes themselves are Python:
//! `bird_connectors/_errors.py`.

use bird_connectors as sdk;
use pyo3::exceptions::{PyRuntimeError, PyStopAsyncIteration};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use sdk::{Kind, WaitError, WaitReport};

use crate::convert::from_json;
use crate::ensure::Reconcile;
use crate::errands::Raised;
use crate::hints::Convert;
use crate::models::Model as _;

/// Why a call has no result.
pub(crate) enum Failure {
    Sdk(Box<sdk::Error>),
    Wait(Box<WaitError>),
    /// An error that an exception of a journal of the caller's may have caused.
    Journal(Box<sdk::Error>, Raised),
    /// A list that was being read into memory: what was read so far is kept.
    Partial(Box<sdk::Error>, Convert),
    /// The end of an iteration.
    End,
    /// A bug of ours. The text is the panic's.
    Panic(String),
}

impl From<sdk::Error> for Failure {
    fn from(error: sdk::Error) -> Self {
        Self::Sdk(Box::new(error))
    }
}

impl From<WaitError> for Failure {
    fn from(error: WaitError) -> Self {
        match error {
            WaitError::Invalid(error) => error.into(),
            error => Self::Wait(Box::new(error)),
        }
    }
}

impl Failure {
    /// For `__anext__`; a `__next__` looks for [`Failure::End`] itself.
    pub(crate) fn into_python(self, py: Python<'_>) -> PyErr {
        match self {
            Self::Sdk(error) => raise(py, error_object(py, &error)),
            Self::Journal(error, raised) => raise(py, caused_object(py, &error, Some(&raised))),
            Self::Wait(error) => raise(py, wait_object(py, &error)),
            Self::Partial(error, items) => raise(py, partial_object(py, &error, items)),
            Self::End => PyStopAsyncIteration::new_err(()),
            Self::Panic(text) => PyRuntimeError::new_err(format!(
                "bird_connectors failed in a way that it should not: {text}"
            )),
        }
    }
}

/// An argument that cannot be used.
pub(crate) fn invalid(py: Python<'_>, message: impl Into<String>) -> PyErr {
    let attributes = || {
        let attributes = PyDict::new(py);
        attributes.set_item("outcome", "not_sent")?;
        instance(py, "InvalidInputError", &message.into(), &attributes)
    };
    raise(py, attributes())
}

/// An error of the SDK.
pub(crate) fn sdk_error(py: Python<'_>, error: &sdk::Error) -> PyErr {
    raise(py, error_object(py, error))
}

pub(crate) fn raise(_: Python<'_>, exception: PyResult<Bound<'_, PyAny>>) -> PyErr {
    match exception {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}

/// As [`error_object`]; where the error is about a journal, what that raised is the cause.
pub(crate) fn caused_object<'py>(
    py: Python<'py>,
    error: &sdk::Error,
    raised: Option<&Raised>,
) -> PyResult<Bound<'py, PyAny>> {
    let object = error_object(py, error)?;
    // Only then nothing was asked of the API.
    if error.kind() == Kind::InvalidInput
        && let Some(raised) = raised.and_then(|raised| raised.last(py))
    {
        PyErr::from_value(object.clone()).set_cause(py, Some(raised));
    }
    Ok(object)
}

/// The exception for an error, not raised: also what `Progress.error` shows.
pub(crate) fn error_object<'py>(
    py: Python<'py>,
    error: &sdk::Error,
) -> PyResult<Bound<'py, PyAny>> {
    let attributes = PyDict::new(py);
    attributes.set_item("outcome", error.outcome().map(sdk::Outcome::as_str))?;
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
    if let Some(left) = error.unresolved() {
        attributes.set_item("reconcile", Py::new(py, Reconcile(left.clone()))?)?;
    }
    let class = class_of(error.kind());
    match error.kind() {
        Kind::Configuration
        | Kind::InvalidInput
        | Kind::Transport
        | Kind::Timeout
        | Kind::CursorCycle => {}
        Kind::Decode => attributes.set_item("raw", error.raw())?,
        _ => {
            attributes.set_item("status", error.status())?;
            attributes.set_item("code", error.code())?;
            attributes.set_item("message", error.message())?;
            let details = error.details().map(|details| from_json(py, details));
            attributes.set_item("details", details.transpose()?)?;
        }
    }
    // No cause: the SDK tells the whole story in its one line.
    instance(py, class, &error.to_string(), &attributes)
}

fn class_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Configuration => "ConfigurationError",
        Kind::InvalidInput => "InvalidInputError",
        Kind::Transport => "TransportError",
        Kind::Timeout => "ApiTimeoutError",
        Kind::Authentication => "AuthenticationError",
        Kind::PermissionDenied => "PermissionDeniedError",
        Kind::NotFound => "NotFoundError",
        Kind::Conflict => "ConflictError",
        Kind::Validation => "ValidationError",
        Kind::RateLimited => "RateLimitError",
        Kind::Server => "ServerError",
        Kind::Decode => "DecodeError",
        Kind::CursorCycle => "CursorCycleError",
        // Kinds that a later SDK adds are answers until they get a class of their own.
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
    if let WaitError::Failed { status, source, .. } = error {
        attributes.set_item("status", status)?;
        attributes.set_item("source", source.as_str())?;
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
    attributes.set_item("connector_id", report.token.connector().to_string())?;
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
    items: Convert,
) -> PyResult<Bound<'py, PyAny>> {
    let object = error_object(py, error)?;
    object.setattr("partial", items(py)?)?;
    Ok(object)
}

pub(crate) fn instance<'py>(
    py: Python<'py>,
    class: &str,
    message: &str,
    attributes: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyAny>> {
    py.import(intern!(py, "bird_connectors._errors"))?
        .getattr(PyString::new(py, class))?
        .call((message,), Some(attributes))
}
