//! The methods and traits of typed ids. The ids are generated in `ids.rs`.

use std::fmt;

use crate::given::Given;

/// The error of parsing a typed id from a string that is not a UUID.
///
/// It describes the string by its form and length, and does not repeat it: a secret that was put in the wrong place must
/// not appear in an error.
///
/// ```
/// use bird_connectors_api::types::NumberId;
///
/// let error = "+31612345678".parse::<NumberId>().unwrap_err();
/// assert!(error.to_string().contains("got a phone number"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidId {
    kind: &'static str,
    example: &'static str,
    given: Given,
}

impl InvalidId {
    /// The error for a string that is not an id of this kind, such as `channel id`. `example` is a valid id.
    #[must_use]
    pub fn new(kind: &'static str, example: &'static str, string: &str) -> Self {
        Self {
            kind,
            example,
            given: Given::of(string),
        }
    }
}

impl InvalidId {
    /// What was expected and what was given, without the kind of the id: for a message that names the argument.
    #[must_use]
    pub fn reason(&self) -> String {
        let Self {
            kind,
            example,
            given,
        } = self;
        let advice = given.advice(kind);
        let advice = advice.map_or_else(String::new, |advice| format!("; {advice}"));
        format!("expected a UUID such as {example}, got {given}{advice}")
    }
}

impl fmt::Display for InvalidId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "invalid {}: {}", self.kind, self.reason())
    }
}

impl std::error::Error for InvalidId {}

/// Implements a typed id, given its kind and an example for error messages.
macro_rules! typed_id {
    ($name:ident, $kind:literal, $example:literal) => {
        impl $name {
            /// Wraps a UUID. Unlike `From<Uuid>`, this function can be called in constants.
            #[must_use]
            pub const fn new(uuid: ::uuid::Uuid) -> Self {
                Self(uuid)
            }

            /// Creates an id from the 128 bits of a UUID, for tests and examples.
            #[must_use]
            pub const fn from_u128(bits: u128) -> Self {
                Self(::uuid::Uuid::from_u128(bits))
            }

            /// The UUID.
            #[must_use]
            pub const fn as_uuid(&self) -> &::uuid::Uuid {
                &self.0
            }
        }

        impl From<::uuid::Uuid> for $name {
            fn from(uuid: ::uuid::Uuid) -> Self {
                Self(uuid)
            }
        }

        impl From<$name> for ::uuid::Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl AsRef<::uuid::Uuid> for $name {
            fn as_ref(&self) -> &::uuid::Uuid {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::id::InvalidId;

            fn from_str(string: &str) -> Result<Self, Self::Err> {
                match ::uuid::Uuid::try_parse(string.trim()) {
                    Ok(uuid) if !uuid.is_nil() => Ok(Self(uuid)),
                    _ => Err(crate::id::InvalidId::new($kind, $example, string)),
                }
            }
        }

        impl crate::tolerant::Tolerant for $name {
            fn from_scalar(scalar: &crate::tolerant::json::Scalar<'_>) -> Option<Self> {
                crate::tolerant::Tolerant::from_scalar(scalar).map(Self)
            }

            fn is_written_as(&self, string: &str) -> bool {
                crate::tolerant::Tolerant::is_written_as(&self.0, string)
            }
        }

        impl crate::tolerant::FieldValue for $name {
            fn blank() -> Self {
                Self(crate::tolerant::FieldValue::blank())
            }

            fn rejected(&self) -> Option<&'static str> {
                crate::tolerant::FieldValue::rejected(&self.0)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, formatter)
            }
        }
    };
}

pub(crate) use typed_id;

#[cfg(test)]
mod tests;
