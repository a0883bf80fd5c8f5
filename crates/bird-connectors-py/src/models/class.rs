//! The macro that defines a model class, and what its methods share.

use std::sync::OnceLock;

use pyo3::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::errors::invalid;
use crate::hints::Typed;
use crate::models::field::Field;

/// A type of the API that has a Python class.
pub(crate) trait Model: Field + Clone + PartialEq + Serialize + DeserializeOwned {
    fn into_class(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Box::new(self).boxed_into_class(py)
    }

    /// Like `into_class`, for a value that is already in a box. It copies nothing.
    fn boxed_into_class(self: Box<Self>, py: Python<'_>) -> PyResult<Py<PyAny>>;
}

/// Returns the object of an attribute, and builds it if this is the first read.
pub(crate) fn attribute<T: Field>(
    py: Python<'_>,
    cache: &OnceLock<Py<PyAny>>,
    value: &T,
) -> PyResult<Typed<T>> {
    let object = match cache.get() {
        Some(object) => object,
        None => {
            // The object is built outside the lock: Python code must not run under it, and a `PyOnceLock` would release
            // the interpreter. If two threads build it at the same time, both get the object of the first.
            let built = value.build(py)?.unbind();
            cache.get_or_init(|| built)
        }
    };
    Ok(Typed::new(object.clone_ref(py)))
}

/// Copies a value without its secrets.
pub(crate) fn stripped<T: Model>(value: &T) -> T {
    let mut value = value.clone();
    value.strip();
    value
}

pub(crate) fn as_json<T: Model>(py: Python<'_>, value: &T) -> PyResult<Value> {
    serde_json::to_value(stripped(value))
        .map_err(|error| invalid(py, format!("the object cannot be written as JSON: {error}")))
}

/// The JSON of a value that becomes a part of another one.
pub(crate) fn with_secrets<T: Model>(py: Python<'_>, value: &T) -> PyResult<Value> {
    serde_json::to_value(value)
        .map_err(|error| invalid(py, format!("the object cannot be written as JSON: {error}")))
}

/// The schema with which pydantic validates and serializes objects of a class.
pub(crate) fn pydantic_schema<'py>(class: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    class
        .py()
        .import("bird_connectors._pydantic")?
        .call_method1("schema", (class,))
}

