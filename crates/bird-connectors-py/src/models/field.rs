//! The types of attributes, and how each becomes a Python object.

use bird_connectors_api::{Secret, types as api};
use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple};
use pyo3::{type_hint_identifier, type_hint_subscript};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::convert::{from_json, from_object};
use crate::hints::{ANY, Hint, STR};

/// The type of an attribute.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an attribute of a Python class",
    note = "implement `Field` for it in models/field.rs"
)]
pub(crate) trait Field: Hint {
    /// Whether `repr`, `to_dict` and pickles leave the value out.
    const SECRET: bool = false;

    /// Builds the Python object.
    fn build<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>>;

    /// Removes the secrets from a value.
    fn strip(&mut self) {}

    /// The value as the API sent it, if Python cannot represent it, so that the object is None.
    fn unrepresentable(&self) -> Option<Value> {
        None
    }
}

impl<T: Field> Field for Option<T> {
    const SECRET: bool = T::SECRET;

    fn build<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self {
            Some(value) => value.build(py),
            None => Ok(py.None().into_bound(py)),
        }
    }

    fn strip(&mut self) {
        if T::SECRET {
            *self = None;
        } else if let Some(value) = self {
            value.strip();
        }
    }

    fn unrepresentable(&self) -> Option<Value> {
        self.as_ref()?.unrepresentable()
    }
}

impl<T: Field> Field for Vec<T> {
    fn build<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let items: Vec<_> = self
            .iter()
            .map(|item| item.build(py))
            .collect::<PyResult<_>>()?;
        Ok(PyTuple::new(py, items)?.into_any())
    }

    fn strip(&mut self) {
        self.iter_mut().for_each(Field::strip);
    }
}

macro_rules! fields {
    ($($type:ty as $hint:expr => |$value:ident, $py:ident| $build:expr;)*) => {$(
        impl Hint for $type {
            const HINT: PyStaticExpr = $hint;
        }

        impl Field for $type {
            fn build<'py>(&self, $py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                let $value = self;
                $build
            }
        }
    )*};
}

fields! {
    String as STR => |string, py| Ok(PyString::new(py, string).into_any());
    Uuid as STR => |id, py| Ok(PyString::new(py, id.hyphenated().encode_lower(&mut Uuid::encode_buffer())).into_any());
    bool as bool::OUTPUT_TYPE => |flag, py| Ok(flag.into_pyobject(py)?.to_owned().into_any());
    i64 as i64::OUTPUT_TYPE => |number, py| Ok(number.into_pyobject(py)?.into_any());
    Value as ANY => |value, py| from_json(py, value);
    Map<String, Value> as type_hint_subscript!(type_hint_identifier!("collections.abc", "Mapping"), STR, ANY) => |map, py| read_only(from_object(py, map)?);
    // The API sends it as a string or as a list.
    api::ConnectorNumberCapabilities as Vec::<api::NumberCapability>::HINT => |value, py| value.list().build(py);
}

impl Hint for api::Timestamp {
    const HINT: PyStaticExpr = DateTime::<Utc>::OUTPUT_TYPE;
}

impl Field for api::Timestamp {
    fn build<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        datetime(py, self.to_utc())
    }

    fn unrepresentable(&self) -> Option<Value> {
        (!is_year_of_python(self.to_utc())).then(|| Value::from(self.to_string()))
    }
}

fn is_year_of_python(time: DateTime<Utc>) -> bool {
    (1..=9999).contains(&time.naive_utc().year())
}

/// Converts a time to a `datetime`, or to `None` if its year is not one of Python's: reading an attribute never fails. A leap
/// second becomes the last microsecond before it.
///
/// The stable ABI only has constructors that go through Python. This is the one of pickles, `datetime(bytes, tzinfo)`, as
/// `datetime.__reduce__` returns it. It takes a third of the time of the one with seven numbers and a time zone, and less than
/// `fromisoformat`, which needs a string and parses it.
pub(crate) fn datetime(py: Python<'_>, time: DateTime<Utc>) -> PyResult<Bound<'_, PyAny>> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    static UTC: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    if !is_year_of_python(time) {
        return Ok(py.None().into_bound(py));
    }
    let class = CLASS.import(py, "datetime", "datetime")?;
    let utc = UTC.get_or_try_init(py, || {
        let class = py.import("datetime")?.getattr("timezone")?;
        class.getattr("utc").map(Bound::unbind)
    })?;
    class.call1((PyBytes::new(py, &pickled(time)), utc))
}

