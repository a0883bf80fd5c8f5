//! How a command fails: the error, its exit code, and its report for people and programs. Pure.

mod report;

use std::fmt;

use bird_connectors::wait::WaitError;
use bird_connectors::webhook::WebhookError;
use bird_connectors::{ConnectorId, Error, ErrorKind, RequestOutcome};
use bird_connectors_plan::FileErrors;
pub(crate) use report::ErrorReport;
use serde_json::{Map, Value, json};

use crate::wording;

use crate::stop_signals::StopSignal;

/// Why a command did not succeed.
#[derive(Debug)]
pub(crate) enum CliError {
    /// The command line, a file or an environment variable is invalid. No request was sent.
    Usage(String),
    /// Files of channels are invalid. No request was sent.
    Files(FileErrors),
    /// A plan must not be applied. No request was sent that changes something.
    Refused(String),
    /// The command has written its output, and ends with this exit code.
    Ended(ExitStatus),
    /// A call of the SDK failed.
    Api(Box<ApiFailure>),
    /// A wait ended without a channel that can send.
    Wait {
        error: Box<WaitError>,
        /// The command that resumes the wait.
        resume: Option<String>,
    },
    /// Some of many installs failed. Their errors are part of the output.
    Bulk {
        /// What failed: `rows` of a file, or `waits`.
        subject: &'static str,
        failed: usize,
        total: usize,
        /// The highest exit code of one of them.
        worst: ExitStatus,
        resume: Option<String>,
    },
    /// A webhook delivery is not valid.
    Webhook(WebhookError),
    /// The connector of a create of unknown outcome was not found. It can still appear.
    Unresolved {
        message: String,
        token: String,
        /// The command that searches again.
        resume: String,
    },
    /// Ctrl-C, SIGTERM or SIGHUP.
    Interrupted {
        signal: StopSignal,
        token: Option<String>,
        resume: Option<String>,
        /// Whether the response of a request that changes something is missing.
        sending: bool,
        /// The names of what a run with a journal was creating: their responses are missing, too.
        unresolved: Vec<String>,
    },
    /// The result could not be written or filtered. The command itself has done its work, as far as it had come.
    Output {
        /// `local`, or `jq_failed`.
        kind: &'static str,
        message: String,
        token: Option<String>,
        resume: Option<String>,
    },
    /// Reading or writing on this machine failed.
    Local(String),
    /// The reader of standard output has closed it.
    BrokenPipe,
}

const JQ_FAILED: &str = "jq_failed";

/// A failed call, with what the command line knows about it.
#[derive(Debug)]
pub(crate) struct ApiFailure {
    pub(crate) error: Error,
    /// Whether the request changes something, so that an unknown outcome matters.
    pub(crate) write: bool,
    /// The command that continues.
    pub(crate) resume: Option<String>,
    pub(crate) hint: Option<String>,
    /// What the SDK calls a setting, and where the user has set it.
    pub(crate) sources: Vec<(&'static str, String)>,
}

impl CliError {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    /// The result cannot be written.
    pub(crate) fn output(message: String) -> Self {
        Self::Output {
            kind: "local",
            message,
            token: None,
            resume: None,
        }
    }

    /// The expression of `--jq` fails for a result.
    pub(crate) fn filter(why: &str) -> Self {
        Self::Output {
            kind: JQ_FAILED,
            message: format!("the jq expression failed: {why}"),
            token: None,
            resume: None,
        }
    }

    /// Adds what the command had reached to an error of its output.
    pub(crate) fn with_progress(mut self, reached: (Option<String>, Option<String>)) -> Self {
        if let Self::Output { token, resume, .. } = &mut self {
            (*token, *resume) = reached;
        }
        self
    }

