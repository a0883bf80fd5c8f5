//! Connectors: install a channel, wait for installs, list, read, delete.

use bird_connectors as sdk;
use pyo3::prelude::*;
use sdk::models as m;

use crate::call::{Call, call, delete, model};
use crate::convert::{Arg, Count, Id, Pair, Seconds, Sequence, Str, arguments};
use crate::errors::raise;
use crate::hints::{CallOf, Deleted, ListOf, Typed};
use crate::install::ensure::Ensured;
use crate::install::handle::Install;
use crate::install::install_all::{InstallAll, InstallRows};
use crate::install::journal::{Journal, KeptJournal};
use crate::install::wait_all::{BulkWait, InstallArgument, MAX_INSTALLS, Timeouts};
use crate::install::wait_options::wait_options;
use crate::list::{Listing, Paging};
use crate::outcome::{CallError, IntoObject};
use crate::scope::WorkspaceScope;
use crate::sdk_errors::{journal_error_object, sdk_error};
use crate::templates::TemplateArgument;
use crate::unresolved::{UnresolvedArgument, UnresolvedCreate};
use crate::webhooks::Signals;

/// The native half of `Connectors` and `AsyncConnectors`.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct Connectors(pub(crate) WorkspaceScope);

#[pymethods]
impl Connectors {
    #[getter]
    fn workspace_id(&self) -> String {
        self.0.id.to_string()
    }

