//! One install: the create request, and the handle that waits for the channel.

use bird_connectors_api::types::{Connector, ConnectorId};
use chrono::{DateTime, Utc};

use super::same::{Wanted, identity_of};
use crate::client::Workspace;
use crate::clock::now;
use crate::error::{Error, ErrorKind, RequestOutcome};
use crate::resources::Connectors;
use crate::resume::WaitToken;
use crate::templates::Template;
use crate::wait::{ApiSource, InstallRef, Steps, UntilReady};

impl Connectors {
    /// Creates a connector from a template. The client sends one POST, and retries it only if the server did not process it.
    ///
    /// The API responds at once and installs the channel in the background. Wait for the channel with
    /// [`Install::until_ready`]. To make the install idempotent, use [`ensure`](Self::ensure) instead.
    ///
    /// # Errors
    /// - [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the template is invalid. Nothing was sent.
    /// - [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) if the API reports that the connector exists.
    /// - If [`may_have_been_processed`](Error::may_have_been_processed) is true, the connector may exist. Pass
    ///   [`Error::unresolved`] to [`reconcile`](Self::reconcile) before you retry.
    pub async fn install(&self, template: impl Into<Template>) -> Result<Install, Error> {
        let template = template.into();
        template.validate()?;
        let wanted = Wanted::new(&template, identity_of(&template));
        let left = wanted.unresolved(self.workspace().id(), now());
        let connector = self.create(template).await.map_err(|error| {
            let made = match (error.kind(), error.outcome()) {
                (ErrorKind::Decode, _) => "it was created",
                (_, Some(RequestOutcome::Unknown)) => "it may have been created",
                _ => return error,
            };
            let help = format!("{made}: look for {} before trying again", left.what());
            error.with_help(help).with_unresolved(left)
        })?;
        Ok(Install::created(self.workspace().clone(), connector, now()))
    }

    /// Resumes an install from its stored token. This makes no request.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the token belongs to another workspace.
    pub fn resume(&self, token: WaitToken) -> Result<Install, Error> {
        if token.workspace() != self.workspace().id() {
            return Err(Error::invalid_input(
                "resume an install",
                format!(
                    "the wait token belongs to workspace {}, not to {}",
                    token.workspace(),
                    self.workspace().id()
                ),
            ));
        }
        Ok(Install::resumed(self.workspace().clone(), token))
    }

    /// Returns the install of a connector, given only its id. This makes no request.
    pub fn follow(&self, connector: ConnectorId) -> Install {
        // The connector counts as just created, so that an early 404 is tolerated.
        let token = WaitToken::new(self.workspace().id(), connector, now(), false);
        Install::resumed(self.workspace().clone(), token)
    }
}

/// An install in progress. Returned by [`Connectors::install`], [`Connectors::resume`] and [`Connectors::follow`];
/// [`Connectors::ensure`] returns [`Ensured`](crate::install::Ensured) instead.
///
/// Dropping this handle does not affect the install.
#[derive(Clone, Debug)]
#[must_use = "a connector is not a channel yet: wait for it with `until_ready`, or keep its `token`"]
pub struct Install {
    workspace: Workspace,
    token: WaitToken,
    connector: Option<Connector>,
}

impl Install {
    pub(crate) fn created(workspace: Workspace, connector: Connector, at: DateTime<Utc>) -> Self {
        let token = WaitToken::new(workspace.id(), connector.id, at, false);
        Self {
            workspace,
            token,
            connector: Some(connector),
        }
    }

    /// One that was found: it has been read, so a 404 is no longer the settling of a create.
    pub(crate) fn adopted(workspace: Workspace, connector: Connector) -> Self {
        let token = WaitToken::new(
            workspace.id(),
            connector.id,
            connector.created_at.to_utc(),
            true,
        );
        Self {
            workspace,
            token,
            connector: Some(connector),
        }
    }

    pub(crate) fn resumed(workspace: Workspace, token: WaitToken) -> Self {
        Self {
            workspace,
            token,
            connector: None,
        }
    }

    /// The connector's id.
    #[must_use]
    pub fn id(&self) -> ConnectorId {
        self.token.connector()
    }

    /// The connector as the create answered it, or as it was found; `None` after [`Connectors::resume`] and
    /// [`Connectors::follow`].
    #[must_use]
    pub fn connector(&self) -> Option<&Connector> {
        self.connector.as_ref()
    }

    /// What is needed to go on waiting in another process. Store it before waiting.
    #[must_use]
    pub fn token(&self) -> WaitToken {
        self.token.clone()
    }

    /// Waits until the channel can send: awaits to [`Ready`](crate::wait::Ready), or says why not.
    ///
    /// The first poll is made at once. Errors that may pass are absorbed until the deadline (300 s by default); a
    /// status that is not known means that the install is not finished.
    pub fn until_ready(&self) -> UntilReady {
        UntilReady::new(
            ApiSource::new(&self.workspace),
            self.token(),
            self.connector.clone(),
        )
    }

    /// What each poll of such a wait sees, with the default settings. See [`UntilReady::progress`].
    pub fn progress(&self) -> Steps {
        self.until_ready().progress()
    }
}

impl From<&Install> for InstallRef {
    fn from(install: &Install) -> Self {
        Self::with_connector(install.token(), install.connector.clone())
    }
}

impl From<Install> for InstallRef {
    fn from(install: Install) -> Self {
        Self::with_connector(install.token, install.connector)
    }
}
