//! The types of fields, and the forms of JSON that each of them reads.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::json::{Failed, Fields, Items, Scalar, Slot};
use super::{Decoded, FieldValue, Tolerant, decode_scalar, unexpected_list, unexpected_object};
use crate::redacted::Free as _;
use crate::secret::Secret;
use crate::types::{ConnectorNumberCapabilities, EventFilter, Timestamp};
use crate::undecoded::Leftover;

impl<T: Tolerant> Tolerant for Option<T> {
    const READS_OBJECTS: bool = T::READS_OBJECTS;
    const READS_LISTS: bool = T::READS_LISTS;

    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        T::from_scalar(scalar).map(Some)
    }

    fn is_written_as(&self, string: &str) -> bool {
        self.as_ref()
            .is_none_or(|value| value.is_written_as(string))
    }

    fn from_object(fields: &mut dyn Fields) -> Result<Decoded<Self>, Failed> {
        Ok(T::from_object(fields)?.map(Some))
    }

    fn from_list(items: &mut dyn Items) -> Result<Decoded<Self>, Failed> {
        Ok(T::from_list(items)?.map(Some))
    }

    fn is_blank(&self) -> bool {
        self.is_none()
    }

    fn report(&self, report: &mut dyn FnMut(&'static str, &'static str)) {
        if let Some(value) = self {
            value.report(report);
        }
    }
}

impl<T: Tolerant> FieldValue for Option<T> {
    fn blank() -> Self {
        None
    }
}

impl Tolerant for String {
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        scalar.string().map(str::to_owned)
    }

    fn is_blank(&self) -> bool {
        self.is_empty()
    }
}

impl FieldValue for String {
    fn blank() -> Self {
        Self::new()
    }
}

impl Tolerant for Secret {
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        scalar.string().map(Self::from)
    }
}

impl Tolerant for Timestamp {
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        scalar.string()?.parse().ok()
    }
}

impl Tolerant for Uuid {
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        Self::try_parse(scalar.string()?).ok()
    }

    /// It is written with hyphens, which is the only form of this length, and in lower case.
    fn is_written_as(&self, string: &str) -> bool {
        let has_upper_case = string
            .bytes()
            .fold(false, |any, byte| any | byte.is_ascii_uppercase());
        string.len() == uuid::fmt::Hyphenated::LENGTH && !has_upper_case
    }
}

impl FieldValue for Uuid {
    fn blank() -> Self {
        Self::nil()
    }

    /// The zero UUID identifies nothing. In the field of another object's id it means that there is none.
    fn rejected(&self) -> Option<&'static str> {
        self.is_nil().then_some("the zero UUID")
    }
}

impl Tolerant for bool {
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Bool(value) => Some(*value),
            _ => None,
        }
    }
}

impl Tolerant for i64 {
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Number(number) => number.as_i64(),
            _ => None,
        }
    }
}

impl Tolerant for f64 {
    /// An integer is undecoded, because it would be written as `1.0`.
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Number(number) if number.is_f64() => number.as_f64(),
            _ => None,
        }
    }
}

impl Tolerant for Value {
    const READS_OBJECTS: bool = true;
    const READS_LISTS: bool = true;

    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Null => None,
            scalar => Some(scalar.clone().leftover(true).value),
        }
    }

    fn from_object(fields: &mut dyn Fields) -> Result<Decoded<Self>, Failed> {
        Ok(Map::from_object(fields)?.map(Self::Object))
    }

    fn from_list(items: &mut dyn Items) -> Result<Decoded<Self>, Failed> {
        let mut list = Self::Array(items.json()?);
        list.redact();
        Ok(Decoded::typed(list))
    }
}

impl Tolerant for Map<String, Value> {
    const READS_OBJECTS: bool = true;

    fn from_object(fields: &mut dyn Fields) -> Result<Decoded<Self>, Failed> {
        let mut map = fields.json()?;
        map.redact();
        Ok(Decoded::typed(map))
    }

    fn is_blank(&self) -> bool {
        self.is_empty()
    }
}

impl FieldValue for Map<String, Value> {
    fn blank() -> Self {
        Self::new()
    }
}

/// An item of a list.
struct Item<T>(Option<T>);

impl<T: Tolerant> Item<T> {
    fn set(&mut self, decoded: Decoded<T>) -> Option<Leftover> {
        self.0 = decoded.value;
        decoded.leftover
    }
}