    fn install(
        &self,
        py: Python<'_>,
        template: Arg<TemplateArgument>,
    ) -> PyResult<Typed<CallOf<Install>>> {
        arguments!(template);
        let connectors = self.0.workspace(py)?.connectors();
        let template = template.0;
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
        template: Arg<TemplateArgument>,
        reconcile_window: Arg<Seconds>,
        recreate_after_window: Arg<bool>,
        refuse_drift: Arg<bool>,
        identified_by: Option<Arg<Sequence<Str>>>,
        journal: Option<Arg<Journal>>,
    ) -> PyResult<Typed<CallOf<Ensured>>> {
        arguments!(
            template,
            reconcile_window,
            recreate_after_window,
            refuse_drift,
            identified_by,
            journal
        );
        let mut ensure = self.0.workspace(py)?.connectors().ensure(template.0);
        ensure = ensure.reconcile_window(reconcile_window.0);
        if recreate_after_window {
            ensure = ensure.recreate_after_window();
        }
        if refuse_drift {
            ensure = ensure.refuse_drift();
        }
        if let Some(arguments) = identified_by {
            ensure = ensure.identified_by(arguments.0.into_iter().map(|name| name.0));
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

    fn unresolved_create(
        &self,
        py: Python<'_>,
        template: Arg<TemplateArgument>,
    ) -> PyResult<UnresolvedCreate> {
        arguments!(template);
        let connectors = self.0.workspace(py)?.connectors();
        Ok(UnresolvedCreate(connectors.unresolved_create(template.0)))
    }

    fn reconcile(
        &self,
        py: Python<'_>,
        unresolved: Arg<UnresolvedArgument>,
        window: Arg<Seconds>,
    ) -> PyResult<Typed<CallOf<Option<Ensured>>>> {
        arguments!(unresolved, window);
        let reconcile = self.0.workspace(py)?.connectors().reconcile(&unresolved.0);
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
        installs: Arg<Sequence<InstallArgument, MAX_INSTALLS>>,
        timeout: Option<Arg<Seconds>>,
        timeouts: Option<Arg<Timeouts>>,
        status: Option<Arg<Str>>,
        interval: Option<Arg<Pair<Seconds>>>,
        failure_statuses: Option<Arg<Sequence<Str>>>,
        signal: Option<Arg<Py<Signals>>>,
    ) -> PyResult<BulkWait> {
        arguments!(
            installs,
            timeout,
            timeouts,
            status,
            interval,
            failure_statuses,
            signal
        );
        let connectors = self.0.workspace(py)?.connectors();
        let installs = installs.0.into_iter().map(|install| install.0);
        let options = wait_options(timeout, status, interval, failure_statuses, signal);
        let timeouts = timeouts.into_iter().flat_map(|timeouts| timeouts.0);
        let wait = connectors
            .wait_all(installs)
            .options(options)
            .timeout_each(timeouts);
        // The timers of a wait belong to the runtime.
        let _context = crate::runtime::handle(py)?.enter();
        BulkWait::new(py, wait.results())
    }

    #[pyo3(signature = (templates, concurrency, reconcile_window, recreate_after_window, refuse_drift, identified_by, journal))]
    #[allow(clippy::too_many_arguments)]
    fn install_all(
        &self,
        templates: Arg<InstallRows>,
        concurrency: Arg<Count<u32>>,
        reconcile_window: Arg<Seconds>,
        recreate_after_window: Arg<bool>,
        refuse_drift: Arg<bool>,
        identified_by: Option<Arg<Sequence<Str>>>,
        journal: Option<Arg<KeptJournal>>,
    ) -> PyResult<InstallAll> {
        arguments!(
            journal,
            templates,
            concurrency,
            reconcile_window,
            recreate_after_window,
            refuse_drift,
            identified_by
        );
        Ok(InstallAll {
            scope: self.0.clone(),
            rows: templates.0,
            concurrency: concurrency.0 as usize,
            reconcile_window: reconcile_window.0,
            recreate_after_window,
            refuse_drift,
            identified_by: identified_by.map(|all| all.0.into_iter().map(|name| name.0).collect()),
            journal: journal.map(|journal| journal.0),
        })
    }

    fn resume(&self, py: Python<'_>, token: Arg<Str>) -> PyResult<Install> {
        arguments!(token);
        let connectors = self.0.workspace(py)?.connectors();
        let install = token.0.parse().and_then(|token| connectors.resume(token));
        match install {
            Ok(install) => Ok(Install::new(self.0.clone(), install)),
            Err(error) => Err(sdk_error(py, &error)),
        }
    }

    fn follow(&self, py: Python<'_>, id: Arg<Id<m::ConnectorId>>) -> PyResult<Install> {
        arguments!(id);
        let install = self.0.workspace(py)?.connectors().follow(id.0);
        Ok(Install::new(self.0.clone(), install))
    }

    #[pyo3(signature = (template, reverse, include_release_status, page_size, limit, max_empty_pages, resume_from))]
    #[allow(clippy::too_many_arguments)]
    fn list(
        &self,
        py: Python<'_>,
        template: Option<Arg<Str>>,
        reverse: Arg<bool>,
        include_release_status: Arg<bool>,
        page_size: Option<Arg<Count<u32>>>,
        limit: Option<Arg<Count>>,
        max_empty_pages: Option<Arg<Count>>,
        resume_from: Option<Arg<Str>>,
    ) -> PyResult<Typed<ListOf<m::Connector>>> {
        arguments!(
            template,
            reverse,
            include_release_status,
            page_size,
            limit,
            max_empty_pages,
            resume_from
        );
        let paging = Paging::new(py, page_size, limit, max_empty_pages, resume_from)?;
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

    fn get(
        &self,
        py: Python<'_>,
        id: Arg<Id<m::ConnectorId>>,
    ) -> PyResult<Typed<CallOf<m::Connector>>> {
        arguments!(id);
        let connectors = self.0.workspace(py)?.connectors();
        model(py, async move { connectors.get(id.0).await })
    }

    fn readiness(
        &self,
        py: Python<'_>,
        id: Arg<Id<m::ConnectorId>>,
    ) -> PyResult<Typed<CallOf<m::ConnectorReadiness>>> {
        arguments!(id);
        let connectors = self.0.workspace(py)?.connectors();
        model(py, async move { connectors.readiness(id.0).await })
    }

    fn delete(
        &self,
        py: Python<'_>,
        id: Arg<Id<m::ConnectorId>>,
        missing_ok: Arg<bool>,
    ) -> PyResult<Typed<CallOf<Deleted>>> {
        arguments!(id, missing_ok);
        let request = self.0.workspace(py)?.connectors().delete(id.0);
        delete(py, request, missing_ok)
    }
}
