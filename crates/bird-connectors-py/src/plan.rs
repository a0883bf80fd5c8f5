//! Channels as files: reads them, plans, applies plans, and exports. Python reads the results as JSON.

mod apply;
mod problems;

use std::sync::Arc;

use bird_connectors as sdk;
use bird_connectors_plan as files;
use files::{
    DesiredState as Desired, Export, ObservedState, PlanOptions, SecretError, SecretReference,
    SecretResolver, SourceFile,
};
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};
use sdk::WorkspaceId;
use sdk::install::OwnedJournal;
use sdk::wait::Condition;
use serde_json::{Value, json};

use crate::call::{Call, call};
use crate::callbacks::CallbackQueue;
use crate::client::Client;
use crate::convert::{
    Arg, Count, FilePath, Id, Pair, Seconds, SecretStr, Sequence, Str, arguments,
};
use crate::errors::{invalid, raise};
use crate::hints::{ApplySteps, CallOf, Hint, Text, Typed};
use crate::install::install_all::last_exception;
use crate::install::journal::{Journal, KeptListedJournal};
use crate::install::wait_options::wait_options;
use crate::outcome::{CallError, IntoObject};
use crate::scope::ClientCore;
use crate::sdk_errors::{journal_error_object, sdk_error};
use crate::stream::Stream;
pub(crate) use apply::ApplyRest;
use apply::ApplyResults;
use problems::{file_error, refused_error};

/// The largest text that is parsed, in bytes: that of a file.
const MAX_SIZE: usize = 16 << 20;

/// The native half of `DesiredState`.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct DesiredState(Arc<Desired>);

impl DesiredState {
    fn make(desired: Result<Desired, files::FileErrors>, py: Python<'_>) -> PyResult<Self> {
        match desired {
            Ok(desired) => Ok(Self(Arc::new(desired))),
            Err(errors) => Err(file_error(py, &errors)),
        }
    }
}

#[pymethods]
impl DesiredState {
    #[staticmethod]
    fn read(py: Python<'_>, paths: Arg<Sequence<FilePath>>) -> PyResult<Self> {
        arguments!(paths);
        let paths = paths.0.into_iter().map(|path| path.0);
        let desired = py.detach(|| Desired::read(paths));
        Self::make(desired, py)
    }

    /// Parses the texts of files with these paths.
    #[staticmethod]
    fn parse(py: Python<'_>, files: Arg<Sequence<Pair<Str>>>) -> PyResult<Self> {
        arguments!(files);
        let mut sources = Vec::new();
        for Pair(path, text) in files.0 {
            if text.0.len() > MAX_SIZE {
                let message = format!("{:?} is larger than 16 MiB", path.0);
                return Err(invalid(py, message));
            }
            sources.push(SourceFile::new(path.0, text.0));
        }
        if sources.is_empty() {
            return Err(invalid(py, "invalid files: expected at least one text"));
        }
        let desired = py.detach(|| Desired::parse(&sources));
        Self::make(desired, py)
    }

    /// The project and its workspaces, as JSON.
    fn json(&self) -> String {
        let workspaces = self.0.workspaces().iter().map(|workspace| {
            let connectors = workspace.connectors().map(|connectors| {
                let connectors = connectors.iter().map(|one| {
                    json!({
                        "name": one.name(),
                        "template": one.reference(),
                        "place": one.place().to_string(),
                    })
                });
                connectors.collect::<Vec<_>>()
            });
            let subscriptions = workspace.subscriptions().map(|subscriptions| {
                let subscriptions = subscriptions.iter().map(|one| {
                    json!({
                        "event": one.event(),
                        "url": one.url(),
                        "place": one.place().to_string(),
                    })
                });
                subscriptions.collect::<Vec<_>>()
            });
            json!({
                "id": workspace.id(),
                "name": workspace.name(),
                "connectors": connectors,
                "webhook_subscriptions": subscriptions,
            })
        });
        let workspaces: Vec<Value> = workspaces.collect();
        json!({ "project": self.0.project(), "workspaces": workspaces }).to_string()
    }
}

/// The JSON Schema of the files.
#[pyfunction]
pub(crate) fn channel_file_schema() -> &'static str {
    files::SCHEMA
}

/// The native half of `Plan`.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct Plan {
    desired: Arc<Desired>,
    plan: Arc<files::Plan>,
}

impl Hint for Plan {
    const HINT: PyStaticExpr = <Self as pyo3::PyTypeInfo>::TYPE_HINT;
}

