//! Passes the JSON of an object to its typed fields through trait objects. The compiler generates this code once for each
//! kind of deserializer, and not for each type of an object or a field: most of a build of the SDK was that code.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::undecoded::{Leftover, Undecoded};

pub(crate) mod text;

/// Decoding has failed. [`Fields`] and [`Items`] keep the error.
#[derive(Debug)]
pub(crate) struct Failed;

/// JSON that is neither an object nor a list.
#[derive(Clone, Debug)]
pub(crate) enum Scalar<'a> {
    Null,
    Bool(bool),
    Number(Number),
    String(&'a str),
}

impl Scalar<'_> {
    pub(crate) fn string(&self) -> Option<&str> {
        match self {
            Self::String(string) => Some(string),
            _ => None,
        }
    }

    /// What remains of a scalar whose value cannot reproduce it, or that has none. Null and an empty string say the same as an
    /// absent field.
    pub(crate) fn leftover(self, has_value: bool) -> Leftover {
        let is_empty = matches!(self, Self::Null | Self::String(""));
        Leftover {
            is_read: has_value || is_empty,
            value: match self {
                Self::Null => Value::Null,
                Self::Bool(value) => Value::Bool(value),
                Self::Number(number) => Value::Number(number),
                Self::String(string) => Value::from(string),
            },
        }
    }
}

/// The place of a value. Its methods return the JSON that the value cannot reproduce.
pub(crate) trait Slot {
    fn read_scalar(&mut self, scalar: Scalar<'_>) -> Option<Leftover>;

    /// Reads a string like [`read_scalar`](Self::read_scalar). Most values are strings, and the code for them alone is short.
    fn read_string(&mut self, string: &str) -> Option<Leftover> {
        self.read_scalar(Scalar::String(string))
    }

    fn read_object(&mut self, fields: &mut dyn Fields) -> Result<Option<Leftover>, Failed>;

    fn read_list(&mut self, items: &mut dyn Items) -> Result<Option<Leftover>, Failed>;

    /// Why the value cannot be the required value of a field.
    fn rejected(&self) -> Option<&'static str>;
}

/// An object of a response, or a page.
pub(crate) trait Object {
    /// An object without any field.
    fn blank() -> Self
    where
        Self: Sized;

    /// The name of its type.
    fn name(&self) -> &'static str;

    /// Reads the fields into a blank object.
    fn read(&mut self, fields: &mut dyn Fields) -> Result<(), Failed>;

    /// Makes it blank again.
    fn reset(&mut self);
}

/// The objects of a page.
pub(crate) trait Results {
    fn clear(&mut self);

    /// Makes room for more objects.
    fn reserve(&mut self, additional: usize);

    /// Reads the next object, and returns whether there was one.
    fn read_next(&mut self, items: &mut dyn Items) -> Result<bool, Failed>;
}

impl<T: Object> Results for Vec<T> {
    fn clear(&mut self) {
        self.clear();
    }

    fn reserve(&mut self, additional: usize) {
        self.reserve_exact(additional);
    }

    fn read_next(&mut self, items: &mut dyn Items) -> Result<bool, Failed> {
        // It is read where it stays, because objects are large.
        self.push(T::blank());
        let is_read = match self.last_mut() {
            Some(object) => items.read_object(object)?,
            None => false,
        };
        if !is_read {
            self.pop();
        }
        Ok(is_read)
    }
}

/// A known field of an object.
pub(crate) struct Entry<'a> {
    name: &'static str,
    /// The name as it is usually written: in quotation marks, and with its colon.
    key: &'static str,
    slot: &'a mut dyn Slot,
    is_present: bool,
}

impl<'a> Entry<'a> {
    pub(crate) fn new(name: &'static str, key: &'static str, slot: &'a mut dyn Slot) -> Self {
        Self {
            name,
            key,
            slot,
            is_present: false,
        }
    }
}

/// The fields of a JSON object that is being read.
pub(crate) trait Fields {
    /// Reads all fields. The error is that the object's own id is missing, unreadable or the zero UUID.
    fn read(
        &mut self,
        entries: &mut [Entry<'_>],
        undecoded: &mut Undecoded,
        extra: &mut Map<String, Value>,
    ) -> Result<(), Failed>;

    /// Reads all fields of a page.
    fn read_page(
        &mut self,
        next_page_token: &mut Option<String>,
        results: &mut dyn Results,
        extra: &mut Map<String, Value>,
    ) -> Result<(), Failed>;

    /// Reads all fields as JSON.
    fn json(&mut self) -> Result<Map<String, Value>, Failed>;
}

/// The items of a JSON list that is being read.
pub(crate) trait Items {
    /// Reads the next item. `None` at the end; otherwise the JSON that its value cannot reproduce.
    fn read(&mut self, slot: &mut dyn Slot) -> Result<Option<Option<Leftover>>, Failed>;

