//! The errors of single fields, which the `details` of a 422 contain.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Error, ErrorKind};

/// The number of fields that `Display` shows.
const SHOWN_FIELDS: usize = 3;

/// The maximum length of a path or of an error in `Display`, in characters.
const SHOWN_LENGTH: usize = 100;

impl Error {
    /// The errors of each field of a rejected request, by the path of the field, such as `.receiver.contacts[0]`. Empty if
    /// the error is not a [`Validation`](ErrorKind::Validation) error, or if its [`details`](Self::details) have another
    /// form.
    ///
    /// The API documents this form of the details for a 422 of the operations on channels. `Display` shows the first three
    /// fields.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
    /// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
    /// # let workspace = client.build()?.workspace(bird_connectors::WorkspaceId::from(sandbox.workspace_id()));
    /// use bird_connectors::templates::Custom;
    ///
    /// let incomplete = Custom::new("voice-messagebird:1", "Calls");
    /// let error = workspace.connectors().install(incomplete).await.unwrap_err();
    /// for (path, errors) in error.field_errors() {
    ///     println!("{path}: {}", errors.join(", "));
    /// }
    /// # assert_eq!(error.field_errors()[".arguments.phoneNumberId"], ["is required"]);
    /// # Ok(()) }
    /// ```
    // Inline, so that the code of this map is compiled only in programs that call it.
    #[inline]
    #[must_use]
    pub fn field_errors(&self) -> BTreeMap<&str, Vec<&str>> {
        self.errors_by_path().into_iter().collect()
    }

    /// The same, ordered as in the details.
    fn errors_by_path(&self) -> Vec<(&str, Vec<&str>)> {
        let fields = match self.details() {
            Some(Value::Object(fields)) if self.kind() == ErrorKind::Validation => fields,
            _ => return Vec::new(),
        };
        let errors = fields
            .iter()
            .map(|(path, value)| (path.as_str(), strings(value)));
        errors.filter(|(_, errors)| !errors.is_empty()).collect()
    }

    /// The first errors of fields for `Display`, each with the separator before it. The fields that the message names
    /// already are omitted.
    pub(super) fn shown_field_errors(&self) -> String {
        let message = self.message();
        let is_new = |path: &str| !message.contains(path.trim_start_matches('.'));
        let fields: Vec<_> = self
            .errors_by_path()
            .into_iter()
            .filter(|(path, _)| is_new(path))
            .collect();
        let mut shown = String::new();
        for (path, errors) in fields.iter().take(SHOWN_FIELDS) {
            shown += &format!("; {}: {}", shorten(path), shorten(&errors.join(", ")));
        }
        if fields.len() > SHOWN_FIELDS {
            shown += &format!("; and {} more fields", fields.len() - SHOWN_FIELDS);
        }
        shown
    }
}

/// The strings of a list, or a single string.
fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(string) => vec![string],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Cuts a string off after [`SHOWN_LENGTH`] characters.
fn shorten(string: &str) -> String {
    match string.char_indices().nth(SHOWN_LENGTH) {
        Some((end, _)) => format!("{}…", &string[..end]),
        None => string.to_owned(),
    }
}

#[cfg(test)]
mod tests;