#[pymethods]
impl Plan {
    fn json(&self) -> String {
        self.plan.to_json().to_string()
    }

    #[pyo3(signature = (all))]
    fn text(&self, all: Arg<bool>) -> PyResult<String> {
        arguments!(all);
        Ok(self.plan.to_text(all))
    }

    fn markdown(&self) -> String {
        self.plan.to_markdown()
    }

    /// The references to the secrets that an apply reads, in the order in which it takes them.
    fn secrets(&self) -> Vec<String> {
        let references = self.plan.secret_references(&self.desired);
        references.iter().map(SecretReference::resolved).collect()
    }

    /// Raises an exception if an apply would be refused.
    #[pyo3(signature = (expect, force))]
    fn check(&self, py: Python<'_>, expect: Option<Arg<Str>>, force: Arg<bool>) -> PyResult<()> {
        arguments!(expect, force);
        let mut options = files::ApplyOptions::default();
        options.expect = expect.map(|hash| hash.0);
        options.force = force;
        let checked = self.plan.check(&options);
        checked.map_err(|error| refused_error(py, &error))
    }

    #[getter]
    fn summary(&self) -> String {
        self.plan.summary()
    }

    #[getter]
    fn large_prune(&self) -> Option<String> {
        self.plan.large_prune()
    }
}

/// The native half of `Planner` and `AsyncPlanner`.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct Planner {
    core: Arc<ClientCore>,
    journal: Option<Py<PyAny>>,
}

impl Planner {
    /// The journal of this project and, for a journal of the user, the queue of callbacks to it.
    fn journal(
        &self,
        py: Python<'_>,
        project: &str,
    ) -> PyResult<(Option<OwnedJournal>, Option<CallbackQueue>)> {
        let Some(journal) = &self.journal else {
            return Ok((None, None));
        };
        let (journal, callbacks) = Journal::extract(journal.bind(py).as_borrowed())?.open();
        Ok((Some(OwnedJournal::new(journal, project)), callbacks))
    }
}

/// Returns these secrets, which are in the order of `Plan::secrets`.
fn resolver(plan: &Plan, secrets: Vec<SecretStr>) -> SecretResolver {
    let references = plan.plan.secret_references(&plan.desired);
    let secrets = secrets.into_iter().map(|secret| secret.0);
    let known: Vec<_> = references.into_iter().zip(secrets).collect();
    Arc::new(move |wanted| {
        let found = known.iter().find(|(reference, _)| reference == wanted);
        match found {
            Some((_, secret)) if secret.expose().trim().is_empty() => {
                Err(SecretError::new(wanted, "is empty"))
            }
            Some((_, secret)) => Ok(secret.clone()),
            None => Err(SecretError::new(wanted, "was not resolved")),
        }
    })
}

#[pymethods]
impl Planner {
    #[new]
    #[pyo3(signature = (client, journal))]
    fn new(client: &Bound<'_, Client>, journal: Option<Arg<KeptListedJournal>>) -> PyResult<Self> {
        arguments!(journal);
        Ok(Self {
            core: client.get().core(),
            journal: journal.map(|journal| journal.0),
        })
    }

