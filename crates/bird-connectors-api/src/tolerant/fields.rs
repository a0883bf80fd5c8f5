//! The types of fields, and the forms of JSON that each of them reads.

use std::collections::BTreeMap;

use serde::de::{DeserializeOwned, MapAccess, SeqAccess, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Number, Value};
use uuid::Uuid;

use super::{Decoded, Tolerant};
use crate::redacted::Free as _;
use crate::secret::Secret;
use crate::types::{ConnectorNumberCapabilities, EventFilter, Timestamp};
use crate::undecoded::Leftover;

impl<T: Tolerant> Tolerant for Option<T> {
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decoded<Self>, D::Error> {
        Ok(T::decode(deserializer)?.map(Some))
    }

    fn absent() -> Option<Self> {
        Some(None)
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

impl Tolerant for String {
    fn from_string(string: &str) -> Option<Self> {
        Some(string.to_owned())
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }

    fn is_blank(&self) -> bool {
        self.is_empty()
    }
}

impl Tolerant for Secret {
    fn from_string(string: &str) -> Option<Self> {
        Some(string.into())
    }
}

impl Tolerant for Timestamp {
    fn from_string(string: &str) -> Option<Self> {
        string.parse().ok()
    }
}

impl Tolerant for Uuid {
    fn from_string(string: &str) -> Option<Self> {
        Self::try_parse(string).ok()
    }

    /// The zero UUID identifies nothing. In the field of another object's id it means that there is none.
    fn rejected(&self) -> Option<&'static str> {
        self.is_nil().then_some("the zero UUID")
    }

    fn is_written_as(&self, string: &str) -> bool {
        self.hyphenated().encode_lower(&mut Self::encode_buffer()) == string
    }
}

impl Tolerant for bool {
    fn from_bool(value: bool) -> Option<Self> {
        Some(value)
    }
}

impl Tolerant for i64 {
    fn from_number(number: &Number) -> Option<Self> {
        number.as_i64()
    }
}

impl Tolerant for f64 {
    /// An integer is undecoded, because it would be written as `1.0`.
    fn from_number(number: &Number) -> Option<Self> {
        number.as_f64().filter(|_| number.is_f64())
    }
}

impl Tolerant for Value {
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decoded<Self>, D::Error> {
        let mut value = Self::deserialize(deserializer)?;
        if value.is_null() {
            return Ok(Decoded::blank(value));
        }
        value.redact();
        Ok(Decoded::typed(value))
    }
}

impl Tolerant for Map<String, Value> {
    fn from_map<'de, A: MapAccess<'de>>(map: A) -> Result<Decoded<Self>, A::Error> {
        let mut map = Self::deserialize(MapAccessDeserializer::new(map))?;
        map.redact();
        Ok(Decoded::typed(map))
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }

    fn is_blank(&self) -> bool {
        self.is_empty()
    }
}

/// A list with an unreadable item is undecoded as a whole: without the item, the others could be misread.
impl<T: Tolerant + Serialize> Tolerant for Vec<T> {
    fn from_seq<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<Decoded<Self>, A::Error> {
        let mut items = Self::new();
        // The JSON of all items, from the first one on that its value cannot reproduce.
        let mut raw: Option<Vec<Value>> = None;
        let mut is_read = true;
        while let Some(Decoded { value, leftover }) = seq.next_element::<Decoded<T>>()? {
            if leftover.is_some() || raw.is_some() {
                is_read &= value.is_some();
                let raw = raw.get_or_insert_with(|| items.iter().map(json_of).collect());
                raw.push(match leftover {
                    Some(leftover) => leftover.value,
                    None => json_of(&value),
                });
            }
            items.extend(value);
        }
        Ok(match raw {
            None => Decoded::typed(items),
            Some(raw) if is_read => Decoded {
                value: Some(items),
                leftover: Some(Leftover {
                    value: Value::Array(raw),
                    is_read: true,
                }),
            },
            Some(raw) => Decoded::undecoded(Value::Array(raw)),
        })
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }

    fn is_blank(&self) -> bool {
        self.is_empty()
    }

    fn report(&self, report: &mut dyn FnMut(&'static str, &'static str)) {
        self.iter().for_each(|item| item.report(report));
    }
}

fn json_of(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

impl<T: DeserializeOwned + Serialize> Tolerant for BTreeMap<String, T> {
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decoded<Self>, D::Error> {
        whole(deserializer)
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }

    fn is_blank(&self) -> bool {
        self.is_empty()
    }
}

/// Decodes a type that is either readable as a whole or undecoded.
fn whole<'de, D: Deserializer<'de>, T: DeserializeOwned + Serialize>(
    deserializer: D,
) -> Result<Decoded<T>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    if value.is_null() {
        return Ok(Decoded::blank(value));
    }
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
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decoded<Self>, D::Error> {
        whole(deserializer)
    }
}

/// The API sends it as a string or as a list.
impl Tolerant for ConnectorNumberCapabilities {
    fn from_string(string: &str) -> Option<Self> {
        Some(Self::Text(string.to_owned()))
    }

    fn from_seq<'de, A: SeqAccess<'de>>(seq: A) -> Result<Decoded<Self>, A::Error> {
        Ok(Vec::from_seq(seq)?.map(Self::List))
    }
}
