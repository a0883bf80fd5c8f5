//! Strings, ids, times and numbers as arguments.

use std::path::PathBuf;
use std::time::Duration;

use bird_connectors as sdk;
use bird_connectors_api::types::InvalidId;
use pyo3::exceptions::PyTypeError;
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::type_hint_identifier;
use pyo3::types::{PyBool, PyDelta, PyFloat, PyInt, PyString};
use sdk::models::SentSecret;
use uuid::Uuid;

use crate::convert::argument::{Arg, Named as _, Refusal};
use crate::convert::foreign::{enum_value, is_instance, is_uuid};
use crate::hints::STR;

/// A string, from a `str` or a member of an enum of strings. Strings of Python can contain lone surrogates, which UTF-8
/// cannot represent.
pub(crate) struct Str(pub(crate) String);

impl<'py> FromPyObject<'_, 'py> for Str {
    type Error = Refusal;

    const INPUT_TYPE: PyStaticExpr = STR;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Refusal> {
        if value.is_instance_of::<PyString>() {
            return string_of(&value).map(Self);
        }
        match enum_value(&value)? {
            Some(inner) if inner.is_instance_of::<PyString>() => string_of(&inner).map(Self),
            _ => Err(Refusal::wrong_type("a str", &value)),
        }
    }
}

/// A string that is not empty or blank.
pub(crate) struct Filled(pub(crate) String);

impl<'py> FromPyObject<'_, 'py> for Filled {
    type Error = Refusal;

    const INPUT_TYPE: PyStaticExpr = STR;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Refusal> {
        let string = Str::extract(value)?.0;
        if string.trim().is_empty() {
            return Err(Refusal::value("it must not be empty"));
        }
        Ok(Self(string))
    }
}

/// The exception of Python itself would contain the whole string, which may be a secret.
pub(crate) fn string_of(value: &Bound<'_, PyAny>) -> Result<String, Refusal> {
    value.extract().map_err(|_| {
        Refusal::value("the str contains a lone surrogate, which UTF-8 cannot represent")
    })
}

/// The path of a file, from a `str` or an `os.PathLike` object.
pub(crate) struct FilePath(pub(crate) PathBuf);

impl<'py> FromPyObject<'_, 'py> for FilePath {
    type Error = Refusal;

    const INPUT_TYPE: PyStaticExpr = PathBuf::INPUT_TYPE;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Refusal> {
        let wrong_type = || Refusal::wrong_type("a path as str or os.PathLike", &value);
        let is_string = value.is_instance_of::<PyString>();
        // Python's own exception does not say that bytes are refused. An exception of the user's `__fspath__` stays as it is.
        if !is_string && !value.hasattr("__fspath__")? {
            return Err(wrong_type());
        }
        let path = match value.extract::<PathBuf>() {
            Ok(path) => path,
            Err(error) if error.is_instance_of::<PyTypeError>(value.py()) => {
                return Err(wrong_type());
            }
            Err(error) => return Err(error.into()),
        };
        if path.as_os_str().is_empty() {
            return Err(Refusal::value("it must not be empty"));
        }
        Ok(Self(path))
    }
}

/// A string that is a secret.
pub(crate) struct SecretStr(pub(crate) SentSecret);

impl<'py> FromPyObject<'_, 'py> for SecretStr {
    type Error = Refusal;

    const INPUT_TYPE: PyStaticExpr = STR;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Refusal> {
        Str::extract(value).map(|string| Self(string.0.into()))
    }
}

/// An id of one kind, from a `str`, a `uuid.UUID`, or a member of an enum of these.
#[derive(Clone, Copy)]
pub(crate) struct Id<T = Uuid>(pub(crate) T);

/// A kind of id, which knows what its strings look like.
pub(crate) trait IdKind: Sized {
    fn parse_id(id: &str) -> Result<Self, InvalidId>;
}

impl IdKind for Uuid {
    fn parse_id(id: &str) -> Result<Self, InvalidId> {
        let example = "2d7a1e03-25e4-401e-bf1e-0ace545673d7";
        Self::parse_str(id.trim()).map_err(|_| InvalidId::new("id", example, id))
    }
}

macro_rules! id_kinds {
    ($($name:ident)*) => {$(
        impl IdKind for sdk::models::$name {
            fn parse_id(id: &str) -> Result<Self, InvalidId> {
                id.parse()
            }
        }
    )*};
}

id_kinds!(ChannelId ConnectorId NumberId OrganizationId SubscriptionId UseCaseId WorkspaceId);

