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

/// Prints the names of unknown fields. A server that repeats a secret can put it into a field of any name.
pub(crate) struct Names<'a>(pub(crate) &'a Map<String, Value>);

impl fmt::Debug for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Implements `Debug` for a struct as the derive macro does. It masks the values of the fields marked `masked`, and prints
/// the names in the fields marked `names`. A tuple struct has no names of fields, and its only field is masked.
macro_rules! debug {
    ($object:ident { $($name:literal => $field:ident $($mark:ident)?,)* }) => {
        impl ::std::fmt::Debug for $object {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($object))
                    $(.field($name, $crate::masked::debug!(@shown &self.$field $(, $mark)?)))*
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
    (@shown $value:expr, names) => { &$crate::masked::Names($value) };
}
pub(crate) use debug;

#[cfg(test)]
mod tests;
