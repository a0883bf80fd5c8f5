//! Why a wait ended without a channel that can send.

use std::fmt;
use std::time::Duration;

use bird_connectors_api::types::{Channel, Connector, ConnectorReadiness};
use uuid::Uuid;

use super::WaitToken;
use crate::error::Error;

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
    /// Polls made.
    pub polls: u32,
    /// Since the wait began.
    pub elapsed: Duration,
    /// To go on waiting, here or elsewhere.
    pub token: WaitToken,
}

/// Which reading a status word came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StatusSource {
    /// The channel resource.
    Channel,
    /// The readiness reply's word on the channel.
    ReadinessChannel,
    /// The readiness reply's word on the number.
    ReadinessNumber,
}

impl fmt::Display for StatusSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
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
    pub fn connector_id(&self) -> Option<Uuid> {
        self.token().map(WaitToken::connector)
    }
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(report) = self.report() else {
            return match self {
                Self::Invalid(error) => error.fmt(f),
                _ => Ok(()),
            };
        };
        write!(f, "wait for connector {}: ", report.token.connector())?;
        match self {
            Self::TimedOut(_) => {
                write!(f, "timed out after {:.1} s", report.elapsed.as_secs_f64())?
            }
            Self::Failed { status, source, .. } => {
                write!(
                    f,
                    "the install failed: {source} says `{status}`; delete the connector, then install again"
                )?;
            }
            Self::Vanished(_) if report.token.seen() => {
                f.write_str("it does not exist any more (404 twice running)")?
            }
            Self::Vanished(_) => f.write_str("it never appeared (404 twice running)")?,
            Self::Denied { error, .. } => {
                write!(f, "nothing is left that this access key may read: {error}")?
            }
            Self::Invalid(_) => {}
        }
        match (&report.status, &report.stage) {
            (Some(status), Some(stage)) => write!(f, ", last status `{status}`, stage `{stage}`")?,
            (Some(status), None) => write!(f, ", last status `{status}`")?,
            (None, Some(stage)) => write!(f, ", no status seen, stage `{stage}`")?,
            (None, None) => f.write_str(", no status seen")?,
        }
        write!(
            f,
            ", {} {}",
            report.polls,
            if report.polls == 1 { "poll" } else { "polls" }
        )?;
        match (&report.last_poll_error, self) {
            (Some(error), Self::TimedOut(_)) => write!(f, ", last poll error: {error}"),
            _ => Ok(()),
        }
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
