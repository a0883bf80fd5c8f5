//! Decoding of responses, where only an unreadable id makes an object undecodable. A field of an unexpected form is absent
//! to the typed reader, and its JSON value is kept and written back.
//!
//! The macros [`object`] and [`page`] implement the decoding of the generated types. [`fields`] implements it for the types
//! of fields.

mod fields;

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{
        Error, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
    ser::SerializeMap,
};
use serde_json::Value;

use crate::undecoded::{Leftover, Undecoded};

/// The result of decoding a field. Invalid JSON is an error; JSON of an unexpected form is not.
pub(crate) struct Decoded<T> {
    pub(crate) value: Option<T>,
    /// The JSON, if the value cannot reproduce it.
    pub(crate) leftover: Option<Leftover>,
}

impl<T> Decoded<T> {
    pub(crate) fn typed(value: T) -> Self {
        Self {
            value: Some(value),
            leftover: None,
        }
    }

    /// A value that is read as absent or empty.
    fn blank(value: Value) -> Self {
        Self {
            value: None,
            leftover: Some(Leftover {
                value,
                is_read: true,
            }),
        }
    }

    pub(crate) fn undecoded(value: Value) -> Self {
        Self {
            value: None,
            leftover: Some(Leftover {
                value,
                is_read: false,
            }),
        }
    }

    fn map<U>(self, convert: impl FnOnce(T) -> U) -> Decoded<U> {
        Decoded {
            value: self.value.map(convert),
            leftover: self.leftover,
        }
    }
}

/// A type of a field. By default every form of JSON is unexpected; a type overrides the forms that it reads.
pub(crate) trait Tolerant: Sized {
    /// Decodes any JSON. Only invalid JSON is an error.
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decoded<Self>, D::Error> {
        deserializer.deserialize_any(AnyForm(PhantomData))
    }

    fn from_string(_: &str) -> Option<Self> {
        None
    }

    /// Whether the value is written as this string, from which it was read.
    fn is_written_as(&self, _: &str) -> bool {
        true
    }

    fn from_number(_: &serde_json::Number) -> Option<Self> {
        None
    }

    fn from_bool(_: bool) -> Option<Self> {
        None
    }

    fn from_map<'de, A: MapAccess<'de>>(map: A) -> Result<Decoded<Self>, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(map)).map(Decoded::undecoded)
    }

    fn from_seq<'de, A: SeqAccess<'de>>(seq: A) -> Result<Decoded<Self>, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(seq)).map(Decoded::undecoded)
    }

    /// The value of a field that is missing or cannot be decoded. `None` for an id, without which there is no object.
    fn absent() -> Option<Self> {
        None
    }

    /// Why the value cannot be the required value of a field. An object has no other required values than its own id.
    fn rejected(&self) -> Option<&'static str> {
        None
    }

    /// Whether the value is not written.
    fn is_blank(&self) -> bool {
        false
    }

    /// Reports the undecoded fields inside the value.
    fn report(&self, _: &mut dyn FnMut(&'static str, &'static str)) {}
}

impl<'de, T: Tolerant> Deserialize<'de> for Decoded<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::decode(deserializer)
    }
}

struct AnyForm<T>(PhantomData<T>);

impl<T: Tolerant> AnyForm<T> {
    fn number(number: serde_json::Number) -> Decoded<T> {
        match T::from_number(&number) {
            Some(value) => Decoded::typed(value),
            None => Decoded::undecoded(Value::Number(number)),
        }
    }
}

