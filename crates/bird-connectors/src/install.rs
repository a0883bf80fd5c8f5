//! Installing a channel: one create, and the handle that leads from it to a channel that can send. Below: installing
//! without doing it twice.

mod aftermath;
mod all;
mod all_ready;
mod driver;
mod ensure;
mod file_journal;
mod journal;
mod reconcile;
mod same;
mod shared;
mod store;

use bird_connectors_api::types::{Channel, Connector, ConnectorReadiness};
use chrono::{DateTime, Utc};
use futures_core::Stream;
use futures_util::StreamExt as _;
use uuid::Uuid;

pub use all::{InstallAll, InstallAllResults, InstallTotals};
pub use all_ready::{InstallAllUntilReady, OnboardError, OnboardResults, Onboarded};
pub use ensure::{Ensure, Ensured};
pub use file_journal::FileJournal;
pub use journal::Journal;
pub use reconcile::{Reconcile, Reconciling};
pub use same::{Drift, MatchedBy};

pub(crate) use same::{Identity, Wanted};

use crate::channels::Channels;
use crate::client::Workspace;
use crate::connectors::Connectors;
use crate::error::Error;
use crate::wait::{Lookup, Progress, Source, UntilReady, WaitError, WaitToken};
use crate::wait_all::of_kind;

/// An install under way. Made by [`Connectors::install`], [`Connectors::resume`] and [`Connectors::follow`]; see
/// [`Ensured`] for what [`Connectors::ensure`] makes.
///
/// Dropping it does nothing to the install.
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
        let token = WaitToken::new(workspace.id(), connector.id, connector.created_at, true);
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
    pub fn id(&self) -> Uuid {
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

    /// Waits until the channel can send: awaits to [`Ready`](crate::Ready), or says why not.
    ///
    /// The first poll is made at once. Errors that may pass are absorbed until the deadline (300 s by default); a
    /// status that is not known means that the install is not finished.
    pub fn until_ready(&self) -> UntilReady {
        UntilReady::new(
            ApiSource {
                workspace: self.workspace.clone(),
            },
            self.token(),
            self.connector.clone(),
        )
    }

    /// What each poll of such a wait sees, with the default settings. See [`UntilReady::progress`].
    pub fn progress(
        &self,
    ) -> impl Stream<Item = Result<Progress, WaitError>> + Send + Unpin + 'static {
        self.until_ready().progress()
    }
}

/// The API as a wait reads it.
#[derive(Clone, Debug)]
pub(crate) struct ApiSource {
    pub(crate) workspace: Workspace,
}

impl Source for ApiSource {
    async fn connector(&self, id: Uuid) -> Result<Connector, Error> {
        Connectors::new(self.workspace.clone()).poll(id).await
    }

    async fn readiness(&self, connector: Uuid) -> Result<ConnectorReadiness, Error> {
        Connectors::new(self.workspace.clone())
            .poll_status(connector)
            .await
    }

    async fn channel(&self, id: Uuid) -> Result<Channel, Error> {
        Channels::new(self.workspace.clone()).poll(id).await
    }

    async fn find_channel(&self, connector: Uuid, how: Lookup) -> Result<Option<Channel>, Error> {
        let list = Channels::new(self.workspace.clone()).list();
        let list = of_kind(list.single_attempt(), how);
        // Whole pages, as an item that cannot be read is some other channel's trouble.
        let mut pages = list.pages();
        while let Some(page) = pages.next().await {
            let own = |channel: &Channel| channel.connector_id == Some(connector);
            // A channel that was replaced may still be listed.
            let newest = page?.items.into_iter().filter(own);
            if let Some(channel) = newest.max_by_key(|channel| channel.created_at) {
                return Ok(Some(channel));
            }
        }
        Ok(None)
    }
}
