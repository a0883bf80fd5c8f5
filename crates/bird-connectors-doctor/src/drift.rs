//! Compares responses with the shapes of the contract. Pure. No value of a response becomes part of a difference, except a
//! value of an enum that looks like an identifier.

use std::collections::BTreeMap;

use bird_connectors::ErrorKind;
use chrono::DateTime;
use serde_json::Value;
use uuid::Uuid;

use crate::facts::Facts;
use crate::generated::shapes::{OBJECTS, READS};
use crate::report::{Difference, DifferenceKind};
use crate::shape::{Object, Shape};

/// The differences by their description, with the number of places that have them.
type Counted = BTreeMap<(&'static str, String, DifferenceKind, String, String), usize>;

/// Everything that the responses have and the contract does not know, and what it requires and they do not have.
pub(crate) fn differences(facts: &Facts) -> Vec<Difference> {
    let mut counted = Counted::new();
    for read in &facts.reads {
        match &read.result {
            Ok(response) => compare(read.operation, &response.body, &mut counted),
            // If the workspace exists, then its lists do.
            Err(error) if error.kind() == ErrorKind::NotFound && read.is_list_of_workspace() => {
                let key = (
                    read.operation,
                    String::new(),
                    DifferenceKind::MissingOperation,
                    "200".to_owned(),
                    "404".to_owned(),
                );
                *counted.entry(key).or_default() += 1;
            }
            Err(_) => {}
        }
    }
    counted
        .into_iter()
        .map(
            |((operation, path, kind, expected, found), count)| Difference {
                operation: operation.to_owned(),
                path,
                kind,
                expected,
                found,
                count,
            },
        )
        .collect()
}

/// Compares the response of an operation.
fn compare(operation: &'static str, body: &Value, counted: &mut Counted) {
    let read = READS.iter().find(|read| read.operation == operation);
    let Some(object) = read.and_then(|read| object(read.object)) else {
        return;
    };
    let mut comparison = Comparison { operation, counted };
    if body.is_object() {
        comparison.object(object, body, "");
    } else {
        comparison.add("", DifferenceKind::UnexpectedType, "object", kind_of(body));
    }
}

fn object(name: &str) -> Option<&'static Object> {
    OBJECTS.iter().find(|object| object.name == name)
}

struct Comparison<'a> {
    operation: &'static str,
    counted: &'a mut Counted,
}

