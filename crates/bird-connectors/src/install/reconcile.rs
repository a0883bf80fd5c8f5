//! Finding out later what a create of unknown outcome has created.

use std::future::IntoFuture;
use std::time::Duration;

use super::driver;
use super::ensure::{Ensured, WINDOW};
use super::same::Wanted;
use super::store::ApiStore;
use crate::error::Error;
use crate::future::BoxFuture;
use crate::resources::Connectors;
use crate::resume::UnresolvedCreate;

impl Connectors {
    /// Looks for what a create of unknown outcome may have made: what [`Error::unresolved`] of an earlier error tells,
    /// also of another process. Nothing is created. Await the result, after [`window`](Reconcile::window).
    ///
    /// It comes to `None` where nothing showed through the window: the outcome is as unknown as before.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) where several connectors are the same. Otherwise as
    /// [`list`](Self::list).
    pub fn reconcile(&self, unresolved: &UnresolvedCreate) -> Reconcile {
        Reconcile::new(self.clone(), unresolved.clone())
    }
}

/// A search for the connector that an unresolved create may have created. Made by [`Connectors::reconcile`]; await it.
#[derive(Clone, Debug)]
#[must_use = "nothing is read unless this is awaited"]
pub struct Reconcile {
    connectors: Connectors,
    unresolved: UnresolvedCreate,
    window: Duration,
}

impl Reconcile {
    pub(crate) fn new(connectors: Connectors, unresolved: UnresolvedCreate) -> Self {
        Self {
            connectors,
            unresolved,
            window: WINDOW,
        }
    }

    /// How long to look. Default: 30 s. Zero: once.
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    async fn run(self) -> Result<Option<Ensured>, Error> {
        let workspace = self.connectors.workspace();
        if self.unresolved.workspace() != workspace.id() {
            return Err(Error::invalid_input(
                "reconcile a create",
                format!(
                    "the create belongs to workspace {}, not to {}",
                    self.unresolved.workspace(),
                    workspace.id()
                ),
            ));
        }
        let store = ApiStore::new(self.connectors.clone());
        let found = driver::find(&store, &Wanted::from(&self.unresolved), self.window).await?;
        // Whether the secrets arrived is not known.
        Ok(found.map(|found| Ensured::adopted_as(workspace.clone(), found, false)))
    }
}

impl IntoFuture for Reconcile {
    type Output = Result<Option<Ensured>, Error>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
