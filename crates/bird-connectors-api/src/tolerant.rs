//! Decoding of responses, where only an unreadable id makes an object undecodable. A field of an unexpected form is absent
//! to the typed reader, and its JSON value is kept and written back.
//!
//! The macros [`object`] and [`page`] implement the decoding of the generated types, [`fields`] implements it for the types
//! of fields, and [`json`] passes the JSON from one to the other.

mod fields;
pub(crate) mod json;

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, IntoDeserializer, Visitor},
    ser::SerializeMap,
};
use serde_json::{Map, Value};

use crate::undecoded::{Leftover, Undecoded};
use json::{Failed, Fields, Items, Scalar, Slot};

/// The result of decoding a value.
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

    pub(crate) fn undecoded(value: Value) -> Self {
        Self::from(Leftover {
            value,
            is_read: false,
        })
    }

    fn map<U>(self, convert: impl FnOnce(T) -> U) -> Decoded<U> {
        Decoded {
            value: self.value.map(convert),
            leftover: self.leftover,
        }
    }
}

/// A value that was not read.
impl<T> From<Leftover> for Decoded<T> {
    fn from(leftover: Leftover) -> Self {
        Self {
            value: None,
            leftover: Some(leftover),
        }
    }
}

/// A type of a value. By default every form of JSON is unexpected; a type overrides the forms that it reads.
///
/// Most types read no objects and no lists. The two constants say so, because the compiler then generates no code for these forms,
/// which was a tenth of this crate.
pub(crate) trait Tolerant: Sized {
    /// Whether the type overrides [`from_object`](Self::from_object).
    const READS_OBJECTS: bool = false;

    /// Whether the type overrides [`from_list`](Self::from_list).
    const READS_LISTS: bool = false;

    fn from_scalar(_: &Scalar<'_>) -> Option<Self> {
        None
    }

    /// Whether the value is written as this string, from which it was read.
    fn is_written_as(&self, _: &str) -> bool {
        true
    }

    fn from_object(fields: &mut dyn Fields) -> Result<Decoded<Self>, Failed> {
        Ok(unexpected_object(fields)?.into())
    }

    fn from_list(items: &mut dyn Items) -> Result<Decoded<Self>, Failed> {
        Ok(unexpected_list(items)?.into())
    }

    /// Whether the value is not written.
    fn is_blank(&self) -> bool {
        false
    }

    /// Reports the undecoded fields inside the value.
    fn report(&self, _: &mut dyn FnMut(&'static str, &'static str)) {}
}

/// A type of a field.
pub(crate) trait FieldValue: Tolerant {
    /// The value of a field that is missing or cannot be decoded. An object whose own id is blank is rejected.
    fn blank() -> Self;

    /// Why the value cannot be the required value of a field. An object has no other required values than its own id.
    fn rejected(&self) -> Option<&'static str> {
        None
    }
}

impl<T: FieldValue> Slot for T {
    fn read_scalar(&mut self, scalar: Scalar<'_>) -> Option<Leftover> {
        read_scalar(self, scalar)
    }

    fn read_string(&mut self, string: &str) -> Option<Leftover> {
        read_scalar(self, Scalar::String(string))
    }

    fn read_object(&mut self, fields: &mut dyn Fields) -> Result<Option<Leftover>, Failed> {
        if T::READS_OBJECTS {
            let decoded = T::from_object(fields)?;
            return Ok(set(self, decoded, || Value::Object(Map::new())));
        }
        let unexpected = unexpected_object(fields)?;
        *self = Self::blank();
        Ok(Some(unexpected))
    }

    fn read_list(&mut self, items: &mut dyn Items) -> Result<Option<Leftover>, Failed> {
        if T::READS_LISTS {
            let decoded = T::from_list(items)?;
            return Ok(set(self, decoded, || Value::Array(Vec::new())));
        }
        let unexpected = unexpected_list(items)?;
        *self = Self::blank();
        Ok(Some(unexpected))
    }

    fn rejected(&self) -> Option<&'static str> {
        FieldValue::rejected(self)
    }
}

/// Inlined, so that the compiler removes the code for other forms where a string is read.
#[inline(always)]
fn read_scalar<T: FieldValue>(field: &mut T, scalar: Scalar<'_>) -> Option<Leftover> {
    let (is_kept, has_value);
    match T::from_scalar(&scalar) {
        Some(value) => {
            // An empty value is not written, so a field that is present and empty is kept like a null.
            is_kept = !is_exact(&value, &scalar) || value.is_blank();
            has_value = true;
            *field = value;
        }
        None => {
            (is_kept, has_value) = (true, false);
            *field = T::blank();
        }
    }
    if is_kept {
        Some(scalar.leftover(has_value))
    } else {
        None
    }
}

fn unexpected_object(fields: &mut dyn Fields) -> Result<Leftover, Failed> {
    Ok(Leftover {
        value: Value::Object(fields.json()?),
        is_read: false,
    })
}

