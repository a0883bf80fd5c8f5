//! Reconciliation: searches for the connector of a create with an unknown outcome.

use std::future::IntoFuture;
use std::time::Duration;

use tracing::Instrument as _;

use super::ensure_run::{self, DEFAULT_WINDOW};
use super::ensured::Ensured;
use super::matching::WantedConnector;
use super::store::ApiStore;
use super::telemetry;
use crate::error::Error;
use crate::future::BoxFuture;
use crate::resources::Connectors;
use crate::resources::telemetry::search_ended;
use crate::resume::UnresolvedCreate;

impl Connectors {
    /// Searches for the connector of a create with an unknown outcome. Take the create from [`Error::unresolved`], in this
    /// process or another one. This creates nothing. Await the returned [`Reconcile`], after [`window`](Reconcile::window).
    ///
    /// The result is `None` if no match appeared within the window. The outcome is then still unknown.
    ///
    /// # Errors
    /// - [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the create belongs to another workspace. Nothing was
    ///   sent.
    /// - [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) if several connectors match.
    /// - Otherwise the errors of [`list`](Self::list).
    pub fn reconcile(&self, unresolved: &UnresolvedCreate) -> Reconcile {
        Reconcile::new(self.clone(), unresolved.clone())
    }
}

/// A search for the connector of an unresolved create that has not started. Created by [`Connectors::reconcile`]; awaiting it
/// returns the connector, if there is one.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use bird_connectors_sandbox::{Fault, Operation, Rule};
/// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
/// # sandbox.rule(Rule::on(Operation::CreateConnector).fault(Fault::LostResponse).after_processing());
/// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
/// # let workspace = client.build()?.workspace(bird_connectors::WorkspaceId::from(sandbox.workspace_id()));
/// use bird_connectors::install::UnresolvedCreate;
/// use bird_connectors::templates::Telegram;
///
/// let connectors = workspace.connectors();
/// // The response is lost.
/// let error = connectors.install(Telegram::new("Bot")).await.unwrap_err();
/// let stored = error.unresolved().ok_or("nothing was sent")?.to_string();
///
/// // Later, in any process:
/// let unresolved: UnresolvedCreate = stored.parse()?;
/// match connectors.reconcile(&unresolved).await? {
///     Some(ensured) => println!("it was created: {}", ensured.id()),
///     None => println!("still unknown"),
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is sent unless this is awaited"]
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
            window: DEFAULT_WINDOW,
        }
    }

    /// How long to look. Default: 30 s. Zero looks once.
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    async fn run(self) -> Result<Option<Ensured>, Error> {
        let span = telemetry::reconcile(self.connectors.workspace().id());
        let result = self.search().instrument(span.span().clone()).await;
        search_ended(span, &result);
        result
    }

    async fn search(self) -> Result<Option<Ensured>, Error> {
        let workspace = self.connectors.workspace();
        if self.unresolved.workspace_id() != workspace.id() {
            return Err(Error::invalid_input(
                "reconcile a create",
                format!(
                    "the create belongs to workspace {}, not to {}",
                    self.unresolved.workspace_id(),
                    workspace.id()
                ),
            ));
        }
        let store = ApiStore::new(self.connectors.clone());
        let wanted = WantedConnector::from(&self.unresolved);
        let matched = ensure_run::find(&store, &wanted, self.window).await?;
        // It is unknown whether the connector has the secrets of the template.
        Ok(matched.map(|matched| Ensured::from_match(workspace.clone(), matched, false)))
    }
}

impl IntoFuture for Reconcile {
    type Output = Result<Option<Ensured>, Error>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
