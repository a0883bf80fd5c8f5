//! The algorithm of a bulk install: plans the installs, reads the list once, and ensures each template.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use bird_connectors_api::types::ConnectorId;
use futures_util::{StreamExt as _, stream};
use serde_json::json;

use super::ensure_run::{self, EnsureOutcome, EnsureSettings};
use super::ensured::Ensured;
use super::item::InstallItem;
use super::journal::Journal;
use super::journal_lines::JournalKey;
use super::matching::WantedConnector;
use super::open_journal::OpenJournal;
use super::results::EnsuredStream;
use super::shared_store::SharedStore;
use super::started_installs::StartedInstalls;
use super::store::{ConnectorStore, SnapshotMatch};
use crate::client::Workspace;
use crate::error::{Error, ErrorKind};
use crate::lock::lock;
use crate::templates::Template;

const ACTION: &str = "install all";

/// The default of the maximum number of concurrent installs.
pub(super) const DEFAULT_CONCURRENCY: usize = 16;

/// The inputs and settings of a bulk install.
pub(super) struct BulkInstallPlan {
    pub(super) items: Vec<InstallItem>,
    pub(super) identified_by: Option<Vec<String>>,
    pub(super) journal: Option<Arc<dyn Journal>>,
    pub(super) owner: Option<String>,
    pub(super) concurrency: usize,
    pub(super) settings: EnsureSettings,
}

impl fmt::Debug for BulkInstallPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkInstallPlan")
            .field("items", &self.items.len())
            .field("concurrency", &self.concurrency)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// A valid template and the connector that it describes.
type PlannedInstall = (Template, WantedConnector);

impl BulkInstallPlan {
    pub(super) fn new(items: Vec<InstallItem>) -> Self {
        Self {
            items,
            identified_by: None,
            journal: None,
            owner: None,
            concurrency: DEFAULT_CONCURRENCY,
            settings: EnsureSettings::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// The run as a stream. It starts when it is first polled.
    pub(super) fn start<S: ConnectorStore + 'static>(
        self,
        store: S,
        workspace: Workspace,
        started: Arc<StartedInstalls>,
    ) -> EnsuredStream {
        let run = async move { self.run(store, workspace, started).await };
        Box::pin(stream::once(run).flatten())
    }

    /// Reads the list and starts the installs.
    async fn run<S: ConnectorStore + 'static>(
        self,
        store: S,
        workspace: Workspace,
        started: Arc<StartedInstalls>,
    ) -> EnsuredStream {
        let installs = plan_installs(self.items, self.identified_by.as_deref());
        let run = if self.concurrency == 0 {
            Err(Error::invalid_input(
                ACTION,
                "the concurrency is 0: it must be at least 1",
            ))
        } else if installs.iter().all(Result::is_err) {
            // Without a valid template, the list is not needed.
            let errors = installs.into_iter().filter_map(Result::err).enumerate();
            return Box::pin(stream::iter(
                errors.map(|(index, error)| (index, Err(error))),
            ));
        } else {
            let wanted = installs.iter().flatten().map(|(_, wanted)| wanted);
            let journal = self.journal.map(|journal| {
                let keys = wanted.map(|wanted| JournalKey::new(store.workspace(), wanted));
                (journal, keys.collect())
            });
            let run = BulkInstallRun::start(store, workspace, journal, self.settings);
            run.await.map(|run| run.with_owner(self.owner))
        };
        let indexed = installs.into_iter().enumerate();
        match run {
            // An invalid template keeps its own error.
            Err(error) => Box::pin(stream::iter(indexed.map(move |(index, install)| {
                (index, Err(install.err().unwrap_or_else(|| error.clone())))
            }))),
            Ok(run) => {
                let run = Arc::new(run);
                let indexed = indexed.take_while(move |_| started.start());
                let installs = indexed.map(move |(index, install)| {
                    let run = Arc::clone(&run);
                    async move {
                        let result = match install {
                            // Most templates of a repeated run have a connector, which needs no future.
                            Ok(install) => match run.find(&install.1) {
                                Some(found) => run.finish(index, &install, found),
                                None => Box::pin(run.ensure(index, install)).await,
                            },
                            Err(error) => Err(error),
                        };
                        (index, result)
                    }
                });
                Box::pin(stream::iter(installs).buffer_unordered(self.concurrency))
            }
        }
    }
}

/// The index of a template, and its name for messages.
#[derive(Clone, Debug, PartialEq)]
struct NamedIndex {
    index: usize,
    name: String,
}

impl NamedIndex {
    fn new(index: usize, wanted: &WantedConnector) -> Self {
        Self {
            index,
            name: wanted.name.clone(),
        }
    }
}

impl fmt::Display for NamedIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "template {} (`{}`)", self.index, self.name)
    }
}

