//! Installing many without doing any of them twice: the builder, and the results as they come. How one of them is
//! ensured is in `driver`; waiting for them is in `all_ready`.

use std::collections::HashMap;
use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bird_connectors_api::types::ConnectorId;
use futures_core::Stream;
use futures_util::{StreamExt as _, stream};
use serde_json::json;

use super::driver::{self, Settings};
use super::ensure::{Ensured, WINDOW};
use super::journal::{Journal, Ledger};
use super::same::{Wanted, chosen_identity, identity_of};
use super::shared::SharedStore;
use super::store::{ApiStore, Store};
use crate::client::Workspace;
use crate::error::{Error, ErrorKind};
use crate::future::BoxFuture;
use crate::lock::lock;
use crate::resources::Connectors;
use crate::templates::Template;

const ACTION: &str = "install many";

/// How many are under way at the same time, where the caller does not say otherwise.
const CONCURRENCY: usize = 16;

impl Connectors {
    /// Ensures many, some of them at the same time: see [`InstallAll`]. The connectors that are there are read once. One
    /// bad template never stops the rest. No request is made before the results are asked for.
    ///
    /// A template that stands for the same connector as an earlier one of these, by the table of
    /// [`ensure`](Self::ensure), comes to an [`InvalidInput`](crate::ErrorKind::InvalidInput) error that names both, and is not
    /// sent: which of the two is meant cannot be told. One that would adopt a connector that another one has comes to a
    /// [`Conflict`](crate::ErrorKind::Conflict).
    pub fn install_all<T: Into<Template>>(
        &self,
        templates: impl IntoIterator<Item = T>,
    ) -> InstallAll {
        let templates = templates.into_iter().map(|template| Ok(template.into()));
        InstallAll::new(self.clone(), templates.collect())
    }
}

/// Many idempotent installs that have not begun. Made by [`Connectors::install_all`]: take the
/// [`results`](Self::results) as they come, await them all, or go on with [`until_ready`](Self::until_ready).
///
/// ```no_run
/// use bird_connectors::{Client, Error};
/// use bird_connectors::install::FileJournal;
/// use bird_connectors::templates::Template;
/// use futures_util::StreamExt;
///
/// # async fn example(client: Client, templates: Vec<Template>) -> Result<(), Error> {
/// let connectors = client.default_workspace()?.connectors();
/// let journal = FileJournal::open("onboarding.journal")?;
/// let onboarding = connectors.install_all(templates).journal(journal).until_ready();
/// let mut results = onboarding.results();
/// while let Some((number, result)) = results.next().await {
///     match result {
///         Ok(channel) => println!("{number}: channel {}", channel.ready.channel_id),
///         Err(error) => eprintln!("{number}: {error}"),
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is looked for or created unless this is awaited or its results are read"]
pub struct InstallAll {
    connectors: Connectors,
    plan: Plan,
}

impl InstallAll {
    fn new(connectors: Connectors, templates: Vec<Result<Template, Error>>) -> Self {
        Self {
            connectors,
            plan: Plan {
                templates,
                identified_by: None,
                journal: None,
                concurrency: CONCURRENCY,
                settings: Settings {
                    window: WINDOW,
                    recreate: false,
                },
            },
        }
    }

    /// How many are under way at the same time. Default: 16. Zero is refused when the run begins.
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

    /// See [`Ensure::identified_by`](crate::install::Ensure::identified_by): it holds for every template.
    pub fn identified_by<K: Into<String>>(
        mut self,
        arguments: impl IntoIterator<Item = K>,
    ) -> Self {
        self.plan.identified_by = Some(arguments.into_iter().map(Into::into).collect());
        self
    }

    /// Writes down each create before it is sent, and its result: see [`Ensure::journal`](crate::install::Ensure::journal). A run
    /// that was killed is resumed by doing the same again with the same journal: what was done is not repeated.
    pub fn journal(mut self, journal: impl Journal + 'static) -> Self {
        self.plan.journal = Some(Arc::new(journal));
        self
    }

