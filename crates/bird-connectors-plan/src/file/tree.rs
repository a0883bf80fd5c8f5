//! A YAML file as a tree of values, each with its place. A type that serde fills stops at the first mistake; a tree shows all.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::{DuplicateKeyPolicy, Location, Spanned};

/// A value with its place.
pub(super) type Node = Spanned<NodeValue>;

/// The value of a node. Aliases are replaced with what they refer to.
#[derive(Clone, Debug)]
pub(super) enum NodeValue {
    Null,
    Bool(bool),
    /// `None` if JSON has no such number.
    Number(Option<Number>),
    String(String),
    List(Vec<Node>),
    /// In the order of the file, with duplicate keys.
    Map(Vec<(Spanned<String>, Node)>),
}

impl NodeValue {
    /// What the value is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}

/// The maximum depth of lists and mappings: the values are read recursively.
const MAX_DEPTH: usize = 32;

/// Parses a file.
pub(super) fn parse(text: &str) -> Result<Node, serde_saphyr::Error> {
    let options = serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
        budget: serde_saphyr::budget! { max_depth: MAX_DEPTH },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
    };
    serde_saphyr::from_str_with_options(text, options)
}

/// Where a node is, as people count: a block mapping is where its first key is.
pub(super) fn start(node: &Node, text: &str) -> Location {
    let own = node.referenced;
    let first = match &node.value {
        NodeValue::Map(entries) => entries.first().map(|(key, _)| key.referenced),
        NodeValue::List(items) => items.first().map(|item| start(item, text)),
        _ => None,
    };
    let is_flow = slice(text, own).is_some_and(|text| text.starts_with(['{', '[']));
    match first {
        // That of an alias is where it is used.
        Some(first) if !is_flow && own == node.defined && first.line() > own.line() => first,
        _ => own,
    }
}

/// The text from the beginning of a place to the end of the file.
pub(super) fn slice(text: &str, location: Location) -> Option<&str> {
    let offset = usize::try_from(location.span().byte_offset()?).ok()?;
    text.get(offset..)
}

/// The text of a plain scalar, as it is written.
pub(super) fn raw<'a>(text: &'a str, node: &Node) -> Option<&'a str> {
    let span = node.defined.span();
    let length = usize::try_from(span.byte_len()?).ok()?;
    slice(text, node.defined)?.get(..length)
}

/// The JSON of a node. `None` if it contains a number that JSON does not have.
pub(super) fn to_json(node: &Node) -> Option<Value> {
    Some(match &node.value {
        NodeValue::Null => Value::Null,
        NodeValue::Bool(value) => Value::Bool(*value),
        NodeValue::Number(number) => Value::Number(number.clone()?),
        NodeValue::String(string) => Value::String(string.clone()),
        NodeValue::List(items) => Value::Array(items.iter().map(to_json).collect::<Option<_>>()?),
        NodeValue::Map(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|(key, node)| Some((key.value.clone(), to_json(node)?)));
            Value::Object(entries.collect::<Option<Map<_, _>>>()?)
        }
    })
}

impl<'de> Deserialize<'de> for NodeValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = NodeValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<NodeValue, E> {
        Ok(NodeValue::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<NodeValue, E> {
        Ok(NodeValue::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<NodeValue, E> {
        Ok(NodeValue::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<NodeValue, E> {
        Ok(NodeValue::Number(Some(value.into())))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<NodeValue, E> {
        Ok(NodeValue::Number(Some(value.into())))
    }

    fn visit_i128<E: de::Error>(self, value: i128) -> Result<NodeValue, E> {
        Ok(NodeValue::Number(Number::from_i128(value)))
    }

    fn visit_u128<E: de::Error>(self, value: u128) -> Result<NodeValue, E> {
        Ok(NodeValue::Number(Number::from_u128(value)))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<NodeValue, E> {
        Ok(NodeValue::Number(Number::from_f64(value)))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<NodeValue, E> {
        Ok(NodeValue::String(value.to_owned()))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<NodeValue, E> {
        Ok(NodeValue::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<NodeValue, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(NodeValue::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<NodeValue, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(NodeValue::Map(entries))
    }
}
