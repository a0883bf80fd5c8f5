//! The columns of tables, and how a JSON value is shown in a cell. Pure.

use std::borrow::Cow;

use serde_json::Value;

use super::prose::printable;

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    title: Cow<'static, str>,
    /// Names of JSON fields, separated by dots.
    path: Cow<'static, str>,
}

impl Column {
    pub(crate) const fn new(title: &'static str, path: &'static str) -> Self {
        Self {
            title: Cow::Borrowed(title),
            path: Cow::Borrowed(path),
        }
    }

    /// A column that the user selects.
    pub(crate) fn custom(path: &str) -> Self {
        let path = path.trim();
        Self {
            title: Cow::Owned(path.to_owned()),
            path: Cow::Owned(path.to_owned()),
        }
    }

    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    pub(crate) fn cell(&self, item: &Value) -> String {
        self.value(item).map_or_else(|| ABSENT.to_owned(), show)
    }

    fn value<'a>(&self, item: &'a Value) -> Option<&'a Value> {
        self.path
            .split('.')
            .try_fold(item, |value, name| match value {
                Value::Array(items) => items.get(name.parse::<usize>().ok()?),
                value => value.get(name),
            })
    }

    /// A warning if the user selects a field that no item has, which is most likely misspelled.
    pub(crate) fn warning(&self, items: &[Value]) -> Option<String> {
        let known = items.first()?.as_object()?;
        if items.iter().any(|item| self.value(item).is_some()) {
            return None;
        }
        let known: Vec<&str> = known.keys().map(String::as_str).collect();
        Some(format!(
            "warning: no item has the field {}; the fields are {}",
            self.path,
            known.join(", ")
        ))
    }
}

/// The cell of a missing or null value.
const ABSENT: &str = "-";

fn show(value: &Value) -> String {
    match value {
        Value::Null => ABSENT.to_owned(),
        Value::String(string) if string.is_empty() => ABSENT.to_owned(),
        Value::String(string) => printable(string),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(items) if items.is_empty() => ABSENT.to_owned(),
        Value::Array(items) if items.iter().all(is_scalar) => {
            let items: Vec<String> = items.iter().map(show).collect();
            items.join(", ")
        }
        value => printable(&value.to_string()),
    }
}

fn is_scalar(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}

#[cfg(test)]
mod tests;
