//! Arguments from Python and plain values to Python. Whatever cannot be used is a clean exception here, before
//! anything is sent.

use std::time::Duration;

use bird_connectors as sdk;
use pyo3::exceptions::PyTypeError;
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDelta, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple};
use pyo3::{type_hint_identifier, type_hint_subscript};
use sdk::SentSecret;
use serde_json::{Map, Number, Value};
use uuid::Uuid;

use crate::errors::invalid;
use crate::hints::{ANY, STR};

/// Deeper than this, arguments are refused: nobody means it, and a dict that contains itself never ends.
const MAX_DEPTH: usize = 64;

/// What the stubs say of a mapping whose keys are texts.
macro_rules! mapping {
    ($values:expr) => {
        type_hint_subscript!(
            type_hint_identifier!("collections.abc", "Mapping"),
            STR,
            $values
        )
    };
}

/// A text. Python's may hold half characters (lone surrogates), which no request can carry.
pub(crate) struct Text(pub(crate) String);

impl<'py> FromPyObject<'_, 'py> for Text {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = STR;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        text_of(value.cast::<PyString>()?.as_any()).map(Self)
    }
}

/// The exception of Python itself would carry the whole text, which may be a secret.
fn text_of(value: &Bound<'_, PyAny>) -> PyResult<String> {
    value.extract().map_err(|_| {
        invalid(
            value.py(),
            "a text holds half a character (a lone surrogate), which cannot be sent",
        )
    })
}

/// A secret text.
pub(crate) struct SecretText(pub(crate) SentSecret);

impl<'py> FromPyObject<'_, 'py> for SecretText {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = STR;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Text::extract(value).map(|text| Self(text.0.into()))
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
        let text = if value.is_instance_of::<PyString>() {
            text_of(&value)?
        } else if value.get_type().name()? == "UUID" {
            value.str()?.to_string()
        } else {
            return Err(PyTypeError::new_err(format!(
                "an id is a str or a uuid.UUID, not {}",
                value.get_type().name()?
            )));
        };
        match Uuid::parse_str(text.trim()) {
            Ok(id) => Ok(Self(id.into())),
            Err(_) => Err(invalid(
                py,
                format!(
                    "{} is no id; one looks like 2d7a1e03-25e4-401e-bf1e-0ace545673d7",
                    shortened(&text)
                ),
            )),
        }
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 60 {
        format!("{text:?}")
    } else {
        format!("{:?}…", text.chars().take(60).collect::<String>())
    }
}

/// A span of time: seconds, or a `datetime.timedelta`.
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
            return Err(PyTypeError::new_err(
                "a time is a number of seconds or a timedelta, not a bool",
            ));
        } else if value.is_instance_of::<PyInt>() || value.is_instance_of::<PyFloat>() {
            value.extract().unwrap_or(f64::INFINITY)
        } else {
            return Err(PyTypeError::new_err(format!(
                "a time is a number of seconds or a timedelta, not {}",
                value.get_type().name()?
            )));
        };
        match Duration::try_from_secs_f64(seconds) {
            Ok(duration) => Ok(Self(duration)),
            Err(_) => Err(invalid(
                py,
                format!("{seconds} seconds is no time to wait: it must be 0 or more, and finite"),
            )),
        }
    }
}

/// A number that counts something.
#[derive(Clone, Copy)]
pub(crate) struct Count(pub(crate) u64);

impl<'py> FromPyObject<'_, 'py> for Count {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("builtins", "int");

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if value.is_instance_of::<PyBool>() || !value.is_instance_of::<PyInt>() {
            return Err(PyTypeError::new_err(format!(
                "a number of items is an int, not {}",
                value.get_type().name()?
            )));
        }
        match value.extract() {
            Ok(count) => Ok(Self(count)),
            Err(_) => Err(invalid(
                value.py(),
                "a number of items is negative or far too large",
            )),
        }
    }
}

impl Count {
    /// Where the SDK counts with 32 bits.
    pub(crate) fn narrow(self, py: Python<'_>, name: &str) -> PyResult<u32> {
        self.0
            .try_into()
            .map_err(|_| invalid(py, format!("{name} is far too large")))
    }
}

/// A `Rate` of `_records.py`.
pub(crate) struct RateLimit(pub(crate) sdk::Rate);

impl<'py> FromPyObject<'_, 'py> for RateLimit {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("bird_connectors._records", "Rate");

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let py = value.py();
        if value.get_type().name()? != "Rate" {
            return Err(PyTypeError::new_err(format!(
                "a rate_limit is a Rate or None, not {}",
                value.get_type().name()?
            )));
        }
        let figure = |name| Count::extract(value.getattr(name)?.as_borrowed())?.narrow(py, name);
        Ok(Self(sdk::Rate {
            get: figure("get")?,
            post: figure("post")?,
        }))
    }
}

/// Anything that JSON can say.
pub(crate) struct Json(pub(crate) Value);

impl<'py> FromPyObject<'_, 'py> for Json {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = ANY;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        to_json(&value, 0).map(Self)
    }
}

/// A JSON object.
pub(crate) struct Object(pub(crate) Map<String, Value>);

impl<'py> FromPyObject<'_, 'py> for Object {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = mapping!(ANY);

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match to_json(&value, 0)? {
            Value::Object(map) => Ok(Self(map)),
            _ => Err(PyTypeError::new_err(format!(
                "a dict is expected, not {}",
                value.get_type().name()?
            ))),
        }
    }
}

/// Texts under texts, in the order given.
pub(crate) struct Pairs(pub(crate) Vec<(String, String)>);