    /// Reads the next item, which must be an object. Returns whether there was one.
    fn read_object(&mut self, object: &mut dyn Object) -> Result<bool, Failed>;

    /// Reads all items as JSON.
    fn json(&mut self) -> Result<Vec<Value>, Failed>;
}

/// Decodes an object. JSON that is not an object is an error.
pub(crate) fn read_object<'de, D: Deserializer<'de>>(
    deserializer: D,
    object: &mut dyn Object,
) -> Result<(), D::Error> {
    ObjectSeed(object).deserialize(deserializer)
}

/// Decodes an object from a document. `is_bounded` if the depth of the document is known to be bounded, so that it is not
/// limited here.
pub(crate) fn read_document(
    json: &str,
    is_bounded: bool,
    object: &mut dyn Object,
) -> serde_json::Result<()> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    if is_bounded {
        deserializer.disable_recursion_limit();
    }
    read_object(&mut deserializer, object)?;
    deserializer.end()
}

/// Decodes a value that was decoded before, so that its depth is bounded.
pub(crate) fn read_value(json: &str, slot: &mut dyn Slot) {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    deserializer.disable_recursion_limit();
    // It is valid JSON.
    let _ = SlotSeed(slot).deserialize(&mut deserializer);
}

/// Access to a map or a list, and the error of reading it.
struct Access<A, E> {
    access: A,
    error: Option<E>,
}

impl<A, E: Error> Access<A, E> {
    /// Reads through a trait object.
    fn read<T>(access: A, read: impl FnOnce(&mut Self) -> Result<T, Failed>) -> Result<T, E> {
        let mut access = Self {
            access,
            error: None,
        };
        read(&mut access).map_err(|Failed| {
            let error = access.error.take();
            error.unwrap_or_else(|| E::custom("an object or a list cannot be read"))
        })
    }

    fn keep<T>(&mut self, result: Result<T, E>) -> Result<T, Failed> {
        result.map_err(|error| {
            self.error = Some(error);
            Failed
        })
    }
}

impl<'de, A: MapAccess<'de>> Fields for Access<A, A::Error> {
    fn read(
        &mut self,
        entries: &mut [Entry<'_>],
        undecoded: &mut Undecoded,
        extra: &mut Map<String, Value>,
    ) -> Result<(), Failed> {
        let read = read_fields(&mut self.access, entries, undecoded, extra);
        self.keep(read)
    }

    fn read_page(
        &mut self,
        next_page_token: &mut Option<String>,
        results: &mut dyn Results,
        extra: &mut Map<String, Value>,
    ) -> Result<(), Failed> {
        let read = read_page(&mut self.access, next_page_token, results, extra);
        self.keep(read)
    }

    fn json(&mut self) -> Result<Map<String, Value>, Failed> {
        let mut fields = Map::new();
        loop {
            let entry = self.access.next_entry();
            match self.keep(entry)? {
                Some((name, value)) => fields.insert(name, value),
                None => return Ok(fields),
            };
        }
    }
}

impl<'de, A: SeqAccess<'de>> Items for Access<A, A::Error> {
    fn read(&mut self, slot: &mut dyn Slot) -> Result<Option<Option<Leftover>>, Failed> {
        let read = self.access.next_element_seed(SlotSeed(slot));
        self.keep(read)
    }

    fn read_object(&mut self, object: &mut dyn Object) -> Result<bool, Failed> {
        let read = self.access.next_element_seed(ObjectSeed(object));
        Ok(self.keep(read)?.is_some())
    }