impl Comparison<'_> {
    fn add(
        &mut self,
        path: &str,
        kind: DifferenceKind,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        let key = (
            self.operation,
            path.to_owned(),
            kind,
            expected.into(),
            found.into(),
        );
        *self.counted.entry(key).or_default() += 1;
    }

    fn object(&mut self, object: &Object, value: &Value, path: &str) {
        let Some(fields) = value.as_object() else {
            return;
        };
        for field in object.fields {
            match fields.get(field.name) {
                Some(value) => self.value(&field.shape, value, &below(path, field.name)),
                None if field.required => self.add(
                    &below(path, field.name),
                    DifferenceKind::MissingField,
                    describe(&field.shape),
                    "nothing",
                ),
                None => {}
            }
        }
        let known = |name: &str| object.fields.iter().any(|field| field.name == name);
        for (name, value) in fields.iter().filter(|(name, _)| !known(name)) {
            self.add(
                &below(path, &field_name(name)),
                DifferenceKind::UnknownField,
                "nothing",
                kind_of(value),
            );
        }
    }

    fn value(&mut self, shape: &Shape, value: &Value, path: &str) {
        let alternatives = match shape {
            Shape::OneOf(alternatives) => *alternatives,
            shape => std::slice::from_ref(shape),
        };
        // An empty object is one that has nothing to say, even if another alternative is an object.
        let empty = alternatives
            .iter()
            .find(|shape| matches!(shape, Shape::Empty) && matches(shape, value));
        let Some(found) = empty.or_else(|| alternatives.iter().find(|shape| matches(shape, value)))
        else {
            let found = match (value, alternatives) {
                (Value::String(_), [only]) if is_text(only) => {
                    format!("a string that is not a {}", describe(only))
                }
                _ => kind_of(value).to_owned(),
            };
            self.add(path, DifferenceKind::UnexpectedType, describe(shape), found);
            return;
        };
        match (found, value) {
            (Shape::Object(name), _) => {
                if let Some(object) = object(name) {
                    self.object(object, value, path);
                }
            }
            (Shape::List(item), Value::Array(items)) => {
                let path = format!("{path}[]");
                items
                    .iter()
                    .for_each(|value| self.value(item, value, &path));
            }
            (Shape::Values(known), Value::String(value)) if !known.contains(&value.as_str()) => {
                self.add(
                    path,
                    DifferenceKind::UnknownValue,
                    known.join(", "),
                    enum_value(value),
                );
            }
            _ => {}
        }
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// Whether the type of a value fits. The fields of an object are not compared.
fn matches(shape: &Shape, value: &Value) -> bool {
    match shape {
        Shape::Any => true,
        Shape::Null => value.is_null(),
        Shape::Empty => match value {
            Value::String(string) => string.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            _ => false,
        },
        Shape::Text | Shape::Values(_) => value.is_string(),
        Shape::Uuid => value.as_str().is_some_and(|id| Uuid::try_parse(id).is_ok()),
        Shape::DateTime => value
            .as_str()
            .is_some_and(|date| DateTime::parse_from_rfc3339(date).is_ok()),
        Shape::Boolean => value.is_boolean(),
        Shape::Integer => value.is_i64() || value.is_u64(),
        Shape::Number => value.is_number(),
        Shape::FreeObject | Shape::Object(_) => value.is_object(),
        Shape::List(_) => value.is_array(),
        Shape::OneOf(alternatives) => alternatives.iter().any(|shape| matches(shape, value)),
    }
}

fn is_text(shape: &Shape) -> bool {
    matches!(shape, Shape::Uuid | Shape::DateTime)
}

/// The shape as words.
fn describe(shape: &Shape) -> String {
    match shape {
        Shape::Any => "any value".to_owned(),
        Shape::Null => "null".to_owned(),
        Shape::Empty => "an empty value".to_owned(),
        Shape::Text | Shape::Values(_) => "string".to_owned(),
        Shape::Uuid => "UUID".to_owned(),
        Shape::DateTime => "date".to_owned(),
        Shape::Boolean => "boolean".to_owned(),
        Shape::Integer => "integer".to_owned(),
        Shape::Number => "number".to_owned(),
        Shape::FreeObject | Shape::Object(_) => "object".to_owned(),
        Shape::List(item) => format!("list of {}", describe(item)),
        Shape::OneOf(alternatives) => {
            let alternatives: Vec<String> = alternatives.iter().map(describe).collect();
            alternatives.join(" or ")
        }
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// The name of a field, if it looks like one. A map that is keyed by data has other names.
fn field_name(name: &str) -> String {
    let first = name.chars().next();
    let usual = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '$');
    let is_name = first.is_some_and(|letter| letter.is_ascii_alphabetic() || letter == '_')
        && name.len() <= 64
        && name.chars().all(usual)
        && digits(name) <= 4;
    if is_name {
        name.to_owned()
    } else {
        format!("[a name of {} characters]", name.chars().count())
    }
}

/// A value of an enum, if it looks like one: words in lower or upper case, with few digits.
fn enum_value(value: &str) -> String {
    let usual =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.' | ' ');
    let words = || value.split(['_', '-', '.', ' ']);
    let is_value = !value.is_empty()
        && value.len() <= 40
        && value.chars().all(usual)
        && words().all(|word| word.len() <= 20)
        && digits(value) <= 4;
    if is_value {
        value.to_owned()
    } else {
        format!("[a string of {} characters]", value.chars().count())
    }
}

fn digits(value: &str) -> usize {
    value.bytes().filter(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests;
