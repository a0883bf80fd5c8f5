//! Strict reading of a JSON body: a missing, mistyped or unknown field is an error, and all errors are reported.

use std::fmt::Display;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::api::error::ApiError;
use crate::api::id::parse_uuid;

/// The longest time that is accepted, ten years.
pub(crate) const MOST_MILLISECONDS: u64 = 10 * 365 * 24 * 3_600 * 1_000;

/// A time in milliseconds, as [`ObjectReader::optional_milliseconds`] accepts it: at most ten years.
pub(crate) fn whole_milliseconds(time: Duration) -> u64 {
    let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    milliseconds.min(MOST_MILLISECONDS)
}

/// Reads the fields of one JSON object. Each method takes a field; [`ObjectReader::finish`] rejects the fields that were not
/// taken. Errors name the path of a field, for example `receiver.contacts[0].identifierValue`.
pub(crate) struct ObjectReader {
    /// The path of the object within the body: empty, or a path that ends with a dot.
    path: String,
    fields: Map<String, Value>,
    errors: Vec<String>,
}

impl ObjectReader {
    /// A reader of the whole body.
    pub(crate) fn new(body: Value) -> Result<Self, ApiError> {
        match body {
            Value::Object(fields) => Ok(Self {
                path: String::new(),
                fields,
                errors: Vec::new(),
            }),
            _ => Err(ApiError::invalid_payload(&[
                "the body must be an object".to_owned()
            ])),
        }
    }

    /// A reader of an object within the body, such as `arguments`.
    pub(crate) fn nested(path: &str, fields: Map<String, Value>) -> Self {
        Self {
            path: format!("{path}."),
            fields,
            errors: Vec::new(),
        }
    }

    pub(crate) fn add_error(&mut self, message: impl Into<String>) {
        self.errors.push(message.into());
    }

