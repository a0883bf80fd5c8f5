//! The errors of a run. Each reports the state of the connector as far as it is known, and the next step.

use bird_connectors_api::types::ConnectorId;

use super::{EnsureRun, LookupResult};
use crate::error::{Error, ErrorKind, RequestOutcome};
use crate::install::store::ACTION;
use crate::resume::UnresolvedCreate;

impl EnsureRun<'_> {
    /// The error of the create, with the result of the lookups after it.
    pub(super) fn unknown_outcome_error(
        &self,
        error: Error,
        lookup: LookupResult,
        unresolved: UnresolvedCreate,
    ) -> Error {
        let result = match lookup {
            LookupResult::Failed(why) => format!("the lookup failed ({})", why.summary()),
            LookupResult::Other(other) => format!(
                "the only connector found, {} (`{}`), does not match",
                other.id, other.name
            ),
            _ => self.nothing_found(),
        };
        let help = format!("it may have been created, but {result}; {}", self.advice());
        // A success that cannot be decoded counts as unknown, too: it may not have come from the API.
        error
            .with_outcome(RequestOutcome::Unknown)
            .with_help(help)
            .with_unresolved(unresolved)
    }

    /// The journal contains an intent without a result, and no connector was found.
    pub(super) fn open_intent_error(
        &self,
        unresolved: UnresolvedCreate,
        failure: Option<Error>,
    ) -> Error {
        let result = match failure {
            Some(why) => format!("the lookup failed ({})", why.summary()),
            None => self.nothing_found(),
        };
        let message = format!(
            "outcome unknown: an earlier run started this create at {}, the journal contains no result, and {result}",
            unresolved.at().format("%Y-%m-%d %H:%M:%S UTC")
        );
        Error::new(ErrorKind::Timeout, ACTION, message)
            .with_outcome(RequestOutcome::Unknown)
            .with_help(self.advice())
            .with_unresolved(unresolved)
    }

    /// Another run still has the claim of the connector.
    pub(super) fn claimed_error(&self) -> Error {
        let created = match self.first_create.get() {
            Some(_) => "the first create of this call may have succeeded",
            None => "nothing was created",
        };
        let message = format!(
            "{created}: another run has been installing {} for more than {:?}",
            self.wanted.describe(),
            self.settings.claim_limit()
        );
        Error::new(ErrorKind::Timeout, ACTION, message)
            .with_outcome(RequestOutcome::NotSent)
            .with_help("wait until that run ends, or stop it, and try again; a run whose results are not read does not end")
    }

    fn nothing_found(&self) -> String {
        format!(
            "no matching connector was found within {:?}",
            self.settings.window
        )
    }

    fn advice(&self) -> String {
        format!(
            "check for {} before creating it again (`recreate_after_window` does that)",
            self.wanted.describe()
        )
    }

    /// The journal contains a result, but its connector never appeared.
    pub(super) fn missing_error(&self, connector: ConnectorId) -> Error {
        let message = format!(
            "the journal says that connector {connector} was created, but neither it nor another match was found within {:?}",
            self.settings.window
        );
        Error::new(ErrorKind::NotFound, ACTION, message).with_help(
            "if it was deleted, `recreate_after_window` creates it again; if not, it may still appear",
        )
    }

    /// The API reports that the connector exists, but no match was found.
    pub(super) fn conflict_error(&self, error: Error, lookup: LookupResult) -> Error {
        let help = match lookup {
            LookupResult::Several(several) => return several,
            LookupResult::Other(other) => format!(
                "the existing connector is {} (`{}`), which is not {}; follow it by its id if it is the right one, or use another name or number",
                other.id,
                other.name,
                self.wanted.describe()
            ),
            LookupResult::Failed(why) => {
                format!(
                    "the existing connector could not be read: {}",
                    why.summary()
                )
            }
            _ => format!(
                "no existing connector is {}: none was found within {:?}",
                self.wanted.describe(),
                self.settings.window
            ),
        };
        error.with_help(help)
    }

    /// An error after the first create of a call, whose outcome is unknown. A second create may have been rejected, or not sent.
    pub(super) fn after_first_create(
        error: Error,
        first_create: Option<&UnresolvedCreate>,
    ) -> Error {
        let Some(first_create) = first_create.filter(|_| error.unresolved().is_none()) else {
            return error;
        };
        let error = error
            .with_outcome(RequestOutcome::Unknown)
            .with_unresolved(first_create.clone());
        match error.kind() {
            // The help is about the connector that exists.
            ErrorKind::Conflict => error,
            ErrorKind::Journal => error.with_help(
                "the first create of this call may have succeeded; call again when the journal works",
            ),
            _ => error.with_help(
                "the first create of this call, whose response was lost, may have succeeded; reconcile it before creating the connector again",
            ),
        }
    }
}