impl<'py> FromPyObject<'_, 'py> for Pairs {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = mapping!(STR);

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        entries(&value)?
            .map(|entry| Ok((entry.0?, Text::extract(entry.1.as_borrowed())?.0)))
            .collect::<PyResult<_>>()
            .map(Self)
    }
}

/// Secrets by scheme and key, such as `{"oauth": {"accessToken": "…"}}`.
pub(crate) struct Secrets(pub(crate) Vec<(String, String, SentSecret)>);

impl<'py> FromPyObject<'_, 'py> for Secrets {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = mapping!(mapping!(STR));

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let mut all = Vec::new();
        for (scheme, keys) in entries(&value)? {
            let scheme = scheme?;
            for (key, secret) in entries(&keys)? {
                let secret = SecretText::extract(secret.as_borrowed()).map_err(|_| {
                    PyTypeError::new_err("the values of security_arguments are dicts of texts")
                })?;
                all.push((scheme.clone(), key?, secret.0));
            }
        }
        Ok(Self(all))
    }
}

/// Query parameters: a list as value repeats the parameter.
pub(crate) struct Parameters(pub(crate) Vec<(String, String)>);

impl<'py> FromPyObject<'_, 'py> for Parameters {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = mapping!(type_hint_identifier!(
        "bird_connectors._types",
        "QueryValue"
    ));

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let mut all = Vec::new();
        for (name, value) in entries(&value)? {
            let name = name?;
            match to_json(&value, 0)? {
                Value::Array(items) => {
                    for item in items {
                        all.push((name.clone(), parameter(item)?));
                    }
                }
                value => all.push((name, parameter(value)?)),
            }
        }
        Ok(Self(all))
    }
}

fn parameter(value: Value) -> PyResult<String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        _ => Err(PyTypeError::new_err(
            "a query parameter is a str, an int, a float, a bool, or a list of these",
        )),
    }
}

type Entry<'py> = (PyResult<String>, Bound<'py, PyAny>);

/// The entries of a mapping whose keys are texts.
fn entries<'py>(
    value: &Bound<'py, PyAny>,
) -> PyResult<impl Iterator<Item = Entry<'py>> + use<'py>> {
    let mapping = value.cast::<PyMapping>().map_err(|_| {
        PyTypeError::new_err(format!(
            "a dict is expected, not {}",
            value
                .get_type()
                .name()
                .map_or_else(|_| String::new(), |name| name.to_string())
        ))
    })?;
    let mut entries = Vec::with_capacity(mapping.len()?);
    for entry in mapping.items()?.iter() {
        let (key, value): (Bound<'py, PyAny>, Bound<'py, PyAny>) = entry.extract()?;
        entries.push((key_of(&key), value));
    }
    Ok(entries.into_iter())
}

fn key_of(key: &Bound<'_, PyAny>) -> PyResult<String> {
    if key.is_instance_of::<PyString>() {
        return text_of(key);
    }
    Err(PyTypeError::new_err(format!(
        "the keys of a dict must be texts, not {}",
        key.get_type().name()?
    )))
}

fn to_json(value: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
    let py = value.py();
    if depth > MAX_DEPTH {
        return Err(invalid(
            py,
            format!("a value is nested more than {MAX_DEPTH} levels deep, or contains itself"),
        ));
    }
    if value.is_none() {
        Ok(Value::Null)
    } else if value.is_instance_of::<PyString>() {
        text_of(value).map(Value::String)
    } else if let Ok(truth) = value.cast::<PyBool>() {
        Ok(Value::Bool(truth.is_true()))
    } else if value.is_instance_of::<PyInt>() {
        let number = value
            .extract::<i64>()
            .map(Number::from)
            .or_else(|_| value.extract::<u64>().map(Number::from));
        number.map(Value::Number).map_err(|_| {
            invalid(
                py,
                "an integer does not fit in 64 bits; pass it as text if the API takes it so",
            )
        })
    } else if value.is_instance_of::<PyFloat>() {
        let number = value.extract::<f64>()?;
        Number::from_f64(number)
            .map(Value::Number)
            .ok_or_else(|| invalid(py, format!("{number} cannot be written as JSON")))
    } else if let Ok(items) = value.cast::<PyList>() {
        items.iter().map(|item| to_json(&item, depth + 1)).collect()
    } else if let Ok(items) = value.cast::<PyTuple>() {
        items.iter().map(|item| to_json(&item, depth + 1)).collect()
    } else if value.cast::<PyMapping>().is_ok() {
        let entries = entries(value)?.map(|(key, value)| Ok((key?, to_json(&value, depth + 1)?)));
        entries.collect::<PyResult<Map<_, _>>>().map(Value::Object)
    } else {
        Err(PyTypeError::new_err(format!(
            "a value of type {} cannot be written as JSON",
            value.get_type().name()?
        )))
    }
}

pub(crate) fn from_json<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(truth) => PyBool::new(py, *truth).to_owned().into_any(),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => number.into_pyobject(py)?.into_any(),
            (None, Some(number)) => number.into_pyobject(py)?.into_any(),
            (None, None) => PyFloat::new(py, number.as_f64().unwrap_or(f64::NAN)).into_any(),
        },
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Array(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(from_json(py, item)?)?;
            }
            list.into_any()
        }
        Value::Object(map) => from_object(py, map)?.into_any(),
    })
}

pub(crate) fn from_object<'py>(
    py: Python<'py>,
    map: &Map<String, Value>,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (key, value) in map {
        dict.set_item(key, from_json(py, value)?)?;
    }
    Ok(dict)
}
