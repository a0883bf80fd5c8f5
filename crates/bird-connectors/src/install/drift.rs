//! Differences between an adopted connector and its template.

use std::fmt;

use bird_connectors_api::types::Connector;
use serde_json::{Value, json};

use super::matching::{WantedConnector, is_same, string, value_of};
use crate::error::{Error, ErrorKind, scrub_value};

/// The fields whose values messages may contain: they are documented, and none is a secret.
const DOCUMENTED_FIELDS: [&str; 9] = [
    "name",
    "connectorTemplateRef",
    "arguments.phoneNumberId",
    "arguments.channelMessageType",
    "arguments.useCaseId",
    "arguments.wabaId",
    "arguments.phoneId",
    "arguments.phoneNumber",
    "arguments.mbPhoneId",
];

/// A field of an adopted connector that differs from the template. The API has no call to change it.
///
/// `Debug` and `Display` show the values only if [`is_documented`](Self::is_documented) is true.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Drift {
    /// The field: `name`, `connectorTemplateRef`, or an argument such as `arguments.useCaseId`.
    pub field: String,
    /// The value in the template.
    pub wanted: Value,
    /// The value in the connector. Secrets of the template are removed from it.
    pub found: Value,
}

impl Drift {
    /// Whether the API documents the field, so that its values contain no secret. Arguments that the API does not document
    /// can contain anything.
    #[must_use]
    pub fn is_documented(&self) -> bool {
        Self::documents(&self.field)
    }

    /// Whether the API documents a field with this name, for the Python package.
    #[doc(hidden)]
    #[must_use]
    pub fn documents(field: &str) -> bool {
        DOCUMENTED_FIELDS.contains(&field)
    }

    /// For the details of an error. Values that could be secrets are left out.
    fn to_details(&self) -> Value {
        if self.is_documented() {
            json!({"field": self.field, "wanted": self.wanted, "found": self.found})
        } else {
            json!({"field": self.field})
        }
    }
}

/// For people. Values that could be secrets are left out.
impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_documented() {
            write!(
                f,
                "`{}` is {} instead of {}",
                self.field, self.found, self.wanted
            )
        } else {
            write!(f, "`{}` has another value", self.field)
        }
    }
}

impl fmt::Debug for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut drift = f.debug_struct("Drift");
        drift.field("field", &self.field);
        if !self.is_documented() {
            return drift.finish_non_exhaustive();
        }
        drift
            .field("wanted", &self.wanted)
            .field("found", &self.found)
            .finish()
    }
}

/// Returns the fields in which a connector differs from the wanted one, as far as the API returns them. Secrets are removed
/// from the values.
pub(super) fn find_drift(
    wanted: &WantedConnector,
    found: &Connector,
    secrets: &[&str],
) -> Vec<Drift> {
    let mut all = Vec::new();
    let mut differ = |field: &str, wanted: &Value, found: &Value| {
        let mut found = found.clone();
        for secret in secrets {
            scrub_value(&mut found, secret);
        }
        all.push(Drift {
            field: field.to_owned(),
            wanted: wanted.clone(),
            found,
        });
    };
    if found.name.trim() != wanted.name.trim() {
        differ("name", &string(&wanted.name), &string(&found.name));
    }
    match found.connector_template_ref.as_deref() {
        Some(reference) if !reference.is_empty() && reference != wanted.reference => {
            differ(
                "connectorTemplateRef",
                &string(&wanted.reference),
                &string(reference),
            );
        }
        _ => {}
    }
    for (key, value) in &*wanted.arguments {
        let returned = found.arguments.as_ref();
        if let Some(found) = returned.and_then(|arguments| value_of(arguments, key))
            && !is_same(key, found, value)
        {
            differ(&format!("arguments.{key}"), value, found);
        }
    }
    all
}

/// The error for an adopted connector that differs from its template, if the caller refuses drift.
pub(super) fn drift_error(action: &'static str, connector: &Connector, drift: &[Drift]) -> Error {
    let fields: Vec<_> = drift.iter().map(Drift::to_string).collect();
    let message = format!(
        "connector {} matches, but differs from the template: {}",
        connector.id,
        fields.join(", ")
    );
    let details: Vec<_> = drift.iter().map(Drift::to_details).collect();
    Error::new(ErrorKind::Conflict, action, message)
        .with_details(json!({"connectorId": connector.id, "drift": details}))
        .with_help(
            "the connector is unchanged; delete it and ensure again, change the template, or call it without `refuse_drift`",
        )
}

#[cfg(test)]
mod tests;
