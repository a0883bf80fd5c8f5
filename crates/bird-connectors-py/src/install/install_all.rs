//! Bulk installs: many idempotent installs, and the wait for their channels.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bird_connectors as sdk;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use sdk::install::{InstallAllResults, OnboardError, OnboardResults, Onboarded};

use crate::callbacks::{CallbackQueue, LastException};
use crate::convert::{Seconds, Str};
use crate::errors::instance;
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
struct ResultRecords<S> {
    results: S,
    journal_exception: Option<LastException>,
}

impl futures_core::Stream for ResultRecords<InstallAllResults> {
    type Item = CallOutcome;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<CallOutcome>> {
        let next = Pin::new(&mut self.results).poll_next(context);
        next.map(|next| {
            let (index, result) = next?;
            let outcome = match result {
                Ok(ensured) => InstallOutcome::Installed(Box::new(ensured)),
                Err(error) => InstallOutcome::Refused(Box::new(error)),
            };
            Some(install_result(
                index,
                outcome,
                self.journal_exception.clone(),
            ))
        })
    }
}

impl futures_core::Stream for ResultRecords<OnboardResults> {
    type Item = CallOutcome;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<CallOutcome>> {
        let next = Pin::new(&mut self.results).poll_next(context);
        next.map(|next| {
            let (index, result) = next?;
            let outcome = match result {
                Ok(Onboarded { ensured, ready, .. }) => {
                    InstallOutcome::Ready(Box::new((ensured, ready)))
                }
                Err(OnboardError::Wait { ensured, error, .. }) => {
                    InstallOutcome::NotReady(Box::new((*ensured, error)))
                }
                Err(OnboardError::Install(error)) => InstallOutcome::Refused(Box::new(error)),
                Err(error) => InstallOutcome::Unknown(error.to_string()),
            };
            Some(install_result(
                index,
                outcome,
                self.journal_exception.clone(),
            ))
        })
    }
}

impl Source for ResultRecords<InstallAllResults> {
    fn totals(&self) -> Option<Totals> {
        Some(Totals::Install(self.results.totals()))
    }
}

impl Source for ResultRecords<OnboardResults> {
    fn totals(&self) -> Option<Totals> {
        Some(Totals::Install(self.results.totals()))
    }
}

/// The outcome of one template.
enum InstallOutcome {
    /// There is no connector.
    Refused(Box<sdk::Error>),
    Installed(Box<sdk::install::Ensured>),
    Ready(Box<(sdk::install::Ensured, sdk::wait::Ready)>),
    NotReady(Box<(sdk::install::Ensured, sdk::wait::WaitError)>),
    /// An error that this version does not know, with its message.
    Unknown(String),
}

/// An `InstallResult` record.
fn install_result(
    index: usize,
    outcome: InstallOutcome,
    journal_exception: Option<LastException>,
) -> CallOutcome {
    Ok(Box::new(move |py| {
        let (ensured, ready, error) = match outcome {
            InstallOutcome::Refused(error) => {
                let raised = journal_exception.as_ref().and_then(|last| last.get(py));
                let error = journal_error_object(py, &error, raised)?;
                (None, py.None(), error.unbind())
            }
            InstallOutcome::Installed(ensured) => (Some(*ensured), py.None(), py.None()),
            InstallOutcome::Ready(both) => (Some(both.0), wait_all::ready(py, both.1)?, py.None()),
            InstallOutcome::NotReady(both) => {
                (Some(both.0), py.None(), wait_all::error(py, &both.1)?)
            }
            InstallOutcome::Unknown(message) => {
                let attributes = PyDict::new(py);
                let error = instance(py, "BirdConnectorsError", &message, &attributes)?;
                (None, py.None(), error.unbind())
            }
        };
        let report = match ensured {
            Some(ensured) => Ensured::make_report(py, &ensured, journal_exception.as_ref())?,
            None => py.None(),
        };
        record(py, "InstallResult", (index, report, ready, error))
    }))
}
