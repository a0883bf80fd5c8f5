//! JSON values, in both directions.

use pyo3::inspect::PyStaticExpr;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple};
use serde_json::{Map, Number, Value};

use crate::convert::argument::Refusal;
use crate::convert::foreign::{enum_value, scalar};
use crate::convert::scalars::string_of;
use crate::hints::{ANY, mapping_of};

/// The maximum nesting of an argument. A dict that contains itself would never end.
const MAX_DEPTH: usize = 64;

/// The maximum nesting of an object that the API sent, as in a response.
const MAX_RECEIVED_DEPTH: usize = 512;

/// The maximum number of values in an argument. A list that contains another one many times is small in Python, and
/// enormous as JSON.
const MAX_VALUES: usize = 1_000_000;

/// A JSON value.
pub(crate) struct Json(pub(crate) Value);

impl<'py> FromPyObject<'_, 'py> for Json {
    type Error = Refusal;

    const INPUT_TYPE: PyStaticExpr = ANY;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Refusal> {
        to_json(&value).map(Self)
    }
}

/// A JSON object.
pub(crate) struct JsonObject(pub(crate) Map<String, Value>);

impl<'py> FromPyObject<'_, 'py> for JsonObject {
    type Error = Refusal;

    const INPUT_TYPE: PyStaticExpr = mapping_of!(ANY);

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Refusal> {
        match to_json(&value)? {
            Value::Object(map) => Ok(Self(map)),
            _ => Err(Refusal::wrong_type("a dict", &value)),
        }
    }
}

/// A JSON object that the API sent. It can be nested as deeply as a response, and an int that does not fit in 64 bits is the
/// string of its digits, as in a response.
pub(crate) struct ReceivedObject(pub(crate) Map<String, Value>);

impl<'py> FromPyObject<'_, 'py> for ReceivedObject {
    type Error = Refusal;

    const INPUT_TYPE: PyStaticExpr = mapping_of!(ANY);

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Refusal> {
        let limits = Limits {
            depth: MAX_RECEIVED_DEPTH,
            left: MAX_VALUES,
            large_ints: true,
        };
        match limits.convert(&value)? {
            Value::Object(map) => Ok(Self(map)),
            _ => Err(Refusal::wrong_type("a dict", &value)),
        }
    }
}

/// The entries of a mapping whose keys are strings. An iteration that fails is the last entry.
pub(crate) fn entries<'py>(
    value: &Bound<'py, PyAny>,
) -> Result<impl Iterator<Item = Result<(String, Bound<'py, PyAny>), Refusal>> + use<'py>, Refusal>
{
    if value.cast::<PyMapping>().is_err() {
        return Err(Refusal::wrong_type("a dict", value));
    }
    let items = value
        .call_method0(intern!(value.py(), "items"))?
        .try_iter()?;
    Ok(items.enumerate().map(|(index, entry)| {
        if index == MAX_VALUES {
            return Err(Refusal::value(format!(
                "it has more than {MAX_VALUES} entries"
            )));
        }
        let (key, value): (Bound<'py, PyAny>, Bound<'py, PyAny>) = entry?.extract()?;
        if key.is_instance_of::<PyString>() {
            Ok((string_of(&key)?, value))
        } else {
            Err(Refusal::wrong_type("dict keys of type str", &key))
        }
    }))
}

/// Converts a value to JSON.
pub(crate) fn to_json(value: &Bound<'_, PyAny>) -> Result<Value, Refusal> {
    let limits = Limits {
        depth: MAX_DEPTH,
        left: MAX_VALUES,
        large_ints: false,
    };
    limits.convert(value)
}

struct Limits {
    /// The maximum nesting.
    depth: usize,
    /// The number of values that the argument may still have.
    left: usize,
    /// Whether an int that does not fit in 64 bits becomes a string.
    large_ints: bool,
}

impl Limits {
    fn convert(mut self, value: &Bound<'_, PyAny>) -> Result<Value, Refusal> {
        convert(value, 0, &mut self)
    }
}

fn convert(value: &Bound<'_, PyAny>, depth: usize, limits: &mut Limits) -> Result<Value, Refusal> {
    if depth > limits.depth {
        return Err(Refusal::value(format!(
            "a value is nested more than {} levels deep or contains itself",
            limits.depth
        )));
    }
    let Some(fewer) = limits.left.checked_sub(1) else {
        return Err(Refusal::value(format!(
            "it contains more than {MAX_VALUES} values"
        )));
    };
    limits.left = fewer;
    if value.is_none() {
        Ok(Value::Null)
    } else if value.is_instance_of::<PyString>() {
        string_of(value).map(Value::String)
    } else if let Ok(value) = value.cast::<PyBool>() {
        Ok(Value::Bool(value.is_true()))
    } else if value.is_instance_of::<PyInt>() {
        let number = value
            .extract::<i64>()
            .map(Number::from)
            .or_else(|_| value.extract::<u64>().map(Number::from));
        if number.is_err() && limits.large_ints {
            return Ok(Value::String(value.str()?.to_string()));
        }
        number.map(Value::Number).map_err(|_| {
            Refusal::value(
                "an int does not fit in 64 bits: pass it as a str if the API accepts one",
            )
        })
    } else if value.is_instance_of::<PyFloat>() {
        let number = value.extract::<f64>()?;
        Number::from_f64(number)
            .map(Value::Number)
            .ok_or_else(|| Refusal::value(format!("expected a finite float, got {number}")))
    } else if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        let mut items = Vec::new();
        for (index, item) in value.try_iter()?.enumerate() {
            let item = convert(&item?, depth + 1, limits);
            items.push(item.map_err(|refusal| refusal.at(format_args!("[{index}]")))?);
        }
        Ok(Value::Array(items))
    } else if value.cast::<PyMapping>().is_ok() {
        let mut map = Map::new();
        for entry in entries(value)? {
            let (key, value) = entry?;
            let value = convert(&value, depth + 1, limits);
            let value = value.map_err(|refusal| refusal.at(place(&key)))?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    } else if let Some(inner) = enum_value(value)? {
        convert(&inner, depth + 1, limits)
    } else if let Some(scalar) = scalar(value)? {
        Ok(scalar)
    } else {
        Err(Refusal::wrong_type(
            "a JSON value (None, bool, int, float, str, list, tuple or dict), or a UUID, date, datetime, Decimal or Enum",
            value,
        ))
    }
}

/// The place of an entry in a message. A long or unusual key may be a value in the wrong place.
pub(crate) fn place(key: &str) -> String {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if key.len() <= 40 && !key.is_empty() && key.chars().all(is_name) {
        format!("[{key:?}]")
    } else {
        "[…]".to_owned()
    }
}

pub(crate) fn from_json<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(value) => PyBool::new(py, *value).to_owned().into_any(),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => number.into_pyobject(py)?.into_any(),
            (None, Some(number)) => number.into_pyobject(py)?.into_any(),
            (None, None) => PyFloat::new(py, number.as_f64().unwrap_or(f64::NAN)).into_any(),
        },
        Value::String(string) => PyString::new(py, string).into_any(),
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
