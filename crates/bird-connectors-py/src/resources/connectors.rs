//! Connectors: install a channel, wait for installs, list, read, delete.

use bird_connectors as sdk;
use pyo3::prelude::*;
use sdk::models as m;

use crate::call::{Call, call, delete, model};
use crate::convert::{Count, Id, Seconds, Str};
use crate::errors::raise;
use crate::hints::{CallOf, Deleted, ListOf, Typed};
use crate::install::ensure::Ensured;
use crate::install::handle::Install;
use crate::install::install_all::{InstallAll, InstallRows};
use crate::install::journal::Journal;
use crate::install::wait_all::{BulkWait, InstallArgument};
use crate::install::wait_options::wait_options;
use crate::list::{Listing, Paging};
use crate::outcome::{CallError, IntoObject};
use crate::scope::WorkspaceScope;
use crate::sdk_errors::{journal_error_object, sdk_error};
use crate::templates::Template;
use crate::unresolved::UnresolvedArgument;
use crate::webhooks::Signals;

/// The native half of `Connectors` and `AsyncConnectors`.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct Connectors(pub(crate) WorkspaceScope);

#[pymethods]
impl Connectors {
    fn install(&self, py: Python<'_>, template: &Template) -> PyResult<Typed<CallOf<Install>>> {
        let connectors = self.0.workspace(py)?.connectors();
        let template = template.0.clone();
        let scope = self.0.clone();
        call(
            py,
            async move { connectors.install(template).await },
            |py, install| Ok(Py::new(py, Install::new(scope, install))?.into_any()),
        )
    }

