//! The fields of an object that have an unexpected form, with the JSON that the API sent.

use std::fmt;

use serde_json::Value;

use crate::redacted::{Free as _, is_secret};
use crate::secret::REDACTED;

/// The raw values of fields that the typed fields of an object cannot hold. It takes 8 bytes while it is empty.
///
/// In addition to undecoded fields, it keeps fields that are present but blank, such as null, because they are written
/// back with the same value.
#[derive(Clone, Default, PartialEq)]
#[allow(clippy::box_collection)]
pub(crate) struct Undecoded(Option<Box<Vec<RawField>>>);

#[derive(Clone, PartialEq)]
struct RawField {
    name: &'static str,
    value: Value,
    /// Whether the typed field says the same as the value. Such a field is not reported.
    is_read: bool,
}

/// What a decoded field leaves over: its JSON, if the typed value cannot reproduce it.
pub(crate) struct Leftover {
    pub(crate) value: Value,
    pub(crate) is_read: bool,
}

impl Undecoded {
    /// Keeps the JSON of a field. A repeated field replaces the earlier one.
    #[inline]
    pub(crate) fn keep(&mut self, name: &'static str, leftover: Option<Leftover>) {
        // Nearly always.
        if leftover.is_some() || self.0.is_some() {
            self.replace(name, leftover);
        }
    }

    fn replace(&mut self, name: &'static str, leftover: Option<Leftover>) {
        if let Some(fields) = &mut self.0 {
            fields.retain(|field| field.name != name);
        }
        let Some(Leftover { mut value, is_read }) = leftover else {
            return;
        };
        if is_secret(name) && !value.is_null() {
            value = Value::from(REDACTED);
        } else {
            value.redact();
        }
        let fields = self.0.get_or_insert_default();
        // Sorted, so that equal objects compare as equal whatever the order of their fields in JSON.
        let at = fields.partition_point(|field| field.name < name);
        // Most objects keep one field at most, and a list can hold many objects.
        fields.reserve_exact(1);
        fields.insert(
            at,
            RawField {
                name,
                value,
                is_read,
            },
        );
    }

    pub(crate) fn raw(&self, name: &str) -> Option<&Value> {
        let field = self.fields().find(|field| field.name == name)?;
        Some(&field.value)
    }

    /// Whether a field that was present has a value, although it may have been written in another form.
    pub(crate) fn has_value(&self, name: &str) -> bool {
        let field = self.fields().find(|field| field.name == name);
        field.is_none_or(|field| {
            let is_empty = field.value.is_null() || field.value.as_str() == Some("");
            field.is_read && !is_empty
        })
    }

    /// Whether the value of the field could not be decoded, and is not a secret.
    pub(crate) fn is_undecoded(&self, name: &str) -> bool {
        self.iter().any(|(undecoded, _)| undecoded == name) && !is_secret(name)
    }

    /// The fields whose value could not be decoded.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.fields()
            .filter(|field| !field.is_read)
            .map(|field| (field.name, &field.value))
    }

    fn fields(&self) -> std::slice::Iter<'_, RawField> {
        self.0.as_ref().map_or([].iter(), |fields| fields.iter())
    }
}

/// Prints the names only: the values could contain a secret that the server repeats.
impl fmt::Debug for Undecoded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.iter().map(|(name, _)| name);
        formatter.debug_set().entries(names).finish()
    }
}

/// Reports the undecoded fields of a response, for telemetry.
pub trait ReportUndecoded {
    /// Calls `report` with the name of the type and of the field, for every undecoded field at any depth.
    fn report_undecoded(&self, _: &mut dyn FnMut(&'static str, &'static str)) {}
}

/// An empty response.
impl ReportUndecoded for () {}