    /// A setting of the client is not valid. `sources` are the names of the settings, and where the user has set them.
    pub(crate) fn configuration(error: Error, sources: Vec<(&'static str, String)>) -> Self {
        let mut failed = Self::from(error);
        if let Self::Api(failure) = &mut failed {
            failure.sources = sources;
        }
        failed
    }

    /// The error of a call that changes something.
    pub(crate) fn write(error: Error) -> Self {
        Self::Api(Box::new(ApiFailure {
            error,
            write: true,
            resume: None,
            hint: None,
            sources: Vec::new(),
        }))
    }

    /// Adds the command that continues, if the error has none.
    pub(crate) fn with_resume(mut self, command: impl FnOnce() -> String) -> Self {
        match &mut self {
            Self::Api(failure) if failure.resume.is_none() => failure.resume = Some(command()),
            Self::Wait { resume, .. } | Self::Interrupted { resume, .. } if resume.is_none() => {
                *resume = Some(command());
            }
            _ => {}
        }
        self
    }

    /// Adds the command to repeat, if repeating it can help: not if the request is invalid, or what it is about does not exist.
    pub(crate) fn with_repetition(self, command: impl FnOnce() -> String) -> Self {
        match &self {
            Self::Api(failure) if failure.can_pass() => self.with_resume(command),
            _ => self,
        }
    }

    /// Adds advice about the command line to an error of the API.
    pub(crate) fn with_hint(mut self, advice: impl Into<String>) -> Self {
        if let Self::Api(failure) = &mut self {
            failure.hint = Some(advice.into());
        }
        self
    }

    /// Adds advice if the connector does not exist: the id of a channel looks the same.
    pub(crate) fn about_connector(self, id: ConnectorId) -> Self {
        if self.exit_code() != ExitStatus::NotFound {
            return self;
        }
        self.with_hint(format!(
            "if this is the id of a channel, `bird-connectors channels get {id}` shows its connector"
        ))
    }

    pub(crate) fn exit_code(&self) -> ExitStatus {
        match self {
            Self::Usage(_) | Self::Files(_) => ExitStatus::Usage,
            Self::Refused(_) => ExitStatus::Conflict,
            Self::Ended(status) => *status,
            Self::Api(failure) => failure.exit_code(),
            Self::Wait { error, .. } => of_wait(error),
            Self::Bulk { worst, .. } => *worst,
            Self::Unresolved { .. } => ExitStatus::Unknown,
            Self::Interrupted { signal, .. } => match signal {
                StopSignal::Interrupt => ExitStatus::Interrupted,
                StopSignal::Terminate => ExitStatus::Terminated,
                StopSignal::HangUp => ExitStatus::HungUp,
            },
            Self::Output { .. } | Self::Local(_) | Self::Webhook(_) => ExitStatus::Failure,
            Self::BrokenPipe => ExitStatus::Done,
        }
    }

    pub(crate) fn report(&self) -> ErrorReport {
        let mut report = match self {
            Self::Usage(message) => ErrorReport::new("usage", message),
            Self::Refused(message) => ErrorReport::new("plan_refused", message),
            Self::Ended(_) => ErrorReport::new("local", ""),
            Self::Files(errors) => ErrorReport {
                details: Some(json!(errors.problems())),
                ..ErrorReport::new("invalid_files", count(errors))
            },
            Self::Bulk {
                subject,
                failed,
                total,
                worst,
                resume,
            } => ErrorReport {
                hint: bulk_hint(subject, *worst).map(str::to_owned),
                resume: resume.clone(),
                ..ErrorReport::new(
                    &format!("{subject}_failed"),
                    format!("{failed} of {total} {subject} failed"),
                )
            },
            Self::Unresolved {
                message,
                token,
                resume,
            } => ErrorReport {
                token: Some(token.clone()),
                resume: Some(resume.clone()),
                outcome: Some(RequestOutcome::Unknown.as_str()),
                hint: Some(UNRESOLVED_HINT.to_owned()),
                ..ErrorReport::new("outcome_unknown", message)
            },
            Self::Webhook(error) => ErrorReport::new(error.reason(), error.to_string()),
            Self::Output {
                kind,
                message,
                token,
                resume,
            } => ErrorReport {
                token: token.clone(),
                resume: resume.clone(),
                hint: (*kind == JQ_FAILED).then(|| {
                    "--jq only filters the result, and undoes nothing: correct the expression before you continue".to_owned()
                }),
                ..ErrorReport::new(kind, message)
            },
            Self::Local(message) => ErrorReport::new("local", message),
            Self::BrokenPipe => ErrorReport::new("local", "standard output is closed"),
            Self::Interrupted {
                signal,
                token,
                resume,
                sending,
                unresolved,
            } => ErrorReport {
                token: token.clone(),
                resume: resume.clone(),
                outcome: (*sending || !unresolved.is_empty())
                    .then(|| RequestOutcome::Unknown.as_str()),
                details: (!unresolved.is_empty()).then(|| json!({"unresolved": unresolved})),
                ..ErrorReport::new("interrupted", interrupted(*signal, *sending, unresolved))
            },
            Self::Api(failure) => failure.report(),
            Self::Wait { error, resume } => wait_report(error, resume.clone()),
        };
        report.exit_code = self.exit_code() as u8;
        let (message, anchor) = wording::translate(&report.message);
        report.message = message;
        report.docs = anchor.as_deref().map(wording::docs);
        report
    }
}

fn count(errors: &FileErrors) -> String {
    match errors.problems().len() {
        1 => "the files have a problem".to_owned(),
        problems => format!("the files have {problems} problems"),
    }
}

const UNRESOLVED_HINT: &str = "before you install it again, check that `bird-connectors connectors list` does not show it; a connector that appears later would be a second one";

fn bulk_hint(subject: &str, worst: ExitStatus) -> Option<&'static str> {
    match worst {
        ExitStatus::Unknown if subject == "steps" => Some(
            "if what steps with exit code 8 create does not exist, add --recreate-after-window",
        ),
        ExitStatus::Unknown if subject == "rows" => Some(
            "if the connectors of rows with exit code 8 do not exist, add --recreate-after-window",
        ),
        ExitStatus::Unknown => Some(UNRESOLVED_HINT),
        ExitStatus::Usage if subject == "rows" => Some(
            "correct the rows in the file first; repeating a finished row adopts its connector",
        ),
        _ => None,
    }
}

/// How many names a message lists.
const MAX_NAMES: usize = 16;

fn interrupted(signal: StopSignal, sending: bool, unresolved: &[String]) -> String {
    let what = match signal {
        StopSignal::Interrupt => "interrupted",
        StopSignal::Terminate => "terminated by a signal",
        StopSignal::HangUp => "the terminal was closed",
    };
    if sending {
        return format!("{what} before the response arrived: the request may have been processed");
    }
    if unresolved.is_empty() {
        return what.to_owned();
    }
    let (shown, more) = unresolved.split_at(unresolved.len().min(MAX_NAMES));
    let names = shown.join(", ");
    let more = match more.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{what} before the responses arrived: {names}{more} may have been created")
}

impl From<Error> for CliError {
    /// The error of a call that changes nothing.
    fn from(error: Error) -> Self {
        Self::Api(Box::new(ApiFailure {
            error,
            write: false,
            resume: None,
            hint: None,
            sources: Vec::new(),
        }))
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.report().message)
    }
}