impl<T: Tolerant> Slot for Item<T> {
    fn read_scalar(&mut self, scalar: Scalar<'_>) -> Option<Leftover> {
        self.set(decode_scalar(scalar))
    }

    fn read_object(&mut self, fields: &mut dyn Fields) -> Result<Option<Leftover>, Failed> {
        if T::READS_OBJECTS {
            return Ok(self.set(T::from_object(fields)?));
        }
        self.0 = None;
        unexpected_object(fields).map(Some)
    }

    fn read_list(&mut self, items: &mut dyn Items) -> Result<Option<Leftover>, Failed> {
        if T::READS_LISTS {
            return Ok(self.set(T::from_list(items)?));
        }
        self.0 = None;
        unexpected_list(items).map(Some)
    }

    fn rejected(&self) -> Option<&'static str> {
        None
    }
}

/// A list with an unreadable item is undecoded as a whole: without the item, the others could be misread.
impl<T: Tolerant + Serialize> Tolerant for Vec<T> {
    const READS_LISTS: bool = true;

    fn from_list(items: &mut dyn Items) -> Result<Decoded<Self>, Failed> {
        let mut list = Self::new();
        // The JSON of all items, from the first one on that its value cannot reproduce.
        let mut raw: Option<Vec<Value>> = None;
        let mut is_read = true;
        let mut item = Item(None);
        while let Some(leftover) = items.read(&mut item)? {
            let value = item.0.take();
            if leftover.is_some() || raw.is_some() {
                is_read &= value.is_some();
                let raw = raw.get_or_insert_with(|| list.iter().map(json_of).collect());
                raw.push(match leftover {
                    Some(leftover) => leftover.value,
                    None => value.as_ref().map(json_of).unwrap_or_default(),
                });
            }
            list.extend(value);
        }
        Ok(match raw {
            None => Decoded::typed(list),
            Some(raw) if is_read => Decoded {
                value: Some(list),
                leftover: Some(Leftover {
                    value: Value::Array(raw),
                    is_read: true,
                }),
            },
            Some(raw) => Decoded::undecoded(Value::Array(raw)),
        })
    }

    fn is_blank(&self) -> bool {
        self.is_empty()
    }

    fn report(&self, report: &mut dyn FnMut(&'static str, &'static str)) {
        self.iter().for_each(|item| item.report(report));
    }
}

impl<T: Tolerant + Serialize> FieldValue for Vec<T> {
    fn blank() -> Self {
        Self::new()
    }
}

fn json_of(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

impl<T: DeserializeOwned + Serialize> Tolerant for BTreeMap<String, T> {
    const READS_OBJECTS: bool = true;

    fn from_object(fields: &mut dyn Fields) -> Result<Decoded<Self>, Failed> {
        whole(fields)
    }

    fn is_blank(&self) -> bool {
        self.is_empty()
    }
}

impl<T: DeserializeOwned + Serialize> FieldValue for BTreeMap<String, T> {
    fn blank() -> Self {
        Self::new()
    }
}

/// Decodes a type that is either readable as a whole or undecoded.
fn whole<T: DeserializeOwned + Serialize>(fields: &mut dyn Fields) -> Result<Decoded<T>, Failed> {
    let value = Value::Object(fields.json()?);
    Ok(match T::deserialize(&value) {
        Ok(read) if serde_json::to_value(&read).is_ok_and(|written| written == value) => {
            Decoded::typed(read)
        }
        Ok(read) => Decoded {
            value: Some(read),
            leftover: Some(Leftover {
                value,
                is_read: true,
            }),
        },
        Err(_) => Decoded::undecoded(value),
    })
}

// A request has it too.
impl Tolerant for EventFilter {
    const READS_OBJECTS: bool = true;

    fn from_object(fields: &mut dyn Fields) -> Result<Decoded<Self>, Failed> {
        whole(fields)
    }
}

/// The API sends it as a string or as a list.
impl Tolerant for ConnectorNumberCapabilities {
    const READS_LISTS: bool = true;

    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        scalar.string().map(|string| Self::Text(string.to_owned()))
    }

    fn from_list(items: &mut dyn Items) -> Result<Decoded<Self>, Failed> {
        Ok(Vec::from_list(items)?.map(Self::List))
    }
}
