//! JSON values, in both directions.

use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple};
use serde_json::{Map, Number, Value};

use crate::convert::scalars::string_of;
use crate::errors::{invalid, wrong_type};
use crate::hints::{ANY, mapping_of};

/// The maximum nesting of an argument. A dict that contains itself would never end.
const MAX_DEPTH: usize = 64;

/// A JSON value.
pub(crate) struct Json(pub(crate) Value);

impl<'py> FromPyObject<'_, 'py> for Json {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = ANY;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        to_json(&value, 0).map(Self)
    }
}

/// A JSON object.
pub(crate) struct JsonObject(pub(crate) Map<String, Value>);

impl<'py> FromPyObject<'_, 'py> for JsonObject {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = mapping_of!(ANY);

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match to_json(&value, 0)? {
            Value::Object(map) => Ok(Self(map)),
            _ => Err(wrong_type("a dict", &value)),
        }
    }
}

type Entry<'py> = (PyResult<String>, Bound<'py, PyAny>);

/// The entries of a mapping whose keys are strings.
pub(crate) fn entries<'py>(
    value: &Bound<'py, PyAny>,
) -> PyResult<impl Iterator<Item = Entry<'py>> + use<'py>> {
    let mapping = value
        .cast::<PyMapping>()
        .map_err(|_| wrong_type("a dict", value))?;
    let mut entries = Vec::with_capacity(mapping.len()?);
    for entry in mapping.items()?.iter() {
        let (key, value): (Bound<'py, PyAny>, Bound<'py, PyAny>) = entry.extract()?;
        entries.push((key_of(&key), value));
    }
    Ok(entries.into_iter())
}

fn key_of(key: &Bound<'_, PyAny>) -> PyResult<String> {
    if key.is_instance_of::<PyString>() {
        string_of(key)
    } else {
        Err(wrong_type("dict keys of type str", key))
    }
}

pub(crate) fn to_json(value: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
    let py = value.py();
    if depth > MAX_DEPTH {
        return Err(invalid(
            py,
            format!("a value is nested more than {MAX_DEPTH} levels deep or contains itself"),
        ));
    }
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
        number.map(Value::Number).map_err(|_| {
            invalid(
                py,
                "an integer does not fit in 64 bits: pass it as a str if the API accepts one",
            )
        })
    } else if value.is_instance_of::<PyFloat>() {
        let number = value.extract::<f64>()?;
        Number::from_f64(number).map(Value::Number).ok_or_else(|| {
            invalid(
                py,
                format!("cannot write {number} as JSON: it must be finite"),
            )
        })
    } else if let Ok(items) = value.cast::<PyList>() {
        items.iter().map(|item| to_json(&item, depth + 1)).collect()
    } else if let Ok(items) = value.cast::<PyTuple>() {
        items.iter().map(|item| to_json(&item, depth + 1)).collect()
    } else if value.cast::<PyMapping>().is_ok() {
        let entries = entries(value)?.map(|(key, value)| Ok((key?, to_json(&value, depth + 1)?)));
        entries.collect::<PyResult<Map<_, _>>>().map(Value::Object)
    } else {
        Err(wrong_type(
            "a JSON value (None, bool, int, float, str, list, tuple or dict)",
            value,
        ))
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