impl std::error::Error for CliError {}

/// The exit codes of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum ExitStatus {
    Done = 0,
    Failure = 1,
    Usage = 2,
    NotFound = 3,
    Denied = 4,
    Conflict = 5,
    NotReady = 6,
    InstallFailed = 7,
    Unknown = 8,
    Changes = 10,
    OnlyLive = 11,
    HungUp = 129,
    Interrupted = 130,
    Terminated = 143,
}

impl ApiFailure {
    fn exit_code(&self) -> ExitStatus {
        let unknown = self.error.unresolved().is_some() || self.error.may_have_been_processed();
        if self.write && unknown {
            return ExitStatus::Unknown;
        }
        match self.error.kind() {
            ErrorKind::Configuration | ErrorKind::InvalidInput | ErrorKind::Validation => {
                ExitStatus::Usage
            }
            ErrorKind::NotFound => ExitStatus::NotFound,
            ErrorKind::Authentication | ErrorKind::PermissionDenied => ExitStatus::Denied,
            ErrorKind::Conflict => ExitStatus::Conflict,
            _ => ExitStatus::Failure,
        }
    }

    /// Whether the same request can succeed later.
    fn can_pass(&self) -> bool {
        self.error.is_transient() || self.error.may_have_been_processed()
    }

    fn report(&self) -> ErrorReport {
        let mut report = api_report(&self.error);
        for (setting, source) in &self.sources {
            let named = format!("({setting})");
            report.message = report.message.replace(&named, &format!("({source})"));
        }
        ErrorReport {
            token: self.error.unresolved().map(ToString::to_string),
            resume: self.resume.clone(),
            hint: self.hint.clone(),
            ..report
        }
    }
}