    fn json(&mut self) -> Result<Vec<Value>, Failed> {
        let mut items = Vec::new();
        loop {
            let item = self.access.next_element();
            match self.keep(item)? {
                Some(item) => items.push(item),
                None => return Ok(items),
            }
        }
    }
}

fn read_fields<'de, A: MapAccess<'de>>(
    map: &mut A,
    entries: &mut [Entry<'_>],
    undecoded: &mut Undecoded,
    extra: &mut Map<String, Value>,
) -> Result<(), A::Error> {
    // The items of a page have their fields in the same order, often that of the entries.
    let mut expected = 0;
    while let Some(name) = map.next_key_seed(NameSeed { entries, expected })? {
        match name {
            Name::Known(index) => {
                expected = index + 1;
                if let Some(entry) = entries.get_mut(index) {
                    let leftover = map.next_value_seed(SlotSeed(&mut *entry.slot))?;
                    entry.is_present = true;
                    undecoded.keep(entry.name, leftover);
                }
            }
            Name::Unknown(name) => {
                extra.insert(name, map.next_value()?);
            }
        }
    }
    for Entry {
        name,
        slot,
        is_present,
        ..
    } in entries
    {
        let Some(rejected) = slot.rejected() else {
            continue;
        };
        return Err(if !*is_present {
            A::Error::missing_field(name)
        } else if undecoded.has_value(name) {
            A::Error::custom(format_args!(
                "invalid field `{name}`: expected a UUID, got {rejected}"
            ))
        } else {
            A::Error::custom(format_args!("invalid field `{name}`: expected a UUID"))
        });
    }
    Ok(())
}

fn read_page<'de, A: MapAccess<'de>>(
    map: &mut A,
    next_page_token: &mut Option<String>,
    results: &mut dyn Results,
    extra: &mut Map<String, Value>,
) -> Result<(), A::Error> {
    let mut has_results = false;
    while let Some(name) = map.next_key::<String>()? {
        match name.as_str() {
            "nextPageToken" => *next_page_token = map.next_value::<Token>()?.0,
            "results" => {
                // A repeated field replaces the earlier one.
                results.clear();
                map.next_value_seed(ResultsSeed(&mut *results))?;
                has_results = true;
            }
            _ => {
                extra.insert(name, map.next_value()?);
            }
        }
    }
    if has_results {
        Ok(())
    } else {
        missing_results(next_page_token.as_deref(), !extra.is_empty())
    }
}

/// Accepts a page without results: the page is empty if it has a token, or nothing at all. Any other object is not a page.
pub(crate) fn missing_results<E: Error>(
    next_page_token: Option<&str>,
    has_other_fields: bool,
) -> Result<(), E> {
    if next_page_token.is_some_and(|token| !token.is_empty()) || !has_other_fields {
        Ok(())
    } else {
        Err(E::missing_field("results"))
    }
}

/// The name of a field. A known name is not copied.
enum Name {
    Known(usize),
    Unknown(String),
}

/// The index of a known field. The entry that is expected is compared first.
fn find_entry(entries: &[Entry<'_>], expected: usize, name: &str) -> Option<usize> {
    let mut indexes = (expected..entries.len()).chain(0..expected);
    indexes.find(|index| entries.get(*index).is_some_and(|entry| entry.name == name))
}

struct NameSeed<'a, 'b> {
    entries: &'a [Entry<'b>],
    /// The entry that is compared first.
    expected: usize,
}

impl<'de> DeserializeSeed<'de> for NameSeed<'_, '_> {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for NameSeed<'_, '_> {
    type Value = Name;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Name, E> {
        let known = find_entry(self.entries, self.expected, name);
        Ok(known.map_or_else(|| Name::Unknown(name.to_owned()), Name::Known))
    }
}

struct SlotSeed<'a>(&'a mut dyn Slot);

impl<'de> DeserializeSeed<'de> for SlotSeed<'_> {
    type Value = Option<Leftover>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for SlotSeed<'_> {
    type Value = Option<Leftover>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(self.0.read_scalar(Scalar::Null))
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(self.0.read_scalar(Scalar::Bool(value)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(self.0.read_scalar(Scalar::Number(value.into())))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(self.0.read_scalar(Scalar::Number(value.into())))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        // JSON has no infinite numbers.
        let number = Number::from_f64(value).map_or(Scalar::Null, Scalar::Number);
        Ok(self.0.read_scalar(number))
    }

    fn visit_str<E: Error>(self, string: &str) -> Result<Self::Value, E> {
        Ok(self.0.read_scalar(Scalar::String(string)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Access::read(map, |fields| self.0.read_object(fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        Access::read(seq, |items| self.0.read_list(items))
    }
}

struct ObjectSeed<'a>(&'a mut dyn Object);

impl<'de> DeserializeSeed<'de> for ObjectSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ObjectSeed<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an object ({})", self.0.name())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        Access::read(map, |fields| self.0.read(fields))
    }
}

struct ResultsSeed<'a>(&'a mut dyn Results);

impl<'de> DeserializeSeed<'de> for ResultsSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// An unreadable item is an error, so that the SDK decodes the page item by item.
impl<'de> Visitor<'de> for ResultsSeed<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list or null")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        Access::read(seq, |items| {
            while self.0.read_next(items)? {}
            Ok(())
        })
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
