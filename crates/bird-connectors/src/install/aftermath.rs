//! What a failed create may have left behind, read off its error; and when to look. Pure.

use std::time::Duration;

use bird_connectors_api::types::{ConnectorId, WorkspaceId};
use serde_json::Value;
use uuid::Uuid;

use crate::error::{Error, ErrorKind, RequestOutcome};

/// The pause after the first look, and the longest one; in between it grows by half each time.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// No answer names more connectors than this that are worth reading.
const MOST_IDS: usize = 5;

/// What a failed create may have left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Aftermath {
    /// Nothing: it was certainly not processed, or refused for good.
    Nothing,
    /// The API says that there is one already; it may name it.
    Exists(Vec<ConnectorId>),
    /// Nobody knows; an answer that could not be read may name what was made.
    Unknown(Vec<ConnectorId>),
}

/// Judges the error of a create.
pub(super) fn aftermath(error: &Error, workspace: WorkspaceId) -> Aftermath {
    // "Connector already exists" is documented, its status is not.
    let says_so = error
        .code()
        .is_some_and(|code| code.to_ascii_lowercase().contains("alreadyexists"));
    let refused = matches!(error.kind(), ErrorKind::Validation | ErrorKind::Api);
    let mut ids = Vec::new();
    if error.is_conflict() || (refused && says_so) {
        error
            .details()
            .into_iter()
            .for_each(|all| collect(all, &mut ids));
    } else if error.kind() == ErrorKind::Decode {
        let raw = error.raw().and_then(|raw| serde_json::from_str(raw).ok());
        raw.iter()
            .for_each(|body: &Value| collect(&body["id"], &mut ids));
        return Aftermath::Unknown(connectors(ids));
    } else if error.outcome() == Some(RequestOutcome::Unknown) {
        return Aftermath::Unknown(Vec::new());
    } else {
        return Aftermath::Nothing;
    }
    ids.retain(|id| id != workspace.as_uuid());
    ids.truncate(MOST_IDS);
    Aftermath::Exists(connectors(ids))
}

fn connectors(ids: Vec<Uuid>) -> Vec<ConnectorId> {
    ids.into_iter().map(ConnectorId::from).collect()
}

/// Every id that stands somewhere in a value, once.
fn collect(value: &Value, ids: &mut Vec<Uuid>) {
    match value {
        Value::String(text) => {
            if let Ok(id) = Uuid::try_parse(text.trim())
                && !ids.contains(&id)
            {
                ids.push(id);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, ids)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, ids)),
        _ => {}
    }
}

/// The pauses between looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pauses(Duration);

impl Pauses {
    /// A short window is looked through in ten steps.
    pub(super) fn within(window: Duration) -> Self {
        Self(FIRST_PAUSE.min(window / 10))
    }

    pub(super) fn first(self) -> Duration {
        self.0
    }
}

impl Iterator for Pauses {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let pause = self.0;
        self.0 = (pause * 3 / 2).min(LONGEST_PAUSE);
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const WORKSPACE: WorkspaceId = WorkspaceId::from_u128(11);
    const ID: ConnectorId = ConnectorId::from_u128(7);

    fn of(error: Error) -> Aftermath {
        aftermath(&error, WORKSPACE)
    }

    fn error(kind: ErrorKind) -> Error {
        Error::new(kind, "create a connector", "x")
    }

    #[test]
    fn only_what_was_certainly_not_processed_leaves_nothing() {
        for kind in [
            ErrorKind::Validation,
            ErrorKind::Authentication,
            ErrorKind::NotFound,
            ErrorKind::InvalidInput,
        ] {
            assert_eq!(of(error(kind)), Aftermath::Nothing, "{kind:?}");
        }
        for outcome in [RequestOutcome::NotSent, RequestOutcome::Rejected] {
            let error = error(ErrorKind::Transport).with_outcome(outcome);
            assert_eq!(of(error), Aftermath::Nothing);
        }
        for kind in [ErrorKind::Transport, ErrorKind::Timeout, ErrorKind::Decode] {
            assert_eq!(of(error(kind)), Aftermath::Unknown(vec![]), "{kind:?}");
        }
        let busy = error(ErrorKind::Server).with_outcome(RequestOutcome::Unknown);
        assert_eq!(of(busy), Aftermath::Unknown(vec![]));
    }

    #[test]
    fn a_conflict_names_what_exists_wherever_it_stands() {
        for details in [
            json!(ID),
            json!({"id": ID}),
            json!([{"resource": {"connectorId": ID.to_string().to_uppercase()}}, {"again": ID}]),
            json!({"workspaceId": WORKSPACE, "existing": ID, "code": "x"}),
        ] {
            let conflict = error(ErrorKind::Conflict).with_details(details.clone());
            assert_eq!(of(conflict), Aftermath::Exists(vec![ID]), "{details}");
        }
        assert_eq!(of(error(ErrorKind::Conflict)), Aftermath::Exists(vec![]));
    }

    #[test]
    fn an_answer_that_cannot_be_read_may_tell_its_id() {
        let body = json!({"id": ID, "name": 5, "workspaceId": WORKSPACE}).to_string();
        let unread = error(ErrorKind::Decode).with_raw(body.as_bytes());
        assert_eq!(of(unread), Aftermath::Unknown(vec![ID]));
    }

    #[test]
    fn looks_come_half_a_second_apart_and_then_further() {
        let pauses: Vec<_> = Pauses::within(Duration::from_secs(30)).take(9).collect();
        assert_eq!(pauses[..3], [500, 750, 1125].map(Duration::from_millis));
        assert_eq!(pauses[8], LONGEST_PAUSE);
        let short = Pauses::within(Duration::from_millis(20)).next();
        assert_eq!(short, Some(Duration::from_millis(2)));
    }
}
