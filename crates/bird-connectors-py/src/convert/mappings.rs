//! Mappings as arguments.

use bird_connectors::models::SentSecret;
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::type_hint_identifier;
use pyo3::types::{PyList, PyTuple};
use serde_json::Value;

use crate::convert::argument::Refusal;
use crate::convert::foreign::decimal_digits;
use crate::convert::json::{entries, place, to_json};
use crate::convert::scalars::SecretStr;
use crate::hints::{STR, mapping_of};

/// A mapping from strings to strings, in its order.
pub(crate) struct StringMap(pub(crate) Vec<(String, String)>);

impl<'py> FromPyObject<'_, 'py> for StringMap {
    type Error = Refusal;

    const INPUT_TYPE: PyStaticExpr = mapping_of!(STR);

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Refusal> {
        let mut all = Vec::new();
        for entry in entries(&value)? {
            let (key, value) = entry?;
            match string(&value) {
                Ok(value) => all.push((key, value)),
                Err(refusal) => return Err(refusal.at(place(&key))),
            }
        }
        Ok(Self(all))
    }
}

/// A string, or the string that stands for a UUID, a date or an enum.
fn string(value: &Bound<'_, PyAny>) -> Result<String, Refusal> {
    match to_json(value)? {
        Value::String(string) => Ok(string),
        _ => Err(Refusal::wrong_type("a str", value)),
    }
}

/// The secrets of a template by scheme and key, such as `{"oauth": {"accessToken": "…"}}`.
pub(crate) struct SecurityArguments(pub(crate) Vec<(String, String, SentSecret)>);

impl<'py> FromPyObject<'_, 'py> for SecurityArguments {
    type Error = Refusal;

    const INPUT_TYPE: PyStaticExpr = mapping_of!(mapping_of!(STR));

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Refusal> {
        let mut all = Vec::new();
        for scheme in entries(&value)? {
            let (scheme, keys) = scheme?;
            let at_scheme = |refusal: Refusal| refusal.at(place(&scheme));
            for entry in entries(&keys).map_err(at_scheme)? {
                let (key, secret) = entry.map_err(at_scheme)?;
                match SecretStr::extract(secret.as_borrowed()) {
                    Ok(secret) => all.push((scheme.clone(), key, secret.0)),
                    Err(refusal) => return Err(at_scheme(refusal.at(place(&key)))),
                }
            }
        }
        Ok(Self(all))
    }
}

/// Query parameters. A list as a value repeats the parameter.
pub(crate) struct QueryParameters(pub(crate) Vec<(String, String)>);

impl<'py> FromPyObject<'_, 'py> for QueryParameters {
    type Error = Refusal;

    const INPUT_TYPE: PyStaticExpr = mapping_of!(type_hint_identifier!(
        "bird_connectors._types",
        "QueryValue"
    ));

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Refusal> {
        let mut all = Vec::new();
        for entry in entries(&value)? {
            let (name, value) = entry?;
            let at_name = |refusal: Refusal| refusal.at(place(&name));
            if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
                for (index, item) in value.try_iter()?.enumerate() {
                    let item = parameter(&item?);
                    let item =
                        item.map_err(|refusal| at_name(refusal.at(format_args!("[{index}]"))))?;
                    all.push((name.clone(), item));
                }
            } else {
                let value = parameter(&value).map_err(at_name)?;
                all.push((name, value));
            }
        }
        Ok(Self(all))
    }
}

fn parameter(value: &Bound<'_, PyAny>) -> Result<String, Refusal> {
    // A decimal keeps its digits, which JSON would not.
    if let Some(digits) = decimal_digits(value)? {
        return Ok(digits);
    }
    match to_json(value)? {
        Value::String(string) => Ok(string),
        value @ (Value::Bool(_) | Value::Number(_)) => Ok(value.to_string()),
        _ => Err(Refusal::wrong_type(
            "a str, int, float, bool, UUID, date, datetime, Decimal or Enum, or a list of these",
            value,
        )),
    }
}
