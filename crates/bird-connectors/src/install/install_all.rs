//! Bulk installs: the builder. The algorithm is in `bulk_run`, the results are in `results`.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use bird_connectors_api::types::ConnectorId;
use futures_util::StreamExt as _;

use super::bulk_run::BulkInstallPlan;
use super::item::InstallItem;
use super::journal::Journal;
use super::results::{InstallResult, InstallResults};
use super::started_installs::StartedInstalls;
use super::store::ApiStore;
use crate::future::BoxFuture;
use crate::resources::Connectors;
use crate::wait::WaitOptions;

impl Connectors {
    /// Installs many templates idempotently, several at the same time: see [`InstallAll`]. Pass templates, `Result`s of
    /// templates, or [`InstallItem`]s. This sends no request before the results are read.
    ///
    /// The list of existing connectors is read once. Each template has its own result, and a failed one does not affect the
    /// others:
    ///
    /// - A template that describes the same connector as an earlier one, by the table of [`ensure`](Self::ensure), fails with
    ///   [`InvalidInput`](crate::ErrorKind::InvalidInput) and is not sent, because it is unclear which of the two is meant.
    /// - A template that would adopt the connector of another template fails with [`Conflict`](crate::ErrorKind::Conflict).
    pub fn install_all<T: Into<InstallItem>>(
        &self,
        templates: impl IntoIterator<Item = T>,
    ) -> InstallAll {
        let items = templates.into_iter().map(Into::into);
        InstallAll {
            connectors: self.clone(),
            plan: BulkInstallPlan::new(items.collect()),
            wait: None,
        }
    }
}

/// A bulk install that has not started. Created by [`Connectors::install_all`]. Read the [`results`](Self::results) as they
/// arrive, or await all of them. To wait for the channels, too, call [`until_ready`](Self::until_ready).
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::builder()
/// #     .default_script(bird_connectors_sandbox::Script::instant()).start().await?;
/// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
/// # let workspace = client.build()?.workspace(bird_connectors::WorkspaceId::from(sandbox.workspace_id()));
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("installs.journal");
/// use bird_connectors::install::FileJournal;
/// use bird_connectors::models::NumberId;
/// use bird_connectors::templates::Voice;
///
/// let templates = (1..=3).map(|shop| Voice::new(format!("Shop {shop}"), NumberId::from_u128(shop)));
/// let connectors = workspace.connectors();
/// let installs = connectors.install_all(templates).journal(FileJournal::open(path)?).until_ready();
/// let mut results = installs.results();
/// while let Some(install) = results.next().await {
///     match install.error() {
///         None => println!("{}: channel {:?}", install.index, install.channel_id()),
///         Some(error) => eprintln!("{}: {error}", install.index),
///     }
/// }
/// assert_eq!(results.totals().created, 3);
/// assert_eq!(results.wait_totals().ready, 3);
/// # Ok(()) }
/// ```
#[must_use = "nothing is sent unless this is awaited or its results are read"]
pub struct InstallAll {
    connectors: Connectors,
    plan: BulkInstallPlan,
    /// The options of the wait for the channels; `None` without a wait.
    wait: Option<WaitOptions>,
}

impl InstallAll {
    /// Maximum number of concurrent installs. Default: 16. With zero, every result is an error.
    pub fn concurrency(mut self, installs: usize) -> Self {
        self.plan.concurrency = installs;
        self
    }

    /// See [`Ensure::reconcile_window`](crate::install::Ensure::reconcile_window).
    pub fn reconcile_window(mut self, window: Duration) -> Self {
        self.plan.settings.window = window;
        self
    }

    /// See [`Ensure::recreate_after_window`](crate::install::Ensure::recreate_after_window).
    pub fn recreate_after_window(mut self) -> Self {
        self.plan.settings.recreate = true;
        self
    }

    /// See [`Ensure::refuse_drift`](crate::install::Ensure::refuse_drift).
    pub fn refuse_drift(mut self) -> Self {
        self.plan.settings.refuse_drift = true;
        self
    }

    /// See [`Ensure::identified_by`](crate::install::Ensure::identified_by). It applies to every template.
    pub fn identified_by<K: Into<String>>(
        mut self,
        arguments: impl IntoIterator<Item = K>,
    ) -> Self {
        self.plan.identified_by = Some(arguments.into_iter().map(Into::into).collect());
        self
    }

    /// Records each create before it is sent, and its result: see [`Ensure::journal`](crate::install::Ensure::journal). To
    /// resume a run that was killed, repeat it with the same templates and the same journal. It does not repeat any create.
    ///
    /// Runs in several processes, or on several machines, can install the same templates at the same time if they share the
    /// journal: see [the guarantees of `ensure`](crate::resources::Connectors::ensure). They share the work: each run
    /// creates what no other run has claimed. A shared journal is asked once about all templates, and not again about those that
    /// exist; a connector that is created takes three calls.
    pub fn journal(mut self, journal: impl Journal + 'static) -> Self {
        self.plan.journal = Some(Arc::new(journal));
        self
    }

    /// See [`Ensure::owner`](crate::install::Ensure::owner).
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.plan.owner = Some(owner.into());
        self
    }

    /// Also waits until the channels can send, with shared polls: see [`WaitAll`](crate::wait::WaitAll). Each wait starts as
    /// soon as its connector is created or adopted.
    pub fn until_ready(mut self) -> Self {
        self.wait.get_or_insert_default();
        self
    }

    /// Replaces the options of the wait. Default: [`WaitOptions::default`]. This implies [`until_ready`](Self::until_ready).
    pub fn options(mut self, options: WaitOptions) -> Self {
        self.wait = Some(options);
        self
    }

    /// Returns the result of each template as soon as it is known. Every template has exactly one.
    ///
    /// The run starts when the stream is first polled, and starts no more installs than the stream is read.
    /// [`InstallResults::stop`] ends it after the installs that are in progress. Dropping the stream stops the run and the wait
    /// at once. The creates in flight may have been processed: repeat the run, preferably with a
    /// journal.
    pub fn results(self) -> InstallResults {
        let workspace = self.connectors.workspace().clone();
        let workspace_id = workspace.id();
        let wait = self.wait.map(|options| {
            let wait = self.connectors.wait_all(Vec::<ConnectorId>::new());
            wait.options(options)
        });
        let installs = self.plan.len();
        let started = Arc::new(StartedInstalls::default());
        let store = ApiStore::new(self.connectors);
        let stream = self.plan.start(store, workspace, Arc::clone(&started));
        InstallResults::new(workspace_id, installs, started, stream, wait)
    }
}

impl IntoFuture for InstallAll {
    type Output = Vec<InstallResult>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.results().collect())
    }
}

impl fmt::Debug for InstallAll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstallAll")
            .field("plan", &self.plan)
            .field("wait", &self.wait)
            .finish_non_exhaustive()
    }
}