/// Validates the templates. A template that describes the same connector as an earlier one is an error, because it is unclear
/// which of the two is meant.
fn plan_installs(
    items: Vec<InstallItem>,
    identified_by: Option<&[String]>,
) -> Vec<Result<PlannedInstall, Error>> {
    let mut first_by_key: HashMap<String, usize> = HashMap::new();
    let mut planned: Vec<Result<PlannedInstall, Error>> = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let plan = || {
            let template = item.into_template()?;
            template.validate()?;
            let wanted = WantedConnector::of_template(&template, identified_by)
                .map_err(|why| Error::invalid_input(ACTION, why))?;
            let keys = wanted.identity_keys();
            if let Some(earlier) = keys.iter().find_map(|key| first_by_key.get(key)) {
                // Only a valid template has keys.
                let first = planned.get(*earlier).and_then(|one| one.as_ref().ok());
                let first = first.map_or(&wanted, |(_, wanted)| wanted);
                let earlier = NamedIndex::new(*earlier, first);
                let named = NamedIndex::new(index, &wanted);
                return Err(Error::invalid_input(
                    ACTION,
                    format!(
                        "{named} describes the same connector as {earlier}, {}: remove one of them",
                        wanted.describe_arguments()
                    ),
                ));
            }
            first_by_key.extend(keys.into_iter().map(|key| (key, index)));
            Ok((template, wanted))
        };
        let install = plan();
        planned.push(install);
    }
    planned
}

/// The state that all installs of a run share.
struct BulkInstallRun<S> {
    store: SharedStore<S>,
    workspace: Workspace,
    journal: Option<OpenJournal>,
    settings: EnsureSettings,
    /// The template that has each connector.
    claimed: Mutex<HashMap<ConnectorId, NamedIndex>>,
}

impl<S: ConnectorStore> BulkInstallRun<S> {
    async fn start(
        store: S,
        workspace: Workspace,
        journal: Option<(Arc<dyn Journal>, Vec<JournalKey>)>,
        settings: EnsureSettings,
    ) -> Result<Self, Error> {
        let journal = match journal {
            Some((journal, keys)) => {
                Some(OpenJournal::open(journal, ACTION, store.claims(), keys).await?)
            }
            None => None,
        };
        Ok(Self {
            store: SharedStore::read(store).await?,
            workspace,
            journal,
            settings,
            claimed: Mutex::default(),
        })
    }

    fn with_owner(mut self, owner: Option<String>) -> Self {
        self.journal = self.journal.map(|journal| journal.with_owner(owner));
        self
    }

    /// The connector of a template that exists, if nothing has to be read or written for it.
    fn find(&self, wanted: &WantedConnector) -> Option<EnsureOutcome> {
        if self.journal.is_some() {
            return None;
        }
        match self.store.first().find(wanted) {
            SnapshotMatch::One(matched) => Some(matched.into()),
            _ => None,
        }
    }

    async fn ensure(&self, index: usize, install: PlannedInstall) -> Result<Ensured, Error> {
        let (template, wanted) = &install;
        let run = ensure_run::ensure(
            &self.store,
            template,
            wanted,
            self.settings,
            Some(self.store.first()),
            self.journal.as_ref(),
        );
        let outcome = Box::pin(run).await?;
        self.finish(index, &install, outcome)
    }

    /// The result of a template that has a connector.
    fn finish(
        &self,
        index: usize,
        (template, wanted): &PlannedInstall,
        outcome: EnsureOutcome,
    ) -> Result<Ensured, Error> {
        let ensured = Ensured::new(self.workspace.clone(), template, wanted, outcome);
        if let Some(other) = self.claim(index, wanted, ensured.id()) {
            let template = NamedIndex::new(index, wanted);
            return Err(claimed_error(ensured.id(), &template, &other, wanted));
        }
        if self.settings.refuse_drift {
            return ensured.refuse_drift(ACTION);
        }
        Ok(ensured)
    }

    /// Claims a connector for a template. Returns the other template if there is one that has it already.
    fn claim(
        &self,
        index: usize,
        wanted: &WantedConnector,
        connector: ConnectorId,
    ) -> Option<NamedIndex> {
        let mut claimed = lock(&self.claimed);
        let owner = claimed.entry(connector);
        let owner = owner.or_insert_with(|| NamedIndex::new(index, wanted));
        (owner.index != index).then(|| owner.clone())
    }
}

/// The error for a connector that matches two different templates, because the API does not return the arguments in which
/// they differ.
fn claimed_error(
    connector: ConnectorId,
    template: &NamedIndex,
    other: &NamedIndex,
    wanted: &WantedConnector,
) -> Error {
    let message = format!(
        "connector {connector} belongs to {other}, but also matches {template}, {}: the API does not return enough of it to decide",
        wanted.describe_arguments()
    );
    Error::new(ErrorKind::Conflict, ACTION, message)
        .with_details(json!([connector]))
        .with_help("use different names, or create the second connector with `install`, which does not match")
}

#[cfg(test)]
mod tests;