    /// The results as they come: the number of the template, from 0, and what [`ensure`](Connectors::ensure) would have
    /// come to. Every template has one.
    ///
    /// The run begins when the stream is first polled, and begins no more installs than are asked for. Dropping it ends
    /// the run. What is under way then may have been created: do the same again, with a journal best.
    pub fn results(self) -> InstallAllResults {
        let workspace = self.connectors.workspace().clone();
        self.plan.results(ApiStore::new(self.connectors), workspace)
    }
}

/// For `until_ready`.
impl InstallAll {
    pub(super) fn connectors(&self) -> &Connectors {
        &self.connectors
    }
}

impl IntoFuture for InstallAll {
    type Output = Vec<(usize, Result<Ensured, Error>)>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.results().collect())
    }
}

impl fmt::Debug for InstallAll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstallAll")
            .field("templates", &self.plan.templates.len())
            .field("concurrency", &self.plan.concurrency)
            .field("settings", &self.plan.settings)
            .finish_non_exhaustive()
    }
}

type Results = Pin<Box<dyn Stream<Item = (usize, Result<Ensured, Error>)> + Send>>;

/// How a run of many installs stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InstallTotals {
    /// Connectors that this run created.
    pub created: usize,
    /// Connectors that were there already, or whose create is known only from looking.
    pub adopted: usize,
    /// Templates that came to an error.
    pub failed: usize,
    /// Templates without a result so far.
    pub pending: usize,
}

impl fmt::Display for InstallTotals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} created, {} adopted, {} failed, {} pending",
            self.created, self.adopted, self.failed, self.pending
        )
    }
}

/// The results of many installs, as they come. Made by [`InstallAll::results`].
#[must_use = "nothing is installed unless the results are read"]
pub struct InstallAllResults {
    results: Results,
    totals: InstallTotals,
}

impl InstallAllResults {
    /// How the run stands.
    #[must_use]
    pub fn totals(&self) -> InstallTotals {
        self.totals
    }
}

impl Stream for InstallAllResults {
    type Item = (usize, Result<Ensured, Error>);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.results.poll_next_unpin(cx);
        if let Poll::Ready(Some((_, result))) = &next {
            let totals = &mut self.totals;
            totals.pending -= 1;
            match result {
                Ok(ensured) if ensured.adopted() => totals.adopted += 1,
                Ok(_) => totals.created += 1,
                Err(_) => totals.failed += 1,
            }
        }
        next
    }
}

impl fmt::Debug for InstallAllResults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstallAllResults")
            .field("totals", &self.totals)
            .finish_non_exhaustive()
    }
}

/// Many installs without the place where connectors are.
pub(super) struct Plan {
    pub(super) templates: Vec<Result<Template, Error>>,
    pub(super) identified_by: Option<Vec<String>>,
    pub(super) journal: Option<Arc<dyn Journal>>,
    pub(super) concurrency: usize,
    pub(super) settings: Settings,
}

/// A template and what is looked for.
type Job = (Template, Wanted);

impl Plan {
    pub(super) fn results<S: Store + 'static>(
        self,
        store: S,
        workspace: Workspace,
    ) -> InstallAllResults {
        let totals = InstallTotals {
            pending: self.templates.len(),
            ..InstallTotals::default()
        };
        let begin = async move { self.begin(store, workspace).await };
        InstallAllResults {
            results: Box::pin(stream::once(begin).flatten()),
            totals,
        }
    }

    /// Reads what is there once, and begins.
    async fn begin<S: Store + 'static>(self, store: S, workspace: Workspace) -> Results {
        let jobs = jobs(self.templates, self.identified_by.as_deref());
        let run = if self.concurrency == 0 {
            Err(Error::invalid_input(
                ACTION,
                "the concurrency is 0: nothing would ever be done",
            ))
        } else if jobs.iter().all(Result::is_err) {
            // Nothing is to be done, so that nothing need be read.
            let refused = jobs.into_iter().filter_map(Result::err).enumerate();
            return Box::pin(stream::iter(refused.map(|(at, error)| (at, Err(error)))));
        } else {
            Run::begin(store, workspace, self.journal, self.settings).await
        };
        let numbered = jobs.into_iter().enumerate();
        match run {
            // What each alone would have come to.
            Err(error) => Box::pin(stream::iter(numbered.map(move |(number, job)| {
                (number, Err(job.err().unwrap_or_else(|| error.clone())))
            }))),
            Ok(run) => {
                let run = Arc::new(run);
                let each = numbered.map(move |(number, job)| {
                    let run = Arc::clone(&run);
                    async move {
                        let result = match job {
                            Ok(job) => Box::pin(run.ensure(number, job)).await,
                            Err(error) => Err(error),
                        };
                        (number, result)
                    }
                });
                Box::pin(stream::iter(each).buffer_unordered(self.concurrency))
            }
        }
    }
}

