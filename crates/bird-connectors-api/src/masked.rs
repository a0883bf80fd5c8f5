//! `Debug` of free JSON, without the values whose names suggest that they are secrets.
//!
//! The contract does not name the fields of free JSON, so that they can contain secrets of any name. The generated types
//! implement `Debug` with the macros of this module.

use std::fmt;

use serde_json::{Map, Value};

use crate::looks_secret;
use crate::secret::REDACTED;

/// `Debug` of free JSON: that of serde_json, with a placeholder in place of each value whose name
/// [suggests a secret](looks_secret). A null is shown, because it means that there is no secret.
///
/// ```
/// use bird_connectors_api::Masked;
/// use serde_json::json;
///
/// let settings = json!({"botToken": "planted", "language": "nl"});
/// let shown = format!("{:?}", Masked(&settings));
/// assert_eq!(shown, r#"Object {"botToken": "[redacted]", "language": String("nl")}"#);
/// ```
pub struct Masked<'a, T: ?Sized>(pub &'a T);

impl fmt::Debug for Masked<'_, Map<String, Value>> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_map();
        for (name, value) in self.0 {
            if looks_secret(name) && !value.is_null() {
                shown.entry(name, &REDACTED);
            } else {
                shown.entry(name, &Masked(value));
            }
        }
        shown.finish()
    }
}

impl fmt::Debug for Masked<'_, Value> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Object(fields) => {
                f.write_str("Object ")?;
                Masked(fields).fmt(f)
            }
            Value::Array(items) => {
                f.write_str("Array ")?;
                f.debug_list().entries(items.iter().map(Masked)).finish()
            }
            plain => plain.fmt(f),
        }
    }
}

impl<T> fmt::Debug for Masked<'_, Option<T>>
where
    for<'a> Masked<'a, T>: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map(Masked).fmt(f)
    }
}

/// Implements `Debug` for a struct as the derive macro does, and masks the values of the fields marked `masked`. A tuple
/// struct has no names of fields, and its only field is masked.
macro_rules! debug {
    ($object:ident { $($name:literal => $field:ident $($masked:ident)?,)* }) => {
        impl ::std::fmt::Debug for $object {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($object))
                    $(.field($name, $crate::masked::debug!(@shown &self.$field $(, $masked)?)))*
                    .finish()
            }
        }
    };
    ($object:ident) => {
        impl ::std::fmt::Debug for $object {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_tuple(stringify!($object)).field(&$crate::masked::Masked(&self.0)).finish()
            }
        }
    };
    (@shown $value:expr) => { $value };
    (@shown $value:expr, masked) => { &$crate::masked::Masked($value) };
}
pub(crate) use debug;

#[cfg(test)]
mod tests;