impl<'de, T: Tolerant> Visitor<'de> for AnyForm<T> {
    type Value = Decoded<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Decoded::blank(Value::Null))
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(match T::from_bool(value) {
            Some(value) => Decoded::typed(value),
            None => Decoded::undecoded(Value::Bool(value)),
        })
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Self::number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Self::number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(match serde_json::Number::from_f64(value) {
            Some(number) => Self::number(number),
            None => Decoded::undecoded(Value::Null),
        })
    }

    fn visit_str<E: Error>(self, string: &str) -> Result<Self::Value, E> {
        Ok(match T::from_string(string) {
            Some(value) if value.is_written_as(string) => Decoded::typed(value),
            Some(value) => Decoded {
                value: Some(value),
                leftover: Some(Leftover {
                    value: Value::from(string),
                    is_read: true,
                }),
            },
            None if string.is_empty() => Decoded::blank(Value::from("")),
            None => Decoded::undecoded(Value::from(string)),
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::from_map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        T::from_seq(seq)
    }
}

/// Takes the value of a field from its decoded form, and keeps what the value cannot reproduce.
pub(crate) fn take<T: Tolerant + Serialize>(
    name: &'static str,
    decoded: Decoded<T>,
    undecoded: &mut Undecoded,
) -> Option<T> {
    let Decoded { value, leftover } = decoded;
    // An empty value is not written, so a field that is present and empty is kept like a null.
    let is_blank = leftover.is_none() && value.as_ref().is_some_and(Tolerant::is_blank);
    let leftover = if is_blank {
        let value = serde_json::to_value(&value).ok();
        value.map(|value| Leftover {
            value,
            is_read: true,
        })
    } else {
        leftover
    };
    undecoded.keep(name, leftover);
    value
}

/// The value of a field after all fields were read. The error is that the object's own id is missing, unreadable or the zero
/// UUID.
pub(crate) fn finish<T: Tolerant, E: Error>(
    name: &'static str,
    value: Option<T>,
    undecoded: &Undecoded,
) -> Result<T, E> {
    match value.or_else(T::absent) {
        Some(value) => match value.rejected() {
            Some(what) => Err(E::custom(format_args!(
                "invalid field `{name}`: expected a UUID, got {what}"
            ))),
            None => Ok(value),
        },
        None if undecoded.raw(name).is_some() => Err(E::custom(format_args!(
            "invalid field `{name}`: expected a UUID"
        ))),
        None => Err(E::missing_field(name)),
    }
}

/// Writes a field: the JSON that it was read from, unless the field has been changed since.
pub(crate) fn write<M: SerializeMap, T: Tolerant + Serialize + PartialEq>(
    map: &mut M,
    name: &'static str,
    value: &T,
    undecoded: &Undecoded,
) -> Result<(), M::Error> {
    if let Some(raw) = undecoded.raw(name) {
        let read = || read_again(raw).or_else(T::absent);
        let is_unchanged = if undecoded.is_undecoded(name) {
            value.is_blank()
        } else {
            read().is_some_and(|original| original == *value)
        };
        if is_unchanged {
            return map.serialize_entry(name, raw);
        }
    }
    if value.is_blank() {
        Ok(())
    } else {
        map.serialize_entry(name, value)
    }
}

/// Decodes a kept value from its text, as responses are decoded: the compiler generates that code anyway, and would generate
/// it again for a [`Value`].
fn read_again<T: Tolerant>(raw: &Value) -> Option<T> {
    let json = raw.to_string();
    let mut deserializer = serde_json::Deserializer::from_str(&json);
    // The value was decoded before, so its depth is bounded.
    deserializer.disable_recursion_limit();
    T::decode(&mut deserializer).ok()?.value
}

/// An object of a response.
pub(crate) trait Object: Sized {
    const NAME: &'static str;

    fn read<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error>;
}

/// Decodes an object. JSON that is not an object is an error.
pub(crate) struct ObjectVisitor<T>(pub(crate) PhantomData<T>);

impl<'de, T: Object> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an object ({})", T::NAME)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::read(map)
    }
}

/// Reads the results of a page that has none: the page is empty if it has a token, or nothing at all. Any other object is
/// not a page.
pub(crate) fn missing_results<T, E: Error>(
    next_page_token: Option<&str>,
    has_other_fields: bool,
) -> Result<Vec<T>, E> {
    if next_page_token.is_some_and(|token| !token.is_empty()) || !has_other_fields {
        Ok(Vec::new())
    } else {
        Err(E::missing_field("results"))
    }
}

/// A page token. A number is read as the string of its digits.
pub(crate) struct Token(pub(crate) Option<String>);

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TokenVisitor)
    }
}

