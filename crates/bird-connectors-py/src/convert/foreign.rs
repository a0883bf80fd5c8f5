//! Values of Python's standard library as arguments: enums, UUIDs, dates and decimals.
//!
//! An object of a class exists only if the module of the class is imported, so nothing here imports a module.

use pyo3::intern;
use pyo3::prelude::*;
use serde_json::{Number, Value};

use crate::convert::argument::Refusal;

/// The class `name` of a module, if the module is imported.
fn class<'py>(py: Python<'py>, module: &str, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    let modules = py
        .import(intern!(py, "sys"))?
        .getattr(intern!(py, "modules"))?;
    // Any mapping: Temporal's sandbox replaces the dict by another one, in all threads while a workflow runs in one. A module that is
    // not imported is None, which has none of the classes.
    let module = modules.call_method1(intern!(py, "get"), (module,))?;
    module.getattr_opt(name)
}

/// Whether a value is an instance of the class `name` of a module.
pub(crate) fn is_instance(value: &Bound<'_, PyAny>, module: &str, name: &str) -> PyResult<bool> {
    match class(value.py(), module, name)? {
        Some(class) => value.is_instance(&class),
        None => Ok(false),
    }
}

/// Whether a value is a `uuid.UUID`.
pub(crate) fn is_uuid(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    is_instance(value, "uuid", "UUID")
}

/// The value of a member of an enum, and `None` for any other object.
pub(crate) fn enum_value<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    if is_instance(value, "enum", "Enum")? {
        value.getattr(intern!(value.py(), "value")).map(Some)
    } else {
        Ok(None)
    }
}

/// A UUID, a date, a time stamp or a decimal as JSON, and `None` for any other object.
pub(crate) fn scalar(value: &Bound<'_, PyAny>) -> Result<Option<Value>, Refusal> {
    let py = value.py();
    if is_uuid(value)? {
        return Ok(Some(Value::String(value.str()?.to_string())));
    }
    if is_instance(value, "datetime", "datetime")? {
        if value.call_method0(intern!(py, "utcoffset"))?.is_none() {
            return Err(Refusal::value(
                "the datetime has no time zone: pass one that has, such as datetime.now(timezone.utc)",
            ));
        }
        let time = value.call_method0(intern!(py, "isoformat"))?.extract()?;
        return Ok(Some(Value::String(time)));
    }
    if is_instance(value, "datetime", "date")? {
        let date = value.call_method0(intern!(py, "isoformat"))?.extract()?;
        return Ok(Some(Value::String(date)));
    }
    if is_instance(value, "decimal", "Decimal")? {
        return decimal(value).map(Some);
    }
    Ok(None)
}

/// The digits of a finite decimal without an exponent, and `None` for any other object.
pub(crate) fn decimal_digits(value: &Bound<'_, PyAny>) -> Result<Option<String>, Refusal> {
    if !is_instance(value, "decimal", "Decimal")? {
        return Ok(None);
    }
    let exponent = value
        .call_method0(intern!(value.py(), "adjusted"))?
        .extract::<i64>()?;
    let is_finite = value
        .call_method0(intern!(value.py(), "is_finite"))?
        .is_truthy()?;
    if !is_finite || exponent.abs() > 64 {
        return Err(Refusal::value(
            "expected a finite Decimal with an exponent of at most 64",
        ));
    }
    let digits = value.call_method1(intern!(value.py(), "__format__"), ("f",))?;
    Ok(Some(digits.extract()?))
}

/// A decimal as a number, if the number is exactly the same.
fn decimal(value: &Bound<'_, PyAny>) -> Result<Value, Refusal> {
    let inexact = || {
        Refusal::value(
            "the Decimal cannot be written as a JSON number without a loss: pass it as a str if the API accepts one",
        )
    };
    let digits = value.str()?.to_string();
    if let Ok(integer) = digits.parse::<i64>() {
        return Ok(Value::Number(integer.into()));
    }
    let float: f64 = digits.parse().map_err(|_| inexact())?;
    let number = Number::from_f64(float).ok_or_else(inexact)?;
    let class = value.get_type();
    // The shortest digits of a float are what JSON has.
    let written = class.call1((number.to_string(),))?;
    if value.eq(written)? {
        Ok(Value::Number(number))
    } else {
        Err(inexact())
    }
}
