//! The `error.type` of an error in telemetry.

use std::borrow::Cow;

use super::{ConnectionFailure, Error, ErrorKind, RequestOutcome};

impl Error {
    /// Why work of several calls failed, in the words that the spans of calls use: the status of the response, or one of a few
    /// fixed strings.
    pub(crate) fn error_type(&self) -> Cow<'static, str> {
        if let Some(status) = self.status().filter(|status| !status.is_success()) {
            return status.as_str().to_owned().into();
        }
        let is_certificate = self
            .connection_failure()
            .is_some_and(ConnectionFailure::is_certificate);
        Cow::Borrowed(match (self.kind(), self.outcome()) {
            (ErrorKind::RateLimited, _) => "rate_limit",
            (ErrorKind::Transport, _) if is_certificate => "certificate",
            (ErrorKind::Transport, Some(RequestOutcome::NotSent)) => "connection",
            (ErrorKind::Transport, _) => "connection_lost",
            (kind, _) => kind.as_str(),
        })
    }
}