/// Returns an attribute's name without the `r#` of a Rust keyword.
pub(crate) const fn plain(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

macro_rules! literal {
    ($name:expr) => {
        ::pyo3::type_hint_subscript!(
            ::pyo3::type_hint_identifier!("typing", "Literal"),
            ::pyo3::inspect::PyStaticExpr::Constant {
                value: ::pyo3::inspect::PyStaticConstant::Str($crate::models::class::plain($name)),
            }
        )
    };
}

/// The field of an attribute, whose name can differ: `r#type = type_`.
macro_rules! field {
    ($value:expr, $attribute:ident) => {
        $value.$attribute
    };
    ($value:expr, $attribute:ident, $field:ident) => {
        $value.$field
    };
}

/// Defines the class of each model: its attributes in order, each with its type and documentation.
macro_rules! models {
    ($(
        $(#[$doc:meta])*
        $name:ident {$(
            $(#[$attribute_doc:meta])*
            $attribute:ident $(= $field:ident)? $key:literal: $type:ty $(= $default:ident)?,
        )*}
    )*) => {
        /// The types of `__match_args__`, for the stubs.
        mod names {
            use pyo3::inspect::PyStaticExpr;
            use pyo3::type_hint_identifier;

            use $crate::hints::Hint;
            use $crate::models::class::literal;

            $(
            pub(crate) struct $name;

            impl Hint for $name {
                const HINT: PyStaticExpr = PyStaticExpr::Subscript {
                    value: &type_hint_identifier!("builtins", "tuple"),
                    slice: &PyStaticExpr::Tuple { elts: &[$(literal!(stringify!($attribute))),*] },
                };
            }
            )*
        }

        /// The objects of the attributes that were read.
        mod read {
            use std::sync::OnceLock;

            use pyo3::prelude::*;

            $(
            #[derive(Default)]
            pub(super) struct $name {
                $(pub(super) $attribute: OnceLock<Py<PyAny>>,)*
                pub(super) extra: OnceLock<Py<PyAny>>,
            }
            )*
        }

        $(
        $(#[$doc])*
        #[::pyo3::pyclass(frozen, weakref, module = "bird_connectors")]
        pub(crate) struct $name {
            /// In a box, so that it is not copied into the object: the thread that decodes a list already boxes each
            /// item.
            pub(crate) data: Box<::bird_connectors_api::types::$name>,
            /// Made when the first attribute is read: of a long list, few objects are ever read.
            read: ::std::sync::OnceLock<Box<read::$name>>,
        }

        impl $name {
            fn of(data: Box<::bird_connectors_api::types::$name>) -> Self {
                Self { data, read: ::std::sync::OnceLock::new() }
            }

            fn read(&self) -> &read::$name {
                self.read.get_or_init(Box::default)
            }
        }

        const _: () = {
            use std::hash::{DefaultHasher, Hash as _, Hasher as _};

            use pyo3::inspect::PyStaticExpr;
            use pyo3::intern;
            use pyo3::prelude::*;
            use pyo3::types::PyTuple;

            use $crate::convert::{Arg, JsonObject, ReceivedObject, Refusal, arguments, from_json};
            use $crate::errors::invalid;
            use $crate::hints::{Dict, Hint, Typed};
            use $crate::models::class::{Model, as_json, attribute, field, plain, stripped, pydantic_schema, with_secrets};
            use $crate::models::field::Field;
            use $crate::models::given::{Given, GivenFields, GivenValue};

            impl Hint for ::bird_connectors_api::types::$name {
                const HINT: PyStaticExpr = <$name as pyo3::PyTypeInfo>::TYPE_HINT;
            }

            impl Field for ::bird_connectors_api::types::$name {
                fn build<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                    Ok(self.clone().into_class(py)?.into_bound(py))
                }

                fn strip(&mut self) {
                    $(field!(self, $attribute $(, $field)?).strip();)*
                }
            }

            impl Model for ::bird_connectors_api::types::$name {
                fn boxed_into_class(self: Box<Self>, py: Python<'_>) -> PyResult<Py<PyAny>> {
                    Ok(Py::new(py, $name::of(self))?.into_any())
                }
            }

            impl $name {
                fn read_from(py: Python<'_>, object: ::serde_json::Map<String, ::serde_json::Value>) -> PyResult<Self> {
                    match serde_json::from_value(::serde_json::Value::Object(object)) {
                        Ok(value) => Ok(Self::of(Box::new(value))),
                        Err(error) => {
                            Err(invalid(py, format!(concat!("invalid ", stringify!($name), ": {}"), error)))
                        }
                    }
                }
            }

            impl Given for ::bird_connectors_api::types::$name {
                type Argument = Arg<GivenValue<Self>>;

                const ACCEPTED: PyStaticExpr = <Self as Hint>::HINT;

                fn convert(value: &Bound<'_, PyAny>) -> Result<::serde_json::Value, Refusal> {
                    match value.cast::<$name>() {
                        Ok(model) => Ok(with_secrets(value.py(), &*model.get().data)?),
                        Err(_) => Err(Refusal::wrong_type(concat!("a ", stringify!($name)), value)),
                    }
                }
            }

            #[pymethods]
            impl $name {
                #[new]
                #[pyo3(signature = (*, $($attribute $(= $default)?,)* extra = None))]
                #[allow(clippy::too_many_arguments)]
                fn new(
                    py: Python<'_>,
                    $($attribute: <$type as Given>::Argument,)*
                    extra: Option<Arg<JsonObject>>,
                ) -> PyResult<Self> {
                    let mut given = GivenFields::new(extra);
                    $(given.add($key, plain(stringify!($attribute)), $attribute);)*
                    Self::read_from(py, given.object()?)
                }

                $(
                    $(#[$attribute_doc])*
                    #[getter]
                    fn $attribute(&self, py: Python<'_>) -> PyResult<Typed<$type>> {
                        attribute(py, &self.read().$attribute, &field!(self.data, $attribute $(, $field)?))
                    }
                )*

                /// The fields that this version does not know, as the API sent them.
                #[getter]
                fn extra(&self, py: Python<'_>) -> PyResult<Typed<::serde_json::Map<String, ::serde_json::Value>>> {
                    attribute(py, &self.read().extra, &self.data.extra)
                }

                /// Returns the fields of this object that have an unexpected form, or a date outside the range of
                /// `datetime`, by their API names, as the API sent them but without secrets. Their attributes are `None`
                /// or empty. Nested objects list their own fields.
                fn undecoded(&self, py: Python<'_>) -> PyResult<Typed<Dict>> {
                    let fields = self.data.undecoded();
                    let fields = fields.map(|(name, value)| (name.to_owned(), value.clone()));
                    let mut fields: ::serde_json::Map<_, _> = fields.collect();
                    $(
                    if let Some(value) = field!(self.data, $attribute $(, $field)?).unrepresentable() {
                        fields.insert($key.to_owned(), value);
                    }
                    )*
                    Ok(Typed::new(from_json(py, &::serde_json::Value::Object(fields))?.unbind()))
                }

                /// Returns the object as the API writes it: with the API's field names and with unknown fields, but
                /// without secrets.
                fn to_dict(&self, py: Python<'_>) -> PyResult<Typed<Dict>> {
                    Ok(Typed::new(from_json(py, &as_json(py, &*self.data)?)?.unbind()))
                }

                /// Creates an object from the result of `to_dict`, or from an object that the API sent.
                #[staticmethod]
                fn from_dict(py: Python<'_>, value: Arg<ReceivedObject>) -> PyResult<Self> {
                    arguments!(value);
                    Self::read_from(py, value.0)
                }

                /// Lets a field of a pydantic model have this type.
                #[staticmethod]
                fn __get_pydantic_core_schema__<'py>(
                    source: &Bound<'py, PyAny>,
                    _handler: &Bound<'py, PyAny>,
                ) -> PyResult<Bound<'py, PyAny>> {
                    pydantic_schema(source)
                }

                #[classattr]
                fn __match_args__(py: Python<'_>) -> PyResult<Typed<names::$name>> {
                    let names = PyTuple::new(py, [$(plain(stringify!($attribute))),*])?;
                    Ok(Typed::new(names.into_any().unbind()))
                }

                fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
                    let mut shown: Vec<String> = Vec::new();
                    $({
                        let value = &field!(self.data, $attribute $(, $field)?);
                        let object = attribute(py, &self.read().$attribute, value)?.into_pyobject(py)?;
                        if !object.is_none() {
                            let repr = if <$type as Field>::SECRET {
                                "'[redacted]'".to_owned()
                            } else {
                                $crate::masked::masked_repr(object.as_any())?
                            };
                            shown.push(format!("{}={repr}", plain(stringify!($attribute))));
                        }
                    })*
                    Ok(format!("{}({})", stringify!($name), shown.join(", ")))
                }

                fn __eq__(&self, other: &Self) -> bool {
                    std::ptr::eq(self, other) || stripped(&*self.data) == stripped(&*other.data)
                }

                fn __hash__(&self, py: Python<'_>) -> PyResult<u64> {
                    let mut hasher = DefaultHasher::new();
                    as_json(py, &*self.data)?.hash(&mut hasher);
                    Ok(hasher.finish())
                }

                fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (Typed<Dict>,))> {
                    let from_dict = py.get_type::<Self>().getattr(intern!(py, "from_dict"))?;
                    Ok((from_dict, (self.to_dict(py)?,)))
                }

                fn __copy__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
                    this
                }

                fn __deepcopy__<'py>(this: PyRef<'py, Self>, _memo: &Bound<'py, PyAny>) -> PyRef<'py, Self> {
                    this
                }
            }
        };
        )*
    };
}

pub(crate) use {field, literal, models};