struct TokenVisitor;

impl<'de> Visitor<'de> for TokenVisitor {
    type Value = Token;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a page token: a string, a number or null")
    }

    fn visit_unit<E: Error>(self) -> Result<Token, E> {
        Ok(Token(None))
    }

    fn visit_none<E: Error>(self) -> Result<Token, E> {
        Ok(Token(None))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Token, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_str<E: Error>(self, token: &str) -> Result<Token, E> {
        Ok(Token(Some(token.to_owned())))
    }

    fn visit_u64<E: Error>(self, token: u64) -> Result<Token, E> {
        Ok(Token(Some(token.to_string())))
    }

    fn visit_i64<E: Error>(self, token: i64) -> Result<Token, E> {
        Ok(Token(Some(token.to_string())))
    }

    fn visit_f64<E: Error>(self, token: f64) -> Result<Token, E> {
        Ok(Token(Some(token.to_string())))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Token, A::Error> {
        match map.next_key::<IgnoredAny>()? {
            None => Ok(Token(None)),
            Some(_) => Err(A::Error::custom(
                "invalid type: map, expected a page token: a string, a number or null",
            )),
        }
    }
}

/// Defines the names of an object's fields, so that a known name is not copied.
macro_rules! keys {
    ($($wire:literal => $field:ident,)*) => {
        #[allow(non_camel_case_types)]
        enum Key {
            $($field,)*
            Unknown(String),
        }

        impl<'de> serde::Deserialize<'de> for Key {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct KeyVisitor;

                impl serde::de::Visitor<'_> for KeyVisitor {
                    type Value = Key;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        formatter.write_str("the name of a field")
                    }

                    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Key, E> {
                        Ok(match name {
                            $($wire => Key::$field,)*
                            _ => Key::Unknown(name.to_owned()),
                        })
                    }
                }

                deserializer.deserialize_identifier(KeyVisitor)
            }
        }
    };
}

/// Implements the decoding and the encoding of an object, given the JSON name of each field.
macro_rules! object {
    ($name:ident { $($wire:literal => $field:ident,)* }) => {
        const _: () = {
            crate::tolerant::keys! { $($wire => $field,)* }

            impl crate::tolerant::Object for $name {
                const NAME: &'static str = stringify!($name);

                fn read<'de, A: serde::de::MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
                    let mut undecoded = crate::undecoded::Undecoded::default();
                    let mut extra = serde_json::Map::new();
                    $(let mut $field = None;)*
                    while let Some(key) = map.next_key::<Key>()? {
                        match key {
                            $(Key::$field => {
                                $field = crate::tolerant::take($wire, map.next_value()?, &mut undecoded);
                            })*
                            Key::Unknown(name) => {
                                extra.insert(name, map.next_value()?);
                            }
                        }
                    }
                    crate::redacted::Free::redact(&mut extra);
                    Ok(Self {
                        $($field: crate::tolerant::finish($wire, $field, &undecoded)?,)*
                        undecoded,
                        extra,
                    })
                }
            }

            impl<'de> serde::Deserialize<'de> for $name {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    deserializer.deserialize_map(crate::tolerant::ObjectVisitor(std::marker::PhantomData))
                }
            }

            impl serde::Serialize for $name {
                fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    let mut map = serializer.serialize_map(None)?;
                    $(crate::tolerant::write(&mut map, $wire, &self.$field, &self.undecoded)?;)*
                    for (name, value) in &self.extra {
                        serde::ser::SerializeMap::serialize_entry(&mut map, name, value)?;
                    }
                    serde::ser::SerializeMap::end(map)
                }
            }

            impl crate::tolerant::Tolerant for $name {
                fn from_map<'de, A: serde::de::MapAccess<'de>>(
                    map: A,
                ) -> Result<crate::tolerant::Decoded<Self>, A::Error> {
                    <Self as crate::tolerant::Object>::read(map).map(crate::tolerant::Decoded::typed)
                }

                fn report(&self, report: &mut dyn FnMut(&'static str, &'static str)) {
                    for (field, _) in self.undecoded.iter() {
                        report(stringify!($name), field);
                    }
                    $(crate::tolerant::Tolerant::report(&self.$field, report);)*
                }
            }

            impl crate::ReportUndecoded for $name {
                fn report_undecoded(&self, report: &mut dyn FnMut(&'static str, &'static str)) {
                    crate::tolerant::Tolerant::report(self, report);
                }
            }
        };

        impl $name {
            /// The fields of this object that have an unexpected form, with the JSON that the API sent, but without
            /// secrets. The typed fields are absent. The fields of nested objects are listed by these objects.
            pub fn undecoded(&self) -> impl Iterator<Item = (&'static str, &serde_json::Value)> {
                self.undecoded.iter()
            }
        }
    };
}

