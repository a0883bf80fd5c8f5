//! The arguments of the constructors of the model classes, which tests use: `Channel(id="…", status="active")`.
//!
//! An argument is converted to the form in which the API sends the field. The model is then read from it like a response.

use std::marker::PhantomData;

use bird_connectors_api::{Secret, types as api};
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyInt};
use pyo3::{type_hint_identifier, type_hint_subscript, type_hint_union};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::convert::{Arg, Id, Json, JsonObject, Named, Refusal, Sequence, Str};
use crate::hints::{ANY, STR, mapping_of};

/// The type of an attribute, as an argument of a constructor.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of the constructor of a Python class",
    note = "implement `Given` for it in models/given.rs"
)]
pub(crate) trait Given {
    /// The argument, which is optional if the API may leave the field out.
    type Argument: GivenArgument;

    /// The types that it accepts, for the stubs.
    const ACCEPTED: PyStaticExpr;

    /// Converts the argument to the form in which the API sends the field.
    fn convert(value: &Bound<'_, PyAny>) -> Result<Value, Refusal>;
}

/// A value that was given to a constructor, in the form in which the API sends it.
pub(crate) struct GivenValue<T>(Value, PhantomData<T>);

impl<'py, T: Given> FromPyObject<'_, 'py> for GivenValue<T> {
    type Error = Refusal;

    const INPUT_TYPE: PyStaticExpr = T::ACCEPTED;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, Refusal> {
        T::convert(&value).map(|value| Self(value, PhantomData))
    }
}

/// A required or an optional argument of a constructor.
pub(crate) trait GivenArgument {
    fn named(self, name: &str) -> Result<Option<Value>, Refusal>;
}

impl<T> GivenArgument for Arg<GivenValue<T>> {
    fn named(self, name: &str) -> Result<Option<Value>, Refusal> {
        Named::named(self, name).map(|given| Some(given.0))
    }
}

impl<T> GivenArgument for Option<Arg<GivenValue<T>>> {
    fn named(self, name: &str) -> Result<Option<Value>, Refusal> {
        Named::named(self, name).map(|given| given.map(|given| given.0))
    }
}

impl<T: Given> Given for Option<T> {
    type Argument = Option<Arg<GivenValue<T>>>;

    const ACCEPTED: PyStaticExpr = T::ACCEPTED;

    fn convert(value: &Bound<'_, PyAny>) -> Result<Value, Refusal> {
        T::convert(value)
    }
}

impl<T: Given> Given for Vec<T> {
    type Argument = Option<Arg<GivenValue<Self>>>;

    const ACCEPTED: PyStaticExpr = type_hint_subscript!(
        type_hint_identifier!("collections.abc", "Iterable"),
        T::ACCEPTED
    );

    fn convert(value: &Bound<'_, PyAny>) -> Result<Value, Refusal> {
        let items: Sequence<GivenValue<T>> = Sequence::extract(value.as_borrowed())?;
        let items = items.0.into_iter().map(|item| item.0).collect();
        Ok(Value::Array(items))
    }
}

impl Given for Map<String, Value> {
    type Argument = Option<Arg<GivenValue<Self>>>;

    const ACCEPTED: PyStaticExpr = mapping_of!(ANY);

    fn convert(value: &Bound<'_, PyAny>) -> Result<Value, Refusal> {
        JsonObject::extract(value.as_borrowed()).map(|object| Value::Object(object.0))
    }
}

/// Defines how a type is converted, from an argument of the same kind.
macro_rules! given {
    ($($type:ty as $accepted:expr => |$value:ident| $convert:expr;)*) => {$(
        impl $crate::models::given::Given for $type {
            type Argument = $crate::convert::Arg<$crate::models::given::GivenValue<Self>>;

            const ACCEPTED: ::pyo3::inspect::PyStaticExpr = $accepted;

            fn convert(
                $value: &::pyo3::Bound<'_, ::pyo3::PyAny>,
            ) -> Result<::serde_json::Value, $crate::convert::Refusal> {
                $convert
            }
        }
    )*};
}
pub(crate) use given;

given! {
    String as STR => |value| string(value);
    Secret as STR => |value| string(value);
    Uuid as Id::<Uuid>::INPUT_TYPE => |value| id(value);
    bool as bool::INPUT_TYPE => |value| match value.cast::<PyBool>() {
        Ok(flag) => Ok(Value::Bool(flag.is_true())),
        Err(_) => Err(Refusal::wrong_type("a bool", value)),
    };
    i64 as type_hint_identifier!("builtins", "int") => |value| {
        if value.is_instance_of::<PyInt>() && !value.is_instance_of::<PyBool>() {
            Json::extract(value.as_borrowed()).map(|number| number.0)
        } else {
            Err(Refusal::wrong_type("an int", value))
        }
    };
    Value as ANY => |value| Json::extract(value.as_borrowed()).map(|json| json.0);
    // A string is in the format of the API.
    api::Timestamp as type_hint_union!(type_hint_identifier!("datetime", "datetime"), STR) => |value| {
        match Json::extract(value.as_borrowed())?.0 {
            Value::String(time) => Ok(Value::String(time)),
            _ => Err(Refusal::wrong_type("a datetime with a time zone", value)),
        }
    };
    api::ConnectorNumberCapabilities as Vec::<api::NumberCapability>::ACCEPTED => |value| {
        Vec::<api::NumberCapability>::convert(value)
    };
}

/// Converts a string, or the member of an enum of strings.
pub(crate) fn string(value: &Bound<'_, PyAny>) -> Result<Value, Refusal> {
    Str::extract(value.as_borrowed()).map(|string| Value::String(string.0))
}

/// Converts an id.
pub(crate) fn id(value: &Bound<'_, PyAny>) -> Result<Value, Refusal> {
    Id::<Uuid>::extract(value.as_borrowed()).map(|id| Value::String(id.0.to_string()))
}

/// The fields of an object that a constructor makes.
pub(crate) struct GivenFields {
    object: Map<String, Value>,
    refused: Vec<Option<Refusal>>,
}

impl GivenFields {
    /// The fields that this version does not know.
    pub(crate) fn new(extra: Option<Arg<JsonObject>>) -> Self {
        let (object, refused) = match Named::named(extra, "extra") {
            Ok(extra) => (extra.map(|extra| extra.0).unwrap_or_default(), None),
            Err(refusal) => (Map::new(), Some(refusal)),
        };
        let refused = vec![refused];
        Self { object, refused }
    }

    /// Adds the field `key` of the API from the argument `name`.
    pub(crate) fn add(&mut self, key: &str, name: &str, argument: impl GivenArgument) {
        match argument.named(name) {
            Ok(Some(value)) => drop(self.object.insert(key.to_owned(), value)),
            Ok(None) => {}
            Err(refusal) => self.refused.push(Some(refusal)),
        }
    }

    /// The object, or an exception that names all arguments that are refused.
    pub(crate) fn object(self) -> PyResult<Map<String, Value>> {
        if self.refused.iter().any(Option::is_some) {
            return Err(Refusal::combined(self.refused));
        }
        Ok(self.object)
    }
}
