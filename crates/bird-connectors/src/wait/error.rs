//! Why a wait ended without a channel that can send.

use std::fmt;
use std::time::Duration;

use bird_connectors_api::types::{Channel, Connector, ConnectorId, ConnectorReadiness};

use super::channel_state::{ChannelState, filled, shown};
use crate::error::{DocsAnchor, Error};
use crate::resume::WaitToken;

/// The state at the end of a wait without a channel that can send.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WaitReport {
    /// The connector as last read, or as returned by the create; `None` if it was never read.
    pub connector: Option<Connector>,
    /// The channel as last read.
    pub channel: Option<Channel>,
    /// The readiness reply as last read.
    pub readiness: Option<ConnectorReadiness>,
    /// The last status: the channel's own, or the one in the readiness reply if the channel was not read. `None` if the
    /// channel that was read has no status.
    pub status: Option<String>,
    pub(crate) status_is_of_readiness: bool,
    pub(crate) channel_state: ChannelState,
    /// The last stage in the readiness reply.
    pub stage: Option<String>,
    /// The last error of a poll that did not end the wait.
    pub last_poll_error: Option<Error>,
    /// The number of that poll, from 1.
    pub last_error_poll: Option<u32>,
    /// The number of polls.
    pub polls: u32,
    /// The time since the wait started.
    pub elapsed: Duration,
    /// The token to resume the wait with, in this process or in another one.
    pub token: WaitToken,
}

impl WaitReport {
    /// What the wait has seen, as clauses of the message that each begin with a comma: why there is no status of the channel,
    /// what the readiness reply says instead, and the stage. `explained` adds the first, unless the error of the last poll
    /// says the same.
    fn observed(&self, explained: bool) -> String {
        let last_error = self.last_poll_error.as_ref().map(Error::message);
        let reason = self.channel_state.reason_besides(last_error);
        let of_readiness = self
            .readiness
            .as_ref()
            .and_then(|readiness| filled(readiness.channel.as_ref()?.status.as_deref()));
        let mut clauses = String::new();
        if let Some(reason) = reason
            && explained
        {
            clauses += &format!(", {reason}");
        }
        match (&self.status, of_readiness) {
            (Some(status), _) if self.status_is_of_readiness => {
                clauses += &format!(", last status `{}` in the readiness reply", shown(status));
            }
            (Some(status), _) => clauses += &format!(", last status `{}`", shown(status)),
            (None, Some(status)) => {
                clauses += &format!(
                    ", no status observed, but the readiness reply reports `{}`",
                    shown(status)
                );
            }
            (None, None) => clauses += ", no status observed",
        }
        if let Some(stage) = &self.stage {
            clauses += &format!(", stage `{}`", shown(stage));
        }
        clauses
    }
}

/// The resource that reported a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StatusSource {
    /// The connector, which has the id of its channel. That is enough for
    /// [`Condition::has_channel`](super::Condition::has_channel).
    Connector,
    /// The channel, read by its id or found in the list.
    Channel,
    /// The channel in the readiness reply.
    ReadinessChannel,
    /// The number in the readiness reply.
    ReadinessNumber,
}

impl StatusSource {
    /// A stable lower-case name: `connector`, `channel`, `readiness_channel` or `readiness_number`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connector => "connector",
            Self::Channel => "channel",
            Self::ReadinessChannel => "readiness_channel",
            Self::ReadinessNumber => "readiness_number",
        }
    }
}

impl fmt::Display for StatusSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connector => "the connector",
            Self::Channel => "the channel",
            Self::ReadinessChannel => "the channel in the readiness reply",
            Self::ReadinessNumber => "the number in the readiness reply",
        })
    }
}

/// Why a wait ended without a channel that can send. The wait changes nothing about the connector.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum WaitError {
    /// The timeout expired. The install may still succeed: resume the wait with [`token`](Self::token).
    TimedOut(Box<WaitReport>),
    /// Two consecutive polls returned a failure status.
    #[non_exhaustive]
    Failed {
        /// The status, spelled as by the API.
        status: String,
        /// The resource that reported the status.
        reported_by: StatusSource,
        /// The state at the end of the wait.
        report: Box<WaitReport>,
    },
    /// The connector was deleted, or never appeared.
    Vanished(Box<WaitReport>),
    /// The access key cannot read any source that shows whether the install is finished.
    #[non_exhaustive]
    Denied {
        /// The 403 response; it names the missing permission.
        error: Error,
        /// The state at the end of the wait.
        report: Box<WaitReport>,
    },
    /// A setting of the wait is invalid. No request was sent.
    Invalid(Error),
}

impl WaitError {
    /// The state at the end of the wait; `None` if it never started.
    #[must_use]
    pub fn report(&self) -> Option<&WaitReport> {
        match self {
            Self::TimedOut(report)
            | Self::Vanished(report)
            | Self::Failed { report, .. }
            | Self::Denied { report, .. } => Some(report),
            Self::Invalid(_) => None,
        }
    }

    /// The token to resume the wait with, in this process or in another one; `None` if the wait never started.
    #[must_use]
    pub fn token(&self) -> Option<&WaitToken> {
        self.report().map(|report| &report.token)
    }

    /// The variant as a stable identifier: `wait_timed_out`, `wait_failed`, `wait_vanished`, `wait_denied`, or the kind of the
    /// error inside [`Invalid`](Self::Invalid). It is also its anchor on the page `errors` of the documentation.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::TimedOut(_) => "wait_timed_out",
            Self::Failed { .. } => "wait_failed",
            Self::Vanished(_) => "wait_vanished",
            Self::Denied { .. } => "wait_denied",
            Self::Invalid(error) => error.kind().as_str(),
        }
    }

    /// The id of the connector; `None` if the wait never started.
    #[must_use]
    pub fn connector_id(&self) -> Option<ConnectorId> {
        self.token().map(WaitToken::connector_id)
    }
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (report, reason) = match self {
            Self::TimedOut(report) => (
                report,
                format!("timed out after {:.1} s", report.elapsed.as_secs_f64()),
            ),
            Self::Failed {
                status,
                reported_by,
                report,
            } => (
                report,
                format!(
                    "the install failed: the status of {reported_by} is `{}`; delete the connector, then install or ensure again",
                    shown(status)
                ),
            ),
            Self::Vanished(report) if report.token.observed() => (
                report,
                "the connector no longer exists (404 in two consecutive polls)".to_owned(),
            ),
            Self::Vanished(report) => (
                report,
                "the connector never appeared (404 in two consecutive polls)".to_owned(),
            ),
            Self::Denied { error, report } => (
                report,
                format!(
                    "the access key cannot read any source that shows whether the install is finished: {}",
                    error.summary()
                ),
            ),
            Self::Invalid(error) => return error.fmt(f),
        };
        write!(
            f,
            "wait for connector {}: {reason}",
            report.token.connector_id()
        )?;
        write!(f, "{}", report.observed(matches!(self, Self::TimedOut(_))))?;
        let s = if report.polls == 1 { "" } else { "s" };
        write!(f, ", {} poll{s}", report.polls)?;
        if let (Self::TimedOut(_), Some(poll), Some(error)) =
            (self, report.last_error_poll, &report.last_poll_error)
        {
            write!(f, ", last poll error (poll {poll}): {}", error.summary())?;
        }
        write!(f, "{}", DocsAnchor(self.reason()))
    }
}

impl std::error::Error for WaitError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Denied { error, .. } | Self::Invalid(error) => Some(error),
            _ => self
                .report()?
                .last_poll_error
                .as_ref()
                .map(|error| error as _),
        }
    }
}
