//! Arguments of native methods: why a value is refused, and the name of the argument in the message.
//!
//! pyo3 converts the arguments before a method runs, and its exceptions do not name the argument. An [`Arg`] keeps the
//! failure, and [`arguments!`](crate::convert::arguments) raises it with the name.

use std::convert::Infallible;
use std::fmt::Display;

use pyo3::CastError;
use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::errors::{invalid, shortened};

/// Why a value cannot be an argument, and where in the argument it is.
pub(crate) struct Refusal {
    /// The name of the argument, with the position in it, such as `failure_statuses[2]`.
    path: String,
    reason: Reason,
}

enum Reason {
    /// The type is wrong.
    Type(String),
    /// The type is right, and the value is not.
    Value(String),
    /// The code of the user raised an exception.
    Raised(PyErr),
}

impl Refusal {
    /// The value has another type than the expected one.
    pub(crate) fn wrong_type(expected: &str, value: &Bound<'_, PyAny>) -> Self {
        if value.is_none() {
            return Self::of(Reason::Type(format!("expected {expected}, got None")));
        }
        if let Ok(class) = value.cast::<PyType>() {
            return match class.name() {
                Ok(name) => Self::of(Reason::Type(format!(
                    "expected {expected}, got the class {name}"
                ))),
                Err(error) => Self::of(Reason::Raised(error)),
            };
        }
        match value.get_type().name() {
            Ok(name) => Self::of(Reason::Type(format!("expected {expected}, got {name}"))),
            Err(error) => Self::of(Reason::Raised(error)),
        }
    }

    /// The same refusal with what to do about it.
    pub(crate) fn hint(mut self, hint: &str) -> Self {
        if let Reason::Type(message) | Reason::Value(message) = &mut self.reason {
            message.push_str(": ");
            message.push_str(hint);
        }
        self
    }

    /// The value is invalid. The message follows the name of the argument and a colon.
    pub(crate) fn value(message: impl Into<String>) -> Self {
        Self::of(Reason::Value(message.into()))
    }

    fn of(reason: Reason) -> Self {
        let path = String::new();
        Self { path, reason }
    }

    /// Adds the place of the refused value, such as `[2]` or the name of the argument.
    pub(crate) fn at(mut self, place: impl Display) -> Self {
        self.path.insert_str(0, &place.to_string());
        self
    }

    /// The exception for several refused arguments. An exception of the user's code wins.
    pub(crate) fn combined(refused: impl IntoIterator<Item = Option<Self>>) -> PyErr {
        let mut messages = Vec::new();
        let mut wrong_types_only = true;
        for refusal in refused.into_iter().flatten() {
            let Self { path, reason } = refusal;
            let message = match reason {
                Reason::Raised(error) => return error,
                Reason::Type(message) => message,
                Reason::Value(message) => {
                    wrong_types_only = false;
                    message
                }
            };
            messages.push(match path.as_str() {
                "" => message,
                path => format!("invalid {path}: {message}"),
            });
        }
        let message = messages.join("; ");
        if wrong_types_only {
            PyTypeError::new_err(shortened(message))
        } else {
            Python::attach(|py| invalid(py, message))
        }
    }
}

impl From<Refusal> for PyErr {
    fn from(refusal: Refusal) -> Self {
        Refusal::combined([Some(refusal)])
    }
}

/// The exceptions of pyo3's conversions. Any other exception comes from the user's code.
impl From<PyErr> for Refusal {
    fn from(error: PyErr) -> Self {
        Python::attach(|py| {
            let class = error.get_type(py);
            if class.is(py.get_type::<PyTypeError>()) {
                Self::of(Reason::Type(error.value(py).to_string()))
            } else if class.is(py.get_type::<PyOverflowError>()) {
                Self::value("the number is too large")
            } else {
                Self::of(Reason::Raised(error))
            }
        })
    }
}

impl From<CastError<'_, '_>> for Refusal {
    fn from(error: CastError<'_, '_>) -> Self {
        PyErr::from(error).into()
    }
}

impl From<Infallible> for Refusal {
    fn from(impossible: Infallible) -> Self {
        match impossible {}
    }
}

/// An argument of a native method: its value, or why it is refused.
pub(crate) struct Arg<T>(Result<T, Refusal>);

impl<'a, 'py, T> FromPyObject<'a, 'py> for Arg<T>
where
    T: FromPyObject<'a, 'py>,
    Refusal: From<T::Error>,
{
    type Error = Infallible;

    const INPUT_TYPE: PyStaticExpr = T::INPUT_TYPE;

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> Result<Self, Infallible> {
        Ok(Self(T::extract(value).map_err(Refusal::from)))
    }
}

impl<T> Arg<T> {
    /// A default value.
    pub(crate) const fn of(value: T) -> Self {
        Self(Ok(value))
    }
}

/// An argument, or an optional one, that learns its name.
pub(crate) trait Named {
    type Value;

    fn named(self, name: &str) -> Result<Self::Value, Refusal>;
}

impl<T> Named for Arg<T> {
    type Value = T;

    fn named(self, name: &str) -> Result<T, Refusal> {
        self.0.map_err(|refusal| refusal.at(name))
    }
}

impl<T> Named for Option<Arg<T>> {
    type Value = Option<T>;

    fn named(self, name: &str) -> Result<Option<T>, Refusal> {
        self.map(|argument| argument.named(name)).transpose()
    }
}

/// Replaces each `Arg` by its value, or returns an exception that names all arguments that are refused.
macro_rules! arguments {
    ($($name:ident),+ $(,)?) => {
        let ($($name,)+) = match ($($crate::convert::Named::named($name, stringify!($name)),)+) {
            ($(Ok($name),)+) => ($($name,)+),
            ($($name,)+) => {
                return Err($crate::convert::Refusal::combined([$($name.err()),+]));
            }
        };
    };
}
pub(crate) use arguments;
