//! Strings, ids, times and numbers as arguments.

use std::time::Duration;

use bird_connectors as sdk;
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::type_hint_identifier;
use pyo3::types::{PyBool, PyDelta, PyFloat, PyInt, PyString};
use sdk::models::SentSecret;
use uuid::Uuid;

use crate::errors::{invalid, wrong_type};
use crate::hints::STR;

/// A string. Strings of Python can contain lone surrogates, which UTF-8 cannot represent.
pub(crate) struct Str(pub(crate) String);

impl<'py> FromPyObject<'_, 'py> for Str {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = STR;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        string_of(value.cast::<PyString>()?.as_any()).map(Self)
    }
}

/// The exception of Python itself would contain the whole string, which may be a secret.
pub(crate) fn string_of(value: &Bound<'_, PyAny>) -> PyResult<String> {
    value.extract().map_err(|_| {
        invalid(
            value.py(),
            "a str contains a lone surrogate, which UTF-8 cannot represent",
        )
    })
}

/// A string that is a secret.
pub(crate) struct SecretStr(pub(crate) SentSecret);

impl<'py> FromPyObject<'_, 'py> for SecretStr {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = STR;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Str::extract(value).map(|string| Self(string.0.into()))
    }
}

/// An id of one kind, from a `str` or a `uuid.UUID`.
#[derive(Clone, Copy)]
pub(crate) struct Id<T = Uuid>(pub(crate) T);

impl<'py, T: From<Uuid>> FromPyObject<'_, 'py> for Id<T> {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("bird_connectors._types", "Id");

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let py = value.py();
        let id = if value.is_instance_of::<PyString>() {
            string_of(&value)?
        } else if value.get_type().name()? == "UUID" {
            value.str()?.to_string()
        } else {
            return Err(wrong_type("an id as str or uuid.UUID", &value));
        };
        match Uuid::parse_str(id.trim()) {
            Ok(id) => Ok(Self(id.into())),
            Err(_) => Err(invalid(
                py,
                format!(
                    "invalid id {}: expected a UUID such as 2d7a1e03-25e4-401e-bf1e-0ace545673d7",
                    shortened(&id)
                ),
            )),
        }
    }
}

/// A string in quotation marks, cut after 60 characters.
fn shortened(string: &str) -> String {
    if string.chars().count() <= 60 {
        format!("{string:?}")
    } else {
        format!("{:?}…", string.chars().take(60).collect::<String>())
    }
}

const SECONDS_OR_TIMEDELTA: &str = "a number of seconds or a timedelta";

/// A duration, from a number of seconds or a `datetime.timedelta`.
#[derive(Clone, Copy)]
pub(crate) struct Seconds(pub(crate) Duration);

impl<'py> FromPyObject<'_, 'py> for Seconds {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("bird_connectors._types", "Seconds");

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let py = value.py();
        let seconds: f64 = if value.is_instance_of::<PyDelta>() {
            value.call_method0("total_seconds")?.extract()?
        } else if value.is_instance_of::<PyBool>() {
            return Err(wrong_type(SECONDS_OR_TIMEDELTA, &value));
        } else if value.is_instance_of::<PyInt>() || value.is_instance_of::<PyFloat>() {
            value.extract().unwrap_or(f64::INFINITY)
        } else {
            return Err(wrong_type(SECONDS_OR_TIMEDELTA, &value));
        };
        match Duration::try_from_secs_f64(seconds) {
            Ok(duration) => Ok(Self(duration)),
            Err(_) => Err(invalid(
                py,
                format!(
                    "invalid duration of {seconds} seconds: it must be finite and not negative"
                ),
            )),
        }
    }
}

/// A number of items, attempts and the like.
#[derive(Clone, Copy)]
pub(crate) struct Count(pub(crate) u64);

impl<'py> FromPyObject<'_, 'py> for Count {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("builtins", "int");

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if value.is_instance_of::<PyBool>() || !value.is_instance_of::<PyInt>() {
            return Err(wrong_type("an int", &value));
        }
        match value.extract() {
            Ok(count) => Ok(Self(count)),
            Err(_) => Err(invalid(
                value.py(),
                "invalid number: it must not be negative, and must fit in 64 bits",
            )),
        }
    }
}

impl Count {
    /// The number as 32 bits, where the SDK takes no more. `name` is the name of the argument.
    pub(crate) fn narrow(self, py: Python<'_>, name: &str) -> PyResult<u32> {
        self.0
            .try_into()
            .map_err(|_| invalid(py, format!("invalid {name}: it must fit in 32 bits")))
    }
}

/// A `RateLimits` of `_records.py`.
pub(crate) struct RateLimits(pub(crate) sdk::client::RateLimits);

impl<'py> FromPyObject<'_, 'py> for RateLimits {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr =
        type_hint_identifier!("bird_connectors._records", "RateLimits");

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let py = value.py();
        if value.get_type().name()? != "RateLimits" {
            return Err(wrong_type("RateLimits or None", &value));
        }
        let limit = |name| Count::extract(value.getattr(name)?.as_borrowed())?.narrow(py, name);
        Ok(Self(sdk::client::RateLimits {
            get: limit("get")?,
            post: limit("post")?,
        }))
    }
}
