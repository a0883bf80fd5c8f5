//! Decoding of free JSON in responses: the values of secret fields are replaced, at any depth.
//!
//! A response can repeat the request. Its secrets must not appear in `Debug`, logs or stored models. The serde attributes of
//! the generated types name these functions.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::{SECRET_FIELDS, secret::REDACTED};

/// Reads free JSON, without secrets.
pub(crate) fn free<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Free,
{
    let mut value = T::deserialize(deserializer)?;
    value.redact();
    Ok(value)
}

/// Reads a free object without secrets, and null as an empty object.
pub(crate) fn free_or_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default + Free,
{
    Ok(free::<D, Option<T>>(deserializer)?.unwrap_or_default())
}

/// Types for any JSON.
pub(crate) trait Free {
    /// Replaces every secret by a placeholder. A null is kept, because it means that there is no secret.
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
