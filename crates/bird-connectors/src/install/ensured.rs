//! The result of an idempotent install.

use bird_connectors_api::types::{Connector, ConnectorId};
use secrecy::ExposeSecret as _;

use super::drift::{Drift, drift_error, find_drift};
use super::ensure_run::{EnsureOutcome, EnsuredConnector};
use super::handle::Install;
use super::matching::{MatchedBy, WantedConnector};
use super::store::MatchedConnector;
use crate::client::Workspace;
use crate::error::Error;
use crate::resume::WaitToken;
use crate::templates::Template;
use crate::wait::{InstallRef, Steps, UntilReady};

/// A connector that was created or adopted. Returned by [`Connectors::ensure`](crate::resources::Connectors::ensure).
///
/// Wait for the channel with [`until_ready`](Self::until_ready), like for an [`Install`].
#[derive(Clone, Debug)]
#[must_use = "the channel is not ready yet: wait for it with `until_ready`, or store the `token`"]
pub struct Ensured {
    install: Install,
    matched_by: Option<MatchedBy>,
    drift: Vec<Drift>,
    secrets_applied: bool,
    journal_error: Option<Error>,
}

impl Ensured {
    pub(crate) fn new(
        workspace: Workspace,
        template: &Template,
        wanted: &WantedConnector,
        outcome: EnsureOutcome,
    ) -> Self {
        let secrets = template.secrets();
        let mut ensured = match outcome.connector {
            EnsuredConnector::Created(connector) => Self {
                install: Install::created(workspace, connector, crate::clock::now()),
                matched_by: None,
                drift: Vec::new(),
                secrets_applied: true,
                journal_error: None,
            },
            EnsuredConnector::Adopted(matched) => {
                let exposed: Vec<_> = secrets
                    .iter()
                    .map(|secret| secret.expose_secret())
                    .collect();
                let drift = find_drift(wanted, &matched.connector, &exposed);
                Self {
                    drift,
                    ..Self::from_match(workspace, matched, !template.has_secrets())
                }
            }
        };
        ensured.journal_error = outcome.journal_error;
        ensured
    }

    /// An adopted connector without a comparison with its template.
    pub(crate) fn from_match(
        workspace: Workspace,
        matched: MatchedConnector,
        secrets_applied: bool,
    ) -> Self {
        Self {
            install: Install::adopted(workspace, matched.connector),
            matched_by: Some(matched.matched_by),
            drift: Vec::new(),
            secrets_applied,
            journal_error: None,
        }
    }

    /// Fails if the connector differs from its template.
    pub(crate) fn refuse_drift(self, action: &'static str) -> Result<Self, Error> {
        match self.connector() {
            Some(connector) if !self.drift.is_empty() => {
                Err(drift_error(action, connector, &self.drift))
            }
            _ => Ok(self),
        }
    }

    /// The connector's id.
    #[must_use]
    pub fn id(&self) -> ConnectorId {
        self.install.id()
    }

    /// The connector as it was read, or as the create returned it.
    #[must_use]
    pub fn connector(&self) -> Option<&Connector> {
        self.install.connector()
    }

    /// True if the connector was found, false if this call received the response of its create. A connector whose create
    /// this call sent, but whose response was lost, counts as found.
    #[must_use]
    pub fn adopted(&self) -> bool {
        self.matched_by.is_some()
    }

    /// Why the adopted connector matches; `None` if it was created.
    #[must_use]
    pub fn matched_by(&self) -> Option<&MatchedBy> {
        self.matched_by.as_ref()
    }

    /// How the adopted connector differs from the template, as far as the API returns it. Nothing was changed: the API has no
    /// call for that. To make drift an error, use [`Ensure::refuse_drift`](crate::install::Ensure::refuse_drift).
    #[must_use]
    pub fn drift(&self) -> &[Drift] {
        &self.drift
    }

    /// False if the template has secrets and the connector was adopted: it may have been created with other secrets, and
    /// nothing was sent to it. To apply the secrets, delete the connector and ensure it again.
    #[must_use]
    pub fn secrets_applied(&self) -> bool {
        self.secrets_applied
    }

    /// Why the result could not be written to the journal, for example because the disk is full. `None` if it was written, or
    /// without a journal.
    ///
    /// The connector exists. Correct the cause; a later run with this journal searches for the connector and adopts it. If the
    /// journal cannot be written before the create, [`ensure`](crate::resources::Connectors::ensure) returns the error instead,
    /// and nothing is sent.
    #[must_use]
    pub fn journal_error(&self) -> Option<&Error> {
        self.journal_error.as_ref()
    }

    /// Converts this into the handle of the install.
    pub fn into_install(self) -> Install {
        self.install
    }

    /// See [`Install::token`].
    #[must_use]
    pub fn token(&self) -> WaitToken {
        self.install.token()
    }

    /// See [`Install::until_ready`]. If the install of an adopted connector has failed, the wait ends with
    /// [`WaitError::Failed`](crate::wait::WaitError::Failed). Delete the connector then, and ensure it again; the SDK deletes
    /// nothing on its own.
    pub fn until_ready(&self) -> UntilReady {
        self.install.until_ready()
    }

    /// See [`Install::progress`].
    pub fn progress(&self) -> Steps {
        self.install.progress()
    }
}

impl From<&Ensured> for InstallRef {
    fn from(ensured: &Ensured) -> Self {
        (&ensured.install).into()
    }
}

impl From<Ensured> for InstallRef {
    fn from(ensured: Ensured) -> Self {
        ensured.install.into()
    }
}
