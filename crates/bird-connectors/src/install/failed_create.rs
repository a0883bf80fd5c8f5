//! Classifies the error of a create: whether a connector may exist, and which ids to read to find it. Pure.

use bird_connectors_api::types::{ConnectorId, WorkspaceId};
use serde_json::Value;
use uuid::Uuid;

use crate::error::{Error, ErrorKind, RequestOutcome};

/// Maximum number of ids to take from one response.
const MAX_IDS: usize = 5;

/// The effect of a failed create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FailedCreate {
    /// No connector was created: the request was not processed, or was rejected.
    NotCreated,
    /// The API reports that the connector exists. The ids are those in its response.
    AlreadyExists(Vec<ConnectorId>),
    /// The outcome is unknown. The ids are those in a response that could not be decoded.
    Unknown(Vec<ConnectorId>),
}

/// Classifies the error of a create.
pub(super) fn classify(error: &Error, workspace: WorkspaceId) -> FailedCreate {
    // The documentation has the error "connector already exists", but not its status.
    let reported = error
        .code()
        .is_some_and(|code| code.to_ascii_lowercase().contains("alreadyexists"));
    let rejected = matches!(error.kind(), ErrorKind::Validation | ErrorKind::Api);
    let mut ids = Vec::new();
    if error.is_conflict() || (rejected && reported) {
        error
            .details()
            .into_iter()
            .for_each(|all| collect_ids(all, &mut ids));
    } else if error.kind() == ErrorKind::Decode {
        let raw = error.raw().and_then(|raw| serde_json::from_str(raw).ok());
        raw.iter()
            .for_each(|body: &Value| collect_ids(&body["id"], &mut ids));
        return FailedCreate::Unknown(connectors(ids));
    } else if error.outcome() == Some(RequestOutcome::Unknown) {
        return FailedCreate::Unknown(Vec::new());
    } else {
        return FailedCreate::NotCreated;
    }
    ids.retain(|id| id != workspace.as_uuid());
    ids.truncate(MAX_IDS);
    FailedCreate::AlreadyExists(connectors(ids))
}

fn connectors(ids: Vec<Uuid>) -> Vec<ConnectorId> {
    ids.into_iter().map(ConnectorId::from).collect()
}

/// Collects every id anywhere in a value, without duplicates. The zero UUID is not an id.
fn collect_ids(value: &Value, ids: &mut Vec<Uuid>) {
    match value {
        Value::String(string) => {
            if let Ok(id) = Uuid::try_parse(string.trim())
                && !id.is_nil()
                && !ids.contains(&id)
            {
                ids.push(id);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_ids(item, ids)),
        Value::Object(fields) => fields.values().for_each(|field| collect_ids(field, ids)),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
