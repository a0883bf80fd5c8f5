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

use bird_connectors_api::types::Connector;
use chrono::{DateTime, Utc};
use futures_core::Stream;
use uuid::Uuid;

pub use all::{InstallAll, InstallAllResults, InstallTotals};
pub use all_ready::{InstallAllUntilReady, OnboardError, OnboardResults, Onboarded};
pub use ensure::{Ensure, Ensured};
pub use file_journal::FileJournal;
pub use journal::Journal;
pub use reconcile::Reconcile;
pub use same::{Drift, MatchedBy};

pub(crate) use same::Wanted;

use crate::client::Workspace;
use crate::resume::wait_token::WaitToken;
use crate::wait::source::ApiSource;
use crate::wait::{Progress, UntilReady, WaitError};

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
