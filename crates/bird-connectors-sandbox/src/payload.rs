//! Reading a JSON body strictly: a missing, mistyped or unknown field is an error, and every error is told.

use serde_json::{Map, Value};

use crate::error::ApiError;
use crate::query::parse_uuid;

/// The fields of one JSON object, taken out one by one. What is left when the reader is closed is unknown and refused.
pub(crate) struct Payload {
    /// Where the object sits in the body: empty, or a path with a dot at its end.
    path: String,
    fields: Map<String, Value>,
    errors: Vec<String>,
}

impl Payload {
    pub(crate) fn new(body: Value) -> Result<Self, ApiError> {
        match body {
            Value::Object(fields) => Ok(Self {
                path: String::new(),
                fields,
                errors: Vec::new(),
            }),
            _ => Err(ApiError::invalid(
                &["the body must be an object".to_owned()],
            )),
        }
    }

    pub(crate) fn error(&mut self, message: impl Into<String>) {
        self.errors.push(message.into());
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Any value; the caller checks it.
    pub(crate) fn any(&mut self, name: &str) -> Option<Value> {
        self.fields.remove(name)
    }

    pub(crate) fn required_text(&mut self, name: &str) -> String {
        match self.fields.remove(name) {
            Some(Value::String(text)) if !text.is_empty() => return text,
            Some(Value::String(_)) => self.error(format!("{}{name} must not be empty", self.path)),
            Some(_) => self.error(format!("{}{name} must be a string", self.path)),
            None => self.error(format!("{}{name} is required", self.path)),
        }
        String::new()
    }

    pub(crate) fn required_uuid(&mut self, name: &str) -> String {
        let text = self.required_text(name);
        self.check_uuid(name, &text);
        text
    }

    pub(crate) fn optional_uuid(&mut self, name: &str) {
        if let Some(text) = self.nullable_text(name) {
            self.check_uuid(name, &text);
        }
    }

    fn check_uuid(&mut self, name: &str, text: &str) {
        if !text.is_empty() && parse_uuid(text).is_none() {
            self.error(format!("{}{name} must be a UUID", self.path));
        }
    }

    /// A text that may be absent, but not null.
    pub(crate) fn optional_text(&mut self, name: &str) -> Option<String> {
        self.has(name)
            .then(|| self.required_text(name))
            .filter(|text| !text.is_empty())
    }

    pub(crate) fn nullable_text(&mut self, name: &str) -> Option<String> {
        match self.fields.remove(name)? {
            Value::Null => None,
            Value::String(text) => Some(text),
            _ => {
                self.error(format!("{}{name} must be a string or null", self.path));
                None
            }
        }
    }

    pub(crate) fn nullable_bool(&mut self, name: &str) -> Option<bool> {
        match self.fields.remove(name)? {
            Value::Null => None,
            Value::Bool(value) => Some(value),
            _ => {
                self.error(format!("{}{name} must be a boolean or null", self.path));
                None
            }
        }
    }

    pub(crate) fn nullable_object(&mut self, name: &str) -> Option<Map<String, Value>> {
        match self.fields.remove(name)? {
            Value::Null => None,
            Value::Object(fields) => Some(fields),
            _ => {
                self.error(format!("{}{name} must be an object or null", self.path));
                None
            }
        }
    }

    pub(crate) fn nullable_list(&mut self, name: &str) -> Option<Vec<Value>> {
        match self.fields.remove(name)? {
            Value::Null => None,
            Value::Array(items) => Some(items),
            _ => {
                self.error(format!("{}{name} must be an array or null", self.path));
                None
            }
        }
    }

    /// A list of objects with at least one item, each read by the same function.
    pub(crate) fn required_objects<T>(
        &mut self,
        name: &str,
        read: impl Fn(&mut Self) -> T,
    ) -> Vec<T> {
        match self.nullable_list(name) {
            Some(items) if !items.is_empty() => {
                let items = items.into_iter().enumerate();
                items
                    .filter_map(|(index, item)| {
                        self.nested(&format!("{name}[{index}]"), Some(item), &read)
                    })
                    .collect()
            }
            _ => {
                self.error(format!(
                    "{}{name} must be an array with at least one item",
                    self.path
                ));
                Vec::new()
            }
        }
    }

    pub(crate) fn required_object<T>(
        &mut self,
        name: &str,
        read: impl Fn(&mut Self) -> T,
    ) -> Option<T> {
        let value = self.fields.remove(name);
        self.nested(name, value, &read)
    }

    pub(crate) fn nested<T>(
        &mut self,
        name: &str,
        value: Option<Value>,
        read: &impl Fn(&mut Self) -> T,
    ) -> Option<T> {
        let path = format!("{}{name}", self.path);
        let Some(Value::Object(fields)) = value else {
            self.error(format!("{path} must be an object"));
            return None;
        };
        let mut inner = Self {
            path: format!("{path}."),
            fields,
            errors: Vec::new(),
        };
        let read = read(&mut inner);
        self.errors.append(&mut inner.close());
        Some(read)
    }

    /// Ends the reading of an object whose other fields are free.
    pub(crate) fn finish_open(self) -> Vec<String> {
        self.errors
    }

    pub(crate) fn finish(self) -> Result<(), ApiError> {
        let errors = self.close();
        if errors.is_empty() {
            Ok(())
        } else {
            Err(ApiError::invalid(&errors))
        }
    }

    fn close(mut self) -> Vec<String> {
        for name in std::mem::take(&mut self.fields).keys() {
            self.error(format!("{}{name} is no known field", self.path));
        }
        self.errors
    }

    /// A reader for an object inside this body, such as `arguments`.
    pub(crate) fn within(path: &str, fields: Map<String, Value>) -> Self {
        Self {
            path: format!("{path}."),
            fields,
            errors: Vec::new(),
        }
    }

    pub(crate) fn absorb(&mut self, mut errors: Vec<String>) {
        self.errors.append(&mut errors);
    }
}
