//! Why a wait ended without a channel that can send.

use std::fmt;
use std::time::Duration;

use bird_connectors_api::types::{Channel, Connector, ConnectorId, ConnectorReadiness};

use crate::error::Error;
use crate::resume::WaitToken;

/// What was known when a wait ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WaitReport {
    /// The connector as last read, or as the create answered it; `None` where it was never read.
    pub connector: Option<Connector>,
    /// The channel as last read.
    pub channel: Option<Channel>,
    /// The readiness reply as last read.
    pub readiness: Option<ConnectorReadiness>,
    /// The last status seen: the channel's, or what readiness says of the channel.
    pub status: Option<String>,
    /// The last stage seen.
    pub stage: Option<String>,
    /// The last poll error that was absorbed.
    pub last_poll_error: Option<Error>,
    /// The number of the poll that had it, from 1.
    pub last_error_poll: Option<u32>,
    /// Polls made.
    pub polls: u32,
    /// Since the wait began.
    pub elapsed: Duration,
    /// To go on waiting, here or elsewhere.
    pub token: WaitToken,
}

/// Which reading the last word came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StatusSource {
    /// The connector, which names its channel: enough for [`Condition::has_channel`](super::Condition::has_channel).
    Connector,
    /// The channel resource, read by its id or found in the list.
    Channel,
    /// The readiness reply's word on the channel.
    ReadinessChannel,
    /// The readiness reply's word on the number.
    ReadinessNumber,
}

impl StatusSource {
    /// As one stable lower-case word: `connector`, `channel`, `readiness_channel` or `readiness_number`.
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

/// Why a wait ended without a channel that can send. The connector itself is left as it is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum WaitError {
    /// The deadline passed. The install may still succeed: go on with [`token`](Self::token).
    TimedOut(Box<WaitReport>),
    /// A status that counts as failure was seen in two polls running.
    #[non_exhaustive]
    Failed {
        /// The status, as the API wrote it.
        status: String,
        /// Where it stood.
        source: StatusSource,
        /// What else was known.
        report: Box<WaitReport>,
    },
    /// The connector does not exist any more, or never came into being.
    Vanished(Box<WaitReport>),
    /// Nothing is left that the access key may read and that would tell.
    #[non_exhaustive]
    Denied {
        /// The refusal; it names the missing permission.
        error: Error,
        /// What else was known.
        report: Box<WaitReport>,
    },
    /// A setting of the wait cannot be used. Nothing was sent.
    Invalid(Error),
}

impl WaitError {
    /// What was known when the wait ended; `None` where it never began.
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

    /// To go on waiting, here or elsewhere.
    #[must_use]
    pub fn token(&self) -> Option<&WaitToken> {
        self.report().map(|report| &report.token)
    }

    /// The connector that was waited for.
    #[must_use]
    pub fn connector_id(&self) -> Option<ConnectorId> {
        self.token().map(WaitToken::connector)
    }
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (report, what) = match self {
            Self::TimedOut(report) => (
                report,
                format!("timed out after {:.1} s", report.elapsed.as_secs_f64()),
            ),
            Self::Failed {
                status,
                source,
                report,
            } => (
                report,
                format!(
                    "the install failed: {source} says `{status}`; delete the connector, then install again, or ensure again"
                ),
            ),
            Self::Vanished(report) if report.token.seen() => (
                report,
                "it does not exist any more (404 twice running)".to_owned(),
            ),
            Self::Vanished(report) => (report, "it never appeared (404 twice running)".to_owned()),
            Self::Denied { error, report } => (
                report,
                format!("nothing is left that this access key may read: {error}"),
            ),
            Self::Invalid(error) => return error.fmt(f),
        };
        write!(f, "wait for connector {}: {what}", report.token.connector())?;
        match (&report.status, &report.stage) {
            (Some(status), Some(stage)) => write!(f, ", last status `{status}`, stage `{stage}`")?,
            (Some(status), None) => write!(f, ", last status `{status}`")?,
            (None, Some(stage)) => write!(f, ", no status seen, stage `{stage}`")?,
            (None, None) => f.write_str(", no status seen")?,
        }
        let s = if report.polls == 1 { "" } else { "s" };
        write!(f, ", {} poll{s}", report.polls)?;
        if let (Self::TimedOut(_), Some(poll), Some(error)) =
            (self, report.last_error_poll, &report.last_poll_error)
        {
            write!(f, ", last poll error (poll {poll}): {error}")?;
        }
        Ok(())
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
