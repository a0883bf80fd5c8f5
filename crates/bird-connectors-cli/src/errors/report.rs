//! The report of an error: one JSON object for programs, lines for people.

use serde::Serialize;
use serde_json::Value;

/// An error as a JSON object. All fields are always present; what is unknown is null.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ErrorReport {
    /// A stable identifier: that of the SDK's error, or `usage`, `invalid_files`, `plan_refused`, `local`, `jq_failed`,
    /// `interrupted`, `outcome_unknown`, `wait_timed_out`, `install_failed`, `rows_failed`, `steps_failed`, `waits_failed`,
    /// `checks_failed`.
    pub(crate) kind: String,
    /// The HTTP status.
    pub(crate) status: Option<u16>,
    /// The API's error code.
    pub(crate) code: Option<String>,
    /// One line: what failed, why, and what to do.
    pub(crate) message: String,
    /// Whether the server processed the request: `not_sent`, `rejected`, `unknown` or `answered`.
    pub(crate) outcome: Option<&'static str>,
    pub(crate) request_id: Option<String>,
    /// In seconds.
    pub(crate) retry_after: Option<f64>,
    /// The details of the API's error.
    pub(crate) details: Option<Value>,
    /// The body of the response, if it is not in the API's format. Secrets are removed from it.
    pub(crate) raw: Option<String>,
    /// The connector of a wait, or the one that exists already. Null if it is not known.
    pub(crate) connector_id: Option<String>,
    pub(crate) channel_status: Option<String>,
    pub(crate) channel_stage: Option<String>,
    /// Identifies the wait or the unresolved create.
    pub(crate) token: Option<String>,
    /// Where the access key is from, if the API rejected it or its permissions. Only in the error of the command.
    pub(crate) key_source: Option<String>,
    /// The place in the documentation that explains the error.
    pub(crate) docs: Option<String>,
    /// Advice about the command line.
    pub(crate) hint: Option<String>,
    /// The command that continues.
    pub(crate) resume: Option<String>,
    pub(crate) exit_code: u8,
}

impl ErrorReport {
    pub(super) fn new(kind: &str, message: impl Into<String>) -> Self {
        Self {
            kind: kind.to_owned(),
            status: None,
            code: None,
            message: message.into(),
            outcome: None,
            request_id: None,
            retry_after: None,
            details: None,
            raw: None,
            connector_id: None,
            channel_status: None,
            channel_stage: None,
            token: None,
            key_source: None,
            docs: None,
            hint: None,
            resume: None,
            // Replaced by that of the error.
            exit_code: 1,
        }
    }

    /// The lines for a person, without the first word `error:`.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.message.clone()];
        if let Some(hint) = &self.hint {
            lines.push(format!("hint: {hint}"));
        }
        if let Some(source) = &self.key_source {
            lines.push(format!("access key from: {source}"));
        }
        if let Some(docs) = &self.docs {
            lines.push(format!("see: {docs}"));
        }
        if let Some(token) = &self.token {
            lines.push(format!("token: {token}"));
        }
        if let Some(resume) = &self.resume {
            lines.push(format!("continue with: {resume}"));
        }
        lines
    }
}
