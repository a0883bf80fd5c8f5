//! Lists and pairs as arguments.
//!
//! An object can report any length, so nothing here is reserved by a reported length. Items are converted one by one, so
//! that the first one of a wrong type ends the conversion, and their number is bounded.

use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyIterator, PyMapping, PyString};
use pyo3::{type_hint_identifier, type_hint_subscript};

use crate::convert::argument::Refusal;

/// The maximum number of items of a list, unless the argument has another maximum.
const MAX_ITEMS: usize = 100_000;

/// A list of values, from any iterable that is not a string, bytes or a mapping.
pub(crate) struct Sequence<T, const MAX: usize = MAX_ITEMS>(pub(crate) Vec<T>);

impl<'py, T, const MAX: usize> FromPyObject<'_, 'py> for Sequence<T, MAX>
where
    T: for<'a> FromPyObject<'a, 'py, Error: Into<Refusal>>,
{
    type Error = Refusal;

    const INPUT_TYPE: PyStaticExpr = type_hint_subscript!(
        type_hint_identifier!("collections.abc", "Iterable"),
        T::INPUT_TYPE
    );

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Refusal> {
        let mut items = Vec::new();
        for (index, item) in iterate(&value)?.enumerate() {
            if index == MAX {
                return Err(Refusal::value(format!("it has more than {MAX} items")));
            }
            let item = item?;
            let item = T::extract(item.as_borrowed()).map_err(Into::<Refusal>::into);
            items.push(item.map_err(|refusal| refusal.at(format_args!("[{index}]")))?);
        }
        Ok(Self(items))
    }
}

/// Iterates over a list that is an argument.
fn iterate<'py>(value: &Bound<'py, PyAny>) -> Result<Bound<'py, PyIterator>, Refusal> {
    let is_single = value.is_instance_of::<PyString>()
        || value.is_instance_of::<PyBytes>()
        || value.is_instance_of::<PyByteArray>();
    if is_single {
        return Err(Refusal::wrong_type(
            "a list, even for a single value",
            value,
        ));
    }
    let iterable = value.hasattr("__iter__")? || value.hasattr("__getitem__")?;
    if !iterable || value.cast::<PyMapping>().is_ok() {
        return Err(Refusal::wrong_type("a list", value));
    }
    Ok(value.try_iter()?)
}

/// Two values, from a tuple or a list.
pub(crate) struct Pair<T>(pub(crate) T, pub(crate) T);

impl<'py, T> FromPyObject<'_, 'py> for Pair<T>
where
    T: for<'a> FromPyObject<'a, 'py, Error: Into<Refusal>>,
{
    type Error = Refusal;

    const INPUT_TYPE: PyStaticExpr = type_hint_subscript!(
        type_hint_identifier!("builtins", "tuple"),
        T::INPUT_TYPE,
        T::INPUT_TYPE
    );

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Refusal> {
        const EXPECTED: &str = "a tuple of two values";
        let Ok(values) = iterate(&value) else {
            return Err(Refusal::wrong_type(EXPECTED, &value));
        };
        let mut items = Vec::new();
        for (index, item) in values.take(3).enumerate() {
            let item = item?;
            let item = T::extract(item.as_borrowed()).map_err(Into::<Refusal>::into);
            items.push(item.map_err(|refusal| refusal.at(format_args!("[{index}]")))?);
        }
        let count = items.len();
        match (items.pop(), items.pop(), count) {
            (Some(second), Some(first), 2) => Ok(Self(first, second)),
            (.., 3) => Err(Refusal::value(format!("expected {EXPECTED}, got more"))),
            _ => Err(Refusal::value(format!("expected {EXPECTED}, got {count}"))),
        }
    }
}