    #[pyo3(signature = (desired, prune, replace, own, update_signing_key))]
    fn plan(
        &self,
        py: Python<'_>,
        desired: &Bound<'_, DesiredState>,
        prune: Arg<bool>,
        replace: Arg<Sequence<Str>>,
        own: Arg<Sequence<Str>>,
        update_signing_key: Arg<Sequence<Str>>,
    ) -> PyResult<Typed<CallOf<Plan>>> {
        arguments!(prune, replace, own, update_signing_key);
        let strings = |all: Sequence<Str>| all.0.into_iter().map(|one| one.0).collect();
        let mut options = PlanOptions::default();
        options.prune = prune;
        options.replace = strings(replace);
        options.own = strings(own);
        options.update_signing_key = strings(update_signing_key);
        let client = self.core.client(py)?;
        let desired = Arc::clone(&desired.get().0);
        let (journal, callbacks) = self.journal(py, desired.project())?;
        let exception = callbacks.as_ref().map(CallbackQueue::last_exception);
        let future = async move {
            let read = ObservedState::read(&client, &desired, journal.as_ref());
            match Box::pin(read).await {
                Ok(observed) => {
                    let plan = Arc::new(files::Plan::new(&desired, &observed, &options));
                    Ok(Box::new(move |py: Python<'_>| {
                        Ok(Py::new(py, Plan { desired, plan })?.into_any())
                    }) as IntoObject)
                }
                Err(error) => Err(CallError::new(move |py| {
                    let raised = exception.as_ref().and_then(|last| last.get(py));
                    raise(journal_error_object(py, &error, raised))
                })),
            }
        };
        let call = Call::with_callbacks(future, callbacks);
        Ok(Typed::new(Py::new(py, call)?.into_any()))
    }

    /// The results of the steps of a plan, as tuples: see `ApplyResults`.
    #[pyo3(signature = (plan, expect, force, wait, status, reconcile_window, recreate_after_window, concurrency, secrets, rest))]
    #[allow(clippy::too_many_arguments)]
    fn apply(
        &self,
        py: Python<'_>,
        plan: &Bound<'_, Plan>,
        expect: Option<Arg<Str>>,
        force: Arg<bool>,
        wait: Option<Arg<Seconds>>,
        status: Option<Arg<Str>>,
        reconcile_window: Arg<Seconds>,
        recreate_after_window: Arg<bool>,
        concurrency: Arg<Count<u32>>,
        secrets: Option<Arg<Sequence<SecretStr>>>,
        rest: &Bound<'_, ApplyRest>,
    ) -> PyResult<Typed<ApplySteps>> {
        arguments!(
            expect,
            force,
            wait,
            status,
            reconcile_window,
            recreate_after_window,
            concurrency,
            secrets
        );
        if concurrency.0 == 0 {
            return Err(invalid(py, "invalid concurrency: expected at least 1"));
        }
        let mut options = files::ApplyOptions::default();
        options.expect = expect.map(|hash| hash.0);
        options.force = force;
        let condition = match &status {
            Some(status) => Condition::status(&*status.0),
            None => Condition::has_channel(),
        };
        // Also without a wait, so that a mistake does not depend on it.
        wait_options(wait, status, None, None, None)
            .validate()
            .map_err(|error| sdk_error(py, &error))?;
        options.wait = wait.map(|timeout| (condition, timeout.0));
        options.reconcile_window = reconcile_window.0;
        options.recreate_after_window = recreate_after_window;
        options.concurrency = concurrency.0 as usize;
        let client = self.core.client(py)?;
        let plan = plan.get();
        options.secrets = secrets.map(|secrets| resolver(plan, secrets.0));
        let (desired, plan) = (Arc::clone(&plan.desired), Arc::clone(&plan.plan));
        let (journal, callbacks) = self.journal(py, desired.project())?;
        let exception = last_exception(callbacks.as_ref());
        let rest = rest.get();
        rest.prepare(&mut options, callbacks.as_ref());
        let results = ApplyResults::start(client, desired, plan, journal, options, rest, exception);
        let stream = Stream::with_callbacks(Box::new(results), callbacks);
        Ok(Typed::new(Py::new(py, stream)?.into_any()))
    }

    /// The file, what it does not contain, and its references to secrets, as JSON.
    #[pyo3(signature = (project, workspaces))]
    fn export(
        &self,
        py: Python<'_>,
        project: Arg<Str>,
        workspaces: Option<Arg<Sequence<Id<WorkspaceId>>>>,
    ) -> PyResult<Typed<CallOf<Text>>> {
        arguments!(project, workspaces);
        let project = project.0;
        // Before anything is sent.
        Export::new(&project, &ObservedState::default())
            .map_err(|_| invalid(py, "invalid project: expected up to 64 letters, digits, dots, hyphens and underscores, such as `acme-channels`"))?;
        let client = self.core.client(py)?;
        let workspaces: Vec<_> = match workspaces {
            Some(workspaces) => workspaces.0.into_iter().map(|id| id.0).collect(),
            None => {
                let default = client.default_workspace();
                vec![default.map_err(|error| sdk_error(py, &error))?.id()]
            }
        };
        let read = async move {
            let all = Desired::empty(&*project, workspaces);
            let observed = Box::pin(ObservedState::read(&client, &all, None)).await?;
            Ok::<_, sdk::Error>((project, observed))
        };
        call(py, read, |py, (project, observed)| {
            let export = Export::new(&project, &observed).map_err(|why| invalid(py, why))?;
            let json = json!({
                "yaml": export.yaml,
                "omitted": export.omitted,
                "secrets": export.secrets,
            });
            Ok(json.to_string().into_pyobject(py)?.into_any().unbind())
        })
    }

    /// A journal of the user may refer to this object.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.journal)
    }
}