    pub(crate) fn add_errors(&mut self, mut errors: Vec<String>) {
        self.errors.append(&mut errors);
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    pub(crate) fn is_object(&self, name: &str) -> bool {
        self.fields.get(name).is_some_and(Value::is_object)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Takes a field without checking its type.
    pub(crate) fn any(&mut self, name: &str) -> Option<Value> {
        self.fields.remove(name)
    }

    /// Adds an error about a field, such as "must not be empty".
    pub(crate) fn add_field_error(&mut self, name: &str, problem: impl Display) {
        self.add_error(format!("{}{name} {problem}", self.path));
    }

    /// Adds an error about the object as a whole, such as "a step must have one change".
    pub(crate) fn add_object_error(&mut self, problem: impl Display) {
        match self.path.strip_suffix('.') {
            Some(path) => self.errors.push(format!("{path}: {problem}")),
            None => self.errors.push(problem.to_string()),
        }
    }

    /// Takes a non-empty string. Returns an empty string if there is an error.
    pub(crate) fn required_string(&mut self, name: &str) -> String {
        match self.fields.remove(name) {
            Some(Value::String(string)) if !string.is_empty() => return string,
            Some(Value::String(_)) => {
                self.add_error(format!("{}{name} must not be empty", self.path));
            }
            Some(_) => self.add_error(format!("{}{name} must be a string", self.path)),
            None => self.add_error(format!("{}{name} is required", self.path)),
        }
        String::new()
    }

    /// Takes a string that may be absent, but not null or empty.
    pub(crate) fn optional_string(&mut self, name: &str) -> Option<String> {
        self.contains(name)
            .then(|| self.required_string(name))
            .filter(|string| !string.is_empty())
    }

    pub(crate) fn nullable_string(&mut self, name: &str) -> Option<String> {
        match self.fields.remove(name)? {
            Value::Null => None,
            Value::String(string) => Some(string),
            _ => {
                self.add_error(format!("{}{name} must be a string or null", self.path));
                None
            }
        }
    }

    /// Takes a UUID. The string is returned even if it is not a UUID.
    pub(crate) fn required_uuid(&mut self, name: &str) -> String {
        let string = self.required_string(name);
        self.check_uuid(name, &string);
        string
    }

    /// Checks a UUID that may be absent or null.
    pub(crate) fn nullable_uuid(&mut self, name: &str) {
        if let Some(string) = self.nullable_string(name) {
            self.check_uuid(name, &string);
        }
    }

    fn check_uuid(&mut self, name: &str, string: &str) {
        if !string.is_empty() && parse_uuid(string).is_none() {
            self.add_error(format!("{}{name} must be a UUID", self.path));
        }
    }

    pub(crate) fn nullable_bool(&mut self, name: &str) -> Option<bool> {
        match self.fields.remove(name)? {
            Value::Null => None,
            Value::Bool(value) => Some(value),
            _ => {
                self.add_error(format!("{}{name} must be a boolean or null", self.path));
                None
            }
        }
    }

    /// Takes a whole number that may be absent.
    pub(crate) fn optional_whole_number(&mut self, name: &str) -> Option<u64> {
        let number = self.fields.remove(name)?.as_u64();
        if number.is_none() {
            self.add_error(format!("{}{name} must be a whole number", self.path));
        }
        number
    }

    /// A time in milliseconds, at most ten years: longer ones cannot be added to dates.
    pub(crate) fn optional_milliseconds(&mut self, name: &str) -> Option<Duration> {
        let number = self.optional_whole_number(name)?;
        if number > MOST_MILLISECONDS {
            let problem = format_args!("must be at most {MOST_MILLISECONDS}, which is ten years");
            self.add_field_error(name, problem);
        }
        Some(Duration::from_millis(number.min(MOST_MILLISECONDS)))
    }

    pub(crate) fn nullable_object(&mut self, name: &str) -> Option<Map<String, Value>> {
        match self.fields.remove(name)? {
            Value::Null => None,
            Value::Object(fields) => Some(fields),
            _ => {
                self.add_error(format!("{}{name} must be an object or null", self.path));
                None
            }
        }
    }

    pub(crate) fn nullable_array(&mut self, name: &str) -> Option<Vec<Value>> {
        match self.fields.remove(name)? {
            Value::Null => None,
            Value::Array(items) => Some(items),
            _ => {
                self.add_error(format!("{}{name} must be an array or null", self.path));
                None
            }
        }
    }

    /// Takes an array of objects that may be absent, and reads each object with `read`.
    pub(crate) fn objects<T>(&mut self, name: &str, read: impl Fn(&mut Self) -> T) -> Vec<T> {
        let items = self.nullable_array(name).unwrap_or_default();
        let items = items.into_iter().enumerate();
        items
            .filter_map(|(index, item)| {
                self.read_object(&format!("{name}[{index}]"), Some(item), &read)
            })
            .collect()
    }

    /// Takes an array of strings that may be absent.
    pub(crate) fn strings(&mut self, name: &str) -> Vec<String> {
        let mut strings = Vec::new();
        for item in self.nullable_array(name).unwrap_or_default() {
            match item {
                Value::String(string) => strings.push(string),
                _ => self.add_field_error(name, "must be an array of strings"),
            }
        }
        strings
    }

    /// Takes an object and reads it with `read`.
    pub(crate) fn required_object<T>(
        &mut self,
        name: &str,
        read: impl Fn(&mut Self) -> T,
    ) -> Option<T> {
        let value = self.fields.remove(name);
        self.read_object(name, value, &read)
    }

    /// Takes an array with at least one object and reads each object with `read`.
    pub(crate) fn required_objects<T>(
        &mut self,
        name: &str,
        read: impl Fn(&mut Self) -> T,
    ) -> Vec<T> {
        match self.nullable_array(name) {
            Some(items) if !items.is_empty() => {
                let items = items.into_iter().enumerate();
                items
                    .filter_map(|(index, item)| {
                        self.read_object(&format!("{name}[{index}]"), Some(item), &read)
                    })
                    .collect()
            }
            _ => {
                self.add_error(format!(
                    "{}{name} must be an array with at least one item",
                    self.path
                ));
                Vec::new()
            }
        }
    }

    /// Reads `value`, which was taken from this object, with `read`.
    pub(crate) fn read_object<T>(
        &mut self,
        name: &str,
        value: Option<Value>,
        read: &impl Fn(&mut Self) -> T,
    ) -> Option<T> {
        let path = format!("{}{name}", self.path);
        let Some(Value::Object(fields)) = value else {
            self.add_error(format!("{path} must be an object"));
            return None;
        };
        let mut inner = Self::nested(&path, fields);
        let read = read(&mut inner);
        self.errors.append(&mut inner.close());
        Some(read)
    }

    /// Ends the reading. Fields that were not taken are unknown.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        let errors = self.close();
        if errors.is_empty() {
            Ok(())
        } else {
            Err(ApiError::invalid_payload(&errors))
        }
    }

    /// Ends the reading of an object in which any other field is allowed. Returns the errors.
    pub(crate) fn finish_open(self) -> Vec<String> {
        self.errors
    }

    fn close(mut self) -> Vec<String> {
        for name in std::mem::take(&mut self.fields).keys() {
            self.add_error(format!("{}{name} is not a known field", self.path));
        }
        self.errors
    }
}
