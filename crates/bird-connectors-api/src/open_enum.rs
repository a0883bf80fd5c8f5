//! The methods and traits of open enums. The enums with their variants are generated in `open.rs`.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserializer,
    de::{Error, Visitor},
};

/// An enum value that this version does not know.
///
/// It can only be created by decoding or converting a string, so it never contains a known value. Comparing enum values
/// therefore compares their strings.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnknownValue(Box<str>);

impl UnknownValue {
    pub(crate) fn new(value: String) -> Self {
        Self(value.into())
    }

    /// The value as the API sent it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UnknownValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

impl fmt::Display for UnknownValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// Implements an open enum, given its functions `as_str` and `known` and its variant `Unknown(UnknownValue)`.
macro_rules! open_enum {
    ($name:ident) => {
        impl $name {
            /// Whether this version knows the value.
            #[must_use]
            pub fn is_known(&self) -> bool {
                !matches!(self, Self::Unknown(_))
            }

            /// Reads a value as responses are read: a known value may be in any case and surrounded by white space, such as
            /// `ACTIVE`. `From` compares the strings exactly.
            #[must_use]
            pub fn from_any_case(value: &str) -> Self {
                // Nearly all values have the case of the names.
                Self::known(value).unwrap_or_else(|| {
                    let mut names = Self::KNOWN.iter();
                    let name = names.find(|name| name.eq_ignore_ascii_case(value.trim()));
                    (*name.unwrap_or(&value)).into()
                })
            }
        }

        impl From<String> for $name {
            fn from(value: String) -> Self {
                Self::known(&value).unwrap_or_else(|| Self::Unknown(UnknownValue::new(value)))
            }
        }

        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                Self::known(value)
                    .unwrap_or_else(|| Self::Unknown(UnknownValue::new(value.to_owned())))
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::convert::Infallible;

            fn from_str(value: &str) -> Result<Self, Self::Err> {
                Ok(value.into())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.pad(self.as_str())
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl crate::tolerant::Tolerant for $name {
            /// The value is written back as in the response.
            fn from_scalar(value: &crate::tolerant::json::Scalar<'_>) -> Option<Self> {
                value.string().map(Self::from_any_case)
            }

            fn is_written_as(&self, value: &str) -> bool {
                self.as_str() == value
            }

            fn is_blank(&self) -> bool {
                self.as_str().is_empty()
            }
        }

        impl crate::tolerant::FieldValue for $name {
            fn blank() -> Self {
                "".into()
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::open_enum::read(deserializer)
            }
        }
    };
}

pub(crate) use open_enum;

/// Reads any string.
pub(crate) fn read<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: for<'a> From<&'a str>,
{
    deserializer.deserialize_str(OpenEnumVisitor(PhantomData))
}

struct OpenEnumVisitor<T>(PhantomData<T>);

impl<T: for<'a> From<&'a str>> Visitor<'_> for OpenEnumVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<T, E> {
        Ok(value.into())
    }
}