/// The bytes from which Python unpickles a `datetime`.
fn pickled(time: DateTime<Utc>) -> [u8; 10] {
    // Without its offset: chrono would add it to each part.
    let time = time.naive_utc();
    // chrono adds a leap second to the nanoseconds.
    let microseconds = time.nanosecond().min(999_999_999) / 1_000;
    let [_, _, year_high, year_low] = time.year().to_be_bytes();
    let [_, high, middle, low] = microseconds.to_be_bytes();
    let parts = [
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second(),
    ];
    // Each is below 60.
    let [month, day, hour, minute, second] = parts.map(|part| part as u8);
    [
        year_high, year_low, month, day, hour, minute, second, high, middle, low,
    ]
}

/// Wraps a dict in a read-only view: all readers of a model share the object.
fn read_only(dict: Bound<'_, PyDict>) -> PyResult<Bound<'_, PyAny>> {
    static PROXY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    PROXY
        .import(dict.py(), "types", "MappingProxyType")?
        .call1((dict,))
}

impl Hint for Secret {
    const HINT: PyStaticExpr = STR;
}

impl Field for Secret {
    const SECRET: bool = true;

    fn build<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(PyString::new(py, self.expose()).into_any())
    }
}

/// Returns the member of the Python enum `name` for a known value, and a plain `str` for any other.
pub(crate) fn enum_value<'py>(
    py: Python<'py>,
    members: &PyOnceLock<Py<PyDict>>,
    name: &str,
    value: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let members = members.get_or_try_init(py, || {
        let class = py.import("bird_connectors._enums")?.getattr(name)?;
        let members = class.getattr("_value2member_map_")?;
        PyResult::Ok(members.cast_into::<PyDict>()?.unbind())
    })?;
    Ok(match members.bind(py).get_item(value)? {
        Some(member) => member,
        None => PyString::new(py, value).into_any(),
    })
}

/// Makes open enums attributes: a member of the Python enum, or a `str`.
macro_rules! open_enums {
    ($($name:ident)*) => {
        $(
        const _: () = {
            use pyo3::inspect::PyStaticExpr;
            use pyo3::prelude::*;
            use pyo3::sync::PyOnceLock;
            use pyo3::types::PyDict;
            use pyo3::{type_hint_identifier, type_hint_union};

            use $crate::hints::{Hint, STR};
            use $crate::models::field::{Field, enum_value};
            use $crate::models::given::{given, string};

            impl Hint for ::bird_connectors_api::types::$name {
                const HINT: PyStaticExpr =
                    type_hint_union!(type_hint_identifier!("bird_connectors._enums", stringify!($name)), STR);
            }

            impl Field for ::bird_connectors_api::types::$name {
                fn build<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                    static MEMBERS: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
                    enum_value(py, &MEMBERS, stringify!($name), self.as_str())
                }
            }

            given! {
                ::bird_connectors_api::types::$name as <Self as Hint>::HINT => |value| string(value);
            }
        };
        )*

        /// Every open enum with the values that this version knows, for the test that compares them with the Python enums.
        pub(crate) const ENUMS: &[(&str, &[&str])] =
            &[$((stringify!($name), ::bird_connectors_api::types::$name::KNOWN)),*];
    };
}

/// Makes typed ids attributes: in Python an id is a `str`.
macro_rules! ids {
    ($($name:ident)*) => {$(
        const _: () = {
            use pyo3::inspect::PyStaticExpr;
            use pyo3::prelude::*;

            use $crate::hints::{Hint, STR};
            use $crate::models::field::Field;
            use $crate::models::given::{given, id};

            impl Hint for ::bird_connectors_api::types::$name {
                const HINT: PyStaticExpr = STR;
            }

            impl Field for ::bird_connectors_api::types::$name {
                fn build<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                    ::uuid::Uuid::from(*self).build(py)
                }
            }

            given! {
                ::bird_connectors_api::types::$name as pyo3::type_hint_identifier!("bird_connectors._types", "Id") => |value| id(value);
            }
        };
    )*};
}

pub(crate) use {ids, open_enums};