/// Implements the decoding and the encoding of a page. An unreadable item is an error, so that the SDK decodes the page item
/// by item.
macro_rules! page {
    ($name:ident) => {
        const _: () = {
            crate::tolerant::keys! {
                "nextPageToken" => next_page_token,
                "results" => results,
            }

            impl crate::tolerant::Object for $name {
                const NAME: &'static str = stringify!($name);

                fn read<'de, A: serde::de::MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
                    let mut next_page_token = None;
                    let mut results: Option<Vec<_>> = None;
                    let mut extra = serde_json::Map::new();
                    while let Some(key) = map.next_key::<Key>()? {
                        match key {
                            Key::next_page_token => {
                                next_page_token = map.next_value::<crate::tolerant::Token>()?.0;
                            }
                            Key::results => {
                                results =
                                    Some(map.next_value::<Option<Vec<_>>>()?.unwrap_or_default());
                            }
                            Key::Unknown(name) => {
                                extra.insert(name, map.next_value()?);
                            }
                        }
                    }
                    crate::redacted::Free::redact(&mut extra);
                    let results = match results {
                        Some(results) => results,
                        None => {
                            let token = next_page_token.as_deref();
                            crate::tolerant::missing_results(token, !extra.is_empty())?
                        }
                    };
                    Ok(Self {
                        next_page_token,
                        results,
                        extra,
                    })
                }
            }

            impl<'de> serde::Deserialize<'de> for $name {
                fn deserialize<D: serde::Deserializer<'de>>(
                    deserializer: D,
                ) -> Result<Self, D::Error> {
                    deserializer
                        .deserialize_map(crate::tolerant::ObjectVisitor(std::marker::PhantomData))
                }
            }

            impl serde::Serialize for $name {
                fn serialize<S: serde::Serializer>(
                    &self,
                    serializer: S,
                ) -> Result<S::Ok, S::Error> {
                    let mut map = serializer.serialize_map(None)?;
                    if let Some(token) = &self.next_page_token {
                        serde::ser::SerializeMap::serialize_entry(
                            &mut map,
                            "nextPageToken",
                            token,
                        )?;
                    }
                    serde::ser::SerializeMap::serialize_entry(&mut map, "results", &self.results)?;
                    for (name, value) in &self.extra {
                        serde::ser::SerializeMap::serialize_entry(&mut map, name, value)?;
                    }
                    serde::ser::SerializeMap::end(map)
                }
            }

            impl crate::ReportUndecoded for $name {
                fn report_undecoded(&self, report: &mut dyn FnMut(&'static str, &'static str)) {
                    crate::tolerant::Tolerant::report(&self.results, report);
                }
            }
        };
    };
}

pub(crate) use {keys, object, page};

/// Reads null as an empty list or map.
pub(crate) fn null_as_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads null and an empty string as absent, for an id, a date, a number or a boolean.
pub(crate) fn blank_as_none<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_any(BlankAsNone(PhantomData))
}

struct BlankAsNone<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for BlankAsNone<T> {
    type Value = Option<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("one value, null or an empty string")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_str<E: Error>(self, string: &str) -> Result<Self::Value, E> {
        if string.is_empty() {
            return Ok(None);
        }
        T::deserialize(string.into_deserializer()).map(Some)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(Some)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(Some)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(Some)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(Some)
    }
}

#[cfg(test)]
mod tests;