/// The connector that exists already, if the error of a create names exactly one.
fn existing_connector(error: &Error) -> Option<ConnectorId> {
    let creates = matches!(
        error.action(),
        "create a connector" | "ensure a connector" | "install all"
    );
    let details = error.details().filter(|_| error.is_conflict() && creates)?;
    let id = details.get("connectorId").or_else(|| details.get("id"));
    let id = match id.unwrap_or(details) {
        Value::Array(ids) => match ids.as_slice() {
            [id] => id,
            _ => return None,
        },
        id => id,
    };
    id.as_str()?.parse().ok()
}

fn of_wait(error: &WaitError) -> ExitStatus {
    match error {
        WaitError::TimedOut(_) => ExitStatus::NotReady,
        WaitError::Failed { .. } => ExitStatus::InstallFailed,
        WaitError::Vanished(_) => ExitStatus::NotFound,
        WaitError::Denied { .. } => ExitStatus::Denied,
        WaitError::Invalid(_) => ExitStatus::Usage,
        _ => ExitStatus::Failure,
    }
}

fn wait_report(error: &WaitError, resume: Option<String>) -> ErrorReport {
    let (kind, cause) = match error {
        WaitError::TimedOut(report) => ("wait_timed_out", report.last_poll_error.as_ref()),
        WaitError::Failed { .. } => ("install_failed", None),
        WaitError::Vanished(_) => ("not_found", None),
        WaitError::Denied { error, .. } => (error.kind().as_str(), Some(error)),
        WaitError::Invalid(error) => (error.kind().as_str(), Some(error)),
        _ => ("wait_failed", None),
    };
    // A wait that failed for good cannot be resumed.
    let resumable = matches!(error, WaitError::TimedOut(_) | WaitError::Denied { .. });
    ErrorReport {
        kind: kind.to_owned(),
        message: error.to_string(),
        connector_id: error.connector_id().map(|id| id.to_string()),
        token: error.token().map(ToString::to_string),
        channel_status: error.report().and_then(|report| report.status.clone()),
        channel_stage: error.report().and_then(|report| report.stage.clone()),
        resume: resume.filter(|_| resumable),
        ..cause.map_or_else(|| ErrorReport::new(kind, ""), api_report)
    }
}

/// The fields of an error of the SDK.
fn api_report(error: &Error) -> ErrorReport {
    ErrorReport {
        status: error.status().map(|status| status.as_u16()),
        code: error.code().map(ToOwned::to_owned),
        outcome: error.outcome().map(RequestOutcome::as_str),
        request_id: error.request_id().map(ToOwned::to_owned),
        retry_after: error.retry_after().map(|wait| wait.as_secs_f64()),
        details: error.details().cloned(),
        raw: foreign_body(error).map(ToOwned::to_owned),
        connector_id: existing_connector(error).map(|id| id.to_string()),
        ..ErrorReport::new(error.kind().as_str(), error.to_string())
    }
}

/// The body of a response that is not in the API's format, such as the page of a proxy: the other fields do not contain it.
fn foreign_body(error: &Error) -> Option<&str> {
    let body = error.raw()?;
    let fields = serde_json::from_str::<Map<String, Value>>(body);
    let has_message =
        fields.is_ok_and(|fields| fields.get("message").is_some_and(Value::is_string));
    (error.kind() == ErrorKind::Decode || !has_message).then_some(body)
}

#[cfg(test)]
mod tests;
