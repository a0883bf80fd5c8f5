//! How free JSON of replies is read: without what stands under the name of a secret, at any depth.
//!
//! An API that repeats a request in its reply must not put the secrets of the request where Debug, logs and stored models
//! show them. The generated types name these functions in their serde attributes.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::{SECRET_FIELDS, secret::REDACTED};

/// Reads free JSON.
pub(crate) fn free<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Free,
{
    let mut value = T::deserialize(deserializer)?;
    value.redact();
    Ok(value)
}

/// Reads a free object, and null as an empty one.
pub(crate) fn free_or_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default + Free,
{
    Ok(free::<D, Option<T>>(deserializer)?.unwrap_or_default())
}

/// What can hold any JSON.
pub(crate) trait Free {
    /// Puts a word in the place of every secret. A null stays: it tells that there is none.
    fn redact(&mut self);
}

impl Free for Map<String, Value> {
    fn redact(&mut self) {
        for (name, value) in self {
            if is_secret(name) && !value.is_null() {
                *value = Value::from(REDACTED);
            } else {
                value.redact();
            }
        }
    }
}

impl Free for Value {
    fn redact(&mut self) {
        match self {
            Self::Object(fields) => fields.redact(),
            Self::Array(items) => items.iter_mut().for_each(Free::redact),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => {}
        }
    }
}

impl<T: Free> Free for Option<T> {
    fn redact(&mut self) {
        self.iter_mut().for_each(Free::redact);
    }
}

fn is_secret(name: &str) -> bool {
    let mut names = SECRET_FIELDS.iter();
    names.any(|secret| secret.eq_ignore_ascii_case(name))
}