fn unexpected_list(items: &mut dyn Items) -> Result<Leftover, Failed> {
    Ok(Leftover {
        value: Value::Array(items.json()?),
        is_read: false,
    })
}

/// Sets a field to a decoded object or list, whose `empty` form is kept.
#[inline]
fn set<T: FieldValue>(
    field: &mut T,
    decoded: Decoded<T>,
    empty: fn() -> Value,
) -> Option<Leftover> {
    let Decoded { value, leftover } = decoded;
    let is_kept = leftover.is_none() && value.as_ref().is_some_and(Tolerant::is_blank);
    *field = value.unwrap_or_else(T::blank);
    if is_kept {
        return Some(Leftover {
            value: empty(),
            is_read: true,
        });
    }
    leftover
}

fn decode_scalar<T: Tolerant>(scalar: Scalar<'_>) -> Decoded<T> {
    let value = T::from_scalar(&scalar);
    let is_exact = value.as_ref().is_some_and(|value| is_exact(value, &scalar));
    let leftover = (!is_exact).then(|| scalar.leftover(value.is_some()));
    Decoded { value, leftover }
}

/// Whether the value is written as the scalar, from which it was read.
fn is_exact<T: Tolerant>(value: &T, scalar: &Scalar<'_>) -> bool {
    match scalar.string() {
        Some(string) => value.is_written_as(string),
        None => true,
    }
}

/// Writes a field: the JSON that it was read from, unless the field has been changed since.
pub(crate) fn write<M: SerializeMap, T: FieldValue + Serialize + PartialEq>(
    map: &mut M,
    name: &'static str,
    value: &T,
    undecoded: &Undecoded,
) -> Result<(), M::Error> {
    if let Some(raw) = undecoded.raw(name) {
        let is_unchanged = if undecoded.is_undecoded(name) {
            value.is_blank()
        } else {
            let mut original = T::blank();
            json::read_value(&raw.to_string(), &mut original);
            original == *value
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

/// Implements the traits that objects and pages have in common.
macro_rules! decoding {
    ($name:ident) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let mut object = <Self as crate::tolerant::json::Object>::blank();
                crate::tolerant::json::read_object(deserializer, &mut object)?;
                Ok(object)
            }
        }

        impl crate::FromJson for $name {
            fn from_json_with_repair(json: &[u8]) -> serde_json::Result<(Self, bool)> {
                let mut object = <Self as crate::tolerant::json::Object>::blank();
                let is_repaired = crate::response::read_object(json, &mut object)?;
                Ok((object, is_repaired))
            }
        }
    };
}

/// Implements the decoding and the encoding of an object, given the JSON name of each field.
macro_rules! object {
    ($name:ident { $($wire:literal => $field:ident,)* }) => {
        crate::tolerant::decoding! { $name }

        const _: () = {
            impl crate::tolerant::json::Object for $name {
                fn blank() -> Self {
                    Self {
                        $($field: crate::tolerant::FieldValue::blank(),)*
                        undecoded: Default::default(),
                        extra: Default::default(),
                    }
                }

                fn name(&self) -> &'static str {
                    stringify!($name)
                }

                fn read(
                    &mut self,
                    fields: &mut dyn crate::tolerant::json::Fields,
                ) -> Result<(), crate::tolerant::json::Failed> {
                    let mut entries = [
                        $(crate::tolerant::json::Entry::new(
                            $wire,
                            concat!("\"", $wire, "\":"),
                            &mut self.$field,
                        ),)*
                    ];
                    fields.read(&mut entries, &mut self.undecoded, &mut self.extra)?;
                    crate::redacted::Free::redact(&mut self.extra);
                    Ok(())
                }

                fn reset(&mut self) {
                    *self = Self::blank();
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
                const READS_OBJECTS: bool = true;

                fn from_object(
                    fields: &mut dyn crate::tolerant::json::Fields,
                ) -> Result<crate::tolerant::Decoded<Self>, crate::tolerant::json::Failed> {
                    let mut object = <Self as crate::tolerant::json::Object>::blank();
                    crate::tolerant::json::Object::read(&mut object, fields)?;
                    Ok(crate::tolerant::Decoded::typed(object))
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
        crate::tolerant::decoding! { $name }

        const _: () = {
            impl crate::tolerant::json::Object for $name {
                fn blank() -> Self {
                    Self {
                        next_page_token: Default::default(),
                        results: Default::default(),
                        extra: Default::default(),
                    }
                }

                fn name(&self) -> &'static str {
                    stringify!($name)
                }

                fn read(
                    &mut self,
                    fields: &mut dyn crate::tolerant::json::Fields,
                ) -> Result<(), crate::tolerant::json::Failed> {
                    fields.read_page(
                        &mut self.next_page_token,
                        &mut self.results,
                        &mut self.extra,
                    )?;
                    crate::redacted::Free::redact(&mut self.extra);
                    Ok(())
                }

                fn reset(&mut self) {
                    *self = Self::blank();
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

pub(crate) use {decoding, object, page};

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