/// What is to be done. A template that stands for the same connector as an earlier one is refused here: which of the two
/// is meant, nobody can tell.
fn jobs(
    templates: Vec<Result<Template, Error>>,
    identified_by: Option<&[String]>,
) -> Vec<Result<Job, Error>> {
    let mut first = HashMap::new();
    let mut job = |(number, template): (usize, Result<Template, Error>)| {
        let template = template?;
        template.validate()?;
        let identity = match identified_by {
            None => identity_of(&template),
            Some(keys) => {
                chosen_identity(&template, keys).map_err(|why| Error::invalid_input(ACTION, why))?
            }
        };
        let wanted = Wanted::new(&template, identity);
        let marks = wanted.marks();
        if let Some(earlier) = marks.iter().find_map(|mark| first.get(mark)) {
            return Err(Error::invalid_input(
                ACTION,
                format!(
                    "template {number} stands for the same connector as template {earlier}, which is {}; leave one of them out",
                    wanted.describe()
                ),
            ));
        }
        first.extend(marks.into_iter().map(|mark| (mark, number)));
        Ok((template, wanted))
    };
    templates.into_iter().enumerate().map(&mut job).collect()
}

/// What all installs of a run share.
struct Run<S> {
    store: SharedStore<S>,
    workspace: Workspace,
    ledger: Option<Ledger>,
    settings: Settings,
    /// Which template each connector is for.
    taken: Mutex<HashMap<ConnectorId, usize>>,
}

impl<S: Store> Run<S> {
    async fn begin(
        store: S,
        workspace: Workspace,
        journal: Option<Arc<dyn Journal>>,
        settings: Settings,
    ) -> Result<Self, Error> {
        let ledger = match journal {
            Some(journal) => Some(Ledger::open(journal).await?),
            None => None,
        };
        Ok(Self {
            store: SharedStore::read(store).await?,
            workspace,
            ledger,
            settings,
            taken: Mutex::default(),
        })
    }

    async fn ensure(&self, number: usize, (template, wanted): Job) -> Result<Ensured, Error> {
        let run = driver::ensure(
            &self.store,
            &template,
            &wanted,
            self.settings,
            Some(self.store.first()),
            self.ledger.as_ref(),
        );
        let end = Box::pin(run).await?;
        let ensured = Ensured::new(self.workspace.clone(), &template, &wanted, end);
        match self.take(number, ensured.id()) {
            None => Ok(ensured),
            Some(other) => Err(adopted_twice(ensured.id(), number, other, &wanted)),
        }
    }

    /// Notes which template a connector is for; hands back the one that it is for already.
    fn take(&self, number: usize, connector: ConnectorId) -> Option<usize> {
        let mut taken = lock(&self.taken);
        let owner = *taken.entry(connector).or_insert(number);
        (owner != number).then_some(owner)
    }
}

/// Two templates differ, and the API does not show by what.
fn adopted_twice(connector: ConnectorId, number: usize, other: usize, wanted: &Wanted) -> Error {
    let message = format!(
        "connector {connector} is the one of template {other}, and the API does not show enough of it to tell that it is not the one of template {number}, {}",
        wanted.describe()
    );
    Error::new(ErrorKind::Conflict, ACTION, message)
        .with_details(json!([connector]))
        .with_help("give the two different names, or create the second with `install`, which does not look")
}

#[cfg(test)]
mod tests;
