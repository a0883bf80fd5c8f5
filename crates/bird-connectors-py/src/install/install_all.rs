//! Bulk installs: many idempotent installs, and the wait for their channels.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bird_connectors as sdk;
use pyo3::prelude::*;

use crate::callbacks::{CallbackQueue, LastException};
use crate::convert::{Seconds, Str};
use crate::hints::{InstallSteps, Typed};
use crate::install::ensure::Ensured;
use crate::install::journal::Journal;
use crate::install::wait_all;
use crate::install::wait_options::wait_options;
use crate::outcome::CallOutcome;
use crate::records::record;
use crate::scope::WorkspaceScope;
use crate::sdk_errors::journal_error_object;
use crate::stream::{Source, Stream, Totals};
use crate::webhooks::Signals;

/// The native half of `InstallAll` and `AsyncInstallAll`. It keeps the arguments, so that each run starts anew in the
/// current process.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct InstallAll {
    pub(crate) scope: WorkspaceScope,
    pub(crate) templates: Vec<sdk::templates::Template>,
    pub(crate) concurrency: usize,
    pub(crate) reconcile_window: Duration,
    pub(crate) recreate_after_window: bool,
    pub(crate) identified_by: Option<Vec<String>>,
    pub(crate) journal: Option<Py<PyAny>>,
}

impl InstallAll {
    /// The SDK's run and, for a journal of the user, the queue of callbacks to it.
    fn start(&self, py: Python<'_>) -> PyResult<(sdk::install::InstallAll, Option<CallbackQueue>)> {
        let connectors = self.scope.workspace(py)?.connectors();
        let mut all = connectors
            .install_all(self.templates.iter().cloned())
            .concurrency(self.concurrency)
            .reconcile_window(self.reconcile_window);
        if self.recreate_after_window {
            all = all.recreate_after_window();
        }
        if let Some(arguments) = &self.identified_by {
            all = all.identified_by(arguments.iter().cloned());
        }
        let Some(journal) = &self.journal else {
            return Ok((all, None));
        };
        let (journal, callbacks) = journal.bind(py).extract::<Journal>()?.open();
        Ok((all.journal(journal), callbacks))
    }
}

#[pymethods]
impl InstallAll {
    #[getter]
    fn len(&self) -> usize {
        self.templates.len()
    }

    fn results(&self, py: Python<'_>) -> PyResult<Typed<InstallSteps>> {
        let (all, callbacks) = self.start(py)?;
        let journal_exception = callbacks.as_ref().map(CallbackQueue::last_exception);
        let results = ResultRecords {
            results: all.results(),
            journal_exception,
        };
        let stream = Stream::with_callbacks(Box::new(results), callbacks);
        Ok(Typed::new(Py::new(py, stream)?.into_any()))
    }

    #[pyo3(signature = (timeout, status, interval, failure_statuses, signal))]
    fn until_ready(
        &self,
        py: Python<'_>,
        timeout: Option<Seconds>,
        status: Option<Str>,
        interval: Option<(Seconds, Seconds)>,
        failure_statuses: Option<Vec<Str>>,
        signal: Option<&Signals>,
    ) -> PyResult<Typed<InstallSteps>> {
        let (all, callbacks) = self.start(py)?;
        let journal_exception = callbacks.as_ref().map(CallbackQueue::last_exception);
        let options = wait_options(timeout, status, interval, failure_statuses, signal);
        let results = ResultRecords {
            results: all.until_ready().options(options).results(),
            journal_exception,
        };
        let stream = Stream::with_callbacks(Box::new(results), callbacks);
        Ok(Typed::new(Py::new(py, stream)?.into_any()))
    }
}

/// The results of a bulk install as `InstallResult` records.
struct ResultRecords {
    results: sdk::install::InstallResults,
    journal_exception: Option<LastException>,
}

impl futures_core::Stream for ResultRecords {
    type Item = CallOutcome;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<CallOutcome>> {
        let next = Pin::new(&mut self.results).poll_next(context);
        next.map(|result| Some(result_record(result?, self.journal_exception.clone())))
    }
}

impl Source for ResultRecords {
    fn totals(&self) -> Option<Totals> {
        Some(Totals::Install(self.results.totals()))
    }
}

/// An `InstallResult` record.
fn result_record(
    install: sdk::install::InstallResult,
    journal_exception: Option<LastException>,
) -> CallOutcome {
    Ok(Box::new(move |py| {
        let (report, mut error) = match &install.result {
            Ok(ensured) => {
                let report = Ensured::make_report(py, ensured, journal_exception.as_ref())?;
                (report, py.None())
            }
            Err(error) => {
                let raised = journal_exception.as_ref().and_then(|last| last.get(py));
                let error = journal_error_object(py, error, raised)?;
                (py.None(), error.unbind())
            }
        };
        let ready = match install.ready {
            Some(Ok(ready)) => wait_all::ready(py, ready)?,
            Some(Err(wait_error)) => {
                error = wait_all::error(py, &wait_error)?;
                py.None()
            }
            None => py.None(),
        };
        record(py, "InstallResult", (install.index, report, ready, error))
    }))
}
