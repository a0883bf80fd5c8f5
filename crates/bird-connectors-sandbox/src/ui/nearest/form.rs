//! A refused request, what the sandbox has, and the valid form; and what the corrections share.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::error::ApiError;
use crate::api::operation::Operation;

/// A request that was refused.
pub(in crate::ui) struct Refused<'a> {
    pub(in crate::ui) operation: Option<Operation>,
    pub(in crate::ui) method: &'a str,
    pub(in crate::ui) path: &'a str,
    pub(in crate::ui) query: Option<&'a str>,
    /// The body, if it is JSON.
    pub(in crate::ui) body: Option<&'a Value>,
    /// Whether it has a key of the sandbox.
    pub(in crate::ui) is_authorized: bool,
    /// Whether its body is declared as JSON.
    pub(in crate::ui) is_json: bool,
    pub(in crate::ui) error: &'a ApiError,
}

/// What the sandbox has: values that a valid request can refer to.
pub(in crate::ui) struct Known {
    pub(in crate::ui) workspace: Uuid,
    pub(in crate::ui) organization: Uuid,
    /// The ids of the numbers, and whether an SMS install with them needs a use case.
    pub(in crate::ui) numbers: Vec<(Uuid, bool)>,
    pub(in crate::ui) use_case: Option<Uuid>,
    pub(in crate::ui) connector: Option<Uuid>,
    pub(in crate::ui) channel: Option<Uuid>,
    pub(in crate::ui) subscription: Option<Uuid>,
    /// The ids of all resources of the workspace.
    pub(in crate::ui) existing: Vec<Uuid>,
}

/// A request that the sandbox accepts, and how it differs from the refused one.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::ui) struct ValidForm {
    pub(in crate::ui) method: String,
    pub(in crate::ui) path: String,
    pub(in crate::ui) query: Option<String>,
    /// Headers that differ.
    pub(in crate::ui) headers: Vec<(&'static str, &'static str)>,
    pub(in crate::ui) body: Option<Value>,
    pub(in crate::ui) changes: Vec<String>,
}

impl ValidForm {
    pub(in crate::ui) fn into_json(self) -> Value {
        let headers = self.headers.iter();
        let headers: Vec<_> = headers
            .map(|(name, value)| json!({ "name": name, "value": value }))
            .collect();
        json!({
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": headers,
            "body": self.body,
            "changes": self.changes,
        })
    }
}

/// The most similar name, if one is similar enough.
pub(super) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    const SIMILAR: f64 = 0.6;
    // Comparing takes time that grows with the product of the lengths.
    let start: String = name.chars().take(64).collect();
    let plain = start.to_lowercase().replace(['-', '_', ' '], "");
    candidates
        .into_iter()
        .map(|candidate| {
            let similarity = strsim::normalized_levenshtein(&plain, &candidate.to_lowercase());
            (candidate, similarity)
        })
        .filter(|(_, similarity)| *similarity >= SIMILAR)
        .max_by(|(_, one), (_, other)| one.total_cmp(other))
        .map(|(candidate, _)| candidate)
}
