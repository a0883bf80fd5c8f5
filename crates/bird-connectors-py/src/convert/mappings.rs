//! Mappings as arguments.

use bird_connectors::models::SentSecret;
use pyo3::exceptions::PyTypeError;
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::type_hint_identifier;
use serde_json::Value;

use crate::convert::json::{entries, to_json};
use crate::convert::scalars::{SecretStr, Str};
use crate::hints::{STR, mapping_of};

/// A mapping from strings to strings, in its order.
pub(crate) struct StringMap(pub(crate) Vec<(String, String)>);

impl<'py> FromPyObject<'_, 'py> for StringMap {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = mapping_of!(STR);

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        entries(&value)?
            .map(|entry| Ok((entry.0?, Str::extract(entry.1.as_borrowed())?.0)))
            .collect::<PyResult<_>>()
            .map(Self)
    }
}

/// The secrets of a template by scheme and key, such as `{"oauth": {"accessToken": "…"}}`.
pub(crate) struct SecurityArguments(pub(crate) Vec<(String, String, SentSecret)>);

impl<'py> FromPyObject<'_, 'py> for SecurityArguments {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = mapping_of!(mapping_of!(STR));

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let mut all = Vec::new();
        for (scheme, keys) in entries(&value)? {
            let scheme = scheme?;
            for (key, secret) in entries(&keys)? {
                let secret = SecretStr::extract(secret.as_borrowed()).map_err(|_| {
                    PyTypeError::new_err("security_arguments must map each scheme to a dict of str")
                })?;
                all.push((scheme.clone(), key?, secret.0));
            }
        }
        Ok(Self(all))
    }
}

/// Query parameters. A list as a value repeats the parameter.
pub(crate) struct QueryParameters(pub(crate) Vec<(String, String)>);

impl<'py> FromPyObject<'_, 'py> for QueryParameters {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = mapping_of!(type_hint_identifier!(
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
        Value::String(string) => Ok(string),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        _ => Err(PyTypeError::new_err(
            "a query parameter must be a str, int, float or bool, or a list of these",
        )),
    }
}
