//! Raises the exception classes of `bird_connectors/_errors.py`. Which class an error of the SDK becomes is decided in
//! `sdk_errors.rs`.

use bird_connectors::ErrorKind;
use bird_connectors_api::bounded::shorten;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

/// The class with this name in `_errors.py`.
pub(crate) fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import(intern!(py, "bird_connectors._errors"))?
        .getattr(PyString::new(py, name))
}

/// An exception object, not raised.
///
/// `class` is a name in `_errors.py`, `attributes` are keyword arguments of its constructor.
pub(crate) fn instance<'py>(
    py: Python<'py>,
    class: &str,
    message: &str,
    attributes: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyAny>> {
    self::class(py, class)?.call((message,), Some(attributes))
}

/// Raises an exception object, or the error that occurred while it was made.
pub(crate) fn raise(exception: PyResult<Bound<'_, PyAny>>) -> PyErr {
    match exception {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}

/// An `InvalidInputError`: an argument cannot be used, and nothing was sent.
pub(crate) fn invalid(py: Python<'_>, message: impl Into<String>) -> PyErr {
    let exception = || {
        let attributes = PyDict::new(py);
        attributes.set_item("outcome", "not_sent")?;
        let message = shortened(message.into());
        let message = format!("{message} [errors#{}]", ErrorKind::InvalidInput);
        instance(py, "InvalidInputError", &message, &attributes)
    };
    raise(exception())
}

/// The maximum length of a message, in bytes: that of the SDK's messages.
const MAX_MESSAGE: usize = 4 * 1024;

/// A message that fits a log. It can repeat what the caller passed, such as a key of any length.
pub(crate) fn shortened(mut message: String) -> String {
    shorten(&mut message, MAX_MESSAGE);
    message
}