    #[pyo3(signature = (template, reconcile_window, recreate_after_window, refuse_drift, identified_by, journal))]
    #[allow(clippy::too_many_arguments)]
    fn ensure(
        &self,
        py: Python<'_>,
        template: &Template,
        reconcile_window: Seconds,
        recreate_after_window: bool,
        refuse_drift: bool,
        identified_by: Option<Vec<Str>>,
        journal: Option<Journal>,
    ) -> PyResult<Typed<CallOf<Ensured>>> {
        let mut ensure = self
            .0
            .workspace(py)?
            .connectors()
            .ensure(template.0.clone());
        ensure = ensure.reconcile_window(reconcile_window.0);
        if recreate_after_window {
            ensure = ensure.recreate_after_window();
        }
        if refuse_drift {
            ensure = ensure.refuse_drift();
        }
        if let Some(arguments) = identified_by {
            ensure = ensure.identified_by(arguments.into_iter().map(|name| name.0));
        }
        let mut callbacks = None;
        if let Some(journal) = journal {
            let (journal, queue) = journal.open();
            ensure = ensure.journal(journal);
            callbacks = queue;
        }
        let scope = self.0.clone();
        let Some(callbacks) = callbacks else {
            return call(py, ensure.into_future(), |py, ensured| {
                Ensured::make(py, scope, ensured, None)
            });
        };
        let journal_exception = callbacks.last_exception();
        let future = async move {
            match ensure.await {
                Ok(ensured) => Ok(Box::new(move |py: Python<'_>| {
                    Ensured::make(py, scope, ensured, Some(journal_exception))
                }) as IntoObject),
                Err(error) => Err(CallError::new(move |py| {
                    raise(journal_error_object(py, &error, journal_exception.get(py)))
                })),
            }
        };
        let call = Call::with_callbacks(future, Some(callbacks));
        Ok(Typed::new(Py::new(py, call)?.into_any()))
    }

    fn reconcile(
        &self,
        py: Python<'_>,
        what: UnresolvedArgument,
        window: Seconds,
    ) -> PyResult<Typed<CallOf<Option<Ensured>>>> {
        let reconcile = self.0.workspace(py)?.connectors().reconcile(&what.0);
        let scope = self.0.clone();
        call(
            py,
            reconcile.window(window.0).into_future(),
            |py, found| match found {
                Some(ensured) => Ensured::make(py, scope, ensured, None),
                None => Ok(py.None()),
            },
        )
    }

    #[pyo3(signature = (installs, timeout, timeouts, status, interval, failure_statuses, signal))]
    #[allow(clippy::too_many_arguments)]
    fn wait_all(
        &self,
        py: Python<'_>,
        installs: Vec<InstallArgument>,
        timeout: Option<Seconds>,
        timeouts: Option<Vec<(Id<m::ConnectorId>, Seconds)>>,
        status: Option<Str>,
        interval: Option<(Seconds, Seconds)>,
        failure_statuses: Option<Vec<Str>>,
        signal: Option<&Signals>,
    ) -> PyResult<BulkWait> {
        let connectors = self.0.workspace(py)?.connectors();
        let installs = installs.into_iter().map(|install| install.0);
        let options = wait_options(timeout, status, interval, failure_statuses, signal);
        let timeouts = timeouts.unwrap_or_default().into_iter();
        let wait = connectors
            .wait_all(installs)
            .options(options)
            .timeout_each(timeouts.map(|(id, timeout)| (id.0, timeout.0)));
        // The timers of a wait belong to the runtime.
        let _context = crate::runtime::handle(py)?.enter();
        BulkWait::new(py, wait.results())
    }

    #[pyo3(signature = (templates, concurrency, reconcile_window, recreate_after_window, refuse_drift, identified_by, journal))]
    #[allow(clippy::too_many_arguments)]
    fn install_all(
        &self,
        py: Python<'_>,
        templates: InstallRows,
        concurrency: Count,
        reconcile_window: Seconds,
        recreate_after_window: bool,
        refuse_drift: bool,
        identified_by: Option<Vec<Str>>,
        journal: Option<Bound<'_, PyAny>>,
    ) -> PyResult<InstallAll> {
        if let Some(journal) = &journal {
            // Reports an object that is not a journal now.
            journal.extract::<Journal>()?;
        }
        Ok(InstallAll {
            scope: self.0.clone(),
            rows: templates,
            concurrency: concurrency.narrow(py, "concurrency")? as usize,
            reconcile_window: reconcile_window.0,
            recreate_after_window,
            refuse_drift,
            identified_by: identified_by.map(|all| all.into_iter().map(|name| name.0).collect()),
            journal: journal.map(Bound::unbind),
        })
    }

    fn resume(&self, py: Python<'_>, token: Str) -> PyResult<Install> {
        let connectors = self.0.workspace(py)?.connectors();
        let install = token.0.parse().and_then(|token| connectors.resume(token));
        match install {
            Ok(install) => Ok(Install::new(self.0.clone(), install)),
            Err(error) => Err(sdk_error(py, &error)),
        }
    }

    fn follow(&self, py: Python<'_>, id: Id<m::ConnectorId>) -> PyResult<Install> {
        let install = self.0.workspace(py)?.connectors().follow(id.0);
        Ok(Install::new(self.0.clone(), install))
    }

    #[pyo3(signature = (template, reverse, include_release_status, page_size, limit, resume_from))]
    #[allow(clippy::too_many_arguments)]
    fn list(
        &self,
        py: Python<'_>,
        template: Option<Str>,
        reverse: bool,
        include_release_status: bool,
        page_size: Option<Count>,
        limit: Option<Count>,
        resume_from: Option<Str>,
    ) -> PyResult<Typed<ListOf<m::Connector>>> {
        let paging = Paging::new(py, page_size, limit, resume_from)?;
        Listing::make(py, &self.0, paging, move |workspace| {
            let mut list = workspace
                .connectors()
                .list()
                .reverse(reverse)
                .include_release_status(include_release_status);
            if let Some(template) = &template {
                list = list.template(&template.0);
            }
            list
        })
    }

    fn get(&self, py: Python<'_>, id: Id<m::ConnectorId>) -> PyResult<Typed<CallOf<m::Connector>>> {
        let connectors = self.0.workspace(py)?.connectors();
        model(py, async move { connectors.get(id.0).await })
    }

    fn status(
        &self,
        py: Python<'_>,
        id: Id<m::ConnectorId>,
    ) -> PyResult<Typed<CallOf<m::ConnectorReadiness>>> {
        let connectors = self.0.workspace(py)?.connectors();
        model(py, async move { connectors.status(id.0).await })
    }

    fn delete(
        &self,
        py: Python<'_>,
        id: Id<m::ConnectorId>,
        missing_ok: bool,
    ) -> PyResult<Typed<CallOf<Deleted>>> {
        let request = self.0.workspace(py)?.connectors().delete(id.0);
        delete(py, request, missing_ok)
    }
}
