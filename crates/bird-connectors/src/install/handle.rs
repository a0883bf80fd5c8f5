//! One install: the create request, and the handle that waits for the channel.

use std::sync::Arc;

use bird_connectors_api::types::{Connector, ConnectorId, WorkspaceId};
use chrono::{DateTime, Utc};

use super::failed_create::{FailedCreate, classify};
use super::matching::{WantedConnector, identity_of};
use crate::client::Workspace;
use crate::clock::now;
use crate::error::{Error, ErrorKind, RequestOutcome};
use crate::resources::Connectors;
use crate::resume::{UnresolvedCreate, WaitToken};
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
    /// - [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) if the API reports that the connector exists. Use
    ///   [`ensure`](Self::ensure) to adopt it.
    /// - If [`may_have_been_processed`](Error::may_have_been_processed) is true, the connector may exist. Pass
    ///   [`Error::unresolved`] to [`reconcile`](Self::reconcile) before you retry.
    pub async fn install(&self, template: impl Into<Template>) -> Result<Install, Error> {
        let template = template.into();
        template.validate()?;
        let wanted = WantedConnector::new(&template, identity_of(&template));
        let workspace = self.workspace().id();
        let unresolved = wanted.unresolved(workspace, now());
        let connector = self.create(template, None).await.map_err(|error| {
            let known = match (error.kind(), error.outcome()) {
                // Including a success that the API did not send, such as a web page.
                (_, Some(RequestOutcome::Unknown)) => "it may have been created",
                (ErrorKind::Decode, _) => "it was created",
                _ => return suggest_ensure(error, workspace),
            };
            let help = format!("{known}: check for {} before you retry", unresolved.what());
            error.with_help(help).with_unresolved(unresolved)
        })?;
        let connector = Arc::new(connector);
        Ok(Install::created(self.workspace().clone(), connector, now()))
    }

    /// Describes the create that [`install`](Self::install) would send, so that it can be stored before it is sent. A
    /// process that ends before the response arrives does not know the outcome: pass the [`UnresolvedCreate`] to
    /// [`reconcile`](Self::reconcile) then. This makes no request. For [`ensure`](Self::ensure), use
    /// [`before_create`](crate::install::Ensure::before_create).
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let workspace_id = bird_connectors::WorkspaceId::from(uuid::Uuid::from_u128(1));
    /// # let client = bird_connectors::Client::builder().access_key("key").build()?;
    /// use bird_connectors::templates::Telegram;
    ///
    /// let connectors = client.workspace(workspace_id).connectors();
    /// let create = connectors.unresolved_create(Telegram::new("Bot"));
    /// assert_eq!(create.name(), "Bot");
    /// # Ok(()) }
    /// ```
    pub fn unresolved_create(&self, template: impl Into<Template>) -> UnresolvedCreate {
        let template = template.into();
        let wanted = WantedConnector::new(&template, identity_of(&template));
        wanted.unresolved(self.workspace().id(), now())
    }

    /// Resumes an install from its stored token. This makes no request.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the token belongs to another workspace.
    pub fn resume(&self, token: WaitToken) -> Result<Install, Error> {
        if token.workspace_id() != self.workspace().id() {
            return Err(Error::invalid_input(
                "resume an install",
                format!(
                    "the wait token belongs to workspace {}, not to {}",
                    token.workspace_id(),
                    self.workspace().id()
                ),
            ));
        }
        Ok(Install::resumed(
            self.workspace().clone(),
            token.clamped(now()),
        ))
    }

    /// Returns the install of a connector, given only its id. This makes no request.
    pub fn follow(&self, connector: ConnectorId) -> Install {
        // The connector counts as just created, so that an early 404 is tolerated.
        let token = WaitToken::new(self.workspace().id(), connector, now(), false);
        Install::resumed(self.workspace().clone(), token)
    }
}

/// Adds a help text if the API reports that the connector exists.
fn suggest_ensure(error: Error, workspace: WorkspaceId) -> Error {
    match classify(&error, workspace) {
        FailedCreate::AlreadyExists(_) => {
            error.with_help("to adopt the existing connector, use `ensure` instead of `install`")
        }
        FailedCreate::NotCreated | FailedCreate::Unknown(_) => error,
    }
}

/// An install in progress. Returned by [`Connectors::install`], [`Connectors::resume`] and [`Connectors::follow`];
/// [`Connectors::ensure`] returns [`Ensured`](crate::install::Ensured) instead.
///
/// Dropping this handle does not affect the install.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
/// # sandbox.next_install(bird_connectors_sandbox::Script::instant());
/// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
/// # let workspace = client.build()?.workspace(bird_connectors::WorkspaceId::from(sandbox.workspace_id()));
/// use bird_connectors::models::{ChannelMessageType, NumberId};
/// use bird_connectors::templates::Sms;
///
/// let sms = Sms::new("Support NL", NumberId::from_u128(1), ChannelMessageType::Conversational);
/// let install = workspace.connectors().install(sms).await?;
/// let token = install.token(); // Store it to resume the wait in another process.
/// let ready = install.until_ready().await?;
/// println!("connector {} has the channel {}", token.connector_id(), ready.channel_id);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "the channel is not ready yet: wait for it with `until_ready`, or store the `token`"]
pub struct Install {
    workspace: Workspace,
    token: WaitToken,
    connector: Option<Arc<Connector>>,
}

impl Install {
    pub(crate) fn created(
        workspace: Workspace,
        connector: Arc<Connector>,
        at: DateTime<Utc>,
    ) -> Self {
        let token = WaitToken::new(workspace.id(), connector.id, at, false);
        Self {
            workspace,
            token,
            connector: Some(connector),
        }
    }

    /// The install of an existing connector. The connector was read, so a 404 means that it was deleted.
    pub(crate) fn adopted(workspace: Workspace, connector: Arc<Connector>) -> Self {
        let token = WaitToken::new(
            workspace.id(),
            connector.id,
            // Without a date, the install is as old as its first read.
            connector
                .created_at
                .as_ref()
                .map_or_else(crate::clock::now, |created| created.to_utc()),
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
        self.token.connector_id()
    }

    /// The connector as the create returned it; `None` after [`Connectors::resume`] and [`Connectors::follow`].
    #[must_use]
    pub fn connector(&self) -> Option<&Connector> {
        self.connector.as_deref()
    }

    /// The token to resume the wait in this process or another one. Store it before you wait. It contains no secret.
    #[must_use]
    pub fn token(&self) -> WaitToken {
        self.token.clone()
    }

    /// Waits until the channel can send. Awaiting it returns [`Ready`](crate::wait::Ready), or the reason why the channel
    /// cannot send.
    ///
    /// The first poll starts immediately. The wait absorbs transient errors until its timeout (300 s by default). An unknown
    /// status means that the install is not finished.
    pub fn until_ready(&self) -> UntilReady {
        UntilReady::new(
            ApiSource::new(&self.workspace),
            self.token(),
            self.connector().cloned(),
        )
    }

    /// Waits like [`until_ready`](Self::until_ready) with default options, and returns every poll. See
    /// [`UntilReady::progress`].
    pub fn progress(&self) -> Steps {
        self.until_ready().progress()
    }
}

impl From<&Install> for InstallRef {
    fn from(install: &Install) -> Self {
        Self::with_connector(install.token(), install.connector().cloned())
    }
}

impl From<Install> for InstallRef {
    fn from(install: Install) -> Self {
        let connector = install.connector.map(Arc::unwrap_or_clone);
        Self::with_connector(install.token, connector)
    }
}