impl<'py, T: IdKind> FromPyObject<'_, 'py> for Id<T> {
    type Error = Refusal;

    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("bird_connectors._types", "Id");

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Refusal> {
        let id = match enum_value(&value)? {
            Some(inner) => id_of(&inner)?,
            None => id_of(&value)?,
        };
        id.map(Self)
            .ok_or_else(|| Refusal::wrong_type("an id as str or uuid.UUID", &value))
    }
}

/// The id in a `str` or a `uuid.UUID`, and `None` for any other type.
fn id_of<T: IdKind>(value: &Bound<'_, PyAny>) -> Result<Option<T>, Refusal> {
    let id = if value.is_instance_of::<PyString>() {
        string_of(value)?
    } else if is_uuid(value)? {
        value.str()?.to_string()
    } else {
        return Ok(None);
    };
    // The message begins with the name of the argument, so it does not need the kind of the id.
    T::parse_id(&id)
        .map(Some)
        .map_err(|invalid| Refusal::value(invalid.reason()))
}

const SECONDS_OR_TIMEDELTA: &str = "a number of seconds or a timedelta";

/// A duration, from a number of seconds or a `datetime.timedelta`.
#[derive(Clone, Copy)]
pub(crate) struct Seconds(pub(crate) Duration);

impl<'py> FromPyObject<'_, 'py> for Seconds {
    type Error = Refusal;

    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("bird_connectors._types", "Seconds");

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Refusal> {
        let is_number = value.is_instance_of::<PyInt>() || value.is_instance_of::<PyFloat>();
        let seconds: f64 = if value.is_instance_of::<PyBool>() {
            return Err(Refusal::wrong_type(SECONDS_OR_TIMEDELTA, &value));
        } else if is_number || is_instance(&value, "decimal", "Decimal")? {
            value.extract().unwrap_or(f64::INFINITY)
        } else if value.is_instance_of::<PyDelta>() {
            value.call_method0("total_seconds")?.extract()?
        } else {
            return Err(Refusal::wrong_type(SECONDS_OR_TIMEDELTA, &value));
        };
        // The SDK treats a duration that exceeds the range of the clock as one that never ends.
        if seconds.is_finite() && seconds >= Duration::MAX.as_secs_f64() {
            return Ok(Self(Duration::MAX));
        }
        Duration::try_from_secs_f64(seconds).map(Self).map_err(|_| {
            Refusal::value(format!(
                "expected a duration that is finite and not negative, got {seconds} seconds"
            ))
        })
    }
}

/// An unsigned integer of the SDK.
pub(crate) trait Unsigned: TryFrom<u64> {
    const MAX: u64;
}

macro_rules! unsigned {
    ($($type:ty)*) => {$(
        impl Unsigned for $type {
            const MAX: u64 = <$type>::MAX as u64;
        }
    )*};
}

unsigned!(u64 u32 u16);

/// A number of items, attempts and the like.
#[derive(Clone, Copy)]
pub(crate) struct Count<T = u64>(pub(crate) T);

impl<'py, T: Unsigned> FromPyObject<'_, 'py> for Count<T> {
    type Error = Refusal;

    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("builtins", "int");

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Refusal> {
        if value.is_instance_of::<PyBool>() || !value.is_instance_of::<PyInt>() {
            return Err(Refusal::wrong_type("an int", &value));
        }
        let number: Option<u64> = value.extract().ok();
        match number.and_then(|number| T::try_from(number).ok()) {
            Some(number) => Ok(Self(number)),
            None => Err(Refusal::value(format!(
                "expected an int from 0 to {}",
                T::MAX
            ))),
        }
    }
}

/// A `RateLimits` of `_records.py`.
pub(crate) struct RateLimits(pub(crate) sdk::client::RateLimits);

impl<'py> FromPyObject<'_, 'py> for RateLimits {
    type Error = Refusal;

    const INPUT_TYPE: PyStaticExpr =
        type_hint_identifier!("bird_connectors._records", "RateLimits");

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Refusal> {
        if value.get_type().name()? != "RateLimits" {
            return Err(Refusal::wrong_type("RateLimits or None", &value));
        }
        let limit = |name: &str| {
            let limit: Arg<Count<u32>> = value.getattr(name)?.extract()?;
            limit.named(&format!(".{name}"))
        };
        Ok(Self(sdk::client::RateLimits {
            get: limit("get")?.0,
            post: limit("post")?.0,
        }))
    }
}
